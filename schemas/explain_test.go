package schemas

import (
	"bytes"
	"testing"

	"accord/stix"
)

// What Explain shows as right keeps the rule, and what it shows as wrong breaks
// it, in the level that the rule is listed with: as accord validate judges them,
// with the definitions that are shown.
func TestExplainedExamples(t *testing.T) {
	for _, profile := range []string{"open", "standard", "strict"} {
		for _, r := range Rules(profile, "en") {
			e, ok := Explain(r.ID, profile, "en")
			if !ok || e.Rule != r {
				t.Errorf("%s is explained as %+v", r.ID, e.Rule)
			}
			if e.Right == nil {
				continue
			}
			s := newStream(t, profile)
			s.Definition = (&ruleCase{Definitions: e.Definitions}).definition
			if f := findingOf(t, s, e.Right, r.ReportedAs); f != nil {
				t.Errorf("%s, %s: what is right has the finding %+v", profile, r.ID, *f)
			}
			switch f := findingOf(t, s, []byte(e.Wrong), r.ReportedAs); {
			case f == nil:
				t.Errorf("%s, %s: what is wrong has no such finding", profile, r.ID)
			case f.Level != r.Level:
				t.Errorf("%s, %s is listed as %s; what is wrong has an %s", profile, r.ID, r.Level, f.Level)
			}
		}
	}
}

// findingOf is the first finding of a rule in a file.
func findingOf(t *testing.T, s Stream, file []byte, rule string) *stix.Finding {
	for _, m := range members(t, s, bytes.NewReader(file), stix.File) {
		for _, f := range m.Findings {
			if f.Rule == rule {
				return &f
			}
		}
	}
	return nil
}
