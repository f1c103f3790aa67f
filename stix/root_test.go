package stix

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// Roots is told of each wrapper behind its last member, wherever its members
// stand, and of nothing that is a member itself.
func TestReaderRoots(t *testing.T) {
	const a = `{"type":"a"}`
	for _, tc := range []struct {
		name, in string
		want     []string
	}{
		{"bundle", `{"type":"bundle","id":"bundle--1","objects":[` + a + `,` + a + `]}`, []string{"1: bundle bundle--1 [id objects type] 2"}},
		{"id first, type last", "\n\n" + `{"id":"bundle--1","objects":[1],"type":"bundle","spec_version":"2.0"}`, []string{"3: bundle bundle--1 [id objects spec_version type] 1"}},
		{"envelope", `{"more":false,"objects":[1]}`, []string{"1:   [more objects] 1"}},
		{"escapes", `{"\u0074ype":"bun\u0064le","id":"\u0062","objects":[1]}`, []string{"1: bundle b [id objects type] 1"}},
		{"BUN-01 id that is no string", `{"type":"bundle","id":["bundle--1"],"objects":[1]}`, []string{"1: bundle  [id objects type] 1"}},
		{"BUN-01 id that is half a pair", `{"type":"bundle","id":"\ud800","objects":[1]}`, []string{"1: bundle  [id objects type] 1"}},
		{"BUN-01 very long id", `{"type":"bundle","id":"` + strings.Repeat("x", 100_000) + `","objects":[1]}`, []string{"1: bundle  [id objects type] 1"}},
		{"BUN-01 type behind the objects", `{"objects":[1],"type":"indicator"}`, []string{"1: indicator  [objects type] 1"}},
		{"BUN-02 no objects", `{"type":"bundle","id":"x"}`, []string{"1: bundle x [id type] 0"}},
		{"BUN-02 empty objects", `{"type":"bundle","objects":[],"id":"x"}`, []string{"1: bundle x [id objects type] 0"}},
		{"TX-ENV-02 empty envelope", `{"more":false}`, []string{"1:   [more] 0"}},
		{"lists", "[1]\n[]\n[2,3]", []string{"1: list 1", "2: list 0", "3: list 2"}},
		{"a single object", a, nil},
		{"a bundle between objects", a + "\n" + `{"type":"bundle","objects":[1]}` + a, []string{"2: bundle  [objects type] 1"}},
		{"a wrapper that breaks off", `{"type":"bundle","objects":[1]`, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			r := NewReader(strings.NewReader(tc.in), File, DefaultLimits)
			r.Roots = func(root Root) { got = append(got, showRoot(root)) }
			_, err := all(r)
			if !slices.Equal(got, tc.want) {
				t.Errorf("%.200q has the roots %q, and ends with %v; want %q", tc.in, got, err, tc.want)
			}
		})
	}
}

func showRoot(r Root) string {
	if r.List {
		return fmt.Sprintf("%d: list %d", r.Line, r.Objects)
	}
	var names []string
	for name := range r.Names {
		names = append(names, name)
	}
	slices.Sort(names)
	return fmt.Sprintf("%d: %s %s %v %d", r.Line, r.Type, r.ID, names, r.Objects)
}

func TestReaderLine(t *testing.T) {
	in := "{\"a\":\n1}\n\n{\"objects\":[1,\n" + strings.Repeat("\n", 2*windowSize) + "{\"x\":\n\n1}, 2]}\n[3,\n\n4]"
	want := []int{1, 4, 5 + 2*windowSize, 7 + 2*windowSize, 8 + 2*windowSize, 10 + 2*windowSize}
	r := NewReader(strings.NewReader(in), File, DefaultLimits)
	var got []int
	for {
		if _, err := r.Next(); err != nil {
			if err != io.EOF || !slices.Equal(got, want) {
				t.Errorf("the members begin in the lines %v, then %v; want %v", got, err, want)
			}
			return
		}
		got = append(got, r.Line())
	}
}

// A fault names the rule that it is of.
func TestSyntaxErrorRule(t *testing.T) {
	for in, want := range map[string]string{
		``:                       "GEN-01",
		`{"objects":[1,]}`:       "GEN-01",
		`{"objects":[]}`:         "BUN-02",
		`{"objects":[1,2,3]}`:    "LIMIT",
		`{"a":1,"b":2,"c":[]}`:   "LIMIT",
		strings.Repeat("[", 2e4): "LIMIT",
	} {
		_, err := all(NewReader(strings.NewReader(in), Envelope, Limits{Objects: 2, Properties: 2}))
		if in[:min(1, len(in))] == "[" {
			_, err = all(NewReader(strings.NewReader(in), File, Limits{}))
		}
		if e, ok := err.(*SyntaxError); !ok || e.Rule != want {
			t.Errorf("%.100q fails with %v; want a fault of %s", in, err, want)
		}
	}
}
