package collections_test

import (
	"testing"

	"accord/stix"
)

// A fixedJudge has one verdict for all objects.
type fixedJudge struct{ verdict stix.Verdict }

func (j fixedJudge) Judge(string, map[string][]byte) (stix.Judge, error)     { return j, nil }
func (j fixedJudge) Validate(stix.Object, func(stix.ID) []byte) stix.Verdict { return j.verdict }
func (j fixedJudge) Rules() [32]byte                                         { return [32]byte{1} }

// P4: a status says what was found in one line: each rule, its place, its words.
// A refused object is told what refused it, a stored one what might be better.
func TestMessages(t *testing.T) {
	first := stix.Finding{Rule: "COM-05", Level: stix.LevelError, Pointer: "/modified", Message: "modified is before created"}
	second := stix.Finding{Rule: "GEN-02", Level: stix.LevelError, Message: "name is missing; also at /a"}
	advice := stix.Finding{Rule: "TYP-05", Level: stix.LevelWarning, Pointer: "/indicator_types/0", Message: "the term is not in the vocabulary"}
	for _, tc := range []struct {
		name     string
		accepted bool
		findings []stix.Finding
		want     string
	}{
		{"nothing", true, nil, ""},
		{"a warning", true, []stix.Finding{advice}, "TYP-05 at /indicator_types/0: the term is not in the vocabulary"},
		{"an error", false, []stix.Finding{first}, "COM-05 at /modified: modified is before created"},
		{"errors and a warning", false, []stix.Finding{first, second, advice}, "COM-05 at /modified: modified is before created; GEN-02: name is missing; also at /a"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			w.service.Validator = fixedJudge{stix.Verdict{Accepted: tc.accepted, Findings: tc.findings}}
			s := w.push(w.as("cert-us", "read:*/* write:*/*"), "curated", indicator(1, t1, "")).Status
			var got string
			switch {
			case tc.accepted && len(s.Successes) == 1:
				got = s.Successes[0].Message
			case !tc.accepted && len(s.Failures) == 1:
				got = s.Failures[0].Message
			default:
				t.Fatalf("push: %+v; accepted %v, want the other", s, tc.accepted)
			}
			if got != tc.want {
				t.Errorf("message %q, want %q", got, tc.want)
			}
		})
	}
}

// LG-10: a record keeps the hash of the rules that judged it.
func TestRulesAreKept(t *testing.T) {
	w := newWorld(t)
	us := w.as("cert-us", "read:*/* write:*/*")
	w.service.Validator = fixedJudge{stix.Verdict{Accepted: true}}
	w.push(us, "curated", indicator(1, t1, ""))
	records, err := w.service.Store.Follow(us, w.view(us, "curated").ID, 0, 10)
	if err != nil || len(records) != 1 || records[0].Rules != [32]byte{1} {
		t.Errorf("records %+v, %v; want one with the rules of its judge", records, err)
	}
	if l := records[0].Leaf(w.view(us, "curated").ID); l.Rules != [32]byte{1} {
		t.Errorf("its leaf has the rules %x", l.Rules)
	}
}
