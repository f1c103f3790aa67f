package schemas

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"accord/stix"
)

// kind names the JSON type of a value, as a message says it.
func kind(v any) stix.Term {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case json.Number:
		return "a number"
	case bool:
		return "a boolean"
	case []any:
		return "a list"
	}
	return "an object"
}

// short returns a value as a message shows it: JSON, and of a text with more than
// 120 characters the beginning and the end.
func short(v any) any {
	switch v := v.(type) {
	case nil, []any, map[string]any:
		return kind(v)
	case string:
		return quoted(v)
	case stix.ID:
		return quoted(string(v))
	case stix.Timestamp:
		return quoted(string(v))
	case json.Number:
		return abridged(string(v))
	}
	return fmt.Sprint(v)
}

// How many characters are shown of a text that is too long: where it goes wrong
// is often its end.
const (
	maxShown    = 120
	shownBefore = 80
	shownAfter  = 39
)

// abridged is a text without its middle, where it is too long to be read.
func abridged(text string) string {
	if len(text) <= utf8.UTFMax*maxShown && utf8.RuneCountInString(text) <= maxShown {
		return text
	}
	from, to := 0, len(text)
	for range shownBefore {
		_, size := utf8.DecodeRuneInString(text[from:])
		from += size
	}
	for range shownAfter {
		_, size := utf8.DecodeLastRuneInString(text[:to])
		to -= size
	}
	return text[:from] + "…" + text[to:]
}

// quoted is a text as JSON has it, with escapes for what nobody would see.
func quoted(text string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(abridged(text)) // no string fails
	return visible(strings.TrimSuffix(b.String(), "\n"))
}

// visible is a text in JSON with escapes for what cannot be printed.
func visible(text string) string {
	var b strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}

// name is how a message calls a place: its last step, a list's elements by the
// name of the list and their place in it.
func name(pointer string) string {
	steps := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	last, index := steps[len(steps)-1], ""
	if len(steps) > 1 && isNumber(last) {
		last, index = steps[len(steps)-2], "["+last+"]"
	}
	if last == "" && pointer != "" {
		return `""` + index
	}
	if len(last) > 250 {
		last = strings.ToValidUTF8(last[:250], "") + "…"
	}
	return pointerNames.Replace(last) + index
}

// pointerNames turns steps of a pointer into names (RFC 6901 §4).
var pointerNames = strings.NewReplacer("~1", "/", "~0", "~")
