package schemas

import "strings"

// isCPE reports whether s is a CPE 2.3 formatted string: the prefix, the part
// (a, h, o, any or none), and ten attributes, the sixth of them a language
// (OBJ-SOFTWARE-1, STIX 2.1 §6.14.1, NISTIR 7695 §6.2). Colons in an attribute
// are escaped.
func isCPE(s string) bool {
	rest, ok := strings.CutPrefix(s, "cpe:2.3:")
	if !ok || len(rest) < 2 || strings.IndexByte("aho*-", rest[0]) < 0 || rest[1] != ':' {
		return false
	}
	rest = rest[2:]
	for i := range 10 {
		n := attributeLength(rest)
		last := i == 9
		if last != (n == len(rest)) || !isAttribute(rest[:n], i == 5) {
			return false
		}
		if !last {
			rest = rest[n+1:]
		}
	}
	return true
}

// attributeLength is the length of s up to the first colon that is not escaped.
func attributeLength(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case ':':
			return i
		case '\\':
			i++
		}
	}
	return len(s)
}

func isAttribute(s string, language bool) bool {
	switch {
	case s == "*" || s == "-": // any, or not applicable
		return true
	case language:
		return isCPELanguage(s)
	}
	return isAttributeValue(s)
}

// isAttributeValue reports whether s is letters, digits, hyphens, dots,
// underscores and escaped punctuation, at least one, with wildcards at the ends
// only.
func isAttributeValue(s string) bool {
	s = trimWildcard(s)
	n := plainLength(s)
	return n > 0 && trimWildcard(s[n:]) == ""
}

// trimWildcard takes one asterisk or any number of question marks away in front.
func trimWildcard(s string) string {
	if after, ok := strings.CutPrefix(s, "*"); ok {
		return after
	}
	return strings.TrimLeft(s, "?")
}

// plainLength is the length of s up to the first byte that is neither plain nor
// escaped.
func plainLength(s string) int {
	i := 0
	for i < len(s) {
		switch c := s[i]; {
		case isNameByte(c) || c == '.':
			i++
		case c == '\\' && i+1 < len(s) && isCPEPunctuation(s[i+1]):
			i += 2
		default:
			return i
		}
	}
	return i
}

func isCPEPunctuation(c byte) bool {
	return c > ' ' && c < 0x7F && !isNameByte(c) && c != '.'
}

// isCPELanguage reports whether s is a language and perhaps a region, which is
// all of RFC 5646 that a CPE may use (NISTIR 7695 §5.3.3.7).
func isCPELanguage(s string) bool {
	language, region, more := strings.Cut(s, "-")
	return (len(language) == 2 || len(language) == 3) && every(language, isLetter) &&
		(!more || len(region) == 2 && every(region, isLetter) || len(region) == 3 && every(region, isDigit))
}
