package schemas

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"accord/stix"
)

// base returns valid objects, one for each class.
func base(class string) map[string]any {
	objects := map[string]string{
		"indicator": `{"type":"indicator","spec_version":"2.1","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
			"created":"2026-01-02T03:04:05.678Z","modified":"2026-01-02T03:04:05.678Z",
			"pattern":"[domain-name:value = 'login.bank.example']","pattern_type":"stix","valid_from":"2026-01-02T03:04:05Z"}`,
		"relationship": `{"type":"relationship","spec_version":"2.1","id":"relationship--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
			"created":"2026-01-02T03:04:05.678Z","modified":"2026-01-02T03:04:05.678Z","relationship_type":"uses",
			"source_ref":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","target_ref":"malware--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"}`,
		"ipv4-addr": `{"type":"ipv4-addr","id":"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4","value":"198.51.100.3"}`,
		"marking-definition": `{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
			"created":"2026-01-02T03:04:05.678Z","definition_type":"statement","definition":{"statement":"Ask first"}}`,
		"language-content": `{"type":"language-content","spec_version":"2.1","id":"language-content--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
			"created":"2026-01-02T03:04:05.678Z","modified":"2026-01-02T03:04:05.678Z",
			"object_ref":"campaign--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","contents":{"de":{"name":"x"}}}`,
		"extension-definition": `{"type":"extension-definition","spec_version":"2.1","id":"extension-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
			"created":"2026-01-02T03:04:05.678Z","modified":"2026-01-02T03:04:05.678Z","created_by_ref":"identity--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
			"name":"x","schema":"https://schema.example/","version":"1.0","extension_types":["new-sdo"]}`,
		"custom": `{"type":"x-thing","spec_version":"2.1","id":"x-thing--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
			"created":"2026-01-02T03:04:05.678Z","modified":"2026-01-02T03:04:05.678Z","color":"red"}`,
		"2.0": `{"type":"indicator","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
			"created":"2026-01-02T03:04:05.678Z","modified":"2026-01-02T03:04:05.678Z","labels":["malicious-activity"],
			"pattern":"[domain-name:value = 'login.bank.example']","valid_from":"2026-01-02T03:04:05Z"}`,
	}
	var o map[string]any
	if err := json.Unmarshal([]byte(objects[class]), &o); err != nil {
		panic(class + ": " + err.Error())
	}
	return o
}

// change returns a base object with properties set, or removed where the value
// is the text "-".
func change(class, changes string) []byte {
	o := base(class)
	var c map[string]json.RawMessage
	if err := json.Unmarshal([]byte("{"+changes+"}"), &c); err != nil {
		panic(changes + ": " + err.Error())
	}
	for property, value := range c {
		if string(value) == `"-"` {
			delete(o, property)
		} else {
			o[property] = value
		}
	}
	raw, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return raw
}

func validate(profile string, raw []byte) stix.Verdict {
	o, _ := stix.ReadObject(raw, stix.DefaultLimits)
	return New().Validate(profile, o)
}

// said writes findings as "RULE@pointer", errors with a "!".
func said(v stix.Verdict) []string {
	var texts []string
	for _, f := range v.Findings {
		text := f.Rule + "@" + f.Pointer
		if f.Level == stix.LevelError {
			text += "!"
		}
		texts = append(texts, text)
	}
	return texts
}

const other = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd30"

