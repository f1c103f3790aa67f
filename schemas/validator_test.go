package schemas

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"accord/stix"
)

const other = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd30"

// What no case of testdata/rules says: objects that are right in every way, and
// objects with several faults, or faults in several places. A finding with "!"
// is an error under the profile standard.
var verdicts = []struct {
	name          string
	class, change string
	want          []string
}{
	{"an indicator", "indicator", ``, nil},
	{"a relationship", "relationship", ``, nil},
	{"an observable needs type and id alone", "ipv4-addr", ``, nil},
	{"a marking definition has no modified", "marking-definition", ``, nil},
	{"language content", "language-content", ``, nil},
	{"an extension definition", "extension-definition", ``, nil},
	{"STIX 2.0", "2.0", ``, nil},
	{"STIX 2.0 by name", "2.0", `"spec_version":"2.0"`, nil},
	{"all common properties", "indicator", `"created_by_ref":"identity--` + other + `","revoked":false,"labels":["a"],"confidence":0,
		"lang":"zh-Hans","external_references":[{"source_name":"a","external_id":"1"}],
		"object_marking_refs":["marking-definition--` + other + `"],
		"granular_markings":[{"lang":"en","selectors":["pattern"]},{"marking_ref":"marking-definition--` + other + `","selectors":["labels.[0]"]}],
		"extensions":{"extension-definition--` + other + `":{"extension_type":"property-extension"}}`, nil},
	{"numbers that a double holds, if not exactly", "indicator", `"x_a":[12345678901234567890,1.0,0e999999999,-0.0,1E300]`, []string{"CUS-10@/x_a"}},
	{"an observable that names its version", "ipv4-addr", `"spec_version":"2.1"`, nil},
	{"any number of digits, a leap second", "indicator", `"created":"2016-12-31T23:59:60.000Z","modified":"2026-01-02T03:04:05.1234567890123Z"`, nil},
	{"the same instant in other digits", "indicator", `"modified":"2026-01-02T03:04:05.678000Z"`, nil},
	{"version 4 where nothing need identify", "ipv4-addr", `"type":"process","id":"process--` + other + `","value":"-","pid":4711`, nil},
	{"id is a name in patterns too", "indicator", `"pattern":"[file:id = 'file--` + other + `']"`, nil},
	{"a defanged observable", "ipv4-addr", `"defanged":true`, nil},

	{"a number too large", "indicator", `"x_a":1e999999999`, []string{"GEN-01@/x_a!", "CUS-10@/x_a"}},
	{"a number too small, deep", "indicator", `"x_a":{"b":[1,1e-999999999]}`, []string{"GEN-01@/x_a/b/1!", "CUS-10@/x_a"}},
	{"a number too long", "indicator", `"confidence":0.` + strings.Repeat("1", maxNumber), []string{"GEN-01@/confidence!"}},
	{"neither created nor modified", "indicator", `"created":"-","modified":"-"`, []string{"GEN-02@!"}},
	{"no type", "indicator", `"type":"-","created":"-"`, []string{"GEN-02@!"}},
	{"language content without modified", "language-content", `"modified":"-"`, []string{"GEN-02@!"}},
	{"an extension definition without author", "extension-definition", `"created_by_ref":"-"`, []string{"EXT-07@!"}},
	{"STIX 2.0 without created", "2.0", `"created":"-"`, []string{"GEN-02@!"}},
	{"null for a common property", "indicator", `"labels":["a",null],"lang":null`, []string{"GEN-03@/labels/1!"}},
	{"null in a dictionary, escaped in the pointer", "indicator", `"x_a":{"b/c~d":null}`, []string{"GEN-03@/x_a/b~1c~0d!", "CUS-10@/x_a"}},
	{"empty lists", "indicator", `"labels":[],"x_a":[]`, []string{"GEN-04@/labels!", "CUS-10@/x_a"}},
	{"an empty list deep in a custom property", "indicator", `"x_a":{"b":[]}`, []string{"CUS-10@/x_a", "GEN-04@/x_a/b"}},
	{"hashes that are a list", "indicator", `"external_references":[{"source_name":"a","external_id":"x","hashes":["a"]}]`, []string{"TYP-07@/external_references/0/hashes!"}},
	{"a source alone", "indicator", `"external_references":[{"source_name":"a","description":"b"},{"source_name":"a"}]`, []string{"TYP-11@/external_references/1!"}},
	{"an extension that is no object", "indicator", `"extensions":{"extension-definition--` + other + `":true}`, []string{"EXT-04@/extensions/extension-definition--" + other + "!"}},
	{"a type that nothing announces", "custom", ``, []string{"EXT-06@/type"}},
	{"a type that an extension announces", "custom", `"extensions":{"extension-definition--` + other + `":{"extension_type":"new-sdo"}}`, nil},
	{"an observable that an extension announces", "custom", `"spec_version":"-","created":"-","modified":"-","extensions":{"extension-definition--` + other + `":{"extension_type":"new-sco"}}`, nil},
	{"a relationship that an extension announces", "custom", `"modified":"-","extensions":{"extension-definition--` + other + `":{"extension_type":"new-sro"}}`, []string{"GEN-02@!"}},

	{"no identifier", "indicator", `"id":"indicator-8e2e2d2b"`, []string{"IDN-01@/id!"}},
	{"a UUID in braces", "indicator", `"id":"indicator--{8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f}"`, []string{"IDN-01@/id!"}},
	{"references that are no identifiers", "indicator", `"created_by_ref":"me","object_marking_refs":["TLP:RED"],"granular_markings":[{"marking_ref":"","selectors":["id"]}]`,
		[]string{"IDN-01@/created_by_ref!"}},
	{"another type", "indicator", `"id":"malware--` + other + `"`, []string{"IDN-02@/id!"}},
	{"the nil UUID", "indicator", `"id":"indicator--00000000-0000-0000-0000-000000000000"`, []string{"IDN-03@/id!"}},
	{"version 7", "indicator", `"created_by_ref":"identity--01890a5d-ac96-774b-bcce-b302099a8057"`, []string{"IDN-03@/created_by_ref!"}},
	{"version 5 on a domain object", "indicator", `"id":"indicator--28bb3599-77cd-5a82-a950-b5bc3caf07c4"`, []string{"IDN-04@/id"}},
	{"version 4 on an observable", "ipv4-addr", `"id":"ipv4-addr--` + other + `"`, []string{"IDN-05@/id"}},
	{"upper case", "indicator", `"id":"indicator--8E2E2D2B-17D4-4CBF-938F-98EE46B3CD3F"`, []string{"IDN-09@/id"}},
	{"hour 24 in STIX 2.0", "2.0", `"modified":"2026-01-02T24:04:05.678Z"`, []string{"TSP-02@/modified!"}},
	{"modified before created by less than a millisecond", "indicator", `"modified":"2026-01-02T03:04:05.6779Z"`, []string{"COM-05@/modified!"}},

	{"a type in capitals", "custom", `"type":"X-Thing"`, []string{"NAM-01@/type!"}},
	{"a type with two hyphens", "custom", `"type":"x--thing"`, []string{"NAM-01@/type!"}},
	{"names", "indicator", `"x_Upper":1,"ab":1,"1abc":1,"x-y":1,"":1`, []string{"NAM-02@/!"}},
	{"too long a name", "indicator", `"` + strings.Repeat("a", 251) + `":1`, []string{"NAM-02@/" + strings.Repeat("a", 251) + "!"}},
	{"the longest name", "indicator", `"x_` + strings.Repeat("a", 248) + `":1`, []string{"CUS-10@/x_" + strings.Repeat("a", 248)}},
	{"a bundle", "indicator", `"type":"bundle"`, []string{"BUN-03@/type!"}},
	{"an unknown version", "indicator", `"spec_version":"2.2"`, []string{"COM-02@/spec_version!"}},
	{"a version that is a number", "indicator", `"spec_version":2.1`, []string{"COM-02@/spec_version!"}},
	{"an author that is no identity", "indicator", `"created_by_ref":"indicator--` + other + `"`, []string{"COM-03@/created_by_ref!"}},
	{"confidence above", "indicator", `"confidence":101`, []string{"COM-06@/confidence!"}},
	{"confidence below", "indicator", `"confidence":-1`, []string{"COM-06@/confidence!"}},
	{"confidence between", "indicator", `"confidence":85.5`, []string{"COM-06@/confidence!"}},
	{"confidence in words", "indicator", `"confidence":"high"`, []string{"COM-06@/confidence!"}},
	{"a language with an underscore", "indicator", `"lang":"en_US"`, []string{"COM-10@/lang!"}},
	{"a marking that is an identity", "indicator", `"object_marking_refs":["identity--` + other + `"]`, []string{"COM-12@/object_marking_refs/0!"}},
	{"markings that are no list", "indicator", `"object_marking_refs":"marking-definition--` + other + `"`, []string{"COM-12@/object_marking_refs!"}},
	{"granular markings that are no list", "indicator", `"granular_markings":{"a":1}`, []string{"COM-12@/granular_markings!"}},
	{"marks itself", "marking-definition", `"object_marking_refs":["marking-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"]`, []string{"COM-13@/object_marking_refs/0!"}},
	{"a defanged indicator", "indicator", `"defanged":false`, []string{"COM-14@/defanged!"}},
	{"labels on an observable", "ipv4-addr", `"labels":["a"]`, []string{"COM-15@/labels"}},
	{"modified on a marking definition", "marking-definition", `"modified":"2026-01-02T03:04:05.678Z"`, []string{"COM-15@/modified"}},
	{"a granular marking with both, one with neither", "indicator", `"granular_markings":[{"lang":"en","marking_ref":"marking-definition--` + other + `","selectors":["id"]},{"selectors":["id"]}]`,
		[]string{"GRN-01@/granular_markings/0!"}},
	{"no selectors", "indicator", `"granular_markings":[{"lang":"en"}]`, []string{"GRN-02@/granular_markings/0!"}},
	{"no language in a granular marking", "indicator", `"granular_markings":[{"lang":"e","selectors":["id"]}]`, []string{"GRN-05@/granular_markings/0/lang!"}},
	{"no marking in a granular marking", "indicator", `"granular_markings":[{"marking_ref":"identity--` + other + `","selectors":["id"]}]`, []string{"GRN-06@/granular_markings/0/marking_ref!"}},
	{"a fifth TLP", "marking-definition", `"definition_type":"tlp","definition":{"tlp":"red"}`, []string{"MRK-04@/id!"}},
	{"a TLP 2.0 of one's own", "marking-definition", `"definition_type":"-","definition":"-","extensions":{"` + tlp2 + `":{"extension_type":"property-extension","tlp_2_0":"red"}}`, []string{"MRK-05@/id"}},
	{"a verdict of several rules", "indicator", `"x_Upper":1,"confidence":101,"lang":"en_US","revoked":1,"valid_from":"yesterday","pattern_type":"foo"`,
		[]string{"COM-06@/confidence!", "COM-10@/lang!", "NAM-02@/x_Upper!", "TSP-01@/valid_from!", "TYP-02@/revoked!", "TYP-05@/pattern_type"}},
}

