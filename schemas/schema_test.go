package schemas

import (
	"encoding/json"
	"testing"
)

// errorTypes are the errors that gojsonschema makes of a keyword. Keywords that
// make none hold other schemas or words for people.
var errorTypes = map[string]string{
	"type": "invalid_type", "required": "required", "const": "const",
	"minimum": "number_gte", "maximum": "number_lte",
	"$schema": "", "title": "", "properties": "", "items": "", "additionalProperties": "",
}

// Each error that the schemas can produce has a translation, and no translation
// is for an error that they cannot.
func TestTranslations(t *testing.T) {
	var schema any
	if err := json.Unmarshal(commonJSON, &schema); err != nil {
		t.Fatal(err)
	}
	produced := map[string]bool{}
	walkSchema(t, schema, produced)
	for typ := range produced {
		if translations[typ] == nil {
			t.Errorf("the error %q has no translation", typ)
		}
	}
	for typ := range translations {
		if !produced[typ] {
			t.Errorf("nothing produces the error %q", typ)
		}
	}
	for expected, e := range expectations {
		if _, ok := newRuleSet().grades[e.rule]; !ok {
			t.Errorf("the rule %s for %q has no row", e.rule, expected)
		}
	}
}

// walkSchema collects the errors of a schema's keywords.
func walkSchema(t *testing.T, v any, produced map[string]bool) {
	schema, ok := v.(map[string]any)
	if !ok {
		t.Fatalf("%v is no schema", v)
	}
	for keyword, value := range schema {
		typ, known := errorTypes[keyword]
		switch {
		case !known:
			t.Errorf("the keyword %q has no entry in errorTypes: which error does it make, and how is that said?", keyword)
		case typ != "":
			produced[typ] = true
		case keyword == "properties":
			for _, member := range value.(map[string]any) {
				walkSchema(t, member, produced)
			}
		case keyword == "items" || keyword == "additionalProperties":
			walkSchema(t, value, produced)
		}
		if keyword == "type" {
			if _, ok := expectations[value.(string)]; !ok {
				t.Errorf("the type %q has no entry in expectations", value)
			}
		}
	}
}
