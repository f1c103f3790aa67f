package schemas

import (
	"encoding/json"
	"strconv"
	"strings"

	"accord/stix"
)

// markingRules are about markings on objects and about the objects that define
// them.
var markingRules = []rule{
	{id: "COM-13", grade: binding, section: "3.2", old: true, check: checkSelfMarking},
	{id: "GRN-01", grade: binding, section: "7.2.3", old: true, check: checkGranularMarkings},
	{id: "GRN-02", grade: binding, section: "7.2.3.1", old: true},
	{id: "GRN-05", grade: binding, section: "7.2.3.1"},
	{id: "MRK-04", grade: binding, section: "7.2.1.4", old: true, check: checkTLP},
	{id: "MRK-05", grade: advice, section: "common objects", old: true},
}

// ofMarkings reports whether a pointer leads into a property that marks.
func ofMarkings(pointer string) bool {
	property := topProperty(pointer)
	return property == "object_marking_refs" || property == "granular_markings"
}

// checkMarkingsReadable refuses an object under every profile when nobody can
// say how it is marked, and so nobody could protect it.
func checkMarkingsReadable(s *subject) {
	if !s.MarkingsUnreadable {
		return
	}
	pointer := "/granular_markings"
	if refs, present := s.value["object_marking_refs"]; present && !isTextList(refs) {
		pointer = "/object_marking_refs"
	}
	s.report("COM-12", vital, pointer, "the markings in %s cannot be read; they must be lists that name marking definitions", pointer[1:])
}

func isTextList(v any) bool {
	list, ok := v.([]any)
	for _, element := range list {
		if _, text := element.(string); !text {
			return false
		}
	}
	return ok
}

func checkSelfMarking(s *subject) {
	for _, ref := range s.refs {
		if s.Type == "marking-definition" && ref.id == string(s.ID) && ofMarkings(ref.pointer) {
			s.found("COM-13", ref.pointer, "%s is the marking definition itself; it must not mark itself", name(ref.pointer))
		}
	}
}

func checkGranularMarkings(s *subject) {
	for i, element := range s.list("granular_markings") {
		marking, ok := element.(map[string]any)
		if !ok {
			continue
		}
		pointer := "/granular_markings/" + strconv.Itoa(i)
		lang, hasLang := marking["lang"]
		_, hasRef := marking["marking_ref"]
		if hasLang == hasRef {
			s.found("GRN-01", pointer, "the granular marking must have either lang or marking_ref, and not both")
		}
		if tag, ok := lang.(string); ok && !isLanguageTag(tag) {
			s.found("GRN-05", pointer+"/lang", "lang is %s; it must be a language tag such as \"en\" or \"zh-Hans\" (RFC 5646)", short(tag))
		}
	}
}

// tlp2 is the extension that makes a marking definition one of TLP 2.0.
const tlp2 = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"

// checkTLP refuses definitions of the Traffic Light Protocol that are not the
// published ones: under their ids by every profile, because what a TLP id means
// never comes from outside.
func checkTLP(s *subject) {
	if published, reserved := stix.PredefinedMarking(s.ID); reserved {
		s.checkReserved(published)
		return
	}
	if s.Type != "marking-definition" {
		return
	}
	extensions, _ := s.value["extensions"].(map[string]any)
	switch {
	case s.value["definition_type"] == "tlp":
		s.found("MRK-04", "/id", "the object defines a TLP marking of its own; TLP 1.0 has only the four ids of STIX 2.1 §7.2.1.4")
	case extensions[tlp2] != nil:
		s.found("MRK-05", "/id", "the object defines a TLP 2.0 marking of its own; the published ones should be used")
	}
}

func (s *subject) checkReserved(published []byte) {
	rule := "MRK-04"
	if strings.Contains(string(published), tlp2) {
		rule = "MRK-05"
	}
	switch {
	case stix.SameContent(published, s.Raw):
	case s.old && rule == "MRK-04" && stix.SameContent(without(published, "name", "spec_version"), s.Raw):
	case rule == "MRK-04" && stix.SameContent(without(published, "name"), s.Raw):
		s.report(rule, tolerated, "", "name is missing; the published definition of this TLP marking has it")
	default:
		s.report(rule, vital, "", "%s is reserved for the published TLP marking; its content here differs", short(s.ID))
	}
}

// without returns a JSON object less some of its properties.
func without(raw []byte, properties ...string) []byte {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return raw
	}
	for _, property := range properties {
		delete(fields, property)
	}
	raw, _ = json.Marshal(fields) // raw messages of valid JSON always encode
	return raw
}
