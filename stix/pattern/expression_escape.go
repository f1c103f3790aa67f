package pattern

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escaped takes an escape outside of a class.
func (x *expression) escaped() {
	switch c := x.at(x.pos + 1); {
	case c == 'Q':
		quoted, _, _ := strings.Cut(x.text[x.pos+2:], `\E`)
		x.pos = min(len(x.text), x.pos+len(`\Q\E`)+len(quoted))
		x.repeatable = x.repeatable || quoted != ""
	case c == 'E':
		x.pos += 2
	case c == 0 && x.pos+1 == len(x.text):
		x.badEscape(x.pos)
	default:
		x.escape()
		x.repeatable = strings.IndexByte("ABGKZbz", c) < 0
	}
}

// escape takes an escape and returns the character that it stands for, or -1 if
// it stands for none or for several.
func (x *expression) escape() rune {
	start := x.pos
	x.pos++
	c, size := utf8.DecodeRuneInString(x.text[x.pos:])
	x.pos += size
	switch {
	case c >= utf8.RuneSelf || c == '_' || !isLetter(byte(c)) && !isDigit(byte(c)):
		return c
	case isDigit(byte(c)):
		return x.octal(c)
	}
	if i := strings.IndexRune("aefnrt", c); i >= 0 {
		return rune("\a\x1b\f\n\r\t"[i])
	}
	switch c {
	case 'x', 'o':
		return x.code(c, start)
	case 'c':
		return x.control(start)
	case 'p', 'P':
		x.property(start)
	case 'k', 'g':
		x.reference(c, start)
	case 'N':
		x.notNewline(start)
	default:
		if !strings.ContainsRune("ABCDEGHKRSVWXZbdhsvwz", c) {
			x.badEscape(start)
		}
	}
	return -1
}

func (x *expression) badEscape(start int) {
	x.fail(errorf("PAT-SEM-11", x.offset, "the regular expression has %s, which begins no escape of PCRE; where a backslash is meant, the pattern has four", x.rest(start)))
}

// octal takes the digits of a character in octal, or of a reference.
func (x *expression) octal(first rune) rune {
	n := x.pos + digits(x.text[x.pos:min(len(x.text), x.pos+2)])
	value, err := strconv.ParseInt(x.text[x.pos-1:n], 8, 32)
	if err != nil { // a reference, or 8 and 9 that stand for themselves
		return -1
	}
	x.pos = n
	return rune(value)
}

// code takes what follows \x or \o: a number in braces or, for \x, up to two
// hex digits.
func (x *expression) code(c rune, start int) rune {
	base := map[rune]int{'x': 16, 'o': 8}[c]
	if x.accept("{") {
		s, _, ok := strings.Cut(x.text[x.pos:], "}")
		value, err := strconv.ParseUint(strings.TrimSpace(s), base, 32)
		if !ok || err != nil || value > unicode.MaxRune {
			x.badEscape(start)
			return -1
		}
		x.pos += len(s) + 1
		return rune(value)
	}
	if c == 'o' {
		x.badEscape(start)
		return -1
	}
	value := rune(0)
	for range 2 {
		d := x.at(x.pos)
		if !isHex(d) {
			break
		}
		n, _ := strconv.ParseInt(string(rune(d)), 16, 32)
		value = value<<4 | rune(n)
		x.pos++
	}
	return value
}

// control takes the character behind \c.
func (x *expression) control(start int) rune {
	c := x.at(x.pos)
	if c < ' ' || c > '~' {
		x.badEscape(start)
		return -1
	}
	x.pos++
	return unicode.ToUpper(rune(c)) ^ 0x40
}

// property takes what follows \p: a letter, or a name in braces.
func (x *expression) property(start int) {
	if c := x.at(x.pos); c != '_' && isLetter(c) {
		x.pos++
		return
	}
	if !x.accept("{") || strings.Trim(x.enclosed("}", start), "^ ") == "" {
		x.badEscape(start)
	}
}

// reference takes what follows \k or \g: a name or a number between braces,
// angle brackets or apostrophes or, for \g, a bare number.
func (x *expression) reference(c rune, start int) {
	if i := strings.IndexByte("{<'", x.at(x.pos)); i >= 0 {
		x.pos++
		if x.enclosed("}>'"[i:i+1], start) == "" {
			x.badEscape(start)
		}
		return
	}
	if c == 'g' {
		_ = x.accept("-") || x.accept("+")
		if n := digits(x.text[x.pos:]); n > 0 {
			x.pos += n
			return
		}
	}
	x.badEscape(start)
}

// notNewline takes what may follow \N: a code point, which has a name in braces.
func (x *expression) notNewline(start int) {
	if x.at(x.pos) != '{' {
		return
	}
	if _, _, n := repeat(x.text[x.pos:]); n > 0 {
		return
	}
	if !x.accept("{U+") || x.enclosed("}", start) == "" {
		x.badEscape(start)
	}
}

// enclosed takes all up to a text, and that text, and returns what is before it.
func (x *expression) enclosed(end string, start int) string {
	s, _, ok := strings.Cut(x.text[x.pos:], end)
	if !ok {
		x.badEscape(start)
		return ""
	}
	x.pos += len(s) + len(end)
	return s
}