func TestVerdicts(t *testing.T) {
	for _, tc := range verdicts {
		t.Run(tc.name, func(t *testing.T) {
			raw := change(tc.class, tc.change)
			v := validate("standard", raw)
			if got := said(v); !slices.Equal(got, tc.want) {
				t.Fatalf("%s:\ngot  %q\nwant %q", raw, got, tc.want)
			}
			for _, f := range v.Findings {
				if f.Message == "" || strings.Contains(f.Message, "%!") {
					t.Errorf("finding %+v", f)
				}
			}
			if accepted := !strings.Contains(strings.Join(tc.want, " "), "!"); v.Accepted != accepted {
				t.Errorf("accepted is %v; want %v", v.Accepted, accepted)
			}
		})
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
		judge, err := (&Validator{STIX21Only: true}).Judge("standard", nil)
		if err != nil {
			t.Fatal(err)
		}
		v := judge.Validate(o, nil)
		if got := said(v); !slices.Equal(got, []string{"COM-02@/spec_version!"}) || !strings.Contains(v.Findings[0].Message, "STIX 2.0") {
			t.Errorf("got %+v", v)
		}
	})
}

// Each rule is one finding, and a hostile object makes none of them long.
func TestFindingsAreBounded(t *testing.T) {
	for _, tc := range []struct{ property, element, want string }{
		{"labels", "1", "TYP-16@/labels/0!"},
		{"labels", "1e-999", "GEN-01@/labels/0!"},
		{"labels", "null", "GEN-03@/labels/0!"},
		{"labels", "[]", "TYP-16@/labels/0!"},
		{"labels", `{"":null}`, "TYP-16@/labels/0!"},
		{"external_references", "[]", "TYP-13@/external_references/0!"},
		{"external_references", "{}", "GEN-02@/external_references/0!"},
		{"external_references", `{"source_name":null}`, "GEN-03@/external_references/0/source_name!"},
		{"external_references", `{"source_name":[]}`, "TYP-16@/external_references/0/source_name!"},
	} {
		element := tc.element
		raw := change("indicator", `"`+tc.property+`":[`+strings.Repeat(element+",", 10_000)+element+`]`)
		v := validate("standard", raw)
		if !slices.Contains(said(v), tc.want) || len(v.Findings) > 2 || v.Accepted {
			t.Errorf("%s: %q, accepted %v; want %s", element, said(v), v.Accepted, tc.want)
		}
		for _, f := range v.Findings {
			if len(f.Message) > 500 {
				t.Errorf("%s: a message of %d bytes: %s", element, len(f.Message), f.Message)
			}
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

// The types that stix takes for observables are those of this room.
func TestObservables(t *testing.T) {
	for _, typ := range slices.Sorted(maps.Keys(typeFacts)) {
		if got, want := stix.IsObservable(typ), typeFacts[typ].class == sco; got != want {
			t.Errorf("stix.IsObservable(%q) = %v; want %v", typ, got, want)
		}
	}
}
