package server

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode"

	"accord/schemas"
	"accord/server/api"
	"accord/stix"
	"accord/stix/pattern"

	"golang.org/x/term"
)

// shownWarnings is how many warnings are written in full: what a person reads.
const shownWarnings = 50

// reportWords are the words of the report itself, by language.
var reportWords = map[string]struct {
	err, warning, refused, object, line, every, comma, colon string
	more, summary                                            counted
}{
	"en": {
		"error", "warning", "refused", "object %d", "line %d", "--warnings shows them all", ", ", ": ",
		counted{"%d more warning: %s", "%d more warnings: %s"},
		counted{"%d object: %d accepted, %d refused; warnings: %d", "%d objects: %d accepted, %d refused; warnings: %d"},
	},
	"zh": {
		"错误", "警告", "拒绝", "对象 %d", "第 %d 行", "用 --warnings 显示全部", "，", "：",
		counted{"", "另有 %d 条警告：%s"},
		counted{"", "共 %d 个对象：接受 %d 个，拒绝 %d 个；警告 %d 条"},
	},
}

// A counted is a format that begins with a number: how it reads where that is 1,
// if it reads otherwise, and where it is not.
type counted struct{ one, other string }

func (c counted) of(n int, args ...any) string {
	format := c.other
	if n == 1 {
		format = cmp.Or(c.one, c.other)
	}
	return fmt.Sprintf(format, append([]any{n}, args...)...)
}

// A textReport is for people: a block for each object with findings, then the
// sum.
type textReport struct {
	w        *bufio.Writer
	lang     string
	all      bool // every warning in full
	colours  bool
	objects  int
	refused  int
	warnings int
	hidden   map[string]int // warnings that were not written, by rule
	clear    func()         // makes room on the terminal
}

func newTextReport(w io.Writer, o *validateOptions, clear func()) *textReport {
	return &textReport{
		w: bufio.NewWriter(w), lang: o.lang.value, all: o.warnings, colours: takesColours(w),
		hidden: map[string]int{}, clear: clear,
	}
}

// takesColours reports whether w is a terminal whose user has not declined
// colours (no-color.org).
func takesColours(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && term.IsTerminal(int(f.Fd()))
}

// Colours of ANSI terminals.
const (
	bold   = "1"
	red    = "1;31"
	yellow = "33"
)

func (t *textReport) paint(colour, s string) string {
	if !t.colours {
		return s
	}
	return "\x1b[" + colour + "m" + s + "\x1b[0m"
}

func (t *textReport) add(file string, m schemas.Member) error {
	t.objects++
	if !m.Accepted {
		t.refused++
	}
	begun := false
	for _, f := range m.Findings {
		if f.Level == stix.LevelWarning {
			if t.warnings++; !t.all && t.warnings > shownWarnings {
				t.hidden[f.Rule]++
				continue
			}
		}
		if !begun {
			t.clear()
			t.begin(file, m)
			begun = true
		}
		t.finding(m.Object, f)
	}
	return t.w.Flush()
}

// begin writes which object a block is about.
func (t *textReport) begin(file string, m schemas.Member) {
	words := reportWords[t.lang]
	what := []string{}
	if m.Index >= 0 {
		what = append(what, fmt.Sprintf(words.object, m.Index))
	}
	if m.Line > 0 {
		what = append(what, fmt.Sprintf(words.line, m.Line))
	}
	v := api.NewVerdict(file, m, t.lang)
	if id := cmp.Or(v.ID, v.Type); id != "" {
		what = append(what, id)
	}
	line := []string{file}
	if len(what) > 0 {
		line = append(line, strings.Join(what, words.comma))
	}
	if !m.Accepted {
		line = append(line, words.refused)
	}
	fmt.Fprintln(t.w, t.paint(bold, printable(strings.Join(line, words.colon))))
}

// finding writes one finding, and of a pattern the place in it.
func (t *textReport) finding(o stix.Object, f stix.Finding) {
	words := reportWords[t.lang]
	level := t.paint(red, words.err)
	if f.Level == stix.LevelWarning {
		level = t.paint(yellow, words.warning)
	}
	at := ""
	if f.Pointer != "" {
		at = " " + printable(f.Pointer)
	}
	fmt.Fprintf(t.w, "  %s %s%s%s%s\n", level, f.Rule, at, words.colon, printable(schemas.Say(t.lang, f)))
	if e, text := patternFault(o, f); e != nil {
		line, caret := e.Caret(text)
		fmt.Fprintf(t.w, "      %s\n      %s\n", line, caret)
	}
}

// patternFault finds the fault in a pattern that a finding tells of, and the
// pattern; nil where it tells of something else.
func patternFault(o stix.Object, f stix.Finding) (*pattern.Error, string) {
	if !strings.HasPrefix(f.Rule, "PAT-") || f.Pointer != "/pattern" {
		return nil, ""
	}
	var indicator map[string]any // a struct would take Pattern too
	_ = json.Unmarshal(o.Raw, &indicator)
	text, _ := indicator["pattern"].(string)
	p, all := pattern.Examine(text, pattern.DefaultLimits)
	if p != nil {
		all = append(all, p.Problems()...)
	}
	for _, e := range all {
		if e.Rule == f.Rule {
			return &e, text
		}
	}
	return nil, ""
}

// printable returns s without what would move the cursor of a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// printableLines is printable of each line.
func printableLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = printable(line)
	}
	return strings.Join(lines, "\n")
}

func (t *textReport) end([]unreadFile) error {
	words := reportWords[t.lang]
	if len(t.hidden) > 0 {
		hidden, by := 0, []string{}
		for _, rule := range slices.Sorted(maps.Keys(t.hidden)) {
			hidden += t.hidden[rule]
			by = append(by, fmt.Sprintf("%s %d", rule, t.hidden[rule]))
		}
		fmt.Fprintf(t.w, "%s\n%s\n", words.more.of(hidden, strings.Join(by, words.comma)), words.every)
	}
	colour := bold
	if t.refused > 0 {
		colour = red
	}
	fmt.Fprintln(t.w, t.paint(colour, words.summary.of(t.objects, t.objects-t.refused, t.refused, t.warnings)))
	return t.w.Flush()
}

// A jsonReport is api.Report on a writer.
type jsonReport struct {
	api.Report
	w    io.Writer
	lang string
}

func (j *jsonReport) add(file string, m schemas.Member) error {
	return j.Add(api.NewVerdict(file, m, j.lang))
}

func (j *jsonReport) end([]unreadFile) error {
	_, err := j.WriteTo(j.w)
	return errors.Join(err, j.Close())
}
