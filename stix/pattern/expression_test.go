package pattern

import (
	"errors"
	"regexp/syntax"
	"strings"
	"testing"
)

// TestExpressions holds what PCRE2 10.42 says of each expression, but for the
// last group of each list, where PCRE and its kin differ.
func TestExpressions(t *testing.T) {
	for _, good := range []string{
		"", "a", "a|", "|", "a||b", "()", "(|)", "(?:)*", "(?=a)*", "a(?#x)*", "a\\E*", "a\\Q\\E*", "\\Q(", "\\Q*\\E+",
		"a*", "a*?", "a*+", "a{2}", "a{2,}", "a{2,3}?", "a{0,65535}+", "a{", "a{}", "a{,", "a{3", "a{1,2", "{", "a}",
		"[]a]", "[^]]", "[a-]", "[-a]", "[--a]", "[+--]", "[a\\]]", "[\\Q]\\E]", "[[:alpha:]]", "[[:^alpha:]x]", "[[:alpha]", "[a\\Eb]",
		"[\\b\\d\\x41-\\x{42}\\n-\\r]", "[\\cA-\\cZ]", "[\\000-\\177]", "[\\g]", "[[a]", "[(]", "[é-ü]",
		"\\_\\-\\.\\é\\/", "\\a\\e\\f\\n\\r\\t\\0\\12\\777", "\\d\\D\\h\\H\\s\\S\\v\\V\\w\\W\\R\\X\\C\\N\\K", "\\A\\b\\B\\G\\Z\\z",
		"\\x", "\\x4", "\\x41", "\\x{41}", "\\o{17}", "\\cA", "\\c[", "\\pL", "\\p{L}", "\\P{^Greek}", "\\N{U+41}", "\\N{3}",
		"(a)\\1", "(?<n>a)\\k<n>\\k{n}\\k'n'\\g{n}", "(a)\\g1\\g{1}\\g{-1}\\g-1\\g<1>\\g'1'",
		"(?i)a", "(?-i)a", "(?i-)a", "(?^i)a", "(?imsxnJU-imsx:a)", "(?)", "(?xx)[a b]",
		"(?:a)", "(?|a|b)", "(?>a)", "(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "(?*a)", "(?<*a)", "(?<n>a)", "(?'n'a)", "(?P<n>a)",
		"(?P<n>a)(?P=n)(?P>n)(?&n)", "(a)(?1)(?R)(?0)(?-1)", "(?+1)(a)", "(?1)*(a)", "(?C)(?C1)",
		"(?(1)a|b)(c)", "(?(?=a)b|c)", "(?(DEFINE)(?<x>a))", "(?(<n>)a)(?<n>b)", "(*ACCEPT)", "(*UTF)a", "(*MARK:a)", "(*atomic:a)", "(*pla:a)",
		"(?x) a # (", "(?x)a *", "(?x)a # c\n*", "(?x:#)\n)", "((?x)#)\n)#",
		"[\\w-.]", "[a-\\d]", "\\9", "(?1)", "(?<=a*)", "\\p{Nothing}", "(?r)a",
	} {
		if err := checkExpression(good, 0); err != nil {
			t.Errorf("checkExpression(%q) = %s, want nil", good, err.Message())
		}
	}
	for _, bad := range []string{
		"*", "+a", "?", "(*)", "(?i)*", "(?#x)*", "a|*", "a**", "a*?*", "a++*", "a{2}{3}", "{3}", "^*", "$+", "\\b?", "\\A{2}", "\\Q\\E*",
		"a{65536}", "a{3,2}", "a{99999999999999999999}",
		"(", "(a", "a)", "())", "(?", "(?:", "(?i", "(?z)", "(?i--x)", "(?<a", "(?<>a)", "(?<1a>b)", "(?P", "(?Px)", "(?P<a-b>c)", "(?P=)", "(?&", "(?R", "(?-1x)",
		"(?#", "(?#a(", "(?(1", "(?()a)", "(*ACCEPT", "(*atomic", "(?x) (#)",
		"[", "[a", "[]", "[^]", "[a-", "[\\]", "[z-a]", "[\\x{42}-\\x41]", "[b-\\141]", "[[:foo:]]", "[:alpha:]", "[\\B]", "[\\R]", "[\\y]", "[\\k]", "[\\Q]",
		"\\", "a\\", "\\y", "\\i", "\\T", "\\u0041", "\\L", "\\x{zz}", "\\x{}", "\\x{41", "\\x{110000}", "\\o", "\\o{9}", "\\c", "\\cé",
		"\\p", "\\p{", "\\p{}", "\\p1", "\\k", "\\k<", "\\k<>", "\\g", "\\g{", "\\N{a}", "\\N{U+41",
	} {
		if err := checkExpression(bad, 7); err == nil || err.Rule != "PAT-SEM-11" || err.Offset != 7 {
			t.Errorf("checkExpression(%q) = %+v, want PAT-SEM-11 at 7", bad, err)
		}
	}
}

// TestExpressionMessages shows the words for what real patterns have wrong: a
// backslash of a path written once too seldom, and brackets.
func TestExpressionMessages(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{`[file:name MATCHES 'Local Settings\\Temp']`, `the regular expression has \Temp, which begins no escape of PCRE; where a backslash is meant, the pattern has four`},
		{"[file:name MATCHES '(a']", "the regular expression ends before )"},
		{"[file:name MATCHES '[a']", "the regular expression ends before ]"},
		{"[file:name MATCHES '*.exe']", "the regular expression is not well-formed PCRE at *.exe"},
		{"[file:name MATCHES 'a{5,1}bcdefghijklm']", "the regular expression is not well-formed PCRE at {5,1}bcdefgh…"},
	} {
		_, err := Parse(tc.text, DefaultLimits)
		if e, ok := errors.AsType[*Error](err); !ok || e.Message() != tc.want || e.Column != 20 {
			t.Errorf("Parse(%q) = %v, want %q at column 20", tc.text, err, tc.want)
		}
	}
}

// FuzzExpression compares with the regular expressions of Go: what they accept
// PCRE accepts, but for a few spellings that only Go reads in its own way.
func FuzzExpression(f *testing.F) {
	for _, s := range []string{"^a(b|c)*?$", "[[:^alpha:]-z]", `\Qa\E\x{41}\pL{2,3}`, "(?P<n>a)(?i:b)", "a**", "[z-a]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		err := checkExpression(s, 0)
		if _, goErr := syntax.Parse(s, syntax.Perl); goErr == nil && err != nil && !onlyGo(s) {
			t.Errorf("checkExpression(%q) = %s; Go takes it", s, err.Message())
		}
	})
}

// onlyGo reports whether an expression has what Go takes and PCRE does not:
// repeated anchors and flags, braces with leading zeros that stand for
// themselves, names of POSIX classes outside of a class.
func onlyGo(s string) bool {
	for _, piece := range []string{"^", "$", `\A`, `\b`, `\B`, `\z`, `\E`, "(?", "{0", "[:", ":]", `\Q`} {
		if strings.Contains(s, piece) {
			return true
		}
	}
	return false
}
