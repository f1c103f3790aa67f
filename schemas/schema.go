package schemas

import (
	_ "embed"
	"strings"

	"github.com/xeipuuv/gojsonschema"
)

//go:embed common.json
var commonJSON []byte

// mustCompile compiles an embedded schema. One that does not compile is a fault
// of the build, which every test meets.
func mustCompile(schema []byte) *gojsonschema.Schema {
	compiled, err := gojsonschema.NewSchema(gojsonschema.NewBytesLoader(schema))
	if err != nil {
		panic(err)
	}
	return compiled
}

// checkSchema runs the schema of the common properties and reports each of its
// errors as a violation of the rule that the schema states there.
func checkSchema(s *subject) {
	result, err := s.common.Validate(gojsonschema.NewRawLoader(s.value))
	if err != nil {
		s.report("GEN-01", vital, "", "the object cannot be judged (%v)", err)
		return
	}
	for _, e := range result.Errors() {
		if translate := translations[e.Type()]; translate != nil {
			translate(s, pointerOf(e), e)
		}
	}
}

// translations say, for each kind of error that our schemas produce, which rule
// was broken and how.
var translations = map[string]func(*subject, string, gojsonschema.ResultError){
	"invalid_type": wrongType,
	"required":     missingMember,
	"const":        wrongSpecVersion,
	"number_gte":   outOfBounds,
	"number_lte":   outOfBounds,
}

// expectations name the rule and the words for each JSON type that a schema
// asks for.
var expectations = map[string]struct{ rule, allowed string }{
	"string":  {"TYP-16", "a string"},
	"boolean": {"TYP-02", "true or false"},
	"integer": {"COM-06", "a whole number from 0 to 100"}, // confidence is the only one
	"array":   {"TYP-13", "a list"},
	"object":  {"TYP-13", "an object"},
}

func wrongType(s *subject, pointer string, e gojsonschema.ResultError) {
	if e.Value() == nil {
		return // GEN-03 has said so
	}
	want := expectations[e.Details()["expected"].(string)]
	property := topProperty(pointer)
	switch {
	case property == "extensions":
		want.rule = "EXT-04"
	case strings.HasSuffix(pointer, "/hashes"):
		want.rule = "TYP-07"
	}
	s.report(want.rule, s.needed(property), pointer, "%s is %s, %s; it must be %s", name(pointer), short(e.Value()), kind(e.Value()), want.allowed)
}

// missingMember is about the members of common lists, not about the object's
// own properties: which of those are required depends on the class.
func missingMember(s *subject, pointer string, e gojsonschema.ResultError) {
	rule, property := "GEN-02", e.Details()["property"].(string)
	if property == "selectors" {
		rule = "GRN-02"
	}
	s.found(rule, pointer, "%s is missing; each member of %s must have it", property, topProperty(pointer))
}

func wrongSpecVersion(s *subject, pointer string, e gojsonschema.ResultError) {
	if e.Value() == nil || s.old {
		return // GEN-03 has said so; collections decide on STIX 2.0
	}
	s.found("COM-02", pointer, "spec_version is %s; it must be \"2.1\"", short(e.Value()))
}

func outOfBounds(s *subject, pointer string, e gojsonschema.ResultError) {
	s.found("COM-06", pointer, "confidence is %s; it must be a whole number from 0 to 100", short(e.Value()))
}

// pointerOf turns the place of a schema error into a JSON pointer.
func pointerOf(e gojsonschema.ResultError) string {
	pointer := ""
	for _, step := range strings.Split(e.Context().String("\x00"), "\x00")[1:] {
		pointer = at(pointer, step)
	}
	return pointer
}

// topProperty is the property of the object that a pointer leads into.
func topProperty(pointer string) string {
	property, _, _ := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
	return property
}

// name is how a message calls a place: its last step, a list's elements by the
// name of the list.
func name(pointer string) string {
	steps := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	last, prefix := steps[len(steps)-1], ""
	if len(steps) > 1 && strings.Trim(last, "0123456789") == "" {
		last, prefix = steps[len(steps)-2], "an element of "
	}
	if len(last) > 250 {
		last = "a property"
	}
	return prefix + last
}
