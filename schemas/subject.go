package schemas

import (
	"strconv"
	"strings"

	"accord/stix"
)

// maxPlaces is how many places of one rule are kept for one object: a bound on
// what a hostile object can make us remember.
const maxPlaces = 100

// maxPointer is the length of a pointer in a finding, in bytes; names in real
// objects have 250 at most.
const maxPointer = 1000

// A subject is an object while it is judged.
type subject struct {
	stix.Object
	profile    string
	strict21   bool // an object of STIX 2.0 is a violation
	value      map[string]any
	read       bool // GEN-01 has been said
	countable  bool // a schema may calculate with its numbers
	facts      *facts
	custom     bool                 // the type is neither standard nor announced by an extension
	old        bool                 // STIX 2.0
	definition func(stix.ID) []byte // the extension definitions that are known; may be nil
	violations []violation
	counts     map[*rule]int // of violations, by rule

	// Of a member of a deprecated observable container.
	parent *subject // the object that holds the container; else nil
	below  string   // the pointer to the member in it
}

// A violation is a rule broken in one place.
type violation struct {
	rule    *rule
	grade   grade
	level   stix.Level
	pointer string
	words   []stix.Words

	// What decides whether another violation follows from it, or it from another.
	missing       string // the member that should be there; "" where that is not what is wrong
	wrongKind     bool   // the value has the wrong JSON type
	stuck, sought string // of a selector: pointers to where it leads at last, and to what is not there
}

// judge decodes the object and runs schema and rules on it.
func (s *subject) judge() {
	if s.takeFaults(); s.counts[ruleOf("LIMIT")] > 0 {
		return // an object over a limit is not looked at further
	}
	value, odd, err := decodeOdd(s.Raw)
	if err != nil {
		s.found("GEN-01", "", "the object cannot be read as JSON (%s); one JSON object is required", err.Error())
		return
	}
	s.value = value
	if s.Type == "bundle" {
		s.found("BUN-03", "/type", "this is a bundle; a bundle is not a STIX object and cannot stand among objects")
		return
	}
	s.classify()
	if s.old && s.strict21 {
		s.report(ruleOf("COM-02"), ruleOf("COM-02").grade, "/spec_version", stix.OtherVersion("2.0", "2.1"))
	}
	if s.countable = !odd || s.checkValues(); s.countable {
		s.schema().check(s, s.value)
	}
	s.checkRules()
}

// takeFaults reports what reading found, under every profile. What is no I-JSON
// is not looked for again.
func (s *subject) takeFaults() {
	for _, f := range s.Faults {
		s.report(ruleOf(f.Rule), vital, f.Pointer, f.Words...)
	}
	s.read = s.Faults != nil
}

// checkRules runs the rules that look at an object in code.
func (s *subject) checkRules() {
	for i := range ruleRows {
		if r := &ruleRows[i]; r.check != nil && (r.old || !s.old) {
			r.check(s)
		}
	}
}

// found reports a violation at a place, in the grade of the rule.
func (s *subject) found(id, pointer, format string, args ...any) {
	r := ruleOf(id)
	s.report(r, r.grade, pointer, stix.Words{Format: format, Args: args})
}

// foundAs reports a violation at a place in another grade than the rule's.
func (s *subject) foundAs(id string, g grade, pointer, format string, args ...any) {
	s.report(ruleOf(id), g, pointer, stix.Words{Format: format, Args: args})
}

// foundMissing reports a member that should be there. Several in one place are
// one sentence; see finding.
func (s *subject) foundMissing(id string, g grade, pointer, member string) {
	words := stix.Words{Format: "%s is missing; it is required here", Args: []any{member}}
	s.add(violation{rule: ruleOf(id), grade: g, pointer: pointer, missing: member, words: []stix.Words{words}})
}

// foundWrongKind reports a value of a JSON type that is not allowed.
func (s *subject) foundWrongKind(id string, g grade, pointer string, value any, allowed stix.Term) {
	words := stix.Words{Format: "%s is %s, %s; it must be %s", Args: []any{name(pointer), short(value), kind(value), allowed}}
	if short(value) == kind(value) {
		words = stix.Words{Format: "%s is %s; it must be %s", Args: []any{name(pointer), kind(value), allowed}}
	}
	s.add(violation{rule: ruleOf(id), grade: g, pointer: pointer, wrongKind: true, words: []stix.Words{words}})
}

// report reports a violation of a rule in a grade at a place.
func (s *subject) report(r *rule, g grade, pointer string, words ...stix.Words) {
	s.add(violation{rule: r, grade: g, pointer: pointer, words: words})
}

// add takes note of a violation. What is said of a property whose markings
// cannot be read at all is left to COM-12, which says so once. Of an object of
// STIX 2.0 only rules count that both versions share.
func (s *subject) add(v violation) {
	if s.parent != nil { // a member is not what is stored, so nothing in it is vital
		v.grade, v.pointer = min(v.grade, binding), s.below+v.pointer
		s.parent.add(v)
		return
	}
	if s.MarkingsUnreadable && v.rule.id != "COM-12" && ofMarkings(v.pointer) || s.old && !v.rule.old {
		return
	}
	if s.full(v.rule, v.grade) || s.read && v.rule.id == "GEN-01" {
		return
	}
	if s.counts == nil {
		s.counts = map[*rule]int{}
	}
	s.counts[v.rule]++
	if len(v.pointer) > maxPointer { // name a place above
		v.pointer = v.pointer[:strings.LastIndexByte(v.pointer[:maxPointer], '/')]
	}
	v.level = v.grade.level(s.profile)
	s.violations = append(s.violations, v)
}

// full reports whether no more violations of a rule are kept in a grade, so that
// a check need not look for them. Errors have room beside warnings.
func (s *subject) full(r *rule, g grade) bool {
	if s.parent != nil {
		return s.parent.full(r, min(g, binding))
	}
	if g.level(s.profile) == stix.LevelError {
		return s.counts[r] >= 2*maxPlaces
	}
	return s.counts[r] >= maxPlaces
}

// needed is the grade of a violation that leaves a property unusable: an
// object without usable type, id and version can be stored nowhere.
func (s *subject) needed(property string) grade {
	switch property {
	case "type", "id", s.versionProperty():
		return vital
	}
	return binding
}

// versionProperty names the property that is the version of the object.
func (s *subject) versionProperty() string {
	if _, ok := s.value["modified"]; ok {
		return "modified"
	}
	return "created"
}

// text returns a property that is a string; of any other the schema speaks.
func (s *subject) text(property string) (string, bool) {
	text, ok := s.value[property].(string)
	return text, ok
}

// list returns the elements of a property that is a list, nil if it is none.
func (s *subject) list(property string) []any {
	list, _ := s.value[property].([]any)
	return list
}

// has reports whether the object has a property.
func (s *subject) has(property string) bool {
	_, ok := s.value[property]
	return ok
}

// at returns the pointer to a place below a pointer (RFC 6901). Steps are names
// and indexes.
func at(pointer string, steps ...any) string {
	for _, step := range steps {
		switch step := step.(type) {
		case int:
			pointer += "/" + strconv.Itoa(step)
		case string:
			pointer += "/" + pointerEscapes.Replace(step)
		}
	}
	return pointer
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

// topProperty is the property of the object that a pointer leads into.
func topProperty(pointer string) string {
	property, _, _ := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
	return property
}
