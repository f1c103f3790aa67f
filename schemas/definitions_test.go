package schemas

import (
	"encoding/json"
	"slices"
	"testing"

	"accord/stix"

	"github.com/xeipuuv/gojsonschema"
)

// Our definitions and the examples of their use are beyond reproach, whether
// the server has stored the definitions or not.
func TestDefinitionsAreSound(t *testing.T) {
	judge, err := New().Judge("strict", nil)
	if err != nil {
		t.Fatal(err)
	}
	objects := slices.Concat(Definitions(), Examples())
	if len(objects) != 6 {
		t.Errorf("there are %d objects; want 6", len(objects))
	}
	for _, raw := range objects {
		o, findings := stix.ReadObject(raw, stix.DefaultLimits)
		nothing := func(stix.ID) []byte { return nil }
		for _, definition := range []func(stix.ID) []byte{nil, nothing} {
			findings = append(findings, judge.Validate(o, definition).Findings...)
		}
		if len(findings) > 0 {
			t.Errorf("%s: %+v", o.ID, findings)
		}
	}
}

// The definitions have the ids that the code knows them by, and the identity
// that comes first made them.
func TestDefinitionIDs(t *testing.T) {
	type object struct {
		ID      stix.ID
		Creator stix.ID `json:"created_by_ref"`
	}
	var read [3]object
	for i, raw := range Definitions() {
		if err := json.Unmarshal(raw, &read[i]); err != nil {
			t.Fatal(err)
		}
	}
	want := [3]object{{read[0].ID, ""}, {stix.ActivityContext, read[0].ID}, {stix.Assistance, read[0].ID}}
	if read != want {
		t.Errorf("definitions are %v; want %v", read, want)
	}
	for i, id := range []stix.ID{stix.ActivityContext, stix.Assistance} {
		if got := Definition(id); string(got) != string(Definitions()[i+1]) {
			t.Errorf("Definition(%s) = %s", id, got)
		}
	}
	if got := Definition(read[0].ID); got != nil {
		t.Errorf("Definition(%s) = %s; want nil", read[0].ID, got)
	}
}

// publishedSchema is the JSON Schema that a definition carries for everybody.
func publishedSchema(t *testing.T, id stix.ID) (schema *gojsonschema.Schema, document map[string]any) {
	t.Helper()
	var definition struct{ Schema string }
	if err := json.Unmarshal(Definition(id), &definition); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(definition.Schema), &document); err != nil {
		t.Fatal(err)
	}
	schema, err := gojsonschema.NewSchema(gojsonschema.NewStringLoader(definition.Schema))
	if err != nil {
		t.Fatal(err)
	}
	return schema, document
}

// The schemas in the definitions and those that we judge by agree on every case
// of our rules that a schema without our forms can decide.
func TestPublishedSchemas(t *testing.T) {
	activity, _ := publishedSchema(t, stix.ActivityContext)
	assistance, _ := publishedSchema(t, stix.Assistance)
	for _, tc := range []struct {
		rule    string
		schema  *gojsonschema.Schema
		extends bool // the schema is about what stands under the id
	}{
		{"CTX-EMPTY", activity, true},
		{"CTX-NORM", activity, true},
		{"COOP-REQUEST", assistance, false},
		{"COOP-DESCRIPTION", assistance, false},
		{"COOP-REASON", assistance, false},
		{"COOP-RATING", assistance, false},
		{"COOP-EXTENSION", assistance, false},
	} {
		cases, err := casesOf(tc.rule)
		if err != nil || len(cases) == 0 {
			t.Fatalf("%s: %d cases, %v", tc.rule, len(cases), err)
		}
		for _, c := range cases {
			invalid, err := c.invalid()
			if err != nil {
				t.Fatal(err)
			}
			for raw, want := range map[string]bool{string(c.Valid): true, string(invalid): false} {
				value, err := decode([]byte(raw))
				if err != nil {
					t.Fatal(err)
				}
				if tc.extends {
					value = value["extensions"].(map[string]any)[string(stix.ActivityContext)].(map[string]any)
				}
				result, err := tc.schema.Validate(gojsonschema.NewRawLoader(value))
				if err != nil || result.Valid() != want {
					t.Errorf("%s, %s: valid is %v, want %v (%v, %v)", tc.rule, c.Name, !want, want, result, err)
				}
			}
		}
	}
}

// The published schemas name the properties and terms of our tables.
func TestPublishedSchemasAreComplete(t *testing.T) {
	ready()
	_, activity := publishedSchema(t, stix.ActivityContext)
	ours := schemas["indicator"].root.find([]string{"extensions", string(stix.ActivityContext)})
	compareNames(t, "activity context", activity["properties"], ours, nil)

	_, assistance := publishedSchema(t, stix.Assistance)
	for branch, typ := range map[string]string{"then": "assistance-request", "else": "assistance-update"} {
		part := assistance[branch].(map[string]any)
		compareNames(t, typ, part["properties"], schemas[typ].root, commonNames)
		for property, p := range part["properties"].(map[string]any) {
			checkTerms(t, typ+"."+property, p.(map[string]any)["enum"], schemas[typ].root.members[property].form)
		}
	}
}

// compareNames compares the names in a published schema with those of ours,
// leaving some aside.
func compareNames(t *testing.T, of string, properties any, ours *place, aside []string) {
	t.Helper()
	published := properties.(map[string]any)
	for name := range ours.members {
		if !slices.Contains(aside, name) && published[name] == nil {
			t.Errorf("%s: the published schema has no %s", of, name)
		}
	}
	for name := range published {
		if ours.members[name] == nil {
			t.Errorf("%s: the published schema has %s, which we do not know", of, name)
		}
	}
}

func checkTerms(t *testing.T, of string, enum any, form string) {
	t.Helper()
	if enum == nil {
		return
	}
	terms := vocabularies[form[len("enum:"):]].words
	if !slices.Equal(texts(enum), terms) {
		t.Errorf("%s: the published schema has %v; want %v", of, enum, terms)
	}
}
