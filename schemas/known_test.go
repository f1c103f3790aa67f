package schemas

import (
	"strings"
	"testing"

	"accord/stix"
)

// The newest version of a definition counts, wherever it stands; what is no
// definition, or cannot be read, defines nothing.
func TestKnown(t *testing.T) {
	const id = "extension-definition--4c3b2a19-8f7e-4d6c-9b5a-0a1b2c3d4e5f"
	definition := func(modified, name string) string {
		return `{"type":"extension-definition","spec_version":"2.1","id":"` + id + `","created_by_ref":"identity--8c6af861-7b20-41ef-9b59-6344fd872a8f",` +
			`"created":"2026-01-01T00:00:00.000Z","modified":"` + modified + `","name":"` + name + `",` +
			`"schema":"text","version":"1.0.0","extension_types":["property-extension"]}`
	}
	newest := definition("2026-03-01T00:00:00.000Z", "newest")
	other := func(digits, from, to string) string {
		return strings.Replace(strings.Replace(newest, "4c3b", digits, 1), from, to, 1)
	}
	in := `[` + definition("2026-02-01T00:00:00.000Z", "old") + `,` + newest + `,` + definition("2026-01-15T00:00:00.000Z", "older") + `,` +
		other("4c3c", `"name"`, `"x":1,"x":2,"name"`) + `,` + // no I-JSON
		other("4c3d", `"version":"1.0.0",`, ``) + `,` + // refused by GEN-02
		`{"type":"note","id":"` + strings.Replace(id, "4c3b", "4c3e", 1) + `","content":"extension-definition"}` + `] and what follows`
	known := Known{stix.Definitions{Judge: newStream(t, "standard").Judge}}
	if err := known.Learn(strings.NewReader(in), stix.File); err != nil {
		t.Fatal(err)
	}
	if got := string(known.Definition(id)); got != newest {
		t.Errorf("the definition is %s; want %s", got, newest)
	}
	for _, digits := range []string{"4c3c", "4c3d", "4c3e"} {
		if got := known.Definition(stix.ID(strings.Replace(id, "4c3b", digits, 1))); got != nil {
			t.Errorf("%s is known; want nothing", got)
		}
	}
}
