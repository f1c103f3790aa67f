package pattern

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// An Error is one fault of a pattern: what Parse returns, or a warning of
// Problems. Its message is a format of package fmt and arguments, so that it can
// be said in another language: every format is a literal in a call of errorf and
// has no verbs but %s, %d and %q; every argument is a string or an int, and
// holds a piece of the pattern, a STIX name or a number, never a phrase.
type Error struct {
	Rule   string // "PAT-SYN-1" and so on, or "LIMIT"
	Offset int    // of the place in the text, in bytes, 0 to its length
	Line   int    // counted from 1
	Column int    // in characters, counted from 1
	Format string
	Args   []any
}

// errorf is the one place where faults begin. Line and Column are set later, by
// what knows the text.
func errorf(rule string, offset int, format string, args ...any) *Error {
	return &Error{Rule: rule, Offset: offset, Format: format, Args: args}
}

// Error returns the message behind its place: "line 1, column 7: …".
func (e *Error) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message())
}

// Message returns what was found and what is allowed, without the place.
func (e *Error) Message() string { return fmt.Sprintf(e.Format, e.Args...) }

// Place returns the line and the column of an offset in bytes, both counted from
// 1, the column in characters. A line ends at a line feed.
func Place(text string, offset int) (line, column int) {
	before := text[:offset]
	start := strings.LastIndexByte(before, '\n') + 1
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[start:]) + 1
}

// caretWindow is how many characters Caret shows before the place, and again
// from it on, so that the line fits a terminal.
const caretWindow = 35

// Caret returns the line of the pattern in which e lies, cut to some 70
// characters around the place, and a line of spaces with a ^ under the place.
// What cannot be printed is shown as a space; text must be that of the pattern.
func (e *Error) Caret(text string) (line, caret string) {
	start := strings.LastIndexByte(text[:e.Offset], '\n') + 1
	before := shown(text[start:e.Offset])
	after := text[e.Offset:]
	if end := strings.IndexByte(after, '\n'); end >= 0 {
		after = after[:end]
	}
	tail := shown(after)
	if cut := len(before) - caretWindow; cut > 0 {
		before = append([]rune("…"), before[cut:]...)
	}
	if len(tail) > caretWindow {
		tail = append(tail[:caretWindow:caretWindow], '…')
	}
	return string(before) + string(tail), strings.Repeat(" ", cells(before)) + "^"
}

// shown returns a text with spaces in place of what would move the cursor.
func shown(s string) []rune {
	runes := []rune(s)
	for i, r := range runes {
		if !unicode.IsPrint(r) {
			runes[i] = ' '
		}
	}
	return runes
}

// cells returns how many columns of a terminal the characters take.
func cells(runes []rune) (n int) {
	for _, r := range runes {
		switch {
		case unicode.Is(unicode.Mn, r):
		case isWide(r):
			n += 2
		default:
			n++
		}
	}
	return n
}

func isWide(r rune) bool {
	kind := width.LookupRune(r).Kind()
	return kind == width.EastAsianWide || kind == width.EastAsianFullwidth
}

// excerpt returns a text for a message: cut where it is too long to be read, and
// with nothing that moves a cursor.
func excerpt(s string) string { return cut(s, 60) }

func cut(s string, enough int) string {
	if len(s) <= enough {
		return string(shown(s))
	}
	return string(shown(strings.ToValidUTF8(s[:enough], ""))) + "…"
}
