package schemas

import (
	"maps"
	"slices"
	"strings"

	"accord/stix"
)

func checkNames(s *subject) {
	var wrong []string
	for property := range s.value {
		if !validName(property) {
			wrong = append(wrong, property)
		}
	}
	slices.Sort(wrong)
	for _, property := range wrong {
		s.found("NAM-02", at("", property), "the property %s has a wrong name; names must be 3 to 250 lower-case letters, digits and underscores and begin with a letter", short(property))
	}
}

func validName(property string) bool {
	if len(property) < 3 || len(property) > 250 {
		return property == "id"
	}
	for i := range len(property) {
		c := property[i]
		if (c < 'a' || c > 'z') && (i == 0 || (c < '0' || c > '9') && c != '_') {
			return false
		}
	}
	return true
}

// checkReserved looks for the names that STIX keeps for later. The action of an
// assistance-update is a property that our own extension defines.
func checkReserved(s *subject) {
	for _, property := range reservedNames {
		if s.has(property) && (property != "action" || s.Type != "assistance-update") {
			s.found("NAM-06", "/"+property, "%s is a reserved name; no property may have it", property)
		}
	}
}

// checkSuffixes looks at members whose names end in _ref, _refs, _bin, _hex or
// _enc, which says what they hold, at any depth of an extension that no schema
// of ours describes.
func (s *subject) checkSuffixes(g grade, pointer string, members map[string]any) {
	w := suffixWalk{subject: s, grade: g}
	w.members(pointer, members)
}

// A suffixWalk goes through a value. Its place is written out only where
// something is wrong.
type suffixWalk struct {
	*subject
	grade grade // custom content is let through as a whole: ATT&CK has "" for a reference
	path  []any
}

func (w *suffixWalk) members(pointer string, members map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(members)) {
		w.member(pointer, members, name)
	}
}

func (w *suffixWalk) member(pointer string, members map[string]any, name string) {
	w.path = append(w.path, name)
	w.checkSuffix(pointer, members, name)
	w.inside(pointer, members[name])
	w.path = w.path[:len(w.path)-1]
}

// inside goes on with what a value holds.
func (w *suffixWalk) inside(pointer string, value any) {
	switch value := value.(type) {
	case map[string]any:
		w.members(pointer, value)
	case []any:
		w.path = append(w.path, nil)
		for i, element := range value {
			switch element.(type) {
			case map[string]any, []any:
				w.path[len(w.path)-1] = i
				w.inside(pointer, element)
			}
		}
		w.path = w.path[:len(w.path)-1]
	}
}

// checkSuffix compares a member with what the end of its name promises.
func (w *suffixWalk) checkSuffix(pointer string, members map[string]any, name string) {
	base, suffix := cutSuffix(name)
	value := members[name]
	switch suffix {
	case "ref":
		w.promise(w.grade, pointer, value, "an identifier", isIdentifier)
	case "refs":
		w.promiseList(pointer, value)
	case "bin":
		w.promise(w.grade, pointer, value, "base64 with padding, in the standard alphabet", isBase64)
	case "hex":
		g := w.grade
		if text, _ := value.(string); isHexAnyCase(text) {
			g = tolerated // as in TYP-09
		}
		w.promise(g, pointer, value, "an even number of lower-case hexadecimal digits", isHex)
	case "enc":
		w.checkCharset(pointer, members, name, base)
	}
}

func (w *suffixWalk) checkCharset(pointer string, members map[string]any, name, base string) {
	text, ok := members[name].(string)
	switch _, there := members[base]; {
	case !there:
		w.foundAs("NAM-04", w.grade, w.at(pointer), "%s is there without %s, whose character set it names", short(name), short(base))
	case !ok || !isCharset(text):
		w.foundAs("NAM-05", w.grade, w.at(pointer), "%s is %s; it must be the name of a character set in the IANA registry", short(name), short(members[name]))
	}
}

// cutSuffix cuts a name at its last underscore; both parts are "" if there is
// nothing before it.
func cutSuffix(name string) (base, suffix string) {
	i := strings.LastIndexByte(name, '_')
	if i < 1 {
		return "", ""
	}
	return name[:i], name[i+1:]
}

func isIdentifier(text string) bool {
	fault := identifierFault(text)
	return fault == "" || fault == "IDN-09"
}

func (w *suffixWalk) promise(g grade, pointer string, value any, allowed stix.Term, is func(string) bool) {
	if text, ok := value.(string); (!ok || !is(text)) && !w.enough("NAM-03", g) {
		place := w.at(pointer)
		w.foundAs("NAM-03", g, place, "%s is %s; the end of the name promises %s", name(place), short(value), allowed)
	}
}

func (w *suffixWalk) promiseList(pointer string, value any) {
	list, ok := value.([]any)
	if !ok {
		w.promise(w.grade, pointer, value, "a list of identifiers", func(string) bool { return false })
	}
	w.path = append(w.path, nil)
	for i, element := range list {
		w.path[len(w.path)-1] = i
		w.promise(w.grade, pointer, element, "an identifier", isIdentifier)
	}
	w.path = w.path[:len(w.path)-1]
}

// at is the pointer to where the walk is.
func (w *suffixWalk) at(pointer string) string { return at(pointer, w.path...) }
