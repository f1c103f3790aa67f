package conformance

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// WriteText writes the report for people: a line for each requirement below the
// title of its section, what failed with request and answer, and the figures.
func (r *Report) WriteText(w io.Writer) error {
	b := bufio.NewWriter(w)
	for _, s := range sections {
		fmt.Fprintf(b, "%s\n", s.title)
		for _, requirement := range s.requirements {
			writeResult(b, r.Result(requirement.ID))
		}
		fmt.Fprintln(b)
	}
	for _, note := range r.Notes {
		fmt.Fprintf(b, "note: %s\n", printable(note))
	}
	fmt.Fprintf(b, "%s\n%s\n", r.Server, r.Summary())
	return b.Flush()
}

func writeResult(b *bufio.Writer, res Result) {
	outcome := string(res.Outcome)
	if res.Outcome == Fail {
		outcome = "FAIL"
	}
	fmt.Fprintf(b, "  %-15s %-14s %s\n", res.ID, outcome, res.Text)
	if res.Reason != "" {
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
