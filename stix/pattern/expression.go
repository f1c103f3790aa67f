package pattern

import (
	"strings"
	"unicode/utf8"
)

// An expression goes once through a MATCHES constant and says whether it is a
// well-formed PCRE expression (PAT-SEM-11). It builds nothing and never goes
// back, so that no expression costs more than its length. It asks for form
// alone: not whether a group that is referred to exists, a lookbehind has a
// fixed length, or a Unicode property has that name.
type expression struct {
	text   string
	pos    int
	offset int // of the constant in the pattern
	err    *Error

	extended   bool   // (?x): white space and comments do not count
	open       []bool // for each open group, extended outside of it
	repeatable bool   // a quantifier may follow
}

// checkExpression returns what is wrong with an expression, or nil.
func checkExpression(text string, offset int) *Error {
	x := expression{text: text, offset: offset}
	for x.err == nil && x.pos < len(text) {
		x.item()
	}
	if x.err == nil && len(x.open) > 0 {
		x.unclosed(")")
	}
	return x.err
}

func (x *expression) fail(e *Error) {
	if x.err == nil {
		x.err = e
	}
	x.pos = len(x.text)
}

func (x *expression) unclosed(end string) {
	x.fail(errorf("PAT-SEM-11", x.offset, "the regular expression ends before %s", end))
}

// malformed refuses what begins at an index.
func (x *expression) malformed(start int) {
	x.fail(errorf("PAT-SEM-11", x.offset, "the regular expression is not well-formed PCRE at %s", x.rest(start)))
}

// rest returns a piece of the expression for messages, from an index on.
func (x *expression) rest(from int) string { return cut(x.text[from:], 12) }

// at returns the byte at an index, 0 behind the end.
func (x *expression) at(i int) byte {
	if i >= len(x.text) {
		return 0
	}
	return x.text[i]
}

// accept takes a text if it comes next.
func (x *expression) accept(s string) bool {
	if !strings.HasPrefix(x.text[x.pos:], s) {
		return false
	}
	x.pos += len(s)
	return true
}

// item takes one part of the expression.
func (x *expression) item() {
	switch c := x.text[x.pos]; {
	case c == '\\':
		x.escaped()
	case c == '[':
		x.class()
		x.repeatable = true
	case c == '(':
		x.group()
	case c == ')':
		x.close()
	case c == '*' || c == '+' || c == '?':
		x.pos++
		x.quantifier(x.pos - 1)
	case c == '{':
		x.brace()
	case x.extended && c == '#':
		x.comment()
	case x.extended && strings.IndexByte(" \t\n\v\f\r", c) >= 0:
		x.pos++
	default:
		_, size := utf8.DecodeRuneInString(x.text[x.pos:])
		x.pos += size
		x.repeatable = c != '^' && c != '$' && c != '|'
	}
}

// comment goes past a comment of (?x).
func (x *expression) comment() {
	end := strings.IndexByte(x.text[x.pos:], '\n')
	if end < 0 {
		end = len(x.text) - x.pos
	}
	x.pos += end
}

// quantifier takes what may follow a quantifier that began at start, and
// refuses one that has nothing to repeat.
func (x *expression) quantifier(start int) {
	if !x.repeatable {
		x.malformed(start)
		return
	}
	if !x.accept("?") { // lazy
		x.accept("+") // possessive
	}
	x.repeatable = false
}

// maxRepeat is the greatest number in a quantifier of PCRE.
const maxRepeat = 65535

// brace takes a quantifier such as {2,5}, or a brace that stands for itself.
func (x *expression) brace() {
	start := x.pos
	low, high, n := repeat(x.text[start:])
	x.pos += n
	if n == 0 {
		x.pos++
		x.repeatable = true
		return
	}
	least, most := repeatCount(low), repeatCount(high)
	if least > maxRepeat || most > maxRepeat || high != "" && most < least {
		x.malformed(start)
		return
	}
	x.quantifier(start)
}

// repeat returns the two numbers of {n}, {n,} or {n,m} at the beginning of a
// text, and its length, which is 0 where there is none.
func repeat(s string) (low, high string, n int) {
	n = 1 + digits(s[1:])
	low = s[1:n]
	if n < len(s) && s[n] == ',' {
		high = s[n+1 : n+1+digits(s[n+1:])]
		n += 1 + len(high)
	}
	if low == "" || n == len(s) || s[n] != '}' {
		return "", "", 0
	}
	return low, high, n + 1
}

// repeatCount returns a number, or one beyond maxRepeat for all that are.
func repeatCount(s string) (n int) {
	for i := range len(s) {
		n = min(10*n+int(s[i]-'0'), maxRepeat+1)
	}
	return n
}
