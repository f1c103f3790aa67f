package pattern

// A token is the smallest piece of a pattern. Text is what the piece says:
// without apostrophes and escapes for constants that have them.
type token struct {
	kind   tokenKind
	offset int
	end    int
	text   string
}

type tokenKind uint8

const (
	endOfText   tokenKind = iota
	name                  // letters, digits, underscores
	typeName              // the same with a hyphen, so that it can be no key
	keyword               // AND, OR and so on; not true and false
	punctuation           // one of [ ] ( ) , : . *
	operator              // = != < <= > >=
	stringToken
	integerToken
	floatToken
	booleanToken
	hexToken
	binaryToken
	timestampToken
)

// is reports whether t is this keyword, punctuation or operator.
func (t token) is(text string) bool {
	return t.text == text && (t.kind == keyword || t.kind == punctuation || t.kind == operator)
}

// constant returns the kind of constant that t is, if it is one.
func (t token) constant() (ConstantKind, bool) {
	switch t.kind {
	case stringToken:
		return String, true
	case integerToken:
		return Integer, true
	case floatToken:
		return Float, true
	case booleanToken:
		return Boolean, true
	case hexToken:
		return Hex, true
	case binaryToken:
		return Binary, true
	case timestampToken:
		return Timestamp, true
	}
	return 0, false
}

// wordKind returns what a word without a hyphen is.
func wordKind(word string) tokenKind {
	switch word {
	case "true", "false":
		return booleanToken
	case "AND", "OR", "NOT", "FOLLOWEDBY", "EXISTS", "IN", "LIKE", "MATCHES",
		"ISSUBSET", "ISSUPERSET", "WITHIN", "SECONDS", "REPEATS", "TIMES",
		"START", "STOP", "LAST":
		return keyword
	}
	return name
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isHex(c byte) bool    { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

// allHex reports whether a text has no characters but hex digits.
func allHex(s string) bool {
	for i := range len(s) {
		if !isHex(s[i]) {
			return false
		}
	}
	return true
}
