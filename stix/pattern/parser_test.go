package pattern

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
)

// A vector is one line of testdata: a pattern and what is to become of it.
type vector struct {
	ID      string `json:"id"`
	Pattern string `json:"pattern"`
	Rule    string `json:"rule"`
	Verdict string `json:"verdict"`
}

// readLines decodes a file of testdata that has one JSON value a line.
func readLines[T any](t testing.TB, file string) (lines []T) {
	t.Helper()
	body, err := os.Open("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	for scanner := bufio.NewScanner(body); scanner.Scan(); {
		var line T
		if err := json.Unmarshal(scanner.Bytes(), &line); err != nil {
			t.Fatalf("%s: %v: %s", file, err, scanner.Text())
		}
		lines = append(lines, line)
	}
	return lines
}

// mustParse parses a pattern that is good.
func mustParse(t testing.TB, text string) *Pattern {
	t.Helper()
	p, err := Parse(text, DefaultLimits)
	if err != nil {
		t.Fatalf("Parse(%q): %v", text, err)
	}
	return p
}

func TestValidPatterns(t *testing.T) {
	vectors := readLines[vector](t, "valid.jsonl")
	if len(vectors) != 60 {
		t.Errorf("testdata has %d valid patterns, want 60", len(vectors))
	}
	for _, v := range vectors {
		p, err := Parse(v.Pattern, DefaultLimits)
		if err != nil {
			t.Errorf("%s: Parse(%q): %v", v.ID, v.Pattern, err)
			continue
		}
		if problems := p.Problems(); len(problems) != 0 {
			t.Errorf("%s: %q has problems %v, want none", v.ID, v.Pattern, problems)
		}
	}
}

// ownRules are the rules of invalid patterns where ours is another of the same
// group, as the list allows: and is a keyword in lower case as much as or is.
var ownRules = map[string]string{"I41": "PAT-SYN-2"}

func TestInvalidPatterns(t *testing.T) {
	vectors := readLines[vector](t, "invalid.jsonl")
	if len(vectors) != 60 {
		t.Errorf("testdata has %d invalid patterns, want 60", len(vectors))
	}
	for _, v := range vectors {
		want := cmp.Or(ownRules[v.ID], v.Rule)
		_, err := Parse(v.Pattern, DefaultLimits)
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Rule != want {
			t.Errorf("%s: Parse(%q) = %v, want an error of %s", v.ID, v.Pattern, err, want)
		}
	}
}

var (
	warnOf      = regexp.MustCompile(`warn (PAT-[A-Z]+-\d+)`)
	normalizeTo = regexp.MustCompile(`normalize to (\S+)`)
)

func TestToleratedPatterns(t *testing.T) {
	vectors := readLines[vector](t, "tolerated.jsonl")
	if len(vectors) != 11 {
		t.Errorf("testdata has %d tolerated patterns, want 11", len(vectors))
	}
	for _, v := range vectors {
		p, err := Parse(v.Pattern, DefaultLimits)
		if err != nil {
			t.Errorf("%s: Parse(%q): %v", v.ID, v.Pattern, err)
			continue
		}
		var got, want []string
		for _, e := range p.Problems() {
			got = append(got, e.Rule)
		}
		if m := warnOf.FindStringSubmatch(v.Verdict); m != nil {
			want = m[1:]
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s: %q has problems %v, want %v", v.ID, v.Pattern, got, want)
		}
		if m := normalizeTo.FindStringSubmatch(v.Verdict); m != nil && !strings.Contains(p.String(), " "+m[1]+" ") {
			t.Errorf("%s: %q prints as %q, want the operator %s", v.ID, v.Pattern, p, m[1])
		}
	}
}