// Each rule has a case that breaks it, and nothing else, and the base objects
// break none. A finding with "!" is an error under the profile standard.
var cases = []struct {
	rule, name    string
	class, change string
	want          []string
}{
	{"", "an indicator", "indicator", ``, nil},
	{"", "a relationship", "relationship", ``, nil},
	{"", "an observable needs type and id alone", "ipv4-addr", ``, nil},
	{"", "a marking definition has no modified", "marking-definition", ``, nil},
	{"", "language content", "language-content", ``, nil},
	{"", "an extension definition", "extension-definition", ``, nil},
	{"", "STIX 2.0", "2.0", ``, nil},
	{"", "STIX 2.0 by name", "2.0", `"spec_version":"2.0"`, nil},
	{"", "all common properties", "indicator", `"created_by_ref":"identity--` + other + `","revoked":false,"labels":["a"],"confidence":0,
		"lang":"zh-Hans","external_references":[{"source_name":"a","url":"https://a.example/"}],
		"object_marking_refs":["marking-definition--` + other + `"],
		"granular_markings":[{"lang":"en","selectors":["pattern"]},{"marking_ref":"marking-definition--` + other + `","selectors":["labels.[0]"]}],
		"extensions":{"extension-definition--` + other + `":{"extension_type":"property-extension"}}`, nil},
	{"", "numbers that a double holds, if not exactly", "indicator", `"x_a":[12345678901234567890,1.0,0e999999999,-0.0,1E300]`, nil},
	{"", "an observable that names its version", "ipv4-addr", `"spec_version":"2.1"`, nil},

	{"GEN-01", "a number too large", "indicator", `"x_a":1e999999999`, []string{"GEN-01@/x_a!"}},
	{"GEN-01", "a number too small, deep", "indicator", `"x_a":{"b":[1,1e-999999999]}`, []string{"GEN-01@/x_a/b/1!"}},
	{"GEN-01", "a number too long", "indicator", `"confidence":0.` + strings.Repeat("1", maxNumber), []string{"GEN-01@/confidence!"}},
	{"GEN-02", "no created", "indicator", `"created":"-"`, []string{"GEN-02@!"}},
	{"GEN-02", "neither created nor modified", "indicator", `"created":"-","modified":"-"`, []string{"GEN-02@!", "GEN-02@!"}},
	{"GEN-02", "no modified", "relationship", `"modified":"-"`, []string{"GEN-02@!"}},
	{"GEN-02", "no type", "indicator", `"type":"-","created":"-"`, []string{"GEN-02@!"}},
	{"GEN-02", "no id", "ipv4-addr", `"id":"-"`, []string{"GEN-02@!"}},
	{"GEN-02", "a marking definition without created", "marking-definition", `"created":"-"`, []string{"GEN-02@!"}},
	{"GEN-02", "language content without modified", "language-content", `"modified":"-"`, []string{"GEN-02@!"}},
	{"GEN-02", "an extension definition without author", "extension-definition", `"created_by_ref":"-"`, []string{"GEN-02@!"}},
	{"GEN-02", "STIX 2.0 without created", "2.0", `"created":"-"`, []string{"GEN-02@!"}},
	{"GEN-02", "an external reference without source", "indicator", `"external_references":[{"url":"https://a.example/"}]`, []string{"GEN-02@/external_references/0!"}},
	{"GEN-03", "null", "indicator", `"name":null`, []string{"GEN-03@/name!"}},
	{"GEN-03", "null for a common property", "indicator", `"labels":["a",null],"lang":null`, []string{"GEN-03@/labels/1!", "GEN-03@/lang!"}},
	{"GEN-03", "null in a dictionary, escaped in the pointer", "indicator", `"x_a":{"b/c~d":null}`, []string{"GEN-03@/x_a/b~1c~0d!"}},
	{"GEN-04", "empty lists", "indicator", `"labels":[],"x_a":[]`, []string{"GEN-04@/labels!", "GEN-04@/x_a!"}},
	{"GEN-04", "an empty list deep in a custom property", "indicator", `"x_a":{"b":[]}`, []string{"GEN-04@/x_a/b"}},
	{"GEN-05", "an empty dictionary", "indicator", `"extensions":{}`, []string{"GEN-05@/extensions!"}},
	{"TYP-02", "revoked in quotes", "indicator", `"revoked":"true"`, []string{"TYP-02@/revoked!"}},
	{"TYP-07", "hashes that are a list", "indicator", `"external_references":[{"source_name":"a","url":"x","hashes":["a"]}]`, []string{"TYP-07@/external_references/0/hashes!"}},
	{"TYP-11", "a source alone", "indicator", `"external_references":[{"source_name":"a","description":"b"},{"source_name":"a"}]`, []string{"TYP-11@/external_references/1!"}},
	{"TYP-13", "labels that are no list", "indicator", `"labels":"a"`, []string{"TYP-13@/labels!"}},
	{"TYP-16", "labels that are no strings", "indicator", `"labels":["a",1]`, []string{"TYP-16@/labels/1!"}},
	{"EXT-04", "an extension that is no object", "indicator", `"extensions":{"extension-definition--` + other + `":true}`, []string{"EXT-04@/extensions/extension-definition--" + other + "!"}},
	{"EXT-06", "a type that nothing announces", "custom", ``, []string{"EXT-06@/type"}},
	{"", "a type that an extension announces", "custom", `"extensions":{"extension-definition--` + other + `":{"extension_type":"new-sdo"}}`, nil},
	{"", "an observable that an extension announces", "custom", `"spec_version":"-","created":"-","modified":"-","extensions":{"extension-definition--` + other + `":{"extension_type":"new-sco"}}`, nil},
	{"GEN-02", "a relationship that an extension announces", "custom", `"modified":"-","extensions":{"extension-definition--` + other + `":{"extension_type":"new-sro"}}`, []string{"GEN-02@!"}},

	{"IDN-01", "no identifier", "indicator", `"id":"indicator-8e2e2d2b"`, []string{"IDN-01@/id!"}},
	{"IDN-01", "a UUID in braces", "indicator", `"id":"indicator--{8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f}"`, []string{"IDN-01@/id!"}},
	{"IDN-01", "references", "indicator", `"created_by_ref":"me","object_marking_refs":["TLP:RED"],"granular_markings":[{"marking_ref":"","selectors":["id"]}]`,
		[]string{"IDN-01@/created_by_ref!", "IDN-01@/granular_markings/0/marking_ref!", "IDN-01@/object_marking_refs/0!"}},
	{"IDN-02", "another type", "indicator", `"id":"malware--` + other + `"`, []string{"IDN-02@/id!"}},
	{"IDN-03", "the nil UUID", "indicator", `"id":"indicator--00000000-0000-0000-0000-000000000000"`, []string{"IDN-03@/id!"}},
	{"IDN-03", "version 7", "indicator", `"created_by_ref":"identity--01890a5d-ac96-774b-bcce-b302099a8057"`, []string{"IDN-03@/created_by_ref!"}},
	{"IDN-04", "version 5 on a domain object", "indicator", `"id":"indicator--28bb3599-77cd-5a82-a950-b5bc3caf07c4"`, []string{"IDN-04@/id"}},
	{"IDN-05", "version 4 on an observable", "ipv4-addr", `"id":"ipv4-addr--` + other + `"`, []string{"IDN-05@/id"}},
	{"", "version 4 where nothing need identify", "ipv4-addr", `"type":"process","id":"process--` + other + `"`, nil},
	{"IDN-09", "upper case", "indicator", `"id":"indicator--8E2E2D2B-17D4-4CBF-938F-98EE46B3CD3F"`, []string{"IDN-09@/id"}},

	{"TSP-01", "blank in place of T", "indicator", `"created":"2026-01-02 03:04:05.678Z"`, []string{"TSP-01@/created!"}},
	{"TSP-01", "an offset", "indicator", `"modified":"2026-01-02T03:04:05.678+00:00"`, []string{"TSP-01@/modified!"}},
	{"TSP-02", "a day that does not exist", "indicator", `"created":"2025-02-29T03:04:05.678Z"`, []string{"TSP-02@/created!"}},
	{"TSP-02", "hour 24", "2.0", `"modified":"2026-01-02T24:04:05.678Z"`, []string{"TSP-02@/modified!"}},
	{"", "any number of digits, a leap second", "indicator", `"created":"2016-12-31T23:59:60.000Z","modified":"2026-01-02T03:04:05.1234567890123Z"`, nil},
	{"TSP-04", "two digits", "indicator", `"created":"2026-01-02T03:04:05.67Z"`, []string{"TSP-04@/created!"}},
	{"TSP-04", "no digits", "marking-definition", `"created":"2026-01-02T03:04:05Z"`, []string{"TSP-04@/created!"}},
	{"COM-05", "modified before created", "indicator", `"modified":"2026-01-02T03:04:05.6779Z"`, []string{"COM-05@/modified!"}},
	{"", "the same instant in other digits", "indicator", `"modified":"2026-01-02T03:04:05.678000Z"`, nil},

	{"NAM-01", "a type in capitals", "custom", `"type":"X-Thing"`, []string{"NAM-01@/type!"}},
	{"NAM-01", "a type with two hyphens", "custom", `"type":"x--thing"`, []string{"NAM-01@/type!"}},
	{"NAM-02", "names", "indicator", `"x_Upper":1,"ab":1,"1abc":1,"x-y":1,"":1`, []string{"NAM-02@/!", "NAM-02@/1abc!", "NAM-02@/ab!", "NAM-02@/x-y!", "NAM-02@/x_Upper!"}},
	{"NAM-02", "too long a name", "indicator", `"` + strings.Repeat("a", 251) + `":1`, []string{"NAM-02@/" + strings.Repeat("a", 251) + "!"}},
	{"", "the longest name", "indicator", `"` + strings.Repeat("a", 250) + `":1`, nil},
	{"COM-01", "a bundle", "indicator", `"type":"bundle"`, []string{"COM-01@/type!"}},
	{"COM-02", "an unknown version", "indicator", `"spec_version":"2.2"`, []string{"COM-02@/spec_version!"}},
	{"COM-02", "a version that is a number", "indicator", `"spec_version":2.1`, []string{"COM-02@/spec_version!"}},
	{"COM-03", "an author that is no identity", "indicator", `"created_by_ref":"indicator--` + other + `"`, []string{"COM-03@/created_by_ref!"}},
	{"COM-06", "above", "indicator", `"confidence":101`, []string{"COM-06@/confidence!"}},
	{"COM-06", "below", "indicator", `"confidence":-1`, []string{"COM-06@/confidence!"}},
	{"COM-06", "between", "indicator", `"confidence":85.5`, []string{"COM-06@/confidence!"}},
	{"COM-06", "in words", "indicator", `"confidence":"high"`, []string{"COM-06@/confidence!"}},
	{"COM-10", "an underscore", "indicator", `"lang":"en_US"`, []string{"COM-10@/lang!"}},
	{"COM-12", "a marking that is an identity", "indicator", `"object_marking_refs":["identity--` + other + `"]`, []string{"COM-12@/object_marking_refs/0!"}},
	{"COM-12", "markings that are no list", "indicator", `"object_marking_refs":"marking-definition--` + other + `"`, []string{"COM-12@/object_marking_refs!"}},
	{"COM-12", "granular markings that are no list", "indicator", `"granular_markings":{"a":1}`, []string{"COM-12@/granular_markings!"}},
	{"COM-13", "marks itself", "marking-definition", `"object_marking_refs":["marking-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"]`, []string{"COM-13@/object_marking_refs/0!"}},
	{"COM-14", "defanged", "indicator", `"defanged":false`, []string{"COM-14@/defanged!"}},
	{"", "a defanged observable", "ipv4-addr", `"defanged":true`, nil},
	{"COM-15", "labels on an observable", "ipv4-addr", `"labels":["a"]`, []string{"COM-15@/labels"}},
	{"COM-15", "modified on a marking definition", "marking-definition", `"modified":"2026-01-02T03:04:05.678Z"`, []string{"COM-15@/modified"}},
	{"GRN-01", "both and neither", "indicator", `"granular_markings":[{"lang":"en","marking_ref":"marking-definition--` + other + `","selectors":["id"]},{"selectors":["id"]}]`,
		[]string{"GRN-01@/granular_markings/0!", "GRN-01@/granular_markings/1!"}},
	{"GRN-02", "no selectors", "indicator", `"granular_markings":[{"lang":"en"}]`, []string{"GRN-02@/granular_markings/0!"}},
	{"GRN-05", "no language", "indicator", `"granular_markings":[{"lang":"e","selectors":["id"]}]`, []string{"GRN-05@/granular_markings/0/lang!"}},
	{"GRN-06", "no marking", "indicator", `"granular_markings":[{"marking_ref":"identity--` + other + `","selectors":["id"]}]`, []string{"GRN-06@/granular_markings/0/marking_ref!"}},
	{"MRK-04", "a fifth TLP", "marking-definition", `"definition_type":"tlp","definition":{"tlp":"red"}`, []string{"MRK-04@/id!"}},
	{"MRK-05", "a TLP 2.0 of one's own", "marking-definition", `"definition_type":"-","definition":"-","extensions":{"` + tlp2 + `":{"extension_type":"property-extension","tlp_2_0":"red"}}`, []string{"MRK-05@/id"}},
}

