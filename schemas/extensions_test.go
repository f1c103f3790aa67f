package schemas

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"accord/stix"
)

// found lists what a validator for collections says of an object, as
// "RULE@POINTER", errors with "!".
func found(t *testing.T, raw string, definition func(stix.ID) []byte) []string {
	t.Helper()
	judge, err := New().Judge("standard", nil)
	if err != nil {
		t.Fatal(err)
	}
	o, findings := stix.ReadObject([]byte(raw), stix.DefaultLimits)
	if len(findings) > 0 {
		t.Fatalf("%s: %v", raw, findings)
	}
	all := []string{}
	for _, f := range judge.Validate(o, definition).Findings {
		text := f.Rule + "@" + f.Pointer
		if f.Level == stix.LevelError {
			text += "!"
		}
		all = append(all, text)
	}
	slices.Sort(all)
	return all
}

const scoreExtension = "extension-definition--2f8a4c6e-6b1d-4d53-9a0e-1c7b5d3f9e21"

// campaignWith is a campaign with some more members.
func campaignWith(members string) string {
	return `{"type":"campaign","spec_version":"2.1","id":"campaign--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",` +
		`"created":"2026-01-02T03:04:05.678Z","modified":"2026-01-02T03:04:05.678Z","name":"Night heron"` + members + `}`
}

// What an extension may bring depends on how much is known of its definition,
// and not to know it refuses nothing.
func TestKnownDefinitions(t *testing.T) {
	toplevel := campaignWith(`,"acme_score":7,"extensions":{"` + scoreExtension + `":{"extension_type":"toplevel-property-extension"}}`)
	for _, tc := range []struct {
		name       string
		definition func(stix.ID) []byte
		want       []string
	}{
		{"nobody is asked", nil, []string{}},
		{"not known", answering(``), []string{"EXT-10@/extensions/" + scoreExtension}},
		{"known without its list", answering(`{"extension_types":["toplevel-property-extension"]}`), []string{}},
		{"on the list", answering(`{"extension_types":["toplevel-property-extension"],"extension_properties":["acme_score"]}`), []string{}},
		{"not on the list", answering(`{"extension_types":["toplevel-property-extension"],"extension_properties":["acme_rank"]}`), []string{"GEN-07@/acme_score"}},
		{"of another type", answering(`{"extension_types":["property-extension"]}`), []string{"EXT-02@/extensions/" + scoreExtension + "/extension_type"}},
		{"redefined", answering(`{"extension_properties":["acme_score","name"]}`), []string{"EXT-05@/extensions/" + scoreExtension}},
		{"not to be read", answering(`{"extension_types":"any","extension_properties":7}`), []string{}},
		{"no JSON", answering(`heron`), []string{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := found(t, toplevel, tc.definition); !slices.Equal(got, tc.want) {
				t.Errorf("found %q, want %q", got, tc.want)
			}
		})
	}
}

// answering returns a function that answers every id with one definition, and with nil if there is none.
func answering(definition string) func(stix.ID) []byte {
	if definition == "" {
		return func(stix.ID) []byte { return nil }
	}
	return func(stix.ID) []byte { return []byte(definition) }
}

// The extension of TLP 2.0 and ours are known, whatever a collection holds.
func TestAlwaysKnownDefinitions(t *testing.T) {
	for _, id := range []string{tlp2, string(stix.ActivityContext), string(stix.Assistance)} {
		raw := `{"type":"tool","spec_version":"2.1","id":"tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","name":"netcat",` +
			`"created":"2026-01-02T03:04:05.678Z","modified":"2026-01-02T03:04:05.678Z",` +
			`"extensions":{"` + id + `":{"extension_type":"property-extension","tlp_2_0":"green"}}}`
		for _, f := range found(t, raw, answering(``)) {
			if strings.HasPrefix(f, "EXT-10") {
				t.Errorf("%s is not known", id)
			}
		}
	}
}

// However many places are wrong in one object, it is judged at once, and errors
// are not lost behind warnings.
func TestHostileExtensions(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, `,"extensions":{"%s":{"extension_type":"property-extension","acme_refs":[""`, scoreExtension)
	for range 40_000 {
		b.WriteString(`,"heron"`)
	}
	b.WriteString(`]`)
	for i := range 900 {
		fmt.Fprintf(&b, `,"aa_%03d_hex":"AA"`, i)
	}
	b.WriteString(`}}`)
	at := "NAM-03@/extensions/" + scoreExtension
	got := found(t, campaignWith(b.String()), nil)
	if want := []string{at + "/aa_000_hex", at + "/acme_refs/0!"}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

// What a definition lists is not said to be too much where its types are wrong
// themselves.
func TestWrongExtensionTypes(t *testing.T) {
	for types, want := range map[string]string{
		`[]`:                   "GEN-04@/extension_types!",
		`[7]`:                  "TYP-16@/extension_types/0!",
		`["toplevel"]`:         "TYP-04@/extension_types/0!",
		`["new-sdo","sdo"]`:    "TYP-04@/extension_types/1!",
		`"property-extension"`: "TYP-13@/extension_types!",
		`["new-sdo"]`:          "EXT-08@/extension_properties!",
	} {
		raw := change("extension-definition", `"extension_properties":["acme_score"],"extension_types":`+types)
		if got := found(t, string(raw), nil); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: found %q, want %q", types, got, want)
		}
	}
}

// Our activity context may stand on types that it is not made for; that its
// norm_refs are no identifiers is our own doing.
func TestActivityContextElsewhere(t *testing.T) {
	context := `"extensions":{"` + string(stix.ActivityContext) + `":{"extension_type":"property-extension","norm_refs":["gge-2015-13c"]}}`
	tool := `{"type":"tool","spec_version":"2.1","id":"tool--60b2f9a1-47e5-4c38-9d0f-7a31d5e8c246",` +
		`"created":"2026-02-03T04:05:06.789Z","modified":"2026-02-03T04:05:06.789Z","name":"Night heron",` + context + `}`
	if got := found(t, tool, nil); len(got) > 0 {
		t.Errorf("found %q", got)
	}
}
