package pattern

import (
	"errors"
	"reflect"
	"testing"
)

func TestString(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"[file:size==10]", "[file:size = 10]"},
		{"[ file:'name'<>'a' /* note */ ] // end", "[file:name != 'a']"},
		{"[file:hashes.'SHA-256'='a' AND file:hashes.'MD5'='b']", "[file:hashes.'SHA-256' = 'a' AND file:hashes.MD5 = 'b']"},
		{"[file:'IN'.'0a'.''.'it\\'s' NOT=true]", `[file:'IN'.'0a'.''.'it\'s' NOT = true]`},
		{"[network-traffic:protocols[ 007 ]='a']", ""},
		{"[network-traffic:protocols[ 7 ][*]='a']", "[network-traffic:protocols[7][*] = 'a']"},
		{"[file:size NOT IN(1,2.0 , -.5)]", "[file:size NOT IN (1, 2.0, -.5)]"},
		{"[NOT EXISTS file:size OR EXISTS file:name]", "[NOT EXISTS file:size OR EXISTS file:name]"},
		{"[artifact:payload_bin=b'TVqQ\nAAMAAAA=' OR artifact:x_hex=h'4D']", "[artifact:payload_bin = b'TVqQAAMAAAA=' OR artifact:x_hex = h'4D']"},
		{"( [file:size=1]AND([file:size=2])WITHIN 0.5SECONDS)REPEATS 2 TIMES", "([file:size = 1] AND ([file:size = 2]) WITHIN 0.5 SECONDS) REPEATS 2 TIMES"},
		{"[((file:size=1)) AND file:size=2]START t'2021-01-01T00:00:00Z'STOP t'2022-01-01T00:00:00Z'", "[((file:size = 1)) AND file:size = 2] START t'2021-01-01T00:00:00Z' STOP t'2022-01-01T00:00:00Z'"},
		{"[file:size=1] OR [file:size=2] AND [file:size=3] FOLLOWEDBY [file:size=4]", "[file:size = 1] OR [file:size = 2] AND [file:size = 3] FOLLOWEDBY [file:size = 4]"},
	} {
		p, err := Parse(tc.text, DefaultLimits)
		if (err == nil) != (tc.want != "") {
			t.Errorf("Parse(%q): %v", tc.text, err)
			continue
		}
		if err == nil && p.String() != tc.want {
			t.Errorf("%q prints as\n%s, want\n%s", tc.text, p, tc.want)
		}
	}
}

// TestTree states how the operators bind: [a] OR [b] AND [c] FOLLOWEDBY [d] is
// (([a] OR ([b] AND [c])) FOLLOWEDBY [d]), and a chain is one node.
func TestTree(t *testing.T) {
	p := mustParse(t, "[file:size = 1] OR [file:size = 2] AND [file:size = 3] WITHIN 1 SECONDS FOLLOWEDBY [file:size = 4 AND file:size = 5 AND file:size = 6 OR file:size = 7]")
	root := p.Root
	if root.Form != FollowedBy || len(root.Operands) != 2 {
		t.Fatalf("root is %+v, want FollowedBy of 2", root)
	}
	or := root.Operands[0]
	if or.Form != Or || len(or.Operands) != 2 || or.Operands[1].Form != And {
		t.Errorf("the first operand is %+v, want Or of an observation and And", or)
	}
	if and := or.Operands[1]; and.Offset != 19 || and.Qualifiers != nil || len(and.Operands[1].Qualifiers) != 1 {
		t.Errorf("And is %+v, want offset 19 and a qualifier on the second operand only", and)
	}
	last := root.Operands[1].Comparison
	if last.Form != Or || last.Operands[0].Form != And || len(last.Operands[0].Operands) != 3 {
		t.Errorf("the last comparison is %+v, want Or of And of 3 and a test", last)
	}
	test := last.Operands[1].Test
	if got := p.Text[test.Path.Offset:test.Constants[0].Offset]; got != "file:size = " {
		t.Errorf("from path to constant stands %q", got)
	}
}

