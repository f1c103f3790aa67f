package schemas

import (
	"slices"
	"strings"
)

// followOns are the rules that can break because another one is broken: one
// fault is one finding. Each function reports whether a violation of the rule
// says nothing that its cause has not said.
var followOns = map[string]func(v, cause violation) bool{
	"GEN-03": anyOf(inWrongKind, inOwnTLP),
	"GEN-04": anyOf(inWrongKind, inOwnTLP),
	"GEN-05": anyOf(inWrongKind, inOwnTLP),
	"TYP-13": anyOf(after("MRK-03"), inOwnTLP),

	"EXT-02": after("GEN-03"),
	"EXT-08": ofUnknownTypes,
	"NAM-03": after("GEN-03"),
	"NAM-05": after("GEN-03"),
	"REF-07": after("GEN-03"),

	"IDN-05": fromWrongValues,
	"IDN-07": fromWrongValues,

	"OBJ-LOCATION-1": after("OBJ-LOCATION-2", "OBJ-LOCATION-3", "OBJ-LOCATION-4"),
	"OBJ-LOCATION-4": after("OBJ-LOCATION-2", "OBJ-LOCATION-3"),
}

// dropFollowOns leaves out what follows from a violation that is as grave.
func (s *subject) dropFollowOns() {
	causes := slices.Clone(s.violations)
	s.violations = slices.DeleteFunc(s.violations, func(v violation) bool {
		follows := followOns[v.rule.id]
		return follows != nil && slices.ContainsFunc(causes, func(cause violation) bool {
			return cause.grade >= v.grade && follows(v, cause)
		})
	})
}

func anyOf(a, b func(v, cause violation) bool) func(v, cause violation) bool {
	return func(v, cause violation) bool { return a(v, cause) || b(v, cause) }
}

// after is what follows in the same place from any of some rules.
func after(rules ...string) func(v, cause violation) bool {
	return func(v, cause violation) bool {
		return v.pointer == cause.pointer && slices.Contains(rules, cause.rule.id)
	}
}

// promises are the rules in code that say what a value must be, null or not.
var promises = []string{"EXT-02", "NAM-03", "NAM-05", "REF-07"}

// inWrongKind is what is said of a value, or of what it holds, that should be of
// another kind altogether; but a null is that first.
func inWrongKind(v, cause violation) bool {
	return within(v.pointer, cause.pointer) && (cause.wrongKind || slices.Contains(promises, cause.rule.id)) &&
		(v.rule.id != "GEN-03" || v.pointer != cause.pointer)
}

// ofUnknownTypes is what is said of the properties of an extension definition
// whose types are wrong: nobody can tell whether it may list some.
func ofUnknownTypes(_, cause violation) bool { return within(cause.pointer, "/extension_types") }

// inOwnTLP is what is said of the definition of a TLP marking that must not be
// there at all.
func inOwnTLP(v, cause violation) bool {
	return cause.rule.id == "MRK-04" && cause.pointer == "/id" && within(v.pointer, "/definition")
}

// fromWrongValues is what was concluded from properties that are wrong or
// missing.
func fromWrongValues(v, cause violation) bool {
	return cause.grade >= binding && slices.ContainsFunc(v.from, func(property string) bool {
		return topProperty(cause.pointer) == property || cause.pointer == "" && cause.missing == property
	})
}

// within reports whether a pointer leads to a place or below it.
func within(pointer, place string) bool {
	rest, ok := strings.CutPrefix(pointer, place)
	return ok && (rest == "" || rest[0] == '/')
}