// TestParseErrors states rule, place and message of each kind of fault.
func TestParseErrors(t *testing.T) {
	for _, tc := range []struct{ text, rule, want string }{
		{"", "PAT-SYN-1", "line 1, column 1: the pattern is empty; it must be at least one observation in square brackets"},
		{" \n// nothing", "PAT-SYN-1", "line 1, column 1: the pattern is empty; it must be at least one observation in square brackets"},
		{"file:size = 1", "PAT-SYN-1", `line 1, column 1: found "file"; an observation begins with a square bracket or a parenthesis`},
		{"[file:size = 1] AND", "PAT-SYN-1", "line 1, column 20: the pattern ends, but something must follow \"AND\""},
		{"[file:size = 1", "PAT-SYN-1", "line 1, column 15: the pattern ends before ]"},
		{"([file:size = 1]", "PAT-SYN-1", "line 1, column 17: the pattern ends before )"},
		{"[(file:size = 1", "PAT-SYN-1", "line 1, column 16: the pattern ends before )"},
		{"[file:size = 1]]", "PAT-SYN-1", `line 1, column 16: found "]"; after an observation stand AND, OR, FOLLOWEDBY, a qualifier, or the end of what was opened`},
		{"[file:size = 1, file:size = 2]", "PAT-SYN-1", `line 1, column 15: found ","; after a comparison stand AND, OR, or the bracket that closes what was opened`},
		{"[file:size = 1 FOLLOWEDBY file:size = 2]", "PAT-SYN-1", `line 1, column 16: found "FOLLOWEDBY"; after a comparison stand AND, OR, or the bracket that closes what was opened`},
		{"[file:size = 1]\r\n or [file:size = 2]", "PAT-SYN-2", `line 2, column 2: found "or"; keywords are in upper case: OR`},
		{"[file:size Not In (1)]", "PAT-SYN-2", `line 1, column 12: found "Not"; keywords are in upper case: NOT`},
		{"[file:size = 1] WITHIN 5 seconds", "PAT-SYN-2", `line 1, column 26: found "seconds"; keywords are in upper case: SECONDS`},
		{"[", "PAT-SYN-3", "line 1, column 2: the pattern ends, but something must follow \"[\""},
		{"[]", "PAT-SYN-3", `line 1, column 2: found "]"; a comparison begins with an object path such as file:name`},
		{"['file':size = 1]", "PAT-SYN-3", `line 1, column 2: found "'file'"; a comparison begins with an object path such as file:name`},
		{"[file.size = 1]", "PAT-SYN-3", `line 1, column 6: found "."; a comparison begins with an object path such as file:name`},
		{"[file:hashes.SHA-1 = 'a']", "PAT-SYN-3", "line 1, column 14: the key SHA-1 has a hyphen or is a keyword; it must stand in apostrophes: 'SHA-1'"},
		{"[file:hashes.[0] = 'a']", "PAT-SYN-3", `line 1, column 14: found "["; the name of a property stands here`},
		{"[file:x_list[0.5] = 'a']", "PAT-SYN-3", `line 1, column 14: found "0.5"; in the brackets of a path stands one whole number from 0 on, or *`},
		{"[file:x_list[0", "PAT-SYN-1", "line 1, column 15: the pattern ends before ]"},
		{"[file", "PAT-SYN-3", `line 1, column 6: the pattern ends, but something must follow "file"`},
		{"[file:", "PAT-SYN-3", `line 1, column 7: the pattern ends, but something must follow ":"`},
		{"[file:size", "PAT-SYN-4", `line 1, column 11: the pattern ends, but something must follow "size"`},
		{"[NOT", "PAT-SYN-4", `line 1, column 5: the pattern ends, but something must follow "NOT"`},
		{"[file:size NOT", "PAT-SYN-4", `line 1, column 15: the pattern ends, but something must follow "NOT"`},
		{"[file:size =", "PAT-SYN-4", `line 1, column 13: the pattern ends, but something must follow "="`},
		{"[file:size IN", "PAT-SYN-4", `line 1, column 14: the pattern ends, but something must follow "IN"`},
		{"[file:size IN (1,", "PAT-SYN-4", `line 1, column 18: the pattern ends, but something must follow ","`},
		{"[file:size 1]", "PAT-SYN-4", `line 1, column 12: found "1"; behind a path stands =, !=, <, <=, >, >=, IN, LIKE, MATCHES, ISSUBSET or ISSUPERSET, or NOT with one of them`},
		{"[file:name = évil]", "PAT-LEX-6", `line 1, column 14: found "é"; outside strings it has no meaning, and strings stand in apostrophes`},
		{"[file:name = evil]", "PAT-SYN-4", `line 1, column 14: found "evil"; a constant follows =, and a string stands in apostrophes`},
		{"[file:name < false]", "PAT-SYN-4", `line 1, column 14: found "false"; < takes no constant of this kind`},
		{"[file:name ISSUBSET h'00']", "PAT-SYN-4", `line 1, column 21: found "h'00'"; ISSUBSET takes no constant of this kind`},
		{"[file:size IN 1]", "PAT-SYN-4", `line 1, column 15: found "1"; IN takes one constant or more, in parentheses with commas between them: (1, 2)`},
		{"[file:size IN (1 2)]", "PAT-SYN-4", `line 1, column 18: found "2"; IN takes one constant or more, in parentheses with commas between them: (1, 2)`},
		{"[NOT file:size = 1]", "PAT-SYN-4", `line 1, column 6: found "file" behind NOT; NOT stands between a path and its operator, or before EXISTS`},
		{"[file:size = 1] REPEATS 1.5 TIMES", "PAT-SYN-5", `line 1, column 25: found "1.5"; there are the qualifiers WITHIN number SECONDS, REPEATS number TIMES and START timestamp STOP timestamp`},
		{"[file:size = 1] START '2021-01-01T00:00:00Z'", "PAT-SYN-5", `line 1, column 23: found "'2021-01-01T00:00:00Z'"; there are the qualifiers WITHIN number SECONDS, REPEATS number TIMES and START timestamp STOP timestamp`},
		{"[file:size = 1] WITHIN 5", "PAT-SYN-5", `line 1, column 25: the pattern ends, but something must follow "5"`},
		{"[file:name = 'a]", "PAT-LEX-1", "line 1, column 14: what begins here does not end; it would end with '"},
		{`[file:name = 'a\`, "PAT-LEX-1", "line 1, column 14: what begins here does not end; it would end with '"},
		{`[file:name = '名\名']`, "PAT-LEX-1", `line 1, column 16: a backslash before "名" is no escape; inside a string only \\ and \' are`},
		{"[file:name = 'it's']", "PAT-LEX-1", `line 1, column 18: the string ended before "s"; inside a string an apostrophe is written \'`},
		{"[file:magic_number_hex = h'4d5']", "PAT-LEX-2", `line 1, column 26: "4d5" is no hex constant; one has an even number of hex digits`},
		{"[file:magic_number_hex = h'4é']", "PAT-LEX-2", `line 1, column 26: "4é" is no hex constant; one has an even number of hex digits`},
		{"[file:magic_number_hex = h'4d", "PAT-LEX-2", "line 1, column 26: what begins here does not end; it would end with '"},
		{"[artifact:payload_bin = b'TVo=", "PAT-LEX-3", "line 1, column 25: what begins here does not end; it would end with '"},
		{"[file:ctime = t'2021", "PAT-LEX-4", "line 1, column 15: what begins here does not end; it would end with '"},
		{"[artifact:payload_bin = b'TVo=\r']", "PAT-LEX-3", "line 1, column 25: the binary constant is not base64 of the standard alphabet with padding"},
		{"[file:ctime = t'2021']", "PAT-LEX-4", `line 1, column 15: "2021" is no timestamp; the form is YYYY-MM-DDThh:mm:ssZ with a fraction or none, in the ranges of calendar and clock`},
		{"[file:ctime = t'2021-01-32T00:00:00Z']", "PAT-LEX-4", `line 1, column 15: "2021-01-32T00:00:00Z" is no timestamp; the form is YYYY-MM-DDThh:mm:ssZ with a fraction or none, in the ranges of calendar and clock`},
		{"[file:size = -]", "PAT-LEX-5", `line 1, column 14: "-" is no number; a number has no plus sign, leading zeros, exponent or point at its end`},
		{"[file:size = 1e5]", "PAT-LEX-5", `line 1, column 14: "1e5" is no number; a number has no plus sign, leading zeros, exponent or point at its end`},
		{`[file:name = "a"]`, "PAT-LEX-6", `line 1, column 14: found "\""; outside strings it has no meaning, and strings stand in apostrophes`},
		{"[file:size = 1] /* note", "PAT-LEX-6", "line 1, column 17: what begins here does not end; it would end with */"},
		{"[file:name = '\xff']", "PAT-LEX-6", "line 1, column 15: the byte here is not UTF-8"},
		{"[file:size = 1] START t'2021-01-01T00:00:00.50Z' STOP t'2021-01-01T00:00:00.5Z'", "PAT-SEM-1", "line 1, column 17: START 2021-01-01T00:00:00.50Z is not before STOP 2021-01-01T00:00:00.5Z, so that nothing can match"},
		{"[file:size = 1] REPEATS 2 TIMES WITHIN 5 SECONDS REPEATS 2 TIMES", "PAT-SEM-2", "line 1, column 50: REPEATS stands twice behind one observation expression"},
		{"[(file:size = 1 OR url:value = 'a') AND mutex:name = 'a']", "PAT-SEM-3", "line 1, column 41: AND joins file with mutex inside one observation; no object is of both types"},
		{"[file:size = 1] REPEATS -1 TIMES", "PAT-SEM-4", "line 1, column 25: REPEATS has the number -1; it must be greater than 0"},
		{"[file:size = 1] WITHIN 0.00 SECONDS", "PAT-SEM-5", "line 1, column 24: WITHIN has the number 0.00; it must be greater than 0"},
		{"[file:size IN ()]", "PAT-SEM-6", `line 1, column 16: found ")"; IN takes one constant or more, in parentheses with commas between them: (1, 2)`},
		{"[file:size IN (1, 2.5, '3')]", "PAT-SEM-6", "line 1, column 24: '3' is not of the same kind as 1, the first constant of the set"},
		{"[url:value ISSUBSET '192.0.2.0/24']", "PAT-SEM-7", "line 1, column 2: ISSUBSET takes the value of an ipv4-addr or ipv6-addr, and url:value is none"},
		{"[email-message:from_ref.value ISSUBSET '192.0.2.0/24']", "PAT-SEM-7", "line 1, column 2: ISSUBSET takes the value of an ipv4-addr or ipv6-addr, and email-message:from_ref.value is none"},
		{"[ipv6-addr:value ISSUPERSET 'fe80::1%eth0']", "PAT-SEM-7", `line 1, column 29: "fe80::1%eth0" is no IP address or CIDR block that ipv6-addr:value could have`},
		{"[ipv6-addr:value ISSUPERSET '192.0.2.0/24']", "PAT-SEM-7", `line 1, column 29: "192.0.2.0/24" is no IP address or CIDR block that ipv6-addr:value could have`},
		{"[x--y:z = 1]", "PAT-SEM-8", `line 1, column 2: "x--y" is no type name; one has 3 to 250 lower-case letters, digits and single hyphens, and begins with a letter`},
		{"[file:ctime = t'2021-04-31T00:00:00Z']", "PAT-SEM-12", "line 1, column 15: 2021-04-31 is no date; 2021-04 has no day 31"},
		{"[file:size = -9007199254740992]", "PAT-SEM-13", "line 1, column 14: -9007199254740992 is no integer of STIX; they go from -9007199254740991 to 9007199254740991"},
		{"[file:size = 99999999999999999999]", "PAT-SEM-13", "line 1, column 14: 99999999999999999999 is no integer of STIX; they go from -9007199254740991 to 9007199254740991"},
		{"[file:x_list[-1] = 1]", "PAT-SEM-14", `line 1, column 14: found "-1"; in the brackets of a path stands one whole number from 0 on, or *`},
		{"[url:value = 'a' AND file:size = 1 AND \"]", "PAT-SEM-3", "line 1, column 22: AND joins url with file inside one observation; no object is of both types"},
	} {
		_, err := Parse(tc.text, DefaultLimits)
		if e, ok := errors.AsType[*Error](err); !ok || e.Rule != tc.rule || e.Error() != tc.want {
			t.Errorf("Parse(%q) = %#v\n%v, want %s\n%s", tc.text, err, err, tc.rule, tc.want)
		}
	}
}

func TestLimits(t *testing.T) {
	expression := "[file:name MATCHES '" + strings.Repeat("a", maxExpression+1) + "']"
	for _, tc := range []struct {
		name, text string
		limits     Limits
		want       string
	}{
		{"bytes", "[file:size = 1]", Limits{Bytes: 14}, "line 1, column 1: what begins here has 15 bytes; at most 14 are allowed"},
		{"bytes, just", "[file:size = 1]", Limits{Bytes: 15}, ""},
		{"comparisons", "[file:size = 1] OR [file:size = 2]", Limits{Comparisons: 1}, "line 1, column 21: the pattern has more than 1 comparisons"},
		{"comparisons, just", "[file:size = 1] OR [EXISTS file:size]", Limits{Comparisons: 2}, ""},
		{"depth", "([(file:size = 1)])", Limits{Depth: 2}, "line 1, column 3: parentheses and square brackets stand in one another more than 2 deep"},
		{"depth of observations", "(([file:size = 1]))", Limits{Depth: 1}, "line 1, column 2: parentheses and square brackets stand in one another more than 1 deep"},
		{"depth, just", "([(file:size = 1)]) OR ([(file:size IN (1))])", Limits{Depth: 3}, ""},
		{"comparisons of a set", "[file:size IN (1, 2, 3)]", Limits{Comparisons: 2}, "line 1, column 22: the pattern has more than 2 comparisons"},
		{"path", "[x-a:b" + strings.Repeat("[*]", 100) + " = 1]", Limits{}, "line 1, column 304: the object path has more than 100 components"},
		{"path, just", "[x-a:b" + strings.Repeat("[*]", 99) + " = 1]", Limits{}, ""},
		{"expression", expression, Limits{}, "line 1, column 20: what begins here has 8193 bytes; at most 8192 are allowed"},
		{"expression, just", strings.Replace(expression, "aa", "a", 1), Limits{}, ""},
	} {
		_, err := Parse(tc.text, tc.limits)
		e, ok := errors.AsType[*Error](err)
		if ok != (tc.want != "") || ok && (e.Rule != "LIMIT" || e.Error() != tc.want) {
			t.Errorf("%s: Parse = %v, want %q of LIMIT", tc.name, err, tc.want)
		}
	}
}

// TestAlsoValid are patterns that the list of valid ones leaves out.
func TestAlsoValid(t *testing.T) {
	for _, text := range []string{
		"[file:size = 1 AND file:size=-0.5]WITHIN 5SECONDS REPEATS 1TIMES",
		"[file:'true' = true]",
		"[file:x_list[0][*].'' = 'a']",
		"[file:x_list[-0] = 'a']",
		"[network-traffic:x_foo_refs[*].value ISSUBSET '192.0.2.1']",
		"[x-foo:b_ref.value NOT ISSUPERSET '2001:db8::1/32']",
		"[file:magic_number_hex IN (h'', h'00')]",
		"[artifact:payload_bin = b'']",
		"[(process:pid = 1 OR file:size = 1) AND (file:size = 2 OR process:pid = 2)]",
		"[file:name = 'a'AND file:name='b']",
		"[(file:size = 1 OR (url:value = 'a' OR mutex:name = 'a')) AND mutex:name = 'b']",
		"[file:name\u3000=\u2028'a'\v]\f",
		"[file:name = '\u0000\n\"'] START t'2016-12-31T23:59:60Z' STOP t'2017-01-01T00:00:00Z'",
	} {
		if _, err := Parse(text, DefaultLimits); err != nil {
			t.Errorf("Parse(%q): %v", text, err)
		}
	}
}
