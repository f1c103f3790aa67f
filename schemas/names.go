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
		s.foundWrongName("NAM-02", at("", property), property)
	}
}

// foundWrongName reports the name of a property under one of the rules that ask
// the same of all names.
func (s *subject) foundWrongName(rule, pointer, property string) {
	s.found(rule, pointer, "the property %s has a wrong name; names must be 3 to 250 lower-case letters, digits and underscores and begin with a letter", short(property))
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
			s.foundReserved("/"+property, property)
		}
	}
}

func (s *subject) foundReserved(pointer, property string) {
	s.found("NAM-06", pointer, "%s is a reserved name; no property may have it", property)
}

// checkSuffixes looks at the properties of an extension whose names end in
// _ref, _refs, _bin, _hex or _enc, which says what they hold. What lies deeper
// may be keys of dictionaries, which promise nothing.
func (s *subject) checkSuffixes(g grade, pointer string, members map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(members)) {
		s.checkSuffix(g, pointer, members, name)
	}
}

// checkSuffix compares a member with what the end of its name promises. A wrong
// name promises nothing. Custom content is let through as a whole: ATT&CK has ""
// for a reference.
func (s *subject) checkSuffix(g grade, pointer string, members map[string]any, name string) {
	base, suffix := cutSuffix(name)
	if !suffixes[suffix] || !validName(name) {
		return
	}
	value, place := members[name], at(pointer, name)
	switch suffix {
	case "ref":
		s.checkReference(g, place, value)
	case "refs":
		s.checkReferences(g, place, value)
	case "bin":
		s.promise(g, place, value, "base64 with padding, in the standard alphabet", isBase64)
	case "hex":
		if text, _ := value.(string); isHexAnyCase(text) {
			g = tolerated // as in TYP-09
		}
		s.promise(g, place, value, "an even number of lower-case hexadecimal digits", isHex)
	case "enc":
		s.checkCharset(g, place, members, name, base)
	}
}

// suffixes are the ends of names that say what a property holds.
var suffixes = map[string]bool{"ref": true, "refs": true, "bin": true, "hex": true, "enc": true}

// cutSuffix cuts a name at its last underscore; both parts are "" if there is
// nothing before it.
func cutSuffix(name string) (base, suffix string) {
	i := strings.LastIndexByte(name, '_')
	if i < 1 {
		return "", ""
	}
	return name[:i], name[i+1:]
}

func (s *subject) promise(g grade, place string, value any, allowed stix.Term, is func(string) bool) {
	if text, ok := value.(string); !ok || !is(text) {
		s.foundAs("NAM-03", g, place, "%s is %s; the end of the name promises %s", name(place), short(value), allowed)
	}
}

func (s *subject) checkCharset(g grade, place string, members map[string]any, name, base string) {
	text, ok := members[name].(string)
	switch _, there := members[base]; {
	case !there:
		s.foundAs("NAM-04", g, place, "%s is there without %s, whose character set it names", short(name), short(base))
	case !ok || !isCharset(text):
		s.foundAs("NAM-05", g, place, "%s is %s; it must be the name of a character set in the IANA registry", short(name), short(members[name]))
	}
}

func (s *subject) checkReferences(g grade, place string, value any) {
	list, ok := value.([]any)
	if !ok {
		s.foundAs("NAM-03", g, place, "%s is %s; the end of the name promises %s", name(place), short(value), stix.Term("a list of references"))
	}
	for i, element := range list {
		if rule := s.referenceFault(element); rule != "" && !s.full(ruleOf(rule), g) {
			s.checkReference(g, at(place, i), element)
		}
	}
}

func (s *subject) checkReference(g grade, place string, value any) {
	switch s.referenceFault(value) {
	case "NAM-03":
		s.foundAs("NAM-03", g, place, "%s is %s; the end of the name promises %s", name(place), short(value), stix.Term("an identifier"))
	case "REF-06":
		s.foundAs("REF-06", g, place, "%s is %s; a bundle is never referred to", name(place), short(value))
	case "REF-07":
		s.foundAs("REF-07", g, place, "%s is %s; in a container it must be the key of another of its objects", name(place), short(value))
	}
}

// referenceFault returns the rule that a value under _ref breaks, "" if none. In
// a container it is a key, but for objects that cannot stand there, such as
// identities.
func (s *subject) referenceFault(value any) string {
	text, ok := value.(string)
	fault := identifierFault(text)
	sound := fault == "" || fault == "IDN-09"
	typ, _, _ := strings.Cut(text, "--")
	class, standard := standardClass(typ)
	switch {
	case value == nil:
		return "" // GEN-03 has said so
	case sound && typ == "bundle":
		return "REF-06"
	case s.parent != nil && (ok && s.parent.holds(text) || sound && standard && class != sco):
		return ""
	case s.parent != nil:
		return "REF-07"
	case !sound:
		return "NAM-03"
	}
	return ""
}

// holds reports whether a container has an object under a key.
func (s *subject) holds(key string) bool {
	objects, _ := s.value["objects"].(map[string]any)
	_, ok := objects[key]
	return ok
}
