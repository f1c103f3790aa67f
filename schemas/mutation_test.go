package schemas

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"accord/stix"

	"pgregory.net/rapid"
)

// A demand is what the verdict on a changed object must hold at least: one of
// the rules, as an error, at the pointer.
type demand struct {
	rules   []string
	pointer string
}

// One random change to an object that is right: the judge never panics, never
// changes the bytes, says the same twice, and finds what the change broke.
func TestRandomMutations(t *testing.T) {
	objects := soundObjects(t)
	for name, change := range mutations {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				for range max(1, 3/sampleEvery) {
					o := rapid.SampledFrom(objects).Draw(t, "object")
					m := newMutant(t, &o.ruleCase)
					change(m)
					checkMutant(t, &o.ruleCase, m)
				}
			})
		})
	}
}

func checkMutant(t *rapid.T, c *ruleCase, m *mutant) {
	before := bytes.Clone(m.raw)
	o, read := stix.ReadObject(m.raw, stix.DefaultLimits)
	judge, err := (&Validator{STIX21Only: true}).Judge("standard", nil)
	if err != nil {
		t.Fatal(err)
	}
	verdict := judge.Validate(o, c.definition)
	again := judge.Validate(o, c.definition)
	if fmt.Sprint(verdict.Findings) != fmt.Sprint(again.Findings) {
		t.Errorf("%s\nhas two verdicts: %q and %q", m.raw, said(verdict), said(again))
	}
	if !bytes.Equal(before, m.raw) {
		t.Errorf("%s\nwas changed to\n%s", before, m.raw)
	}
	if m.demand.rules == nil {
		return
	}
	for _, f := range append(read, verdict.Findings...) {
		if f.Level == stix.LevelError && m.demand.metBy(f) && (len(read) > 0 || !verdict.Accepted) {
			return
		}
	}
	t.Errorf("%s\nhas %q and %q, none of %q at %q", m.raw, read, said(verdict), m.demand.rules, m.demand.pointer)
}

// metBy reports whether a finding meets a demand. Of markings that cannot be
// read, and of a published TLP marking that was changed, nothing else is said.
func (d demand) metBy(f stix.Finding) bool {
	switch f.Rule {
	case "COM-12":
		return ofMarkings(d.pointer) && topProperty(d.pointer) == topProperty(f.Pointer)
	case "MRK-04", "MRK-05":
		return f.Pointer == ""
	}
	return slices.Contains(d.rules, f.Rule) && f.Pointer == d.pointer
}

// rootOf is what the schema of an object says.
func rootOf(value map[string]any) *place {
	s := subject{value: value}
	s.Type, _ = value["type"].(string)
	s.classify()
	return s.schema().root
}

// A mutant is an object that is changed at random.
type mutant struct {
	*rapid.T
	value  map[string]any // never changed
	root   *place
	raw    []byte // after the change
	demand demand
}

// mutations are the changes; each leaves an object as it is that has no place
// for it.
var mutations = map[string]func(*mutant){
	"required dropped": (*mutant).drop,
	"type changed":     (*mutant).retype,
	"null":             (*mutant).null,
	"list emptied":     (*mutant).empty,
	"type of id":       (*mutant).otherType,
	"times swapped":    (*mutant).swap,
	"member doubled":   (*mutant).double,
}

func newMutant(t *rapid.T, c *ruleCase) *mutant {
	value, err := decode(c.Valid)
	if err != nil {
		t.Fatal(err)
	}
	return &mutant{T: t, value: value, root: rootOf(value), raw: c.Valid}
}

// pick draws one of the places of the object that are wanted.
func (m *mutant) pick(wanted func(steps []string, v any) bool) (steps []string, found bool) {
	var all [][]string
	eachValue(m.value, nil, func(steps []string, v any) {
		if wanted(steps, v) {
			all = append(all, slices.Clone(steps))
		}
	})
	if len(all) == 0 {
		return nil, false
	}
	return rapid.SampledFrom(all).Draw(m.T, "place"), true
}

// eachValue visits the values below v in one order, objects before what they
// hold.
func eachValue(v any, steps []string, visit func(steps []string, v any)) {
	switch v := v.(type) {
	case []any:
		for i, element := range v {
			below := append(slices.Clone(steps), fmt.Sprint(i))
			visit(below, element)
			eachValue(element, below, visit)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			below := append(slices.Clone(steps), name)
			visit(below, v[name])
			eachValue(v[name], below, visit)
		}
	}
}

