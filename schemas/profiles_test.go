package schemas

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"accord/stix"
)

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
			if v := judgeOf("open").Validate(stix.Object{Raw: []byte(raw)}, nil); v.Accepted {
				t.Errorf("%q is accepted", raw)
			}
		}
	})
}

// The let-throughs of the profile standard (import policy, 3), each once: a
// warning there, and an error under strict unless the rule is a SHOULD. The one
// of COM-04 is the collection's to decide.
func TestLetThroughs(t *testing.T) {
	withoutName := func() []byte {
		published, _ := stix.PredefinedMarking("marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9")
		return without(published, "name")
	}
	for _, tc := range []struct {
		name, rule string
		raw        []byte
		strict     bool // accepted
	}{
		{"a custom type without an extension", "EXT-06", change("custom", ``), false},
		{"a custom property without an extension", "CUS-10", change("indicator", `"x_a":"b"`), false},
		{"a property of no type without an extension", "GEN-07", change("indicator", `"severity_level":"b"`), false},
		{"a custom property of a nested type", "CUS-10", change("indicator", `"external_references":[{"source_name":"a","external_id":"1","x_a":"b"}]`), false},
		{"an empty list deep in a custom property", "GEN-04", change("indicator", `"x_a":[[]]`), false},
		{"UUID version 5 on a domain object", "IDN-04", change("indicator", `"id":"indicator--28bb3599-77cd-5a82-a950-b5bc3caf07c4"`), true},
		{"a term outside its vocabulary", "TYP-05", change("indicator", `"indicator_types":["phishing"]`), true},
		{"a relationship type outside the table", "OBJ-RELATIONSHIP-1", change("relationship", `"relationship_type":"resembles"`), true},
		{"a property name inside a pattern", "PAT-SEM-9", change("indicator", `"pattern":"[user-account:value = 'ann']"`), false},
		{"a TLP 1.0 definition without name", "MRK-04", withoutName(), false},
		{"upper-case hex", "TYP-09", change("file", `"magic_number_hex":"4D5A"`), false},
		{"a hash name of an observable outside the vocabulary", "TYP-08",
			change("artifact", `"payload_bin":"-","mime_type":"text/plain","url":"https://files.example/a","hashes":{"SHA-256":"`+strings.Repeat("a", 64)+`","JA3":"b"}`), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for profile, accepted := range map[string]bool{"open": true, "standard": true, "strict": tc.strict} {
				v := validate(profile, tc.raw)
				if v.Accepted != accepted {
					t.Errorf("%s: accepted is %v, for %q; want %v", profile, v.Accepted, said(v), accepted)
				}
				if !slices.ContainsFunc(v.Findings, func(f stix.Finding) bool { return f.Rule == tc.rule && (f.Level == stix.LevelWarning || !accepted) }) {
					t.Errorf("%s: %s is not found: %q", profile, tc.rule, said(v))
				}
			}
		})
	}
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