// bare returns the tree without what the spelling of the text decides.
func bare(o Observation) Observation {
	o.Offset = 0
	operands := o.Operands
	o.Operands = nil
	for _, operand := range operands {
		o.Operands = append(o.Operands, bare(operand))
	}
	qualifiers := o.Qualifiers
	o.Qualifiers = nil
	for _, q := range qualifiers {
		q.Offset, q.Value.Offset, q.Stop.Offset = 0, 0, 0
		o.Qualifiers = append(o.Qualifiers, q)
	}
	if o.Comparison != nil {
		c := bareComparison(*o.Comparison)
		o.Comparison = &c
	}
	return o
}

func bareComparison(c Comparison) Comparison {
	c.Offset = 0
	operands := c.Operands
	c.Operands = nil
	for _, operand := range operands {
		c.Operands = append(c.Operands, bareComparison(operand))
	}
	if c.Test == nil {
		return c
	}
	test := Test{Path: Path{Type: c.Test.Path.Type}, Operator: c.Test.Operator, Negated: c.Test.Negated}
	for _, step := range c.Test.Path.Steps {
		step.Offset = 0
		test.Path.Steps = append(test.Path.Steps, step)
	}
	for _, constant := range c.Test.Constants {
		constant.Offset = 0
		test.Constants = append(test.Constants, constant)
	}
	c.Test = &test
	return c
}

// checkRoundTrip wants that a pattern, printed and parsed, is the same tree with
// the same terms, and prints the same.
func checkRoundTrip(t *testing.T, p *Pattern) {
	t.Helper()
	printed := p.String()
	again, err := Parse(printed, Limits{Depth: DefaultLimits.Depth})
	if err != nil {
		t.Fatalf("%q prints as %q: %v", p.Text, printed, err)
	}
	if !reflect.DeepEqual(bare(again.Root), bare(p.Root)) || again.String() != printed {
		t.Errorf("%q prints as %q, which is another tree", p.Text, printed)
	}
	if got, want := again.Terms(), p.Terms(); !reflect.DeepEqual(got, want) {
		t.Errorf("%q prints as %q: terms\n%+v, want\n%+v", p.Text, printed, got, want)
	}
}

func TestRoundTrip(t *testing.T) {
	for _, file := range []string{"valid.jsonl", "tolerated.jsonl", "terms.jsonl"} {
		for _, v := range readLines[vector](t, file) {
			checkRoundTrip(t, mustParse(t, v.Pattern))
		}
	}
}

// FuzzParse wants of any text that it parses or is refused with a place inside
// it and arguments that can be translated; and that what parses prints as the
// same tree with the same terms.
func FuzzParse(f *testing.F) {
	for _, file := range []string{"valid.jsonl", "invalid.jsonl", "tolerated.jsonl", "terms.jsonl"} {
		for _, v := range readLines[vector](f, file) {
			f.Add(v.Pattern)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text, DefaultLimits)
		if err != nil {
			e, ok := errors.AsType[*Error](err)
			if !ok {
				t.Fatalf("Parse(%q): %v is no *Error", text, err)
			}
			checkError(t, text, e)
			if p, _ := Examine(text, DefaultLimits); p != nil {
				p.Problems() // and so on do not panic
				p.Windows()
				p.Terms()
			}
			return
		}
		for _, e := range p.Problems() {
			checkError(t, text, &e)
		}
		checkRoundTrip(t, p)
	})
}

func checkError(t *testing.T, text string, e *Error) {
	t.Helper()
	if e.Offset < 0 || e.Offset > len(text) || e.Line < 1 || e.Column < 1 || e.Rule == "" {
		t.Errorf("%q: the place of %+v is not in the text", text, e)
	}
	if line, caret := e.Caret(text); line == "" && text != "" && caret != "^" {
		t.Errorf("%q: %v has the caret %q without a line", text, e, caret)
	}
	for _, arg := range e.Args {
		switch arg.(type) {
		case string, int:
		default:
			t.Errorf("%q: %v has the argument %#v, want string or int", text, e, arg)
		}
	}
}
