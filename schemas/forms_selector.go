package schemas

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// isSelector reports whether s has the form of a granular selector: components
// joined by dots, the first a property name, each other one a name, a
// dictionary key or an index in brackets (GRN-03, STIX 2.1 §7.2.3.1).
func isSelector(s string) bool {
	component, rest, more := strings.Cut(s, ".")
	if component == "" || !every(component, isPropertyByte) {
		return false
	}
	for more {
		component, rest, more = strings.Cut(rest, ".")
		if !isStep(component) {
			return false
		}
	}
	return true
}

func isPropertyByte(c byte) bool { return isLowerLetter(c) || isDigit(c) || c == '_' }

// isStep reports whether s is a component of a selector after the first.
func isStep(s string) bool {
	if index, ok := strings.CutPrefix(s, "["); ok {
		index, ok = strings.CutSuffix(index, "]")
		return ok && index != "" && every(index, isDigit)
	}
	return s != "" && every(s, isNameByte)
}

// isVocabularyStyle reports whether s is written as the terms of vocabularies
// are: no capital letters, and no spaces or underscores where hyphens are meant
// (TYP-05, STIX 2.1 §2.14).
func isVocabularyStyle(s string) bool {
	for i, r := range s {
		if r < utf8.RuneSelf && !isPlainTermByte(s[i]) {
			return false
		}
		if r >= utf8.RuneSelf && (unicode.IsUpper(r) || unicode.IsTitle(r) || unicode.IsSpace(r)) {
			return false
		}
	}
	return s != ""
}

func isPlainTermByte(c byte) bool { return c > ' ' && c != '_' && (c < 'A' || c > 'Z') }

// isKebab reports whether s is lower-case words joined by single hyphens, as
// kill chains and their phases are named (TYP-14, STIX 2.1 §2.11). What a word
// is made of is left open but for capitals, spaces and underscores.
func isKebab(s string) bool {
	return isVocabularyStyle(s) && s[0] != '-' && s[len(s)-1] != '-' && !strings.Contains(s, "--")
}

// isCAPEC reports whether s is the id of a CAPEC entry (OBJ-ATTACK-PATTERN-1,
// STIX 2.1 §4.1.1).
func isCAPEC(s string) bool {
	number, ok := strings.CutPrefix(s, "CAPEC-")
	return ok && number != "" && every(number, isDigit)
}

// isCVE reports whether s is a CVE id: CVE, a year of four digits and a number
// of four or more (OBJ-VULNERABILITY-1, STIX 2.1 §4.19.1).
func isCVE(s string) bool {
	rest, ok := strings.CutPrefix(s, "CVE-")
	year, number, dash := strings.Cut(rest, "-")
	return ok && dash && len(year) == 4 && every(year, isDigit) && len(number) >= 4 && every(number, isDigit)
}
