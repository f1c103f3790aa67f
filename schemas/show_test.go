package schemas

import (
	"encoding/json"
	"strings"
	"testing"

	"accord/stix"
)

func TestShort(t *testing.T) {
	a, z := strings.Repeat("a", 80), strings.Repeat("z", 39)
	for _, c := range []struct {
		value any
		want  any
	}{
		{"http://a.example/?a=1&b=<2>", `"http://a.example/?a=1&b=<2>"`},
		{"identity--10dab59c-cfc3-470b-a19f-91af27ce00d7 ", `"identity--10dab59c-cfc3-470b-a19f-91af27ce00d7 "`},
		{"a.example\n", `"a.example\n"`},
		{"a\u200b\u00a0b\U000e0001", `"a\u200b\u00a0b\udb40\udc01"`},
		{"木马", `"木马"`},
		{strings.Repeat("木", 120), `"` + strings.Repeat("木", 120) + `"`},
		{a + "m" + z, `"` + a + "m" + z + `"`},
		{a + strings.Repeat("\"", 1<<20) + z, `"` + a + "…" + z + `"`},
		{"\xff", `"\ufffd"`},
		{json.Number("1" + strings.Repeat("0", 200)), "1" + strings.Repeat("0", 79) + "…" + strings.Repeat("0", 39)},
		{true, "true"},
		{stix.ID("a--\n"), `"a--\n"`},
		{[]any{1}, stix.Term("a list")},
		{nil, stix.Term("null")},
	} {
		if got := short(c.value); got != c.want {
			t.Errorf("short(%.40v) = %s; want %s", c.value, got, c.want)
		}
	}
}

func TestName(t *testing.T) {
	for pointer, want := range map[string]string{
		"/name":                        "name",
		"/labels/12":                   "labels[12]",
		"/contents/":                   `""`,
		"/contents//0":                 `""[0]`,
		"/objects/0/a":                 "a",
		"/" + strings.Repeat("n", 300): strings.Repeat("n", 250) + "…",
		"/hashes/x~1y":                 "x/y",
		"/extensions/a/options/":       `""`,
	} {
		if got := name(pointer); got != want {
			t.Errorf("name(%.40q) = %q; want %q", pointer, got, want)
		}
	}
}
