package schemas

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"accord/stix"
)

// Say returns what a finding says in a language: "zh" for Chinese, anything else
// for English. What the catalogue does not have is said in English.
func Say(lang string, f stix.Finding) string {
	if lang != "zh" || f.Words == nil {
		return f.Message
	}
	said := make([]string, len(f.Words))
	for i, w := range f.Words {
		said[i] = inChinese(w)
		if w.At != "" {
			said[i] = "另在 " + w.At + "：" + said[i]
		}
	}
	return strings.Join(said, "；")
}

// inChinese says words in Chinese.
func inChinese(w stix.Words) string {
	format, ok := chinese[w.Format]
	if !ok {
		return fmt.Sprintf(w.Format, w.Args...)
	}
	said, from, next := "", 0, 0
	for _, at := range values.FindAllStringSubmatchIndex(format, -1) {
		if at[2] >= 0 {
			next, _ = strconv.Atoi(format[at[2]:at[3]])
			next--
		}
		said = beside(said, format[from:at[0]])
		said = beside(said, fmt.Sprintf("%"+format[at[4]:at[5]], argument(w.Args[next])))
		from, next = at[1], next+1
	}
	return beside(said, format[from:])
}

// values are the places of values in a format.
var values = regexp.MustCompile(`%(?:\[(\d+)\])?([a-z])`)

// argument translates an argument of a format where that is to be done.
func argument(arg any) any {
	switch arg := arg.(type) {
	case stix.Term:
		return cmp.Or(chinese[string(arg)], string(arg))
	case listing:
		return arg.inChinese()
	}
	return arg
}

// beside puts two pieces of a Chinese text together, with one blank between a
// Han character and one of another script, and none between two Han characters
// or at full-width punctuation.
func beside(a, b string) string {
	left, right := strings.TrimRight(a, " "), strings.TrimLeft(b, " ")
	before, _ := utf8.DecodeLastRuneInString(left)
	after, _ := utf8.DecodeRuneInString(right)
	switch han := unicode.Is(unicode.Han, before); {
	case left == "" || right == "":
		return a + b
	case isFullWidth(before) || isFullWidth(after):
		return left + right
	case han && unicode.Is(unicode.Han, after):
		return left + right
	case han || unicode.Is(unicode.Han, after):
		return left + " " + right
	}
	return a + b
}

// isFullWidth reports whether r is punctuation of Chinese.
func isFullWidth(r rune) bool {
	return 0x3000 <= r && r <= 0x303F || 0xFF00 <= r && r <= 0xFF65 || r == '“' || r == '”'
}