// drop leaves out a member that is required.
func (m *mutant) drop() {
	steps, ok := m.pick(func(steps []string, _ any) bool {
		last := len(steps) - 1
		return slices.Contains(m.root.find(steps[:last]).required, steps[last])
	})
	if !ok {
		return
	}
	last := len(steps) - 1
	m.raw = encode(m.value, steps, nil, nil)
	m.demand = demand{[]string{"GEN-02", "GRN-02", "EXT-03", "EXT-07", "GEN-05"}, pointerOf(steps[:last])} // GEN-05 where nothing is left
	if last == 0 && steps[0] == "spec_version" {
		m.demand = demand{[]string{"COM-02"}, "/spec_version"}
	}
}

// retype puts a value of another JSON type where the schema asks for one.
func (m *mutant) retype() {
	steps, ok := m.pick(func(steps []string, _ any) bool { return len(m.root.find(steps).kinds) > 0 })
	if !ok {
		return
	}
	p := m.root.find(steps)
	others := slices.DeleteFunc(slices.Sorted(maps.Keys(anyValues)), func(kind string) bool {
		return slices.Contains(p.kinds, kind) || kind == "integer" && slices.Contains(p.kinds, "number")
	})
	m.raw = encode(m.value, steps, []byte(anyValues[rapid.SampledFrom(others).Draw(m.T, "type")]), nil)
	m.demand = demand{[]string{kindRules[strings.Join(p.kinds, " ")].rule}, pointerOf(steps)}
	if p.rule != "" {
		m.demand.rules = append(m.demand.rules, ruleOf(p.rule).id)
	}
	if m.value["definition_type"] == "statement" && m.demand.pointer == "/definition" {
		m.demand.rules = []string{"MRK-03"}
	}
}

// anyValues are values of each JSON type.
var anyValues = map[string]string{
	"string": `"a"`, "integer": `4711`, "boolean": `true`, "array": `["a"]`, "object": `{"abc":"a"}`,
}

// null puts null in a place.
func (m *mutant) null() {
	steps, ok := m.pick(func([]string, any) bool { return true })
	if !ok {
		return
	}
	m.raw = encode(m.value, steps, []byte("null"), nil)
	m.demand = demand{[]string{"GEN-03"}, pointerOf(steps)}
}

// empty takes the elements of a list.
func (m *mutant) empty() {
	steps, ok := m.pick(func(_ []string, v any) bool { _, list := v.([]any); return list })
	if !ok {
		return
	}
	m.raw = encode(m.value, steps, []byte("[]"), nil)
	m.demand = demand{[]string{"GEN-04"}, pointerOf(steps)}
}

// otherType gives the id another type.
func (m *mutant) otherType() {
	id, _ := m.value["id"].(string)
	typ, uuid, _ := strings.Cut(id, "--")
	other := rapid.SampledFrom(slices.Sorted(maps.Keys(typeFacts))).Draw(m.T, "type")
	if other == typ {
		other = "x-" + typ
	}
	m.raw = encode(m.value, []string{"id"}, []byte(`"`+other+"--"+uuid+`"`), nil)
	m.demand = demand{[]string{"IDN-02"}, "/id"}
}

// swap exchanges two timestamps that have an order.
func (m *mutant) swap() {
	o := order{rule: "COM-05", earlier: "created", later: "modified"}
	typ, _ := m.value["type"].(string)
	if f := typeFacts[typ]; f != nil && f.order != nil && rapid.Bool().Draw(m.T, "own order") {
		o = *f.order
	}
	earlier, ok1 := m.value[o.earlier].(string)
	later, ok2 := m.value[o.later].(string)
	if !ok1 || !ok2 {
		return
	}
	swapped := maps.Clone(m.value)
	swapped[o.earlier], swapped[o.later] = later, earlier
	m.raw = encode(swapped, nil, nil, nil)
	if stix.Timestamp(earlier).Compare(stix.Timestamp(later)) < 0 {
		m.demand = demand{[]string{o.rule}, "/" + o.later}
	}
}

// double writes a member twice.
func (m *mutant) double() {
	steps, ok := m.pick(func(steps []string, _ any) bool { return steps[len(steps)-1] != "" })
	if !ok {
		return
	}
	last := len(steps) - 1
	if _, list := valueAt(m.value, steps[:last]).([]any); list {
		return
	}
	m.raw = encode(m.value, nil, nil, steps)
	m.demand = demand{[]string{"GEN-01"}, pointerOf(steps)}
}
