package stix

import "strings"

// A grammar checks JSON (RFC 8259) in the pieces in which it comes and says
// where each value begins and ends. It holds nothing but the brackets that are
// open: the decoders of libraries hold each string whole, and one string may be
// all of a body. What strings say, and whether it is Unicode, it does not ask.
type grammar struct {
	sequence bool // several values may follow one another

	state state
	open  []byte // the brackets that are open, '{' or '['
	name  bool   // the string is the name of a member
	rest  string // of a literal, what is to come
	hex   int    // of a \u escape, the digits to come
}

// maxNesting is the depth at which reading stops, whatever the limits of an
// object are: that of encoding/json and jsontext.
const maxNesting = 10_000

// An event is what ended a scan.
type event uint8

const (
	more   event = iota // all bytes were taken
	opened              // the last byte taken opens an object or a list
	shut                // the last byte taken closes one
	start               // the last byte taken is the first of a name or a scalar
	end                 // the last byte taken is the last of one
	broken              // the first byte not taken has no place there
)

// A state says what has come, and so what may come next.
type state uint8

const (
	atValue state = iota
	atElement
	atMember
	atName
	atColon
	afterValue
	afterRoot
	inString
	inEscape
	inHex
	inLiteral
	tooDeep
	afterMinus // this and the states below are those of a number
	afterZero
	inInteger
	afterPoint
	inFraction
	afterE
	afterSign
	inExponent
)

// expected says what may come in each state, for messages.
var expected = [...]Term{
	atValue:    "a value",
	atElement:  "a value or ']'",
	atMember:   "a name or '}'",
	atName:     "a name",
	atColon:    "':'",
	afterValue: "',' or the closing bracket",
	afterRoot:  "nothing more",
	inString:   "the rest of a string (control characters escaped)",
	inEscape:   "an escape",
	inHex:      "a hexadecimal digit",
	inLiteral:  "true, false or null",
	afterMinus: "a digit",
	afterZero:  "the end of the number",
	inInteger:  "the end of the number",
	afterPoint: "a digit",
	inFraction: "the end of the number",
	afterE:     "a digit",
	afterSign:  "a digit",
	inExponent: "the end of the number",
}

// scan takes bytes of p up to the next event, and returns how many.
func (g *grammar) scan(p []byte) (n int, ev event) {
	for n < len(p) {
		if g.state >= afterMinus {
			next, ok := g.state.number(p[n])
			if !ok {
				return n, g.endNumber()
			}
			g.state = next
			n++
			continue
		}
		if g.state == inString {
			n += plain(p[n:])
			if n == len(p) {
				break
			}
		}
		if ev = g.take(p[n]); ev == broken {
			return n, broken
		}
		n++
		if ev != more {
			return n, ev
		}
	}
	return n, more
}

// plain returns how many bytes at the start of p are nothing but themselves
// inside a string.
func plain(p []byte) int {
	for i, c := range p {
		if c < ' ' || c == '"' || c == '\\' {
			return i
		}
	}
	return len(p)
}

// take takes one byte that is no part of a number.
func (g *grammar) take(c byte) event {
	switch g.state {
	case inString, inEscape, inHex:
		return g.text(c)
	case inLiteral:
		return g.literal(c)
	}
	if c == ' ' || c == '\n' || c == '\r' || c == '\t' {
		return more
	}
	switch {
	case g.state == atValue, g.state == afterRoot && g.sequence,
		g.state == atElement && c != ']':
		return g.begin(c)
	case g.state == atElement, g.state == atMember && c == '}',
		g.state == afterValue && c == g.open[len(g.open)-1]+2: // '{'+2 is '}', '['+2 is ']'
		g.open = g.open[:len(g.open)-1]
		g.done()
		return shut
	case g.state == atMember || g.state == atName:
		g.name = true
		return g.goOn(c == '"', inString, start)
	case g.state == atColon:
		return g.goOn(c == ':', atValue, more)
	case g.state == afterValue && g.open[len(g.open)-1] == '{':
		return g.goOn(c == ',', atName, more)
	case g.state == afterValue:
		return g.goOn(c == ',', atValue, more)
	}
	return broken
}

// goOn goes to the next state if all is well.
func (g *grammar) goOn(ok bool, next state, ev event) event {
	if !ok {
		return broken
	}
	g.state = next
	return ev
}

// begin takes the first byte of a value.
func (g *grammar) begin(c byte) event {
	g.name = false
	switch {
	case c == '{' || c == '[':
		return g.nest(c)
	case c == '"':
		g.state = inString
	case c == '-':
		g.state = afterMinus
	case c == '0':
		g.state = afterZero
	case isDigit(c):
		g.state = inInteger
	case c == 't':
		g.state, g.rest = inLiteral, "rue"
	case c == 'f':
		g.state, g.rest = inLiteral, "alse"
	case c == 'n':
		g.state, g.rest = inLiteral, "ull"
	default:
		return broken
	}
	return start
}

func (g *grammar) nest(c byte) event {
	if len(g.open) == maxNesting {
		g.state = tooDeep
		return broken
	}
	g.open = append(g.open, c)
	g.state = atElement
	if c == '{' {
		g.state = atMember
	}
	return opened
}

// done says that a value, or the name of a member, is complete.
func (g *grammar) done() {
	switch {
	case g.name:
		g.name, g.state = false, atColon
	case len(g.open) == 0:
		g.state = afterRoot
	default:
		g.state = afterValue
	}
}

// text takes a byte of a string that is not plain.
func (g *grammar) text(c byte) event {
	switch {
	case g.state == inHex:
		if g.hex--; g.hex > 0 {
			return g.goOn(isHex(c), inHex, more)
		}
		return g.goOn(isHex(c), inString, more)
	case g.state == inEscape && c == 'u':
		g.hex = 4
		return g.goOn(true, inHex, more)
	case g.state == inEscape:
		return g.goOn(strings.IndexByte(`"\/bfnrt`, c) >= 0, inString, more)
	case c == '"':
		g.done()
		return end
	}
	return g.goOn(c == '\\', inEscape, more)
}

// literal takes a byte of true, false or null.
func (g *grammar) literal(c byte) event {
	if c != g.rest[0] {
		return broken
	}
	if g.rest = g.rest[1:]; g.rest != "" {
		return more
	}
	g.done()
	return end
}

// number returns the state after c, and whether c goes on with the number.
func (s state) number(c byte) (state, bool) {
	whole := s == afterZero || s == inInteger
	switch {
	case isDigit(c):
		return s.digit(c)
	case c == '.':
		return afterPoint, whole
	case c == 'e' || c == 'E':
		return afterE, whole || s == inFraction
	case c == '+' || c == '-':
		return afterSign, s == afterE
	}
	return s, false
}

func (s state) digit(c byte) (state, bool) {
	switch {
	case s == afterMinus && c == '0':
		return afterZero, true
	case s <= inInteger:
		return inInteger, s != afterZero
	case s <= inFraction:
		return inFraction, true
	}
	return inExponent, true
}

// endNumber says that no more of the number comes.
func (g *grammar) endNumber() event {
	switch g.state {
	case afterZero, inInteger, inFraction, inExponent:
		g.done()
		return end
	}
	return broken
}
