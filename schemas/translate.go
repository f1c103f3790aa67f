package schemas

import (
	"encoding/json"
	"math"
	"strings"

	"accord/stix"

	"github.com/xeipuuv/gojsonschema"
)

// A fault is an error of a schema at a place of an object.
type fault struct {
	*subject
	gojsonschema.ResultError
	place   *place
	pointer string
	isKey   bool // the value is the name of a member
}

// rule is the rule that is broken: the one that the schema names at the place,
// else another.
func (f *fault) rule(other string) string {
	if f.place.rule != "" {
		return f.place.rule
	}
	return other
}

// translations say, for each kind of error that gojsonschema has, which rule was
// broken and how.
var translations = map[string]func(*fault){
	"invalid_type":                    wrongType,
	"required":                        missing,
	"missing_dependency":              missingNeed,
	"false":                           notAllowed,
	"additional_property_not_allowed": undefinedMember,
	"format":                          wrongForm,
	"number_gte":                      outOfBounds,
	"number_lte":                      outOfBounds,

	// What another error, or a rule in code, says already.
	"number_all_of":         saidElsewhere, // by the error of the part
	"condition_then":        saidElsewhere, // by what should follow
	"condition_else":        saidElsewhere,
	"invalid_property_name": saidElsewhere, // by the form of the name
	"array_min_items":       saidElsewhere, // GEN-04
	"array_min_properties":  saidElsewhere, // GEN-05

	// What none of our schemas has, and a fault of ours if it comes.
	"number_any_of": unexpected, "number_one_of": unexpected, "number_not": unexpected, "internal": unexpected, "const": unexpected, "enum": unexpected,
	"array_no_additional_items": unexpected, "array_max_items": unexpected, "unique": unexpected,
	"contains": unexpected, "array_max_properties": unexpected, "invalid_property_pattern": unexpected,
	"string_gte": unexpected, "string_lte": unexpected, "pattern": unexpected, "multiple_of": unexpected,
	"number_gt": unexpected, "number_lt": unexpected,
}

func saidElsewhere(*fault) {}

// unexpected refuses an object rather than let a fault of ours pass.
func unexpected(f *fault) {
	f.found("GEN-01", f.pointer, "%s cannot be judged (%s)", name(f.pointer), f.Type())
}

// kindRules are the rules for each JSON type that a schema asks for, and what to
// call it.
var kindRules = map[string]struct {
	rule    string
	allowed stix.Term
}{
	"string":  {"TYP-16", "a string"},
	"boolean": {"TYP-02", "true or false"},
	"integer": {"TYP-10", "a whole number"},
	"number":  {"TYP-06", "a number"},
	"array":   {"TYP-13", "a list"},
	"object":  {"TYP-13", "an object"},

	"integer string":      {"TYP-03", "a whole number or a string"},
	"string array object": {"LNG-03", "a string, a list or an object"},
}

func wrongType(f *fault) {
	if f.Value() == nil {
		return // GEN-03 has said so
	}
	want := kindRules[strings.Join(f.place.kinds, " ")]
	id, grade := want.rule, f.needed(strings.TrimPrefix(f.pointer, "/"))
	if f.place.rule != "" && (f.place.form == "" || f.place.form == "spec-version") {
		id = f.place.rule
	}
	f.foundWrongKind(id, grade, f.pointer, f.Value(), want.allowed)
}

// missing is about members that must be there.
func missing(f *fault) {
	member := f.Details()["property"].(string)
	if c := f.place.needed[member]; c != nil {
		c.requires(f, member)
		return
	}
	id := "GEN-02"
	switch {
	case member == "selectors":
		id = "GRN-02"
	case member == "extension_type":
		id = "EXT-03"
	case member == "created_by_ref" && f.Object.Type == "extension-definition":
		id = "EXT-07"
	}
	grade := ruleOf(id).grade
	if f.pointer == "" {
		grade = f.needed(member)
	}
	f.foundMissing(id, grade, f.pointer, member)
}

// missingNeed is about members that another one requires. The schema has an
// error for each of them; the first says it for all.
func missingNeed(f *fault) {
	fields, _ := f.Value().(map[string]any)
	for _, n := range f.place.needs {
		absent := missingOf(n.others, fields)
		switch _, there := fields[n.member]; {
		case !there || len(absent) == 0 || absent[0] != f.Details()["dependency"]:
		case len(absent) == 1:
			f.found(n.rule, f.pointer, "%s is missing; %s requires it", absent[0], n.member)
		default:
			f.found(n.rule, f.pointer, "%s are missing; %s requires them", together(absent), n.member)
		}
	}
}

// missingOf are those of some members that an object has not.
func missingOf(members []string, fields map[string]any) (missing []string) {
	for _, member := range members {
		if _, there := fields[member]; !there {
			missing = append(missing, member)
		}
	}
	return missing
}

func notAllowed(f *fault) { f.place.forbidden.forbids(f) }

func undefinedMember(f *fault) {
	member := f.Details()["property"].(string)
	f.undefined(at(f.pointer, member), member)
}

// outOfBounds is about a number. Beyond the range of STIX integers it breaks the
// rule of these, unless its place has a rule of its own.
func outOfBounds(f *fault) {
	id := f.rule("BOUNDS")
	if n, err := f.Value().(json.Number).Float64(); f.place.rule == "" && (err != nil || math.Abs(n) > largestInteger) {
		id = "TYP-10"
	}
	least, most := f.place.least, f.place.most
	switch {
	case most == "":
		f.found(id, f.pointer, "%s is %s; it must be %s or more", name(f.pointer), short(f.Value()), least)
	case least == "":
		f.found(id, f.pointer, "%s is %s; it must be %s or less", name(f.pointer), short(f.Value()), most)
	default:
		f.found(id, f.pointer, "%s is %s; it must be from %s to %s", name(f.pointer), short(f.Value()), least, most)
	}
}

// largestInteger is the largest integer of STIX (TYP-10).
const largestInteger = 1<<53 - 1

// wrongForm is about a string, or the name of a member, that has not the form
// that its place asks for.
func wrongForm(f *fault) {
	form := strings.TrimPrefix(f.Details()["format"].(string), "stix-")
	text := f.Value().(string)
	if f.isKey = form == f.place.keys; f.isKey {
		f.pointer = at(f.pointer, text)
	}
	kind, param, _ := strings.Cut(form, ":")
	forms[kind].explain(f, text, param)
}
