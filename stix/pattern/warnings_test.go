package pattern

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestProblems(t *testing.T) {
	for _, tc := range []struct {
		text string
		want []string // rule, column and message
	}{
		{"[file:size == 1 AND file:size <> 2] // end", []string{
			"PAT-SYN-6 12 == is not in the standard; it is written =",
			"PAT-SYN-6 31 <> is not in the standard; it is written !=",
			"PAT-SYN-6 37 comments are not in the standard; other implementations may refuse the pattern"}},
		{"[threat-actor:x = 1]", []string{"PAT-SEM-8 2 threat-actor is no type of observable, and patterns match observables only"}},
		{"[file:created = 'a']", []string{"PAT-SEM-9 7 file has no property created in the standard; a custom one begins with x_"}},
		{"[file:name.first = 'a']", []string{"PAT-SEM-9 12 file:name has no property first in the standard; a custom one begins with x_"}},
		{"[file:id.x_a = 'a']", []string{"PAT-SEM-9 10 file:id has no property x_a in the standard; a custom one begins with x_"}},
		{"[file:name[0] = 'a']", []string{"PAT-SEM-9 11 file:name is no list; it has no index"}},
		{"[directory:contains_refs.name = 'a']", []string{"PAT-SEM-9 26 directory:contains_refs is a list; an index or [*] stands before name"}},
		{"[network-traffic:src_ref.number = 1]", []string{"PAT-SEM-9 26 network-traffic:src_ref has no property number in the standard; a custom one begins with x_"}},
		{"[file:extensions.'pdf-ext'.pages = 1]", []string{"PAT-SEM-9 28 file:extensions.'pdf-ext' has no property pages in the standard; a custom one begins with x_"}},
		{"[file:extensions.'windows-pebinary-ext'.sections[0].colour = 1]", []string{"PAT-SEM-9 53 file:extensions.'windows-pebinary-ext'.sections[0] has no property colour in the standard; a custom one begins with x_"}},
		{"[network-traffic:protocols = 'tcp']", []string{"PAT-SEM-10 30 network-traffic:protocols is of type list, with which 'tcp' cannot be compared"}},
		{"[network-traffic:dst_port IN (1, 2) OR network-traffic:dst_port IN ('1', '2')]", []string{"PAT-SEM-10 69 network-traffic:dst_port is of type integer, with which '1' cannot be compared"}},
		{"[file:hashes = 'a']", []string{"PAT-SEM-10 16 file:hashes is of type hashes, with which 'a' cannot be compared"}},
		{"[file:extensions.'pdf-ext' = true]", []string{"PAT-SEM-10 30 file:extensions.'pdf-ext' is of type pdf-ext, with which true cannot be compared"}},
		{"[windows-registry-key:values[0] != 1]", []string{"PAT-SEM-10 36 windows-registry-key:values[0] is of type windows-registry-value-type, with which 1 cannot be compared"}},
		{"[file:ctime LIKE '2021%']", []string{"PAT-SEM-10 18 file:ctime is of type timestamp, with which '2021%' cannot be compared"}},
		{"[user-account:account_type = h'00']", []string{"PAT-SEM-10 30 user-account:account_type is of type open-vocab, with which h'00' cannot be compared"}},
		{"[process:is_hidden = 1]", []string{"PAT-SEM-10 22 process:is_hidden is of type boolean, with which 1 cannot be compared"}},
		{"[file:hashes.sha256 = t'2021-01-01T00:00:00Z']", []string{"PAT-SEM-10 23 file:hashes.sha256 is of type string, with which t'2021-01-01T00:00:00Z' cannot be compared"}},
		{"[file:hashes.sha_256 NOT IN ('abc', 'def')]", []string{
			`PAT-SEM-16 30 "abc" is no SHA-256; one has 64 hexadecimal digits`,
			`PAT-SEM-16 37 "def" is no SHA-256; one has 64 hexadecimal digits`}},
		{"[file:hashes.SSDEEP = '3:ab']", []string{`PAT-SEM-16 23 "3:ab" is no SSDEEP; one has a block size and two parts of base64, joined by colons`}},
	} {
		var got []string
		for _, e := range mustParse(t, tc.text).Problems() {
			got = append(got, fmt.Sprintf("%s %d %s", e.Rule, e.Column, e.Message()))
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("problems of %q are\n%s\nwant\n%s", tc.text, strings.Join(got, "\n"), strings.Join(tc.want, "\n"))
		}
	}
}

