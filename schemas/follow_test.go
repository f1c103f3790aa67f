package schemas

import (
	"slices"
	"testing"

	"accord/stix"
)

const (
	location    = `"type":"location","id":"location--` + other + `"`
	mark        = "marking-definition--" + other
	anyVersion5 = "--28bb3599-77cd-5a82-a950-b5bc3caf07c5"
	registryKey = `"type":"windows-registry-key","name":"-","id":"windows-registry-key` + anyVersion5 + `","key":"HKEY_LOCAL_MACHINE\\Software"`
	httpTraffic = `"type":"network-traffic","name":"-","id":"network-traffic` + anyVersion5 + `","src_ref":"ipv4-addr` + anyVersion5 + `","src_port":49152,"dst_port":80,` +
		`"start":"2026-01-02T03:04:05Z","extensions":{"http-request-ext":{"request_method":"get","request_value":"/"}},`
)

// selector is a granular marking of one selector.
func selector(s string) string {
	return `"granular_markings":[{"lang":"de","selectors":["` + s + `"]}]`
}

// One fault is one finding, and its message is true of what is there.
func TestFollowOns(t *testing.T) {
	for _, tc := range []struct {
		name, profile string
		class, change string
		want          []string
		says          string // the first finding; "" where that is told elsewhere
	}{
		{"an empty list for a string", "standard", "campaign", `"name":[]`, []string{"TYP-16@/name!"}, "name is a list; it must be a string"},
		{"an empty object for a string", "standard", "campaign", `"name":{}`, []string{"TYP-16@/name!"}, ""},
		{"null in a list for a string", "standard", "campaign", `"lang":[null]`, []string{"TYP-16@/lang!"}, ""},
		{"an empty object for a list", "standard", "campaign", `"aliases":{}`, []string{"TYP-13@/aliases!"}, ""},
		{"an empty list for an element", "standard", "campaign", `"aliases":["a",[]]`, []string{"TYP-16@/aliases/1!"}, ""},
		{"an empty list for a number", "standard", "campaign", `"confidence":[]`, []string{"COM-06@/confidence!"}, ""},
		{"an empty list for a version", "standard", "campaign", `"spec_version":[]`, []string{"COM-02@/spec_version!"}, ""},
		{"an empty list elsewhere", "standard", "campaign", `"name":[],"aliases":[]`, []string{"GEN-04@/aliases!", "TYP-16@/name!"}, ""},
		{"an empty list in a container", "standard", "observed-data", `"objects":{"0":{"type":"file","name":[]}}`, []string{"TYP-16@/objects/0/name!"}, ""},
		{"an empty list for an extension_type", "standard", "campaign", `"extensions":{"extension-definition--` + other + `":{"extension_type":[]}}`,
			[]string{"EXT-02@/extensions/extension-definition--" + other + "/extension_type!"}, ""},
		{"null for an extension_type", "standard", "campaign", `"extensions":{"extension-definition--` + other + `":{"extension_type":null}}`,
			[]string{"GEN-03@/extensions/extension-definition--" + other + "/extension_type!"}, ""},
		{"an empty reference", "standard", "campaign", `"external_references":[{}]`, []string{"GEN-02@/external_references/0!", "TYP-11@/external_references/0!"}, ""},
		{"an empty granular marking", "standard", "campaign", `"granular_markings":[{}]`, []string{"GRN-01@/granular_markings/0!", "GRN-02@/granular_markings/0!"}, ""},

		{"an empty statement", "standard", "marking-definition", `"definition":{}`, []string{"MRK-03@/definition!"}, ""},
		{"an empty value of a registry key", "standard", "file", registryKey + `,"values":[{}]`, []string{"OBJ-WINDOWS-REGISTRY-KEY-3@/values/0!"}, ""},
		{"an empty extension that STIX defines", "standard", "file", `"extensions":{"ntfs-ext":{}}`, []string{"EXT-11@/extensions/ntfs-ext!"}, ""},
		{"an empty extension with a definition", "standard", "campaign", `"extensions":{"extension-definition--` + other + `":{}}`, []string{"EXT-03@/extensions/extension-definition--" + other + "!"}, ""},
		{"an empty dictionary", "standard", "process", `"environment_variables":{}`, []string{"GEN-05@/environment_variables!"}, ""},
		{"extensions that are empty where one makes the type", "standard", "campaign", `"type":"assistance-update","id":"assistance-update--` + other + `","name":"-","extensions":{}`,
			[]string{"COOP-REQUEST@!", "EXT-06@/extensions!", "GEN-02@!"}, ""},

		{"hashes that are null", "standard", "campaign", `"external_references":[{"source_name":"a","url":"https://a.example/","hashes":null}]`,
			[]string{"GEN-03@/external_references/0/hashes!"}, ""},
		{"a protocol that is null", "standard", "file", httpTraffic + `"protocols":[null]`, []string{"GEN-03@/protocols/0!"}, ""},
		{"a protocol that is a number", "standard", "file", httpTraffic + `"protocols":["tcp",80]`, []string{"TYP-16@/protocols/1!"}, ""},
		{"no protocol of the extension", "standard", "file", httpTraffic + `"protocols":["tcp"]`, []string{"IDN-07@/id", "OBJ-NETWORK-TRAFFIC-5@/protocols"}, ""},
		{"a kill chain with a blank", "standard", "campaign", `"type":"attack-pattern","id":"attack-pattern--` + other + `","kill_chain_phases":[{"kill_chain_name":"lockheed-martin-cyber-kill-chain ","phase_name":"delivery"}]`,
			[]string{"TYP-14@/kill_chain_phases/0/kill_chain_name"}, `kill_chain_name is "lockheed-martin-cyber-kill-chain "; it should be lower-case words joined by hyphens`},

		{"digits of modified cut off", "standard", "campaign", `"modified":"2026-01-02T03:04:05Z"`, []string{"TSP-04@/modified!"}, ""},
		{"modified earlier, and digits missing", "standard", "campaign", `"modified":"2026-01-02T03:04:04Z"`, []string{"COM-05@/modified!", "TSP-04@/modified!"}, ""},

		{"a selector into another kind", "standard", "campaign", `"aliases":"a",` + selector("aliases.[0]"), []string{"TYP-13@/aliases!"}, ""},
		{"a selector into an empty list", "standard", "campaign", `"aliases":[],` + selector("aliases.[0]"), []string{"GEN-04@/aliases!"}, ""},
		{"a selector into null", "standard", "campaign", `"external_references":[null],` + selector("external_references.[0].url"), []string{"GEN-03@/external_references/0!"}, ""},
		{"a selector of what is missing", "standard", "campaign", `"name":"-",` + selector("name"), []string{"GEN-02@!"}, ""},
		{"a selector of another thing", "standard", "campaign", `"name":"-",` + selector("objective"), []string{"GEN-02@!", "GRN-04@/granular_markings/0/selectors/0!"}, ""},
		{"a selector behind a wrong list", "standard", "campaign", `"aliases":[5],` + selector("aliases.[1]"), []string{"GRN-04@/granular_markings/0/selectors/0!", "TYP-16@/aliases/0!"}, ""},
		{"a selector of a definition", "standard", "marking-definition", `"definition":"-",` + selector("definition.statement"), []string{"MRK-01@!"}, ""},
		{"a selector of a statement", "standard", "marking-definition", `"definition":{"terms":"a"},` + selector("definition.statement"), []string{"MRK-03@/definition!", "GEN-07@/definition/terms"}, ""},
		{"a selector in a container", "standard", "observed-data", `"objects":{"0":{"type":"file","name":"a","hashes":{},` + selector("hashes.MD5") + `}}`, []string{"GEN-05@/objects/0/hashes!"}, ""},

		{"a key of an object of no type", "standard", "observed-data", `"objects":{"0":{"type":"ab"},"1":{"type":"domain-name","value":"a.example","resolves_to_refs":["0"]}}`,
			[]string{"NAM-01@/objects/0/type!"}, ""},
		{"keys in an object", "standard", "observed-data", `"objects":{"1":{"type":"domain-name","value":"a.example","resolves_to_refs":{"a":"b"}}}`,
			[]string{"TYP-13@/objects/1/resolves_to_refs!"}, ""},

		{"no type name, and what depends on the type", "standard", "custom", `"type":"Foo","id":"Foo--` + other + `","defanged":true,"action":"ask","x_ref":"b","x_enc":"c"`, []string{"NAM-01@/type!"}, ""},
		{"a custom type by another name", "standard", "custom", `"type":"acme-thing","id":"acme-thing--` + other + `"`, []string{"EXT-06@/type"},
			`the type "acme-thing" is neither a STIX 2.1 type nor announced by an extension of the object; the custom type "acme-thing" should have a name that begins with x-`},
		{"no type name, nor in the id", "standard", "custom", `"type":"ab","id":"ab--` + other + `"`, []string{"NAM-01@/type!"}, ""},
		{"no type name, another in the id", "standard", "custom", `"type":"ab","id":"cd--` + other + `"`, []string{"IDN-01@/id!", "NAM-01@/type!"}, ""},
		{"no type name, no UUID", "standard", "custom", `"type":"ab","id":"ab--1"`, []string{"IDN-01@/id!", "NAM-01@/type!"}, ""},
		{"no type name, a UUID of no version", "standard", "custom", `"type":"ab","id":"ab--00000000-0000-0000-0000-000000000000"`, []string{"IDN-03@/id!", "NAM-01@/type!"}, ""},

		{"version 5 of a wrong value", "standard", "ipv4-addr", `"value":"192.0.2.01","id":"ipv4-addr` + anyVersion5 + `"`, []string{"OBJ-IPV4-ADDR-1@/value!"}, ""},
		{"version 5 of empty hashes", "standard", "file", `"type":"x509-certificate","id":"x509-certificate` + anyVersion5 + `","name":"-","issuer":"CN=a","hashes":{}`, []string{"GEN-05@/hashes!"}, ""},
		{"version 5 without one of two values", "standard", "file", `"name":"-","parent_directory_ref":"directory` + anyVersion5 + `"`, []string{"OBJ-FILE-1@!"}, ""},
		{"version 4 beside a wrong value", "open", "ipv4-addr", `"value":"192.0.2.01","id":"ipv4-addr--` + other + `"`, []string{"OBJ-IPV4-ADDR-1@/value"}, ""},
		{"version 5 without a value that is required", "standard", "ipv4-addr",
			`"type":"software","id":"software` + anyVersion5 + `","value":"-","vendor":"Example"`, []string{"GEN-02@!"}, ""},
		{"another version 5 beside a fault that does not count", "standard", "file", `"id":"file` + anyVersion5 + `","size":-1`, []string{"BOUNDS@/size!", "IDN-07@/id"}, ""},

		{"longitude alone", "standard", "campaign", location + `,"longitude":7.5`, []string{"OBJ-LOCATION-2@!"}, "latitude is missing; longitude requires it"},
		{"latitude alone", "standard", "campaign", location + `,"latitude":7.5`, []string{"OBJ-LOCATION-3@!"}, ""},
		{"precision alone", "standard", "campaign", location + `,"precision":7.5`, []string{"OBJ-LOCATION-4@!"}, "latitude and longitude are missing; precision requires them"},
		{"no latitude, with precision", "standard", "campaign", location + `,"longitude":7.5,"precision":1`, []string{"OBJ-LOCATION-2@!"}, ""},
		{"no longitude, with precision", "standard", "campaign", location + `,"latitude":7.5,"precision":1`, []string{"OBJ-LOCATION-3@!"}, ""},
		{"no place", "standard", "campaign", location, []string{"OBJ-LOCATION-1@!"}, "region, country or latitude with longitude is missing; one of them is required"},

		{"id and name missing, which are not as grave", "open", "campaign", `"id":"-","name":"-"`, []string{"GEN-02@!"}, "id and name are missing; they are required here"},
		{"a rule with two levels in two places", "open", "campaign", `"id":1,"name":1`, []string{"TYP-16@/id!", "TYP-16@/name"}, ""},

		{"an own TLP, its definition a text", "standard", "marking-definition", `"definition_type":"tlp","definition":"white"`, []string{"MRK-04@/id!"}, ""},
		{"an own TLP, its definition empty", "standard", "marking-definition", `"definition_type":"tlp","definition":{}`, []string{"MRK-04@/id!"}, ""},
		{"a statement as its own definition", "standard", "marking-definition", `"definition":"Ask first"`, []string{"MRK-03@/definition!"}, `definition is "Ask first", a string; it must be an object`},
		{"a statement that is a list", "standard", "marking-definition", `"definition":{"statement":[]}`, []string{"MRK-03@/definition/statement!"}, "statement is a list; it must be a string"},
		{"a statement that is null", "standard", "marking-definition", `"definition":{"statement":null}`, []string{"GEN-03@/definition/statement!"}, ""},
		{"a type of definition alone", "standard", "marking-definition", `"definition":"-"`, []string{"MRK-01@!"}, "definition is missing; definition_type requires it, or extensions in its place"},
		{"a definition of no type", "standard", "marking-definition", `"definition_type":"-"`, []string{"MRK-01@!"}, "definition_type is missing; definition requires it, or extensions in its place"},

		{"markings that are null", "open", "campaign", `"object_marking_refs":null`, []string{"COM-12@/object_marking_refs!"},
			"object_marking_refs is null, so that nobody can read how the object is marked; it must be a list of the ids of marking definitions"},
		{"the second marking is a number", "open", "campaign", `"object_marking_refs":["` + mark + `",5]`, []string{"COM-12@/object_marking_refs/1!"},
			"object_marking_refs[1] is 5, so that nobody can read how the object is marked; it must be the id of a marking definition"},
		{"granular markings that are a text", "open", "campaign", `"granular_markings":"a"`, []string{"COM-12@/granular_markings!"},
			`granular_markings is "a", so that nobody can read how the object is marked; it must be a list of objects`},
		{"the second granular marking is a list", "open", "campaign", `"granular_markings":[{"marking_ref":"` + mark + `","selectors":["name"]},[]]`, []string{"COM-12@/granular_markings/1!"}, ""},
		{"a granular marking by a number", "open", "campaign", `"granular_markings":[{"marking_ref":5,"selectors":["name"]}]`, []string{"COM-12@/granular_markings/0/marking_ref!"}, ""},

		{"a pattern with three faults", "standard", "indicator", `"pattern":"[url:valu = 'a' AND file:hashes.sha256 = 'x']"`,
			[]string{"PAT-SEM-3@/pattern!", "PAT-SEM-9@/pattern", "PAT-SEM-16@/pattern"}, ""},
		{"a pattern that does not parse", "standard", "indicator", `"pattern":"[url:valu = 'a'"`, []string{"PAT-SYN-1@/pattern!"}, ""},

		{"neither name nor description", "standard", "indicator", `"name":"-","description":"-"`, []string{"OBJ-INDICATOR-4@"},
			`name and description are missing; they are advised on objects of type "indicator"`},
		{"no description", "standard", "indicator", `"description":"-"`, []string{"OBJ-INDICATOR-4@"}, `description is missing; it is advised on objects of type "indicator"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			raw := change(tc.class, tc.change)
			v := validate(tc.profile, raw)
			if got := said(v); !slices.Equal(got, tc.want) {
				t.Fatalf("%s:\ngot  %q\nwant %q", raw, got, tc.want)
			}
			if got := v.Findings[0].Message; tc.says != "" && got != tc.says {
				t.Errorf("got  %s\nwant %s", got, tc.says)
			}
		})
	}
}

// Markings that nobody can read refuse an object under every profile.
func TestUnreadableMarkings(t *testing.T) {
	for _, markings := range []string{`"object_marking_refs":null`, `"object_marking_refs":[null]`, `"granular_markings":null`, `"granular_markings":[{"marking_ref":null}]`} {
		for _, profile := range []string{"open", "standard", "strict"} {
			v := validate(profile, change("campaign", markings))
			if v.Accepted || len(v.Findings) != 1 || v.Findings[0].Rule != "COM-12" || v.Findings[0].Level != stix.LevelError {
				t.Errorf("%s: %s: %+v", profile, markings, v)
			}
		}
	}
}

// Of a text that is not Unicode nothing else is said.
func TestGarbledTexts(t *testing.T) {
	for _, text := range []string{`\ud800.example`, "\xff.example"} {
		for _, object := range []string{
			`{"type":"url","id":"url` + anyVersion5 + `","value":"` + text + `"}`,
			`{"type":"domain-name","id":"domain-name` + anyVersion5 + `","value":"` + text + `"}`,
			`{"type":"file","id":"file` + anyVersion5 + `","name":"` + text + `"}`,
		} {
			m := judgeMember(Member{}, []byte(object), judgeOf("standard"), nil)
			if got := said(m.Verdict); m.Accepted || !slices.Equal(got[:1], []string{"GEN-01@" + m.Findings[0].Pointer + "!"}) || len(got) > 1 {
				t.Errorf("%q: %q", object, got)
			}
			if v := validate("open", []byte(object)); v.Accepted || !slices.Equal(said(v), said(m.Verdict)) {
				t.Errorf("%q: %q by itself", object, said(v))
			}
		}
	}
	sound := `{"type":"domain-name","id":"domain-name` + anyVersion5 + `","value":"�.example"}`
	if got := said(validate("standard", []byte(sound))); !slices.Equal(got, []string{"OBJ-DOMAIN-NAME-1@/value!"}) {
		t.Errorf("%s: %q", sound, got)
	}
}
