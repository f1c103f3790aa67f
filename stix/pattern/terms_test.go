package pattern

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// A key is a term as testdata/terms.jsonl writes it.
type key struct {
	Match      Match  `json:"match"`
	Type       string `json:"type"`
	Property   string `json:"property"`
	Value      string `json:"value"`
	Via        string `json:"via"`
	Negated    bool   `json:"negated"`
	Sufficient bool   `json:"sufficient"`
}

func keysOf(terms []Term) (keys []key) {
	for _, t := range terms {
		keys = append(keys, key{t.Match, t.Type, t.Property, t.Value, t.Via, t.Negated, t.Sufficient})
	}
	return keys
}

func TestTermVectors(t *testing.T) {
	vectors := readLines[struct {
		ID      string `json:"id"`
		Pattern string `json:"pattern"`
		Keys    []key  `json:"keys"`
	}](t, "terms.jsonl")
	if len(vectors) != 20 {
		t.Errorf("testdata has %d patterns with terms, want 20", len(vectors))
	}
	for _, v := range vectors {
		p, err := Parse(v.Pattern, DefaultLimits)
		if err != nil {
			t.Errorf("%s: Parse(%q): %v", v.ID, v.Pattern, err)
			continue
		}
		if got := keysOf(p.Terms()); !reflect.DeepEqual(got, v.Keys) {
			t.Errorf("%s: terms of %q are\n%+v, want\n%+v", v.ID, v.Pattern, got, v.Keys)
		}
	}
}

// line writes a term as a test case does: match, type:property, value, and then
// what is not as it mostly is.
func (t Term) line() string {
	s := fmt.Sprintf("%s %s:%s %s", t.Match, t.Type, t.Property, t.Value)
	if t.Via != "" {
		s += " via " + t.Via
	}
	if t.Match == MatchRange {
		s += " " + string(t.Operator)
	}
	if t.Negated {
		s += " negated"
	} else if !t.Sufficient {
		s += " insufficient"
	}
	if t.Start != "" || t.Stop != "" {
		s += fmt.Sprintf(" from %s to %s", t.Start, t.Stop)
	}
	return s
}