func TestRules(t *testing.T) {
	for _, tc := range cases {
		t.Run(strings.TrimSpace(tc.rule+" "+tc.name), func(t *testing.T) {
			raw := change(tc.class, tc.change)
			v := validate("standard", raw)
			if got := said(v); !slices.Equal(got, tc.want) {
				t.Fatalf("%s:\ngot  %q\nwant %q", raw, got, tc.want)
			}
			for _, f := range v.Findings {
				if f.Message == "" || strings.Contains(f.Message, "%!") || tc.rule != f.Rule {
					t.Errorf("finding %+v", f)
				}
			}
			if accepted := !strings.Contains(strings.Join(tc.want, " "), "!"); v.Accepted != accepted {
				t.Errorf("accepted is %v; want %v", v.Accepted, accepted)
			}
		})
	}
}

func TestEachRuleHasACase(t *testing.T) {
	tested := map[string]bool{}
	for _, tc := range cases {
		tested[tc.rule] = true
	}
	seen := map[string]bool{}
	for _, r := range newRuleSet().rules {
		if !tested[r.id] {
			t.Errorf("no case breaks %s", r.id)
		}
		if seen[r.id] || r.section == "" {
			t.Errorf("the row of %s is there twice or names no section", r.id)
		}
		seen[r.id] = true
	}
	for rule := range tested {
		if rule != "" && !seen[rule] {
			t.Errorf("the case's rule %s has no row", rule)
		}
	}
}

