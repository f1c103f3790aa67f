package schemas

import (
	"slices"
	"strings"

	"accord/stix"
)

// checkSuggested looks for relationships that STIX does not suggest between two
// of its own types (STIX 2.1 §5.1, Appendix B).
func checkSuggested(s *subject) {
	if s.Type != "relationship" {
		return
	}
	typ, _ := s.text("relationship_type")
	source, target := s.relatedType("source_ref"), s.relatedType("target_ref")
	if source == "" || target == "" || !isRelationshipType(typ) || isSuggested(source, typ, target) {
		return
	}
	s.foundAs("OBJ-RELATIONSHIP-1", advice, "/relationship_type", "relationship_type is %s, from %s to %s; between these, the standard suggests %s",
		short(typ), source, target, either(suggestions(source, target)))
}

// relatedType is the type that a reference of a relationship names, "" unless
// it is one of STIX that may be related.
func (s *subject) relatedType(property string) string {
	id, _ := s.text(property)
	typ := stix.ID(id).Type()
	if class, _ := standardClass(typ); class != sdo && class != sco || strings.HasPrefix(typ, "assistance-") { // ours
		return ""
	}
	return typ
}

// isSuggested reports whether STIX suggests a relationship. analysis-of is how
// its Appendix B printed av-analysis-of before Errata 01, and passes as such.
func isSuggested(source, typ, target string) bool {
	switch typ {
	case "related-to":
		return true
	case "derived-from", "duplicate-of":
		return source == target
	case "analysis-of":
		typ = "av-analysis-of"
	}
	return isTarget(suggested[source+" "+typ], target)
}

func isTarget(targets []string, typ string) bool {
	return slices.Contains(targets, typ) || slices.Contains(targets, "SCO") && typeFacts[typ].class == sco
}

// suggestions are the relationships that are suggested between two types.
func suggestions(source, target string) []string {
	list := []string{"related-to"}
	if source == target {
		list = append(list, "derived-from", "duplicate-of")
	}
	for key, targets := range suggested {
		if typ, ok := strings.CutPrefix(key, source+" "); ok && isTarget(targets, target) {
			list = append(list, typ)
		}
	}
	slices.Sort(list)
	return list
}
