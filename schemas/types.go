package schemas

import (
	"fmt"

	"accord/stix"
)

// typeRules are about what an object is and what its class requires.
var typeRules = []rule{
	{id: "COM-01", grade: vital, section: "3.2", old: true},
	{id: "COM-02", grade: binding, section: "3.2"},
	{id: "NAM-01", grade: vital, section: "3.1", old: true, check: checkTypeName},
	{id: "EXT-06", grade: tolerated, section: "7.3", check: checkCustomType},
	{id: "GEN-02", grade: binding, section: "3.1", old: true, check: checkRequired},
}

func checkTypeName(s *subject) {
	if typ, ok := s.text("type"); ok && !stix.ValidType(typ) {
		s.found("NAM-01", "/type", "type is %s; it must be 3 to 250 lower-case letters, digits and single hyphens and begin with a letter", short(typ))
	}
}

func checkCustomType(s *subject) {
	if s.custom {
		s.found("EXT-06", "/type", "the type %q is neither a STIX 2.1 type nor announced by an extension of the object", s.Type)
	}
}

func checkRequired(s *subject) {
	for _, property := range s.class.required {
		if _, ok := s.value[property]; ok || s.old && property == "spec_version" {
			continue
		}
		whose := "every object"
		if s.Type != "" {
			whose = fmt.Sprintf("an object of type %q", s.Type)
		}
		s.report("GEN-02", s.needed(property), "", "%s is missing; %s must have it", property, whose)
	}
}
