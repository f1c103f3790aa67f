package schemas

import (
	"slices"
	"strings"
)

// checkCustomTypeName adds to EXT-06, which such a type always breaks.
func checkCustomTypeName(s *subject) {
	if s.custom && !strings.HasPrefix(s.Type, "x-") {
		s.foundAs("CUS-05", advice, "/type", "the custom type %s should have a name that begins with x-", short(s.Type))
	}
}

func checkCustomObject(s *subject) {
	if !s.custom || s.facts.class == unknown {
		return
	}
	for property := range s.value {
		if !slices.Contains(commonNames, property) {
			return
		}
	}
	s.found("CUS-06", "", "the custom object has only common properties; it must have at least one of its own")
}

// checkCustomExtension looks at an extension of the deprecated kind. Like all
// custom content it is let through, where it has the form that the standard
// gave it. A custom type without an extension may be an observable.
func (s *subject) checkCustomExtension(pointer string, e extension) {
	switch {
	case s.facts.class != sco && !s.custom:
		s.found("CUS-09", pointer, "the custom extension %s stands on the type %s; only observables may have one", short(e.name), s.Type)
		return
	case !isCustomExtensionName(e.name):
		s.found("CUS-09", pointer, "the custom extension %s has a wrong name; it must be 3 to 250 lower-case letters, digits and hyphens and end in -ext", short(e.name))
	case s.facts.class != sco:
		s.foundAs("CUS-09", tolerated, pointer, "the custom extension %s stands on the type %s; only observables may have one", short(e.name), s.Type)
	default:
		s.checkSoundCustomExtension(pointer, e.name)
	}
	s.checkExtensionNames("CUS-09", pointer, e)
}

// checkSoundCustomExtension is about one on an observable, under a name of the
// right form.
func (s *subject) checkSoundCustomExtension(pointer, name string) {
	if s.closed() {
		s.foundAs("EXT-01", tolerated, pointer, "%s is a custom extension; extensions here must be %s, or have the id of a definition", name, enumerate(s.facts.extensions))
	} else {
		s.found("CUS-10", pointer, "%s is a custom extension; an extension definition is the way to say more than STIX defines", name)
	}
	if !strings.HasPrefix(name, "x-") {
		s.foundAs("CUS-09", advice, pointer, "the custom extension %s should have a name that begins with x-", short(name))
	}
}
