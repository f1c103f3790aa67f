package pattern

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A lexer cuts a pattern into tokens, one at a time. The first fault stops it:
// from then on every token is the end of the text.
type lexer struct {
	text string
	pos  int
	last token // the token before pos
	err  *Error

	spellings []*Error // PAT-SYN-6
}

// fail keeps the first fault.
func (l *lexer) fail(e *Error) token {
	if l.err == nil {
		l.err = e
	}
	l.pos = len(l.text)
	return token{kind: endOfText, offset: l.pos, end: l.pos}
}

// next returns the next token.
func (l *lexer) next() token {
	l.skip()
	if l.err != nil || l.pos == len(l.text) {
		return token{kind: endOfText, offset: len(l.text), end: len(l.text)}
	}
	t := l.token(l.text[l.pos])
	l.pos = max(l.pos, t.end)
	l.last = t
	return t
}

func (l *lexer) token(c byte) token {
	switch {
	case isLetter(c):
		return l.word()
	case c == '\'':
		return l.string(l.pos)
	case isDigit(c), c == '-', c == '+', c == '.' && isDigit(l.at(l.pos+1)):
		return l.number()
	case strings.IndexByte("[](),:.*", c) >= 0:
		return l.piece(punctuation, 1)
	case c == '=', c == '<', c == '>', c == '!' && l.at(l.pos+1) == '=':
		return l.operator()
	}
	return l.unexpected()
}

// at returns the byte at an offset, 0 behind the end.
func (l *lexer) at(offset int) byte {
	if offset >= len(l.text) {
		return 0
	}
	return l.text[offset]
}

// piece returns the token of n bytes that begins here.
func (l *lexer) piece(kind tokenKind, n int) token {
	return token{kind: kind, offset: l.pos, end: l.pos + n, text: l.text[l.pos : l.pos+n]}
}

// unexpected refuses a character that is no part of the language.
func (l *lexer) unexpected() token {
	r, _ := utf8.DecodeRuneInString(l.text[l.pos:])
	return l.fail(errorf("PAT-LEX-6", l.pos, "found %q; outside strings it has no meaning, and strings stand in apostrophes", string(r)))
}

// operator takes = != < <= > >= and, with a warning, == and <>.
func (l *lexer) operator() token {
	two := l.text[l.pos:min(l.pos+2, len(l.text))]
	switch two {
	case "!=", "<=", ">=":
		return l.piece(operator, 2)
	case "==", "<>":
		t := l.piece(operator, 2)
		if t.text = "!="; two == "==" {
			t.text = "="
		}
		if len(l.spellings) < maxWarnings {
			l.spellings = append(l.spellings, errorf("PAT-SYN-6", l.pos, "%s is not in the standard; it is written %s", two, t.text))
		}
		return t
	}
	return l.piece(operator, 1)
}

// skip goes past white space and comments.
func (l *lexer) skip() {
	for l.pos < len(l.text) {
		switch c := l.text[l.pos]; {
		case c == '/':
			if !l.comment() {
				return
			}
		case c < utf8.RuneSelf:
			if c != ' ' && (c < '\t' || c > '\r') {
				return
			}
			l.pos++
		default:
			r, size := utf8.DecodeRuneInString(l.text[l.pos:])
			if !unicode.IsSpace(r) {
				return
			}
			l.pos += size
		}
	}
}

// comment goes past a comment and reports whether there was one.
func (l *lexer) comment() bool {
	start, rest := l.pos, l.text[l.pos:]
	switch {
	case strings.HasPrefix(rest, "//"):
		l.pos += len(rest)
		if end := strings.IndexAny(rest, "\r\n"); end >= 0 {
			l.pos = start + end
		}
	case strings.HasPrefix(rest, "/*"):
		end := strings.Index(rest[2:], "*/")
		if end < 0 {
			l.unended("PAT-LEX-6", "*/")
			return false
		}
		l.pos += end + len("/**/")
	default:
		return false
	}
	if len(l.spellings) < maxWarnings {
		l.spellings = append(l.spellings, errorf("PAT-SYN-6", start, "comments are not in the standard; other implementations may refuse the pattern"))
	}
	return true
}

// word takes a name, a type name, a keyword, a boolean, or a constant with a
// prefix.
func (l *lexer) word() token {
	if l.at(l.pos+1) == '\'' {
		switch l.text[l.pos] {
		case 'h':
			return l.hex()
		case 'b':
			return l.binary()
		case 't':
			return l.timestamp()
		}
	}
	end, kind := l.pos, name
	for end < len(l.text) && (isLetter(l.text[end]) || isDigit(l.text[end]) || l.text[end] == '-') {
		if l.text[end] == '-' {
			kind = typeName
		}
		end++
	}
	t := l.piece(kind, end-l.pos)
	if kind == name {
		t.kind = wordKind(t.text)
	}
	if t.kind != keyword && l.last.end == l.pos {
		return l.glued(t)
	}
	return t
}

// glued refuses a word that follows a constant without a space, which no
// pattern has: it is the rest of a string after an apostrophe, or of a number.
func (l *lexer) glued(t token) token {
	switch l.last.kind {
	case stringToken:
		return l.fail(errorf("PAT-LEX-1", t.offset, `the string ended before %q; inside a string an apostrophe is written \'`, t.text))
	case integerToken, floatToken:
		return l.fail(badNumber(l.text[l.last.offset:t.end], l.last.offset))
	}
	return t
}
