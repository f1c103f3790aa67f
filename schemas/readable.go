package schemas

import "accord/stix"

// ofMarkings reports whether a pointer leads into a property that marks.
func ofMarkings(pointer string) bool {
	property := topProperty(pointer)
	return property == "object_marking_refs" || property == "granular_markings"
}

// checkMarkingsReadable refuses an object under every profile when nobody can
// say how it is marked, and so nobody could protect it.
func checkMarkingsReadable(s *subject) {
	if s.MarkingsUnreadable && !s.unreadableRefs() {
		s.unreadableGranules()
	}
}

// unreadableRefs reports what is no string in object_marking_refs, or that these
// are no list.
func (s *subject) unreadableRefs() bool {
	value, present := s.value["object_marking_refs"]
	refs, list := value.([]any)
	if present && !list {
		s.unreadable("/object_marking_refs", value, "a list of the ids of marking definitions")
		return true
	}
	for i, ref := range refs {
		if _, text := ref.(string); !text {
			s.unreadable(at("/object_marking_refs", i), ref, "the id of a marking definition")
			return true
		}
	}
	return false
}

// unreadableGranules reports what is no object in granular_markings, or names no
// marking definition.
func (s *subject) unreadableGranules() {
	value := s.value["granular_markings"]
	granules, list := value.([]any)
	if !list {
		s.unreadable("/granular_markings", value, "a list of objects")
		return
	}
	for i, element := range granules {
		granule, isObject := element.(map[string]any)
		ref, present := granule["marking_ref"]
		switch _, text := ref.(string); {
		case !isObject:
			s.unreadable(at("/granular_markings", i), element, "an object")
			return
		case present && !text:
			s.unreadable(at("/granular_markings", i, "marking_ref"), ref, "the id of a marking definition")
			return
		}
	}
}

func (s *subject) unreadable(pointer string, value any, allowed stix.Term) {
	s.foundAs("COM-12", vital, pointer, "%s is %s, so that nobody can read how the object is marked; it must be %s", name(pointer), short(value), allowed)
}
