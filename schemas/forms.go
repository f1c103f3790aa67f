package schemas

// The functions of the forms*.go files tell whether a string has the form that
// a rule asks for. They hold for the whole string, look at nothing else, and
// cost no more than one pass over it.

func isLowerLetter(c byte) bool { return 'a' <= c && c <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return isLowerLetter(c | 0x20) }

func isAlphanumeric(c byte) bool { return isLetter(c) || isDigit(c) }

func isHexDigit(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

// isNameByte is for the names of dictionary keys and hash algorithms.
func isNameByte(c byte) bool { return isAlphanumeric(c) || c == '-' || c == '_' }

// isTypeByte is for the names of types, extensions and relationships.
func isTypeByte(c byte) bool { return isLowerLetter(c) || isDigit(c) || c == '-' }

// every reports whether all bytes of s are of a kind; there may be none.
func every(s string, is func(byte) bool) bool {
	for i := range len(s) {
		if !is(s[i]) {
			return false
		}
	}
	return true
}

// isHex reports whether s is an even number, two or more, of the digits 0-9 and
// a-f (TYP-09, STIX 2.1 §2.8).
func isHex(s string) bool {
	return s != "" && len(s)%2 == 0 && every(s, func(c byte) bool {
		return isDigit(c) || 'a' <= c && c <= 'f'
	})
}

// isHexAnyCase is isHex with capital digits besides: common tools write them.
func isHexAnyCase(s string) bool {
	return s != "" && len(s)%2 == 0 && every(s, isHexDigit)
}

// base64Fault is zero exactly for the bytes of the standard alphabet. It is a
// table because a payload may have 16 MiB.
var base64Fault = func() (fault [256]byte) {
	for c := range fault {
		if b := byte(c); !isAlphanumeric(b) && b != '+' && b != '/' {
			fault[c] = 1
		}
	}
	return fault
}()

// isBase64 reports whether s is base64 in the standard alphabet, padded and not
// empty (TYP-01, STIX 2.1 §2.1, RFC 4648 §4). Bits that the padding leaves over
// may be set: a decoder need not refuse them (RFC 4648 §3.5).
func isBase64(s string) bool {
	if s == "" || len(s)%4 != 0 {
		return false
	}
	digits := len(s)
	for digits > len(s)-2 && s[digits-1] == '=' {
		digits--
	}
	return noneOf(s[:digits], &base64Fault)
}

// noneOf reports whether no byte of s has a fault. It takes eight at a time and
// asks once for them.
func noneOf(s string, fault *[256]byte) bool {
	for len(s) >= 8 {
		if fault[s[0]]|fault[s[1]]|fault[s[2]]|fault[s[3]]|
			fault[s[4]]|fault[s[5]]|fault[s[6]]|fault[s[7]] != 0 {
			return false
		}
		s = s[8:]
	}
	return every(s, func(c byte) bool { return fault[c] == 0 })
}

// isDictionaryKey reports whether s may be a key of a dictionary: 1 to 250
// letters, digits, hyphens and underscores (TYP-03, STIX 2.1 §2.3).
func isDictionaryKey(s string) bool {
	return 1 <= len(s) && len(s) <= 250 && every(s, isNameByte)
}

// isCustomExtensionName reports whether s may name a custom extension: 3 to 250
// lower-case letters, digits and hyphens that begin with no hyphen and end in
// -ext (CUS-09, STIX 2.1 §11.3).
func isCustomExtensionName(s string) bool {
	n := len(s) - len("-ext")
	return 1 <= n && len(s) <= 250 && s[n:] == "-ext" && s[0] != '-' && every(s[:n], isTypeByte)
}

// isRelationshipType reports whether s is one or more lower-case letters,
// digits and hyphens (OBJ-RELATIONSHIP-1, STIX 2.1 §5.1.2).
func isRelationshipType(s string) bool {
	return s != "" && every(s, isTypeByte)
}
