package pattern

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// posixNames are the named classes of PCRE.
var posixNames = []string{"alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph",
	"lower", "print", "punct", "space", "upper", "word", "xdigit"}

// posixClass returns the name in [:name:] or [:^name:] at the beginning of a
// text, and the length of the whole, which is 0 where there is none.
func posixClass(s string) (name string, n int) {
	body, ok := strings.CutPrefix(s, "[:")
	if !ok {
		return "", 0
	}
	body = strings.TrimPrefix(body, "^")
	end := 0
	for end < len(body) && 'a' <= body[end] && body[end] <= 'z' {
		end++
	}
	if !strings.HasPrefix(body[end:], ":]") {
		return "", 0
	}
	return body[:end], len(s) - len(body) + end + len(":]")
}

// class takes a character class.
func (x *expression) class() {
	start := x.pos
	if _, n := posixClass(x.text[start:]); n > 0 {
		x.malformed(start)
		return
	}
	x.pos++
	x.accept("^")
	for first := true; x.err == nil && (first || !x.accept("]")); first = false {
		if x.pos == len(x.text) {
			x.unclosed("]")
			return
		}
		x.rangeOrMember()
	}
}

// rangeOrMember takes one member of a class, or a range of characters. A hyphen
// behind a member that is no single character, as in [\w-.], stands for itself.
func (x *expression) rangeOrMember() {
	start := x.pos
	low := x.member()
	if low < 0 || x.at(x.pos) != '-' || x.at(x.pos+1) == ']' || x.pos+1 >= len(x.text) {
		return
	}
	x.pos++
	if high := x.member(); high >= 0 && high < low {
		x.malformed(start)
	}
}

// member takes one member of a class and returns the character that it is, or
// -1 if it is a class of characters itself.
func (x *expression) member() rune {
	rest := x.text[x.pos:]
	if name, n := posixClass(rest); n > 0 {
		if !slices.Contains(posixNames, name) {
			x.malformed(x.pos)
			return -1
		}
		x.pos += n
		return -1
	}
	if rest[0] == '\\' {
		return x.escapedMember()
	}
	r, size := utf8.DecodeRuneInString(rest)
	x.pos += size
	return r
}

// escapedMember takes an escape inside a class.
func (x *expression) escapedMember() rune {
	start := x.pos
	switch c := x.at(start + 1); {
	case c == 'Q':
		quoted, _, _ := strings.Cut(x.text[start+2:], `\E`)
		x.pos = min(len(x.text), start+len(`\Q\E`)+len(quoted))
		return -1
	case c == 'b':
		x.pos += 2
		return '\b'
	case c == 'g': // a reference outside of a class, the letter inside
		x.pos += 2
		return 'g'
	case c != 0 && strings.IndexByte("ABCGKNRXZkz", c) >= 0:
		x.badEscape(start)
		return -1
	case start+1 == len(x.text):
		x.pos++
		return -1 // the class is not closed
	}
	return x.escape()
}
