package schemas

import (
	"slices"
	"strconv"
)

// propertyRules are about the names of properties and the common properties
// that no other file speaks of.
var propertyRules = []rule{
	{id: "NAM-02", grade: binding, section: "3.1", check: checkNames},
	{id: "COM-06", grade: binding, section: "3.2"},
	{id: "COM-10", grade: binding, section: "3.2", check: checkLang},
	{id: "COM-14", grade: binding, section: "3.2", check: checkDefanged},
	{id: "COM-15", grade: advice, section: "3.2", check: checkForeign},
	{id: "TYP-11", grade: binding, section: "2.5.2", check: checkExternalReferences},
}

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

func checkLang(s *subject) {
	if tag, ok := s.text("lang"); ok && !isLanguageTag(tag) {
		s.found("COM-10", "/lang", "lang is %s; it must be a language tag such as \"en\" or \"zh-Hans\" (RFC 5646)", short(tag))
	}
}

func checkDefanged(s *subject) {
	if _, ok := s.value["defanged"]; ok && s.class != sco {
		s.found("COM-14", "/defanged", "defanged stands on an object of type %q; only observables may have it", s.Type)
	}
}

func checkForeign(s *subject) {
	for _, property := range s.class.foreign {
		if _, ok := s.value[property]; ok {
			s.found("COM-15", "/"+property, "%s is not a property of objects of type %q; it should be left out", property, s.Type)
		}
	}
}

func checkExternalReferences(s *subject) {
	for i, element := range s.list("external_references") {
		ref, ok := element.(map[string]any)
		if !ok {
			continue
		}
		if ref["description"] == nil && ref["url"] == nil && ref["external_id"] == nil {
			s.found("TYP-11", "/external_references/"+strconv.Itoa(i), "the external reference names only its source; it must have a description, a url or an external_id")
		}
	}
}
