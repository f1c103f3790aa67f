package pattern

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"accord/stix"
)

// string takes the string whose opening apostrophe is at an offset.
func (l *lexer) string(open int) token {
	start, escaped := open+1, false
	for i := start; i < len(l.text); i++ {
		switch l.text[i] {
		case '\'':
			t := token{kind: stringToken, offset: open, end: i + 1, text: l.text[start:i]}
			if escaped {
				t.text = unescaped.Replace(t.text)
			}
			return t
		case '\\':
			if c := l.at(i + 1); c != '\\' && c != '\'' {
				return l.badEscape(i)
			}
			escaped = true
			i++
		}
	}
	return l.unended("PAT-LEX-1", "'")
}

var (
	unescaped = strings.NewReplacer(`\\`, `\`, `\'`, `'`)
	escaped   = strings.NewReplacer(`\`, `\\`, `'`, `\'`)
)

// badEscape refuses the backslash at an offset.
func (l *lexer) badEscape(offset int) token {
	if offset+1 == len(l.text) {
		return l.unended("PAT-LEX-1", "'")
	}
	r, _ := utf8.DecodeRuneInString(l.text[offset+1:])
	return l.fail(errorf("PAT-LEX-1", offset, `a backslash before %q is no escape; inside a string only \\ and \' are`, string(r)))
}

// unended refuses a constant or a comment that does not end.
func (l *lexer) unended(rule, end string) token {
	return l.fail(errorf(rule, l.pos, "what begins here does not end; it would end with %s", end))
}

// body returns what stands between the apostrophes of h”, b” or t”, which
// have no escapes. Without a second apostrophe ok is false.
func (l *lexer) body(kind tokenKind, rule string) (t token, ok bool) {
	start := l.pos + len("h'")
	n := strings.IndexByte(l.text[start:], '\'')
	if n < 0 {
		return l.unended(rule, "'"), false
	}
	return token{kind: kind, offset: l.pos, end: start + n + 1, text: l.text[start : start+n]}, true
}

func (l *lexer) hex() token {
	t, ok := l.body(hexToken, "PAT-LEX-2")
	if !ok {
		return t
	}
	if !allHex(t.text) || len(t.text)%2 != 0 {
		return l.fail(errorf("PAT-LEX-2", t.offset, "%q is no hex constant; one has an even number of hex digits", excerpt(t.text)))
	}
	return t
}

func (l *lexer) binary() token {
	t, ok := l.body(binaryToken, "PAT-LEX-3")
	if !ok {
		return t
	}
	if strings.Contains(t.text, "\n") {
		t.text = strings.ReplaceAll(t.text, "\n", "")
	}
	if _, err := base64.StdEncoding.DecodeString(t.text); err != nil || strings.Contains(t.text, "\r") {
		return l.fail(errorf("PAT-LEX-3", t.offset, "the binary constant is not base64 of the standard alphabet with padding"))
	}
	return t
}

func (l *lexer) timestamp() token {
	t, ok := l.body(timestampToken, "PAT-LEX-4")
	if !ok {
		return t
	}
	if _, err := stix.ParseTimestamp(t.text); err != nil {
		return l.fail(badTimestamp(t))
	}
	return t
}

// badTimestamp tells a day that the month does not have from all other faults.
func badTimestamp(t token) *Error {
	const month, day = len("YYYY-"), len("YYYY-MM-")
	if len(t.text) > day+2 && t.text[day:day+2] <= "31" && t.text[day:day+2] != "00" {
		if _, err := stix.ParseTimestamp(t.text[:day] + "01" + t.text[day+2:]); err == nil {
			return errorf("PAT-SEM-12", t.offset, "%s is no date; %s has no day %s", t.text[:day+2], t.text[:month+2], t.text[day:day+2])
		}
	}
	return errorf("PAT-LEX-4", t.offset, "%q is no timestamp; the form is YYYY-MM-DDThh:mm:ssZ with a fraction or none, in the ranges of calendar and clock", excerpt(t.text))
}

// number takes an integer or a float.
func (l *lexer) number() token {
	sign := 0
	if c := l.text[l.pos]; c == '-' || c == '+' {
		sign = 1
	}
	whole := l.text[l.pos+sign:]
	whole = whole[:digits(whole)]
	n := sign + len(whole)
	t := l.piece(integerToken, n)
	if l.at(t.end) == '.' {
		t = l.piece(floatToken, n+1+digits(l.text[t.end+1:]))
	}
	if t.text[0] == '+' || t.text[len(t.text)-1] == '.' || t.kind == integerToken && !isWhole(whole) {
		return l.fail(badNumber(t.text, t.offset))
	}
	return t
}

// isWhole reports whether digits are an integer without leading zeros.
func isWhole(digits string) bool {
	return digits == "0" || digits != "" && digits[0] != '0'
}

// digits returns how many digits a text begins with.
func digits(s string) (n int) {
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

func badNumber(text string, offset int) *Error {
	return errorf("PAT-LEX-5", offset, "%q is no number; a number has no plus sign, leading zeros, exponent or point at its end", excerpt(text))
}
