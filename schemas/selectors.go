package schemas

import (
	"strconv"
	"strings"

	"accord/stix"
)

// checkSelectors looks for selectors of granular markings that select nothing
// of the object (GRN-04). What has not the form of a selector is GRN-03's.
func checkSelectors(s *subject) {
	for i, element := range s.list("granular_markings") {
		marking, _ := element.(map[string]any)
		selectors, _ := marking["selectors"].([]any)
		for j, element := range selectors {
			selector, _ := element.(string)
			if isSelector(selector) && !selects(s.value, selector) && !s.enough("GRN-04", binding) {
				s.found("GRN-04", at("/granular_markings", i, "selectors", j), "the selector %s leads to nothing in the object; it must name what is there", short(selector))
			}
		}
	}
}

// selects reports whether a selector leads to a value of an object: names step
// into objects, indexes into lists, and nothing into a string. It stops at the
// first step that leads nowhere, so that a selector costs no more than the
// object is deep.
func selects(object map[string]any, selector string) bool {
	var value any = object
	for rest, more := selector, true; more; {
		var step string
		step, rest, more = strings.Cut(rest, ".")
		var there bool
		if value, there = stepInto(value, step); !there {
			return false
		}
	}
	return true
}

// stepInto returns the value that one component of a selector leads to.
func stepInto(value any, step string) (_ any, there bool) {
	switch value := value.(type) {
	case map[string]any:
		member, there := value[step]
		return member, there
	case []any:
		index, ok := strings.CutPrefix(step, "[")
		i, err := strconv.Atoi(strings.TrimSuffix(index, "]"))
		if !ok || err != nil || i >= len(value) {
			return nil, false
		}
		return value[i], true
	}
	return nil, false
}

// enough reports whether a rule is broken in so many places already that
// another one is not kept, and so need not be written out.
func (s *subject) enough(id string, g grade) bool {
	places := s.counts[ruleOf(id)]
	return places >= 2*maxPlaces || places >= maxPlaces && g.level(s.profile) != stix.LevelError
}