func TestTerms(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		want       []string
	}{
		{"NOT != is =", "[file:name NOT != 'a']", []string{"exact file:name a"}},
		{"NOT EXISTS", "[NOT EXISTS file:name]", []string{"exists file:name  negated"}},
		{"indexes are dropped", "[network-traffic:protocols[0] = 'tcp' OR windows-registry-key:values[*].data = 'a']",
			[]string{"exact network-traffic:protocols tcp", "exact windows-registry-key:values.data a"}},
		{"order of numbers and times", "[file:size NOT <= 10.50 OR file:ctime > t'2021-01-01T00:00:00.100Z']",
			[]string{"range file:size 10.5 <= negated", "range file:ctime 2021-01-01T00:00:00.1Z >"}},
		{"order of strings has none", "[file:name > 'a' OR file:magic_number_hex > h'00']", nil},
		{"OR and parentheses keep sufficient, AND does not", "[file:name = 'a' OR (file:name = 'b' AND (file:name = 'c' OR file:name = 'd'))]",
			[]string{"exact file:name a", "exact file:name b insufficient", "exact file:name c insufficient", "exact file:name d insufficient"}},
		{"FOLLOWEDBY, REPEATS", "([file:name = 'a'] FOLLOWEDBY [file:name = 'b']) OR [file:name = 'c'] REPEATS 1 TIMES",
			[]string{"exact file:name a insufficient", "exact file:name b insufficient", "exact file:name c"}},
		{"windows meet", "([file:name = 'a'] START t'2021-01-01T00:00:00Z' STOP t'2023-01-01T00:00:00Z' OR [file:name = 'b']) START t'2022-01-01T00:00:00Z' STOP t'2024-01-01T00:00:00Z'",
			[]string{"exact file:name a from 2022-01-01T00:00:00Z to 2023-01-01T00:00:00Z", "exact file:name b from 2022-01-01T00:00:00Z to 2024-01-01T00:00:00Z"}},

		{"LIKE", "[file:name LIKE 'a_c' OR file:name LIKE 'abc%' OR file:name LIKE 'abcd%' OR file:name LIKE 'abcd%e' OR file:name LIKE 'abcd_']",
			[]string{"scan file:name a_c", "scan file:name abc%", "prefix file:name abcd", "prefix file:name abcd insufficient", "scan file:name abcd%e", "prefix file:name abcd insufficient", "scan file:name abcd_"}},
		{"LIKE and MATCHES are NFC", "[file:name LIKE 'e\u0301' OR file:name MATCHES '^e\u0301$']", []string{"exact file:name é", "exact file:name é"}},
		{"LIKE of what has another normal form", "[ipv6-addr:value LIKE '2001:db8::%' OR domain-name:value LIKE 'bücher%' OR url:value LIKE 'HTTPS%' OR ipv4-addr:value LIKE '10.9.8.7/8%']",
			[]string{"scan ipv6-addr:value 2001:db8::%", "scan domain-name:value bücher%", "prefix url:value https", "prefix ipv4-addr:value 10.9.8.7/8"}},
		{"MATCHES", `[file:name MATCHES '^a\\.exe$' OR file:name MATCHES '^a.exe$' OR file:name MATCHES '^a\\d$' OR file:name MATCHES '^\\$' OR file:name MATCHES 'a$']`,
			[]string{"exact file:name a.exe", "scan file:name ^a.exe$", `scan file:name ^a\d$`, `scan file:name ^\$`, "scan file:name a$"}},

		{"addresses", "[ipv4-addr:value = '198.51.100.77/24' OR ipv6-addr:value IN ('2001:DB8:0:0::1/128', '2001:db8::1/32') OR ipv4-addr:value = 'x/33']",
			[]string{"exact ipv4-addr:value 198.51.100.0/24", "exact ipv6-addr:value 2001:db8::1", "exact ipv6-addr:value 2001:db8::/32", "exact ipv4-addr:value x/33"}},
		{"domain names", "[domain-name:value IN ('WWW.Example.COM.', 'Bücher.example', '_Dmarc.example', 'xn--\u00fc')]",
			[]string{"exact domain-name:value www.example.com", "exact domain-name:value xn--bcher-kva.example", "exact domain-name:value _dmarc.example", "exact domain-name:value xn--ü"}},
		{"URLs", "[url:value IN ('HTTP://User@Example.COM:80/A?B#C', 'HTTP://EXAMPLE.com', 'MailTo:A@B', 'A/B')]",
			[]string{"exact url:value http://user@example.com:80/A?B#C", "exact url:value http://example.com", "exact url:value mailto:A@B", "exact url:value A/B"}},
		{"others", "[email-addr:value = 'A@B@Example.COM' OR email-addr:value = 'A' OR mac-addr:value = '00:00:5E:00:53:01' OR url:x_a = 'A' OR mutex:name = 'A']",
			[]string{"exact email-addr:value A@B@example.com", "exact email-addr:value A", "exact mac-addr:value 00:00:5e:00:53:01", "exact url:x_a A", "exact mutex:name A"}},
		{"hashes", "[file:hashes.sha256 = 'AB' OR file:hashes.'SHA3-256' = 'AB' OR file:hashes.'My-Own' = 'AB' OR file:extensions.'windows-pebinary-ext'.file_header_hashes.sha_1 = 'AB']",
			[]string{"exact file:hashes.SHA-256 ab", "exact file:hashes.SHA3-256 ab", "exact file:hashes.My-Own ab", "exact file:extensions.windows-pebinary-ext.file_header_hashes.SHA-1 ab"}},
		{"registry keys, as they are and in lower case", `[windows-registry-key:key = 'HKEY_USERS\\A' OR windows-registry-key:key = 'a' OR windows-registry-key:key MATCHES 'A']`,
			[]string{`exact windows-registry-key:key HKEY_USERS\A`, `exact windows-registry-key:key hkey_users\a`, "exact windows-registry-key:key a", "scan windows-registry-key:key A"}},
		{"constants", "[file:size IN (10.0, -0, -.50, 007.0) OR file:magic_number_hex = h'4D5A' OR artifact:payload_bin = b'TVo=' OR process:is_hidden = true OR file:ctime = t'2021-01-01T00:00:00.000Z']",
			[]string{"exact file:size 10", "exact file:size 0", "exact file:size -0.5", "exact file:size 7", "exact file:magic_number_hex 4d5a", "exact artifact:payload_bin TVo=", "exact process:is_hidden true", "exact file:ctime 2021-01-01T00:00:00Z"}},

		{"a reference to one type", "[process:image_ref.name = 'a' OR EXISTS process:parent_ref.image_ref.size]",
			[]string{"exact file:name a via process:image_ref", "exists file:size  via process:parent_ref.image_ref"}},
		{"a reference to several, by the constant", "[network-traffic:src_ref.value IN ('192.0.2.1', '2001:DB8::1', '00:00:5E:00:53:01', 'A.example')]",
			[]string{"exact ipv4-addr:value 192.0.2.1 via network-traffic:src_ref", "exact ipv6-addr:value 2001:db8::1 via network-traffic:src_ref", "exact mac-addr:value 00:00:5e:00:53:01 via network-traffic:src_ref", "exact domain-name:value a.example via network-traffic:src_ref"}},
		{"a reference to several, by the property", "[directory:contains_refs[*].hashes.md5 = 'A' OR directory:contains_refs[0].x_a = 'A']",
			[]string{"exact file:hashes.MD5 a via directory:contains_refs[*]", "exact directory:contains_refs.x_a A"}},
		{"a custom reference", "[x-a:b_ref.value ISSUBSET '192.0.2.7/24' OR x-a:b_ref.name = 'A' OR x-a:b_ref = 'A']",
			[]string{"within-cidr ipv4-addr:value 192.0.2.0/24 via x-a:b_ref", "exact x-a:b_ref.name A", "exact x-a:b_ref A"}},
		{"a type that is fixed", "[network-traffic:src_ref.type = 'domain-name' AND network-traffic:src_ref.value = '192.0.2.1']",
			[]string{"exact domain-name:value 192.0.2.1 via network-traffic:src_ref"}},
		{"a type fixed for a group", "[(x-a:b_ref.type = 'url') AND (x-a:b_ref.value = 'A:' OR x-a:c = 1)]",
			[]string{"exact url:value a: via x-a:b_ref", "exact x-a:c 1 insufficient"}},
		{"a type fixed and more", "[x-a:b_ref.type = 'url' AND x-a:b_ref.value = 'A:' AND x-a:c = 1]",
			[]string{"exact url:value a: via x-a:b_ref insufficient", "exact x-a:c 1 insufficient"}},
		{"a type fixed for nobody", "[x-a:b_ref.type = 'url' AND x-a:c_ref.value = 'a' OR x-a:b_ref.type = 'url']",
			[]string{"exact x-a:b_ref.type url insufficient", "exact domain-name:value a via x-a:c_ref insufficient", "exact x-a:b_ref.type url"}},
		{"a type fixed for nobody but one", "[x-a:b_ref.type = 'url' AND x-a:b_ref.value = 'A:' AND x-a:d_ref.type = 'file']",
			[]string{"exact url:value a: via x-a:b_ref insufficient", "exact x-a:d_ref.type file insufficient"}},
		{"types fixed around each other", "[x-a:b_ref.type = 'url' AND (x-a:c_ref.type = 'url' AND x-a:c_ref.value = 'A:' OR x-a:b_ref.value = 'B:')]",
			[]string{"exact url:value a: via x-a:c_ref insufficient", "exact url:value b: via x-a:b_ref"}},
		{"types fixed around each other, one too deep", "[" + strings.Repeat("(x-a:b_ref.type = 'url' AND ", maxScopes+1) + "x-a:b_ref.value = 'A:'" + strings.Repeat(")", maxScopes+1) + "]",
			[]string{"exact x-a:b_ref.type url insufficient", "exact url:value a: via x-a:b_ref insufficient"}},
	} {
		var got []string
		for _, term := range mustParse(t, tc.text).Terms() {
			got = append(got, term.line())
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: terms of %q are\n%s\nwant\n%s", tc.name, tc.text, strings.Join(got, "\n"), strings.Join(tc.want, "\n"))
		}
	}
}

