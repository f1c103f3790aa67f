package stix

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// allLines reads a file to its end, faults included, which are written as
// "!line", with "+" where more is lost; a stream that could not be read to its
// end is followed by its error.
func allLines(r *Reader) (members []string) {
	for {
		raw, err := r.Next()
		fault, bad := errors.AsType[*SyntaxError](err)
		switch {
		case err == nil:
			members = append(members, string(raw))
			continue
		case err == io.EOF:
			return members
		case !bad:
			return append(members, err.Error())
		}
		text := fmt.Sprintf("!%d", fault.Line)
		if fault.Lost {
			text += "+"
		}
		if !fault.GoesOn {
			return append(members, text, "end")
		}
		members = append(members, text)
	}
}

// A line of NDJSON that cannot be read costs no object in another; any other fault ends the
// file, and says whether something is lost by it.
func TestReaderGoesOn(t *testing.T) {
	const a, b = `{"a":1}`, `{"b":2}`
	for _, tc := range []struct {
		name, in string
		want     []string
	}{
		{"no JSON", a + "\nnot json\n" + b, []string{a, "!2+", b}},
		{"the first line", "not json\n" + b, []string{"!1+", b}},
		{"the last line", a + "\nnot json", []string{a, "!2+", "end"}},
		{"the last line, ended", a + "\nx\n", []string{a, "!2", "end"}},
		{"several lines", "x\ny\r\n\n" + a + "\n}\n" + b, []string{"!1+", a, "!5", b}},
		{"a bundle whose objects are no list", a + "\n" + `{"type":"bundle","objects":5}` + "\n" + b, []string{a, "!2", b}},
		{"a string that is not closed", a + "\n" + `{"a":"x` + "\n" + b, []string{a, "!2", b}},
		{"members before it in the line", `[` + a + `,` + b + `,,` + a + "]\n" + b, []string{a, b, "!1+", b}},
		{"values before it in the line", a + `x` + a + "\n" + b, []string{a, "!1+", b}},
		{"brackets open", "[[[[}\n]\n" + a, []string{"!1", a}},
		{"a page of HTML", "<html>\n<p>\n" + a + "\n</html>", []string{"!1+", a, "!4+", "end"}},
		{"a bundle over several lines", `{"objects":[` + a + ",\n" + b + ",\nx," + a + "\n]}\n" + a, []string{a, b, "!3+", "end"}},
		{"a bundle over several lines, at its end", `{"objects":[` + a + ",\n" + b + ",\n]}\n", []string{a, b, "!3", "end"}},
		{"a bundle over several lines, and more behind it", `{"objects":[` + a + ",\n" + b + ",\n]}\n\n" + a, []string{a, b, "!3+", "end"}},
		{"a bundle that breaks off", `{"objects":[` + a + ",\n{", []string{a, "!2", "end"}},
		{"byte-order mark", "\ufeff" + a + "\n" + b, []string{"!1+", "end"}},
		{"UTF-16", "\xfe\xff\x00{\x00}\x00\n\x00[\x00]", []string{"!1+", "end"}},
		{"nothing", " \n", []string{"!2", "end"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := allLines(NewReader(strings.NewReader(tc.in), File, Limits{}))
			slowly := allLines(NewReader(iotest.OneByteReader(strings.NewReader(tc.in)), File, Limits{}))
			if !slices.Equal(got, tc.want) || !slices.Equal(slowly, tc.want) {
				t.Errorf("%q is read as %q, byte by byte %q; want %q", tc.in, got, slowly, tc.want)
			}
		})
	}
}

// The hundredth fault is the last.
func TestReaderGivesUp(t *testing.T) {
	got := allLines(NewReader(strings.NewReader(strings.Repeat("{x\n", 200)), File, Limits{}))
	if len(got) != 101 || got[98] != "!99" || got[99] != "!100+" || got[100] != "end" {
		t.Errorf("200 bad lines are read as %q", got)
	}
}

// A line without end ends the reading, and little of it is read or held.
func TestReaderEndlessLine(t *testing.T) {
	for _, body := range []string{"x", " "} {
		read := &counter{r: &repeat{text: body}}
		r := NewReader(io.MultiReader(strings.NewReader("[1,x"), read), File, Limits{})
		if got := allLines(r); !slices.Equal(got, []string{"1", "!1+", "end"}) {
			t.Errorf("an endless line of %q is read as %q", body, got)
		}
		if read.n > maxSkipped+windowSize || cap(r.w.buf) > 2*windowSize {
			t.Errorf("of an endless line %d bytes are read, and %d held", read.n, cap(r.w.buf))
		}
	}
}

type counter struct {
	r io.Reader
	n int
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}

// A column is that of an editor, however long the line and however it is cut.
func TestReaderColumn(t *testing.T) {
	for _, size := range []int{0, 1, 7, 8, 9, windowSize - 1, windowSize, 3*windowSize + 5} {
		for _, c := range []string{"a", "é", "中", "🛰"} {
			in := "[1,\n\"" + strings.Repeat(c, size) + "\",]"
			for _, src := range []io.Reader{strings.NewReader(in), iotest.HalfReader(strings.NewReader(in)), iotest.OneByteReader(strings.NewReader(in))} {
				for _, next := range []func(*Reader) ([]string, error){all, skipTexts} {
					_, err := next(NewReader(src, File, Limits{}))
					if fault, ok := errors.AsType[*SyntaxError](err); !ok || fault.Line != 2 || fault.Column != size+4 || fault.Offset != int64(len(in)-1) {
						t.Errorf("behind %d times %s: %+v; want column %d", size, c, fault, size+4)
					}
					src = strings.NewReader(in)
				}
			}
		}
	}
}

func skipTexts(r *Reader) ([]string, error) {
	for {
		if _, err := r.Skip(); err != nil {
			return nil, err
		}
	}
}

// The error of the stream is not lost behind a bad line.
func TestReaderBadLineOfBrokenStream(t *testing.T) {
	r := NewReader(io.MultiReader(strings.NewReader("x"), iotest.ErrReader(io.ErrUnexpectedEOF)), File, Limits{})
	if got := allLines(r); !slices.Equal(got, []string{"!1", "unexpected EOF"}) {
		t.Errorf("a stream that breaks in a bad line is read as %q", got)
	}
}

func FuzzReaderLines(f *testing.F) {
	f.Add([]byte("{}\nnot json\n[1]"))
	f.Add([]byte("{\"objects\":[1,\xe4\n2]}\n\xb8"))
	f.Fuzz(func(t *testing.T, body []byte) {
		got := allLines(NewReader(bytes.NewReader(body), File, Limits{}))
		if slowly := allLines(NewReader(iotest.OneByteReader(bytes.NewReader(body)), File, Limits{})); !slices.Equal(got, slowly) {
			t.Fatalf("%q is %q; byte by byte %q", body, got, slowly)
		}
	})
}