// What STIX 2.0 does not ask for is not asked of its objects.
func TestSTIX20(t *testing.T) {
	for _, tc := range []struct {
		name, change string
		want         []string
	}{
		{"second precision", `"created":"2026-01-02T03:04:05Z"`, nil},
		{"version 5", `"id":"indicator--28bb3599-77cd-5a82-a950-b5bc3caf07c4"`, nil},
		{"a custom type", `"type":"x-thing","id":"x-thing--` + other + `"`, nil},
		{"names", `"X":1`, nil},
		{"id", `"id":"indicator"`, []string{"IDN-01@/id!"}},
		{"id's type", `"id":"malware--` + other + `"`, []string{"IDN-02@/id!"}},
		{"modified before created", `"modified":"2025-01-02T03:04:05.000Z"`, []string{"COM-05@/modified!"}},
		{"created", `"created":"yesterday"`, []string{"TSP-01@/created!"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := said(validate("standard", change("2.0", tc.change))); !slices.Equal(got, tc.want) {
				t.Errorf("got %q; want %q", got, tc.want)
			}
		})
	}
	t.Run("COM-02 where only 2.1 is wanted", func(t *testing.T) {
		o, _ := stix.ReadObject(change("2.0", ``), stix.DefaultLimits)
		judge := New()
		judge.STIX21Only = true
		v := judge.Validate("standard", o)
		if got := said(v); !slices.Equal(got, []string{"COM-02@/spec_version!"}) || !strings.Contains(v.Findings[0].Message, "STIX 2.0") {
			t.Errorf("got %+v", v)
		}
	})
}