func TestWindows(t *testing.T) {
	text := "([file:size = 1] START t'2021-01-01T00:00:00Z' STOP t'2022-01-01T00:00:00Z' OR [file:size = 2]) START t'2020-01-01T00:00:00Z' STOP t'2023-01-01T00:00:00.5Z'"
	want := []Window{
		{Start: "2021-01-01T00:00:00Z", Stop: "2022-01-01T00:00:00Z", StartOffset: 23, StopOffset: 52},
		{Start: "2020-01-01T00:00:00Z", Stop: "2023-01-01T00:00:00.5Z", StartOffset: 102, StopOffset: 131},
	}
	got := mustParse(t, text).Windows()
	if !slices.Equal(got, want) {
		t.Errorf("windows of %q are %+v, want %+v", text, got, want)
	}
	for _, w := range got {
		if !strings.HasPrefix(text[w.StartOffset:], "t'"+string(w.Start)) || !strings.HasPrefix(text[w.StopOffset:], "t'"+string(w.Stop)) {
			t.Errorf("the timestamps of %+v are not at their offsets in %q", w, text)
		}
	}
	if got := mustParse(t, "[file:size = 1] WITHIN 1 SECONDS").Windows(); got != nil {
		t.Errorf("a pattern without START has the windows %+v", got)
	}
}
