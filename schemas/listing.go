package schemas

import "strings"

// A listing is names as a message lists them. It can be compared, as all that
// stands in the words of a message.
type listing struct {
	names    string // joined by zero bytes
	last     string // what stands before the last one, "and" or "or"; "…" behind it where there are more; else ""
	articles bool   // in English, the names are those of kinds of things
}

// enumerate lists names.
func enumerate(names []string) listing { return listing{names: strings.Join(names, "\x00")} }

// together lists names of things that belong together.
func together(names []string) listing {
	return listing{names: strings.Join(names, "\x00"), last: "and"}
}

// either lists names of which one is meant.
func either(names []string) listing {
	return listing{names: strings.Join(names, "\x00"), last: "or"}
}

// beginning lists at most so many of the names.
func beginning(names []string, most int) listing {
	if len(names) <= most {
		return enumerate(names)
	}
	return listing{names: strings.Join(names[:most], "\x00"), last: "…"}
}

// namesOf lists sets of members of which one is meant.
func namesOf(sets [][]string) listing {
	names := make([]string, len(sets))
	for i, set := range sets {
		names[i] = strings.Join(set, "\x01")
	}
	return either(names)
}

// String is the listing in English.
func (l listing) String() string {
	names := strings.Split(strings.ReplaceAll(l.names, "\x01", " with "), "\x00")
	for i, name := range names {
		if l.articles {
			names[i] = article(name) + " " + name
		}
	}
	switch n := len(names) - 1; {
	case l.last == "…":
		return strings.Join(names, ", ") + ", …"
	case l.last == "" || n == 0:
		return strings.Join(names, ", ")
	default:
		return strings.Join(names[:n], ", ") + " " + l.last + " " + names[n]
	}
}

// article is the indefinite article of a type.
func article(typ string) string {
	if strings.IndexByte("aeiox", typ[0]) >= 0 { // no type begins with an x that is not spelled
		return "an"
	}
	return "a"
}

func (l listing) inChinese() string {
	names := strings.Split(strings.ReplaceAll(l.names, "\x01", " 加 "), "\x00")
	n := len(names) - 1
	switch {
	case l.last == "…":
		return beside(strings.Join(names, "、"), "等")
	case l.last == "" || n == 0:
		return strings.Join(names, "、")
	case l.last == "and":
		return beside(beside(strings.Join(names[:n], "、"), "和"), names[n])
	}
	return beside(beside(strings.Join(names[:n], "、"), "或"), names[n])
}