// Profiles (import policy, 2): what each refuses.
func TestProfiles(t *testing.T) {
	for _, tc := range []struct {
		name, class, change    string
		open, standard, strict bool // accepted
	}{
		{"valid", "indicator", ``, true, true, true},
		{"advice", "indicator", `"id":"indicator--28bb3599-77cd-5a82-a950-b5bc3caf07c4"`, true, true, true},
		{"a let-through", "custom", ``, true, true, false},
		{"a MUST", "indicator", `"confidence":101`, true, false, false},
		{"author missing", "extension-definition", `"created_by_ref":"-"`, true, false, false},
		{"created broken, modified good", "indicator", `"created":"yesterday"`, true, false, false},
		{"no modified, created good", "indicator", `"modified":"-"`, true, false, false},
		{"the version broken", "indicator", `"modified":"yesterday"`, false, false, false},
		{"the version is a number", "indicator", `"modified":20260102`, false, false, false},
		{"no version", "indicator", `"modified":"-","created":"-"`, false, false, false},
		{"an observable needs none", "ipv4-addr", ``, true, true, true},
		{"no id", "indicator", `"id":"-"`, false, false, false},
		{"an id that is none", "indicator", `"id":"indicator"`, false, false, false},
		{"an id that is a number", "indicator", `"id":1`, false, false, false},
		{"an id of version 7", "indicator", `"id":"indicator--01890a5d-ac96-774b-bcce-b302099a8057"`, true, false, false},
		{"no type", "indicator", `"type":"-"`, false, false, false},
		{"a type that is null", "indicator", `"type":null`, false, false, false},
		{"a type in capitals", "custom", `"type":"X-Thing"`, false, false, false},
		{"a bundle", "indicator", `"type":"bundle"`, false, false, false},
		{"a number that hides an id that is none from the schema", "indicator", `"id":1,"x_a":1e-999`, false, false, false},
		{"a version that is null", "indicator", `"modified":null`, false, false, false},
		{"markings unreadable", "indicator", `"object_marking_refs":{"a":1}`, false, false, false},
		{"a marking of the wrong type", "indicator", `"object_marking_refs":["identity--` + other + `"]`, true, false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			raw := change(tc.class, tc.change)
			for profile, want := range map[string]bool{"open": tc.open, "standard": tc.standard, "strict": tc.strict, "unknown": tc.strict} {
				if v := validate(profile, raw); v.Accepted != want {
					t.Errorf("%s: accepted is %v, for %q; want %v", profile, v.Accepted, said(v), want)
				}
			}
		})
	}
	t.Run("no JSON object", func(t *testing.T) {
		for _, raw := range []string{`null`, `[]`, `"x"`, `{`, ``} {
			if v := New().Validate("open", stix.Object{Raw: []byte(raw)}); v.Accepted {
				t.Errorf("%q is accepted", raw)
			}
		}
	})
}

