package schemas

import (
	"encoding/json"
	"fmt"
	"strings"

	"accord/stix"
)

// maxPlaces is how many places of one rule are listed for one object: enough
// to repair by, and a bound on what a hostile object can make us write.
const maxPlaces = 10

// maxPointer is the length of a pointer in a finding, in bytes; names in real
// objects have 250 at most.
const maxPointer = 1000

// A subject is an object while it is judged.
type subject struct {
	*Validator
	stix.Object
	profile  string
	value    map[string]any // the object decoded, numbers as json.Number
	class    *class
	refs     []reference
	custom   bool // the type is neither standard nor announced by an extension
	old      bool // STIX 2.0
	findings []stix.Finding
}

// judge decodes the object and runs schema and rules on it.
func (s *subject) judge() {
	value, err := decode(s.Raw)
	if err != nil {
		s.report("GEN-01", vital, "", "the object cannot be read as JSON (%v); one JSON object is required", err)
		return
	}
	s.value = value
	if s.Type == "bundle" {
		s.found("COM-01", "/type", "the object is a bundle; a bundle is not a STIX object and cannot stand inside another")
		return
	}
	s.classify()
	if s.old && s.STIX21Only {
		s.found("COM-02", "/spec_version", "the object is STIX 2.0; spec_version \"2.1\" is required here")
	}
	if s.checkValues() {
		checkSchema(s)
	}
	for _, r := range s.rules.rules {
		if r.check != nil && (r.old || !s.old) {
			r.check(s)
		}
	}
}

// found reports a violation at a place, in the grade of the rule.
func (s *subject) found(rule, pointer, format string, args ...any) {
	s.report(rule, s.rules.grades[rule], pointer, format, args...)
}

// report reports a violation at a place. What is said of a property whose
// markings cannot be read at all is left to COM-12, which says so once.
func (s *subject) report(rule string, g grade, pointer, format string, args ...any) {
	if s.MarkingsUnreadable && rule != "COM-12" && ofMarkings(pointer) {
		return
	}
	if len(pointer) > maxPointer { // name a place above
		pointer = pointer[:strings.LastIndexByte(pointer[:maxPointer], '/')]
	}
	most := maxPlaces
	if g == vital {
		most *= 2 // so that lesser findings never push out the one that refuses
	}
	f := stix.Finding{Rule: rule, Level: g.level(s.profile), Pointer: pointer, Message: fmt.Sprintf(format, args...)}
	places := 0
	for _, said := range s.findings {
		if said == f {
			return
		}
		if said.Rule == rule {
			places++
		}
	}
	if places < most {
		s.findings = append(s.findings, f)
	}
}

// needed is the grade of a violation that leaves a property unusable: an
// object without usable type, id and version can be stored nowhere.
func (s *subject) needed(property string) grade {
	switch property {
	case "type", "id", s.versionProperty():
		return vital
	}
	return binding
}

// versionProperty names the property that is the version of the object.
func (s *subject) versionProperty() string {
	if _, ok := s.value["modified"]; ok {
		return "modified"
	}
	return "created"
}

// text returns a property that is a string; of any other the schema speaks.
func (s *subject) text(property string) (string, bool) {
	text, ok := s.value[property].(string)
	return text, ok
}

// list returns the elements of a property that is a list, nil if it is none.
func (s *subject) list(property string) []any {
	list, _ := s.value[property].([]any)
	return list
}

// at returns the pointer to a place below a pointer (RFC 6901).
func at(pointer string, steps ...any) string {
	for _, step := range steps {
		pointer += "/" + pointerEscapes.Replace(fmt.Sprint(step))
	}
	return pointer
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

// kind names the JSON type of a value, as a message says it.
func kind(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case json.Number:
		return "a number"
	case bool:
		return "a boolean"
	case []any:
		return "a list"
	}
	return "an object"
}

// short returns a value as a message shows it: JSON, at most 60 characters.
func short(v any) string {
	if text, ok := v.(string); ok && len(text) > 1000 {
		v = text[:1000] // no need to write out a megabyte to show its beginning
	}
	switch v.(type) {
	case []any, map[string]any:
		return kind(v)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return kind(v)
	}
	if runes := []rune(string(b)); len(runes) > 60 {
		return string(runes[:59]) + "…"
	}
	return string(b)
}
