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
			if isSelector(selector) && !selects(s.value, selector) && !s.full(ruleOf("GRN-04"), binding) {
				s.foundNothing(at("/granular_markings", i, "selectors", j), selector)
			}
		}
	}
}

// foundNothing takes note of where a selector leads to nothing, because that
// place may be wrong itself.
func (s *subject) foundNothing(pointer, selector string) {
	reached := reach(s.value, selector)
	next, _, _ := strings.Cut(strings.TrimPrefix(selector[len(reached):], "."), ".")
	stuck := s.below
	if reached != "" {
		for step := range strings.SplitSeq(reached, ".") {
			stuck = at(stuck, strings.Trim(step, "[]"))
		}
	}
	words := stix.Words{Format: "the selector %s leads to nothing in the object; it must name what is there", Args: []any{short(selector)}}
	s.add(violation{rule: ruleOf("GRN-04"), grade: binding, pointer: pointer, words: []stix.Words{words}, stuck: stuck, sought: at(stuck, next)})
}

// selects reports whether a selector leads to a value of an object: names step
// into objects, indexes into lists, and nothing into a string. It stops at the
// first step that leads nowhere, so that a selector costs no more than the
// object is deep.
func selects(object map[string]any, selector string) bool {
	return len(reach(object, selector)) == len(selector)
}

// reach returns as much of a selector as leads to something.
func reach(object map[string]any, selector string) string {
	var value any = object
	for rest, more := selector, true; more; {
		from := len(selector) - len(rest)
		var step string
		step, rest, more = strings.Cut(rest, ".")
		var there bool
		if value, there = stepInto(value, step); !there {
			return selector[:max(from-len("."), 0)]
		}
	}
	return selector
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
