package schemas

import (
	"cmp"
	"slices"
	"strings"

	"accord/stix"
)

// A follow reports whether a violation says nothing that another one, its cause,
// has not said.
type follow func(s *subject, v, cause violation) bool

// followOns are the rules that can break because another one is broken: one
// fault is one finding.
var followOns = map[string]follow{
	"GEN-03": anyOf(inWrongKind, inOwnTLP),
	"GEN-04": anyOf(inWrongKind, inOwnTLP),
	"GEN-05": anyOf(inWrongKind, inOwnTLP, ofDemanding),
	"TYP-12": ofMember("hashes"),
	"TYP-13": anyOf(after("MRK-03"), inOwnTLP),

	"COM-05": fromCutDigits,
	"COM-14": ofNoType,
	"EXT-02": after("GEN-03"),
	"EXT-08": ofUnknownTypes,
	"GRN-04": byWrongPlace,
	"NAM-03": anyOf(after("GEN-03"), ofNoType),
	"NAM-04": ofNoType,
	"NAM-05": anyOf(after("GEN-03"), ofNoType),
	"NAM-06": ofNoType,
	"REF-07": anyOf(after("GEN-03"), belowWrongKind),

	"IDN-05": fromWrongValues,
	"IDN-06": fromWrongValues,
	"IDN-07": fromWrongValues,

	"OBJ-LOCATION-1":        after("OBJ-LOCATION-2", "OBJ-LOCATION-3", "OBJ-LOCATION-4"),
	"OBJ-LOCATION-4":        after("OBJ-LOCATION-2", "OBJ-LOCATION-3"),
	"OBJ-NETWORK-TRAFFIC-5": ofElement,
}

// dropFollowOns leaves out what follows from a violation that is as grave, and
// what is said of a text that nobody can read.
func (s *subject) dropFollowOns() {
	causes := slices.Clone(s.violations)
	s.violations = slices.DeleteFunc(s.violations, func(v violation) bool {
		follows := followOns[v.rule.id]
		return s.isGarbled(v) || follows != nil && slices.ContainsFunc(causes, func(cause violation) bool {
			return cause.grade >= v.grade && follows(s, v, cause)
		})
	})
}

// isGarbled reports whether a violation is about a text that is not Unicode, but
// does not say that.
func (s *subject) isGarbled(v violation) bool {
	return s.Garbled != nil && v.rule.id != "GEN-01" && slices.Contains(s.Garbled, strings.ToValidUTF8(v.pointer, "\uFFFD"))
}

func anyOf(all ...follow) follow {
	return func(s *subject, v, cause violation) bool {
		return slices.ContainsFunc(all, func(f follow) bool { return f(s, v, cause) })
	}
}

// after is what follows in the same place from any of some rules.
func after(rules ...string) follow {
	return func(_ *subject, v, cause violation) bool {
		return v.pointer == cause.pointer && slices.Contains(rules, cause.rule.id)
	}
}

// ofMember is what is said of an object as if it had not a member that is there,
// but wrong.
func ofMember(member string) follow {
	return func(_ *subject, v, cause violation) bool { return cause.pointer == at(v.pointer, member) }
}

// ofElement is what is said of a whole list as if it had not an element that is
// there, but wrong.
func ofElement(_ *subject, v, cause violation) bool {
	return v.rule != cause.rule && v.pointer != cause.pointer && within(cause.pointer, v.pointer)
}

// promises are the rules in code that say what a value must be, null or not.
var promises = []string{"EXT-02", "NAM-03", "NAM-05", "REF-07"}

// inWrongKind is what is said of a value, or of what it holds, that should be of
// another kind altogether; but a null is that first.
func inWrongKind(_ *subject, v, cause violation) bool {
	return within(v.pointer, cause.pointer) && (cause.wrongKind || slices.Contains(promises, cause.rule.id)) &&
		(v.rule.id != "GEN-03" || v.pointer != cause.pointer)
}

// belowWrongKind is what is said of what a value holds that should be of another
// kind.
func belowWrongKind(_ *subject, v, cause violation) bool {
	return cause.wrongKind && within(v.pointer, cause.pointer)
}

// demands are the rules, besides those of members that are required, that say
// what an object must have.
var demands = after("CTX-EMPTY", "EXT-03", "EXT-06", "EXT-11", "GRN-01", "MRK-03", "TYP-11",
	"OBJ-EMAIL-MESSAGE-4", "OBJ-WINDOWS-REGISTRY-KEY-3", "OBJ-X509-CERTIFICATE-2")

// ofDemanding is that an object is empty of which it is said what it must have.
func ofDemanding(s *subject, v, cause violation) bool {
	return demands(s, v, cause) || cause.missing != "" && v.pointer == cause.pointer
}

// ofUnknownTypes is what is said of the properties of an extension definition
// whose types are wrong: nobody can tell whether it may list some.
func ofUnknownTypes(_ *subject, _, cause violation) bool {
	return within(cause.pointer, "/extension_types")
}

// ofNoType is what is said of the properties of an object, or of a member of a
// container, whose type is none: nobody can tell what it may have.
func ofNoType(_ *subject, v, cause violation) bool {
	object, ofType := strings.CutSuffix(cause.pointer, "/type")
	return ofType && cause.rule.id == "NAM-01" && within(v.pointer, object)
}

// inOwnTLP is what is said of the definition of a TLP marking that must not be
// there at all.
func inOwnTLP(_ *subject, v, cause violation) bool {
	return cause.rule.id == "MRK-04" && cause.pointer == "/id" && within(v.pointer, "/definition")
}

// fromCutDigits is that modified is before created because digits of its
// fraction were cut off.
func fromCutDigits(s *subject, v, cause violation) bool {
	created, _ := s.text("created")
	modified, _ := s.text("modified")
	return cause.rule.id == "TSP-04" && v.pointer == cause.pointer && strings.HasPrefix(created, strings.TrimSuffix(modified, "Z"))
}

// identifying are the rules that an object has one of some members, which
// identify it.
var identifying = []string{"OBJ-ARTIFACT-1", "OBJ-ARTIFACT-2", "OBJ-FILE-1", "OBJ-NETWORK-TRAFFIC-1"}

// fromWrongValues is what was concluded for an id from values that are wrong or
// missing.
func fromWrongValues(s *subject, _, cause violation) bool {
	if cause.grade < binding {
		return false
	}
	property := topProperty(cause.pointer)
	if cause.pointer == "" {
		property = cause.missing
	}
	return slices.Contains(stix.ContributingProperties(s.Type), property) || cause.pointer == "" && slices.Contains(identifying, cause.rule.id)
}

// byWrongPlace is that a selector leads to nothing where what it leads through
// is wrong, or where the last of it is missing.
func byWrongPlace(_ *subject, v, cause violation) bool {
	if cause.missing != "" || cause.rule.id == "MRK-01" {
		return within(v.sought, at(cause.pointer, cmp.Or(cause.missing, "definition")))
	}
	return v.stuck != "" && v.stuck == cause.pointer
}

// within reports whether a pointer leads to a place or below it.
func within(pointer, place string) bool {
	rest, ok := strings.CutPrefix(pointer, place)
	return ok && (rest == "" || rest[0] == '/')
}
