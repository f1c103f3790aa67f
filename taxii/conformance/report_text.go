package conformance

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
)

// WriteText writes the report for people: a line for each requirement below the
// title of its section, what failed with request and answer, why the rest could
// not be tested, and the figures.
func (r *Report) WriteText(w io.Writer) error {
	b := bufio.NewWriter(w)
	for _, s := range sections {
		fmt.Fprintf(b, "%s\n", s.title)
		for _, requirement := range s.requirements {
			writeResult(b, r.Result(requirement.ID))
		}
		fmt.Fprintln(b)
	}
	r.writeUntestable(b)
	for _, note := range r.Notes {
		fmt.Fprintf(b, "note: %s\n", printable(note))
	}
	fmt.Fprintf(b, "%s\n%s\n", r.Server, r.Summary())
	return b.Flush()
}

// writeUntestable tells each reason once, with the ids that it keeps from being
// tested.
func (r *Report) writeUntestable(b *bufio.Writer) {
	var reasons []string
	ids := map[string][]string{}
	for _, res := range r.Results {
		if res.Outcome != Untestable {
			continue
		}
		if ids[res.Reason] == nil {
			reasons = append(reasons, res.Reason)
		}
		ids[res.Reason] = append(ids[res.Reason], res.ID)
	}
	if len(reasons) == 0 {
		return
	}
	fmt.Fprintln(b, "Why some are untestable")
	for _, reason := range reasons {
		fmt.Fprintf(b, "  %s\n", printable(reason))
		for line := range slices.Chunk(ids[reason], 6) {
			fmt.Fprintf(b, "    %s\n", strings.Join(line, " "))
		}
	}
	fmt.Fprintln(b)
}

func writeResult(b *bufio.Writer, res Result) {
	outcome := string(res.Outcome)
	if res.Outcome == Fail {
		outcome = "FAIL"
	}
	fmt.Fprintf(b, "  %-15s %-14s %s\n", res.ID, outcome, res.Text)
	if res.Outcome == NotApplicable {
		fmt.Fprintf(b, "  %32s%s\n", "", printable(res.Reason))
	}
	for _, note := range res.Notes {
		fmt.Fprintf(b, "  %32snote: %s\n", "", printable(note))
	}
	for _, f := range res.Failures {
		fmt.Fprintf(b, "  %32s%s\n  %34scame: %s\n  %34sbut:  %s\n", "", printable(f.Request), "", printable(f.Came), "", printable(f.Expected))
	}
}

// printable keeps what a foreign server sent from steering the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '·'
	}, s)
}
