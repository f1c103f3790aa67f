package schemas

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

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
	}
	return strings.Join(said, "；")
}

func inChinese(w stix.Words) string {
	format, ok := chinese[w.Format]
	if !ok {
		return fmt.Sprintf(w.Format, w.Args...)
	}
	args := make([]any, len(w.Args))
	for i, arg := range w.Args {
		args[i] = argument(arg)
	}
	return fmt.Sprintf(format, args...)
}

// twoNames are names of properties that stand together. What an object says is
// quoted in messages and so is none.
var twoNames = regexp.MustCompile(`^([a-z_]+, )*[a-z_]+ and [a-z_]+$`)

// argument translates an argument of a format where that is to be done.
func argument(arg any) any {
	switch arg := arg.(type) {
	case stix.Term:
		return cmp.Or(chinese[string(arg)], string(arg))
	case string:
		if twoNames.MatchString(arg) {
			return strings.Replace(arg, " and ", " 和 ", 1)
		}
	}
	return arg
}
