package schemas

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"accord/stix"
)

// valueRules hold for every value of an object, at any depth.
var valueRules = []rule{
	{id: "GEN-01", grade: vital, section: "2.6", old: true},
	{id: "GEN-03", grade: binding, section: "2", old: true},
	{id: "GEN-04", grade: binding, section: "2.12", old: true},
	{id: "GEN-05", grade: binding, section: "2.3", old: true},
	{id: "TYP-02", grade: binding, section: "2.2", old: true},
	{id: "TYP-07", grade: binding, section: "2.7", old: true},
	{id: "TYP-13", grade: binding, section: "2.12", old: true},
	{id: "TYP-16", grade: binding, section: "2.15", old: true},
	{id: "EXT-04", grade: binding, section: "3.2", old: true},
}

// checkValues looks for what no STIX type admits anywhere, and reports whether
// all numbers are such that the schema may calculate with them: 1e999999 or a
// million digits cost it seconds.
func (s *subject) checkValues() (countable bool) {
	w := valueWalk{countable: true}
	w.walk(s.value)
	slices.SortFunc(w.faults, func(a, b stix.Finding) int { return strings.Compare(a.Pointer, b.Pointer) })
	for _, f := range w.faults {
		s.report(f.Rule, s.valueGrade(f), f.Pointer, "%s", f.Message)
	}
	return w.countable
}

// valueGrade is the grade of a fault. What is empty deep inside a custom
// property is let through like the property itself: the published ATT&CK
// objects have such lists.
func (s *subject) valueGrade(f stix.Finding) grade {
	if f.Rule == "GEN-01" {
		return vital // the schema does not look at such an object
	}
	empty := f.Rule == "GEN-04" || f.Rule == "GEN-05"
	if empty && strings.HasPrefix(f.Pointer, "/x_") && strings.Count(f.Pointer, "/") > 1 {
		return tolerated
	}
	return s.needed(strings.TrimPrefix(f.Pointer, "/"))
}

// A valueWalk collects faults of an object in the random order of its maps.
type valueWalk struct {
	path      []any
	faults    []stix.Finding
	countable bool
}

func (w *valueWalk) walk(v any) {
	switch v := v.(type) {
	case nil:
		w.fault("GEN-03", "is null; a property without a value must be left out")
	case json.Number:
		if !isDouble(string(v)) {
			w.countable = false
			w.fault("GEN-01", "is not an IEEE 754 double; numbers must be representable as one")
		}
	case []any:
		if len(v) == 0 {
			w.fault("GEN-04", "is an empty list; a list must have at least one element or be left out")
		}
		w.path = append(w.path, nil)
		for i, element := range v {
			w.path[len(w.path)-1] = i
			w.walk(element)
		}
		w.path = w.path[:len(w.path)-1]
	case map[string]any:
		if len(v) == 0 && len(w.path) > 0 {
			w.fault("GEN-05", "is an empty object; it must have at least one entry or be left out")
		}
		w.path = append(w.path, nil)
		for key, member := range v {
			w.path[len(w.path)-1] = key
			w.walk(member)
		}
		w.path = w.path[:len(w.path)-1]
	}
}

func (w *valueWalk) fault(rule, message string) {
	pointer := at("", w.path...)
	w.faults = append(w.faults, stix.Finding{
		Rule: rule, Pointer: pointer, Message: name(pointer) + " " + message,
	})
}

// maxNumber is the length of a number, in bytes: every double can be written
// exactly in that many, and to calculate with a million digits takes a second.
const maxNumber = 1100

// isDouble reports whether a JSON number is representable as an IEEE 754
// double: neither too large nor so small that it would become zero.
func isDouble(number string) bool {
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || len(number) > maxNumber {
		return false
	}
	mantissa, _, _ := strings.Cut(strings.ToLower(number), "e")
	return f != 0 || !strings.ContainsAny(mantissa, "123456789")
}
