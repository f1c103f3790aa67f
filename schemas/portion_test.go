package schemas

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// numbered is a list of n numbers.
func numbered(n int) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = json.Number(fmt.Sprint(i))
	}
	return list
}

// Every value of an object stands in a portion, at the pointer that it has in
// the whole, and hardly any list element in two of them.
func TestPortionsAreTheWhole(t *testing.T) {
	anything := &place{lists: true}
	anything.others = anything
	flatLists := &place{lists: true, others: &place{lists: true, others: &place{}}}
	lists := func(lengths ...int) []any {
		var all []any
		for _, n := range lengths {
			all = append(all, numbered(n))
		}
		return all
	}
	for name, value := range map[string]map[string]any{
		"a short list":           {"a": numbered(shortList), "b": numbered(portionSize + 1)},
		"no list":                {"type": "x", "deep": map[string]any{"a": "b"}},
		"one list":               {"a": numbered(3*portionSize + 1)},
		"just one portion":       {"a": numbered(portionSize)},
		"just two portions":      {"a": numbered(2 * portionSize)},
		"two lists":              {"a": numbered(portionSize - 1), "b": numbered(portionSize + 2), "c": "d"},
		"lists in a list":        {"a": lists(portionSize-1, portionSize, 1, 3*portionSize, 2)},
		"many short lists":       {"a": lists(slices.Repeat([]int{3}, portionSize)...)},
		"lists below dictionary": {"a": map[string]any{"b": lists(2, portionSize), "c/d~": numbered(2 * portionSize)}},
		"objects in a list":      {"a": []any{map[string]any{"b": numbered(portionSize + 1), "c": "d"}, "e", map[string]any{"b": numbered(portionSize)}}},
		"deep":                   {"a": []any{[]any{[]any{[]any{numbered(2*portionSize + 5)}, numbered(7)}}, "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			checkPortions(t, value, anything)
			checkPortions(t, value, flatLists)
		})
	}
}

// checkPortions cuts an object of which a schema looks at some lists.
func checkPortions(t *testing.T, value map[string]any, root *place) {
	t.Helper()
	if root.size(value) == 0 {
		return // such an object is never cut
	}
	const split = 32 // lists and objects that are in two portions, at most
	got, elements, n := map[string]any{}, 0, 0
	for p := range portions(value, root) {
		if size := root.size(p.value); size > portionSize+split {
			t.Errorf("a portion has %d elements", size)
		}
		n++
		elements += root.size(p.value)
		maps.Copy(got, leaves(p))
	}
	if whole := root.size(value); elements > whole+n*split {
		t.Errorf("%d portions have %d elements; the whole has %d", n, elements, whole)
	}
	if want := leaves(portion{value: value}); !reflect.DeepEqual(got, want) {
		t.Errorf("the portions hold %d values; the whole has %d", len(got), len(want))
	}
}

// leaves are the values of a portion that hold no others, by their pointers in
// the whole.
func leaves(p portion) map[string]any {
	all := map[string]any{}
	var walk func(v any, steps []string)
	walk = func(v any, steps []string) {
		switch v := v.(type) {
		case []any:
			for i, element := range v {
				walk(element, append(slices.Clone(steps), fmt.Sprint(i)))
			}
		case map[string]any:
			for _, member := range slices.Sorted(maps.Keys(v)) {
				walk(v[member], append(slices.Clone(steps), member))
			}
		default:
			all[p.pointer(steps)] = v
		}
	}
	walk(p.value, nil)
	return all
}

// A fault anywhere in a long list is found, at the right pointer.
func TestFaultsInLongLists(t *testing.T) {
	label := func(i, wrong int) string {
		if i == wrong {
			return `4711`
		}
		return `"a"`
	}
	reference := func(i, wrong int) string {
		if i == wrong {
			return `{"source_name":"a","description":"b","external_id":4711}`
		}
		return `{"source_name":"a","description":"b"}`
	}
	selector := func(i, wrong int) string {
		if i == wrong {
			return `"name."`
		}
		return `"name"`
	}
	for _, tc := range []struct {
		name    string
		n       int
		element func(i, wrong int) string
		before  string
		after   string
		pointer string // of the element %d
		rule    string
	}{
		{"labels", 50_000, label, `"labels":[`, `]`, "/labels/%d", "TYP-16"},
		{"external references", 20_000, reference, `"external_references":[`, `]`, "/external_references/%d/external_id", "TYP-16"},
		{"a list behind a long one", 50_000, label, `"aliases":["x","y"],"labels":[`, `]`, "/labels/%d", "TYP-16"},
		{"a list behind warnings", 10, label, `"external_references":[` + strings.Repeat(`{"source_name":"a","url":"b"},`, 9_000) +
			`{"source_name":"a","url":"b"}],"labels":[`, `]`, "/labels/%d", "TYP-16"},
		{"the long list of the second element", 30_000, selector, `"granular_markings":[{"lang":"en","selectors":["id"]},{"lang":"en","selectors":[`,
			`]}]`, "/granular_markings/1/selectors/%d", "GRN-03"},
	} {
		for _, wrong := range []int{0, 1, portionSize - 1, portionSize, portionSize + 1, tc.n - 1} {
			if wrong < tc.n {
				t.Run(fmt.Sprint(tc.name, " ", wrong), func(t *testing.T) {
					elements := make([]string, tc.n)
					for i := range elements {
						elements[i] = tc.element(i, wrong)
					}
					raw := change("campaign", tc.before+strings.Join(elements, ",")+tc.after)
					want := fmt.Sprintf("%s@"+tc.pointer+"!", tc.rule, wrong)
					if got := said(validate("standard", raw)); !slices.Contains(got, want) {
						t.Errorf("%s is not found: %q", want, got)
					}
				})
			}
		}
	}
}

// What the schema says of a short list as a whole holds in each portion.
func TestShortListBesideALongOne(t *testing.T) {
	names := make([]string, 2*portionSize)
	for i := range names {
		names[i] = fmt.Sprintf(`"toxicity_%d"`, i)
	}
	raw := change("extension-definition", `"extension_types":["toplevel-property-extension"],"extension_properties":[`+strings.Join(names, ",")+`]`)
	if v := validate("strict", raw); len(v.Findings) > 0 {
		t.Errorf("%+v", v.Findings)
	}
}
