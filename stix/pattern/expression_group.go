package pattern

import "strings"

// group takes the beginning of a group, or a whole one that holds nothing to
// match, such as a comment or a reference.
func (x *expression) group() {
	start := x.pos
	x.pos++
	switch next := x.at(x.pos + 1); {
	case x.accept("?"):
		x.special(start)
	case x.at(x.pos) == '*' && ('A' <= next && next <= 'Z' || next == ':'):
		x.until(")", start) // a verb
		x.repeatable = true
	case x.at(x.pos) == '*' && 'a' <= next && next <= 'z':
		x.until(":", start)
		x.enter()
	default:
		x.enter()
	}
}

func (x *expression) enter() {
	x.open = append(x.open, x.extended)
	x.repeatable = false
}

func (x *expression) close() {
	if len(x.open) == 0 {
		x.malformed(x.pos)
		return
	}
	x.extended = x.open[len(x.open)-1]
	x.open = x.open[:len(x.open)-1]
	x.pos++
	x.repeatable = true
}

// until takes all up to a text and that text, and returns what is before it.
func (x *expression) until(end string, start int) string {
	n := strings.Index(x.text[x.pos:], end)
	if n < 0 {
		x.malformed(start)
		return ""
	}
	between := x.text[x.pos : x.pos+n]
	x.pos += n + len(end)
	return between
}

// special takes what follows "(?".
func (x *expression) special(start int) {
	c := x.at(x.pos)
	switch {
	case c == '#':
		x.until(")", start)
	case strings.IndexByte(":|>=!*", c) >= 0 && c != 0:
		x.pos++
		x.enter()
	case x.accept("<="), x.accept("<!"), x.accept("<*"):
		x.enter()
	case x.accept("P<"), x.accept("<"):
		x.name(">", start)
		x.enter()
	case x.accept("'"):
		x.name("'", start)
		x.enter()
	case x.accept("P="), x.accept("P>"), x.accept("&"):
		x.name(")", start)
		x.repeatable = true
	case c == 'R' || isDigit(c) || (c == '+' || c == '-') && isDigit(x.at(x.pos+1)):
		x.recursion(start)
	case c == 'C':
		x.until(")", start)
	case c == '(':
		x.condition(start)
	case c == 'P':
		x.malformed(start)
	default:
		x.flags(start)
	}
}

// name takes the name of a group and the text behind it.
func (x *expression) name(end string, start int) {
	s := x.until(end, start)
	for i := range len(s) {
		if c := s[i]; !isLetter(c) && c < 0x80 && !isDigit(c) {
			x.malformed(start)
		}
	}
	if s == "" || isDigit(s[0]) {
		x.malformed(start)
	}
}

// recursion takes R, or the number of a group with or without a sign.
func (x *expression) recursion(start int) {
	s := strings.TrimLeft(x.until(")", start), "+-")
	if s != "R" && (s == "" || digits(s) != len(s)) {
		x.malformed(start)
	}
	x.repeatable = true
}

// condition takes the beginning of (?(condition)yes|no). An assertion as the
// condition is left to be read as the group that it is.
func (x *expression) condition(start int) {
	x.enter()
	if next := x.at(x.pos + 1); next == '?' || next == '*' {
		return
	}
	x.pos++
	if x.until(")", start) == "" {
		x.malformed(start)
	}
}

// flags takes (?i) or (?i:, with ^ and - before flags that end.
func (x *expression) flags(start int) {
	const letters = "imsxnJUaDSWPTr"
	extended, on := x.extended, true
	if x.accept("^") {
		extended = false
	}
	for {
		switch c := x.at(x.pos); {
		case c == ')':
			x.pos++
			x.extended, x.repeatable = extended, false
			return
		case c == ':':
			x.pos++
			x.enter()
			x.extended = extended
			return
		case c == '-' && on:
			on = false
		case c == 'x':
			extended = on
		case c == 0 || strings.IndexByte(letters, c) < 0:
			x.malformed(start)
			return
		}
		x.pos++
	}
}