// TestExamine reads on behind what is well-formed, and says each rule once.
func TestExamine(t *testing.T) {
	const window = "START t'2026-01-02T00:00:00Z' STOP t'2026-01-01T00:00:00Z'"
	for _, tc := range []struct {
		text string
		want []string // rules and columns: faults, then problems
	}{
		{"[url:valu = 'a' AND file:hashes.sha256 = 'x']", []string{"PAT-SEM-3 21", "PAT-SEM-9 6", "PAT-SEM-16 42"}},
		{"[url:value = 'a' AND file:name = 'b' AND mutex:name = 'c'] WITHIN 0 SECONDS REPEATS 0 TIMES " + window,
			[]string{"PAT-SEM-3 22", "PAT-SEM-5 67", "PAT-SEM-4 85", "PAT-SEM-1 93"}},
		{"[file:size = 1] REPEATS 1 TIMES REPEATS 2 TIMES REPEATS 0 TIMES", []string{"PAT-SEM-2 33", "PAT-SEM-4 57"}},
		{"[File:name = 'a' AND file:name = 'b']", []string{"PAT-SEM-8 2"}},
		{"[ipv4-addr:valu ISSUBSET '192.0.2.1' OR file:name MATCHES '(']", []string{"PAT-SEM-7 2", "PAT-SEM-11 59"}},
		{"[file:size IN (1, 'a', t'2026-01-01T00:00:00Z')]", []string{"PAT-SEM-6 19"}},
		{"[file:size = 9007199254740992 AND file:x_list[-1] = 1 AND file:size = 9007199254740993]", []string{"PAT-SEM-13 14", "PAT-SEM-14 47"}},
		{"[url:value = 'a' AND file:name = 'b'", []string{"PAT-SEM-3 22", "PAT-SYN-1 37"}},
		{"[url:value = 'a'] WITHIN", []string{"PAT-SYN-5 25"}},
	} {
		p, all := Examine(tc.text, DefaultLimits)
		if p != nil {
			all = append(all, p.Problems()...)
		}
		var got []string
		for _, e := range all {
			got = append(got, fmt.Sprintf("%s %d", e.Rule, e.Column))
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%q has %q, want %q", tc.text, got, tc.want)
		}
	}
}

// TestNoProblems are paths that the tables must admit.
func TestNoProblems(t *testing.T) {
	for _, text := range []string{
		"[x-acme:readings[0].b = 1 OR app:app_id = 'a']",
		"[file:x_a.b[0] = 1 OR file:extensions.x_a[0] = 1]",
		"[file:extensions.'pdf-ext'.x_a = 1 OR file:extensions.'pdf-ext'.extension_type = 'a']",
		"[file:extensions.'extension-definition--a8d4e6b1-31f8-4e2e-9a3b-0c9e5d6f7a81'.score > 1]",
		"[file:hashes.MD6 = 'abc' OR file:hashes.MD5 LIKE 'abc%' OR file:hashes.MD5 > 'a' OR file:hashes.MD5 = h'00']",
		"[file:hashes.SSDEEP = '3:a+/:B' OR file:hashes.'ssdeep' = '3::']",
		"[process:environment_variables.PATH = 'a' OR process:extensions.'windows-process-ext'.startup_info.x[0].y = true]",
		"[network-traffic:ipfix.minimumIpTotalLength = 32 OR network-traffic:ipfix.a = 'b']",
		"[email-message:additional_header_fields.'X-Mailer'[0] = 'a']",
		"[network-traffic:src_ref.resolves_to_refs[*].value = '00:00:5e:00:53:01' OR network-traffic:dst_ref.resolves_to_refs[0].resolves_to_refs[0].value = 'a']",
		"[network-traffic:src_ref.x_owner = 'a' OR network-traffic:src_ref.id = 'ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd']",
		"[file:object_marking_refs[0].name = 'a' OR file:granular_markings[0].selectors[0] = 'name']",
		"[file:size = 1.5 OR file:extensions.'windows-pebinary-ext'.sections[0].entropy = 7]",
		"[artifact:payload_bin = 'a' OR artifact:payload_bin = h'00' OR file:magic_number_hex = b'TVo=' OR file:name = h'00']",
		"[EXISTS file:hashes OR EXISTS network-traffic:protocols]",
	} {
		if problems := mustParse(t, text).Problems(); problems != nil {
			t.Errorf("problems of %q are %v, want none", text, problems)
		}
	}
}

func TestProblemsAreFew(t *testing.T) {
	text := "[" + strings.Repeat("file:nothing == 1 OR file:size = 'a' OR ", 50) + "file:size = 1]"
	count := map[string]int{}
	for _, e := range mustParse(t, text).Problems() {
		count[e.Rule]++
	}
	for _, rule := range []string{"PAT-SYN-6", "PAT-SEM-9", "PAT-SEM-10"} {
		if count[rule] != maxWarnings {
			t.Errorf("there are %d problems of %s, want %d", count[rule], rule, maxWarnings)
		}
	}
}