// A predefined TLP id never comes from outside (import policy, 5).
func TestPredefinedMarkings(t *testing.T) {
	for _, rank := range []stix.TLP{stix.Clear, stix.Green, stix.Amber, stix.AmberStrict, stix.Red} {
		testPredefined(t, rank.Marking(), "MRK-05", false)
	}
	testPredefined(t, "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9", "MRK-04", true)
	testPredefined(t, "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed", "MRK-04", true)
}

func testPredefined(t *testing.T, id stix.ID, rule string, namelessPasses bool) {
	published, ok := stix.PredefinedMarking(id)
	if !ok {
		t.Fatalf("%s is not predefined", id)
	}
	type verdict struct{ open, standard, strict bool }
	expect := func(name string, raw []byte, want verdict) {
		t.Helper()
		got := verdict{validate("open", raw).Accepted, validate("standard", raw).Accepted, validate("strict", raw).Accepted}
		if got != want {
			t.Errorf("%s: %s is accepted %+v; want %+v (%q)", id, name, got, want, said(validate("open", raw)))
		}
		for _, f := range validate("open", raw).Findings {
			if f.Rule != rule {
				t.Errorf("%s: %s: %+v", id, name, f)
			}
		}
	}
	expect("the published one", published, verdict{true, true, true})
	expect("one without name", without(published, "name"), verdict{namelessPasses, namelessPasses, false})
	var o map[string]json.RawMessage
	if err := json.Unmarshal(published, &o); err != nil {
		t.Fatal(err)
	}
	o["name"] = json.RawMessage(`"TLP:ANYTHING"`)
	other, _ := json.Marshal(o)
	expect("another content", other, verdict{})
	if rule == "MRK-04" {
		old := validate("strict", without(published, "name", "spec_version"))
		if !old.Accepted || len(old.Findings) > 0 {
			t.Errorf("%s as STIX 2.0 writes it: %+v", id, old)
		}
	}
}

// A hostile object makes few findings.
func TestFindingsAreBounded(t *testing.T) {
	for _, element := range []string{"1", "1e-999", "null", "[]", `{"":null}`} {
		raw := change("indicator", `"labels":[`+strings.Repeat(element+",", 10_000)+element+`]`)
		if v := validate("standard", raw); len(v.Findings) < maxPlaces || len(v.Findings) > 2*maxPlaces || v.Accepted {
			t.Errorf("%s: %d findings, accepted %v", element, len(v.Findings), v.Accepted)
		}
	}
}

func TestVerdictsAreRepeatable(t *testing.T) {
	raw := change("indicator", `"x_Upper":1,"x-y":null,"labels":[],"confidence":101,"lang":"en_US","revoked":1,"id":"x","created":"y"`)
	first := said(validate("standard", raw))
	for range 20 {
		if again := said(validate("standard", raw)); !slices.Equal(again, first) {
			t.Fatalf("got %q, then %q", first, again)
		}
	}
}

func TestLanguageTags(t *testing.T) {
	for tag, want := range map[string]bool{
		"en": true, "de-CH": true, "zh-Hant-TW": true, "sl-rozaj-biske": true, "es-419": true, "x-lab": true, "EN": true,
		"i-klingon": true, "en-GB-oed": true, "de-1996": true, "en-u-ca-gregory": true, "en-x-a": true,
		"english!": false, "en_US": false, "e": false, "en--US": false, "": false, " ": false, "en-": false, "en\n": false, "i-nothing": false, "i-lux i-mingo": false,
	} {
		if got := isLanguageTag(tag); got != want {
			t.Errorf("isLanguageTag(%q) = %v", tag, got)
		}
	}
}

func TestRulesHashIsZero(t *testing.T) {
	if New().Rules("standard") != [32]byte{} {
		t.Error("a hash of no rule set")
	}
}

// The types that stix takes for observables are those of this room.
func TestObservables(t *testing.T) {
	for _, typ := range slices.Sorted(maps.Keys(standardTypes)) {
		if got, want := stix.IsObservable(typ), standardTypes[typ] == sco; got != want {
			t.Errorf("stix.IsObservable(%q) = %v; want %v", typ, got, want)
		}
	}
}
