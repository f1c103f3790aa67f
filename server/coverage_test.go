package server

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"accord/taxii/conformance"
)

// TestCoverage holds every requirement of TAXII 2.1 to a proof: the conformance
// test passes it on the real server, or a Go test that names it in its comment
// asserts it on an answer over HTTP, or it binds somebody else, with a reason.
// The table is printed with -v, and written to ACCORD_COVERAGE if that is set.
func TestCoverage(t *testing.T) {
	s := conformanceServer(t)
	report := runReport(t, conformanceConfig(t, s))
	tests := httpTests(t, "..")
	var table strings.Builder
	outside, byTest, bound, missing := 0, 0, 0, []string{}
	for _, r := range conformance.Requirements() {
		var proofs []string
		if report.Result(r.ID).Outcome == conformance.Pass {
			outside++
			proofs = append(proofs, "conformance")
		}
		if len(tests[r.ID]) > 0 {
			byTest++
			proofs = append(proofs, tests[r.ID]...)
		}
		if reason := conformance.Binds(r.ID); reason != "" && len(proofs) == 0 {
			bound++
			proofs = append(proofs, "binds nobody here: it "+reason)
		}
		if len(proofs) == 0 {
			missing = append(missing, r.ID)
		}
		fmt.Fprintf(&table, "%-15s %-11s %s\n", r.ID, r.Level, strings.Join(proofs, ", "))
	}
	total := len(conformance.Requirements())
	summary := fmt.Sprintf("TAXII 2.1: %d requirements; %d proved from outside by accord conformance, %d by Go tests over HTTP, %d bind somebody else, %d unproved",
		total, outside, byTest, bound, len(missing))
	fmt.Fprintln(&table, summary)
	t.Log("\n" + table.String())
	if file := os.Getenv("ACCORD_COVERAGE"); file != "" {
		if err := os.WriteFile(file, []byte(table.String()), 0o644); err != nil {
			t.Error(err)
		}
	}
	if len(missing) > 0 {
		t.Errorf("no proof of %s", strings.Join(missing, " "))
	}
	for id := range tests {
		if _, ok := conformance.Lookup(id); !ok {
			t.Errorf("%v name %s, which is no requirement", tests[id], id)
		}
	}
}
