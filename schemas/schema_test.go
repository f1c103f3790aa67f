package schemas

import (
	"encoding/json"
	"go/build"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// keywordErrors are the errors that gojsonschema makes of a keyword. Keywords
// that make none hold other schemas, or words for people.
var keywordErrors = map[string][]string{
	"$schema": nil, "$ref": nil, "$comment": nil, "title": nil, "definitions": nil, "properties": nil, "items": nil, "if": nil,
	"type": {"invalid_type"}, "required": {"required"}, "dependencies": {"missing_dependency"},
	"additionalProperties": {"additional_property_not_allowed"}, "propertyNames": {"invalid_property_name"},
	"allOf": {"number_all_of"}, "anyOf": {"number_any_of"}, "oneOf": {"number_one_of"},
	"then": {"condition_then"}, "else": {"condition_else"},
	"minItems": {"array_min_items"}, "minProperties": {"array_min_properties"},
	"minimum": {"number_gte"}, "maximum": {"number_lte"},
	"format": {"format"}, "pattern": {"pattern"}, "enum": {"enum"}, "const": {"const"},
	"false": {"false"}, // a schema that is false, as the value of a keyword that holds schemas
}

// Each kind of error that the library has is translated, and each that our
// schemas can produce is explained.
func TestTranslations(t *testing.T) {
	ready()
	for _, kind := range libraryErrors(t) {
		if translations[kind] == nil {
			t.Errorf("the error %q has no translation", kind)
		}
	}
	produced := map[string]bool{}
	eachSchema(t, leaveToForms, func(file, pointer string, schema map[string]any) {
		for keyword := range schema {
			kinds, known := keywordErrors[keyword]
			if !known {
				t.Errorf("%s%s: the keyword %q has no entry in keywordErrors: which error does it make?", file, pointer, keyword)
			}
			for _, kind := range kinds {
				produced[kind] = true
			}
		}
	})
	for kind, translation := range translations {
		explained := !isFunc(translation, unexpected)
		if produced[kind] != explained {
			t.Errorf("the error %q: produced %v, explained %v", kind, produced[kind], explained)
		}
	}
}

// libraryErrors reads the kinds of errors from the source of gojsonschema, which
// has no list of them.
func libraryErrors(t *testing.T) (kinds []string) {
	t.Helper()
	library, err := build.Import("github.com/xeipuuv/gojsonschema", ".", build.FindOnly)
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(library.Dir, "errors.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range regexp.MustCompile(`\bt = "([a-z_]+)"`).FindAllSubmatch(source, -1) {
		kinds = append(kinds, string(match[1]))
	}
	if len(kinds) < 31 {
		t.Fatalf("only %d kinds of errors found: %q", len(kinds), kinds)
	}
	return kinds
}

func isFunc(f, g func(*fault)) bool {
	return reflect.ValueOf(f).Pointer() == reflect.ValueOf(g).Pointer()
}

// eachSchema calls a function for every schema in our files that can produce
// errors, at any depth, once the document is prepared. What stands under `if`
// only decides, and what is false is given as a schema with the keyword "false".
func eachSchema(t *testing.T, prepare func(document any), visit func(file, pointer string, schema map[string]any)) {
	t.Helper()
	files, err := fs.Glob(typeFiles, "types/*.json")
	if err != nil || len(files) < 43 {
		t.Fatalf("%d schemas, %v", len(files), err)
	}
	for _, file := range files {
		document := documentOf(t, file)
		prepare(document)
		walkSchema(document, "", func(pointer string, schema map[string]any) { visit(file, pointer, schema) })
	}
}

func documentOf(t *testing.T, file string) (document map[string]any) {
	t.Helper()
	text, err := typeFiles.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &document)
	}
	if err != nil {
		t.Fatal(file, err)
	}
	return document
}

func walkSchema(v any, pointer string, visit func(pointer string, schema map[string]any)) {
	schema, ok := v.(map[string]any)
	if !ok {
		if v == false && !strings.HasSuffix(pointer, "/additionalProperties") {
			visit(pointer, map[string]any{"false": false})
		}
		return
	}
	visit(pointer, schema)
	for _, keyword := range []string{"items", "additionalProperties", "propertyNames", "then", "else"} {
		if under, ok := schema[keyword]; ok {
			walkSchema(under, at(pointer, keyword), visit)
		}
	}
	for _, keyword := range []string{"properties", "definitions"} {
		members, _ := schema[keyword].(map[string]any)
		for name, under := range members {
			walkSchema(under, at(pointer, keyword, name), visit)
		}
	}
	for _, keyword := range []string{"allOf", "anyOf", "oneOf"} {
		parts, _ := schema[keyword].([]any)
		for i, under := range parts {
			walkSchema(under, at(pointer, keyword, i), visit)
		}
	}
}

// Each $comment is the id of a rule, each form exists, and each form is used.
func TestSchemasNameRulesAndForms(t *testing.T) {
	ready()
	used := map[string]bool{}
	eachSchema(t, func(any) {}, func(file, pointer string, schema map[string]any) {
		if rule, ok := schema["$comment"]; ok && rulesByID[rule.(string)] == nil {
			t.Errorf("%s%s: there is no rule %s", file, pointer, rule)
		}
		format, ok := schema["format"].(string)
		if !ok {
			return
		}
		name, ours := strings.CutPrefix(format, "stix-")
		kind, param, _ := strings.Cut(name, ":")
		used[kind] = true
		if _, known := forms[kind]; !ours || !known {
			t.Errorf("%s%s: there is no form %s", file, pointer, format)
		}
		if (kind == "vocab" || kind == "enum") && vocabularies[param] == nil {
			t.Errorf("%s%s: there is no vocabulary %s", file, pointer, param)
		}
	})
	for _, kind := range slices.Sorted(maps.Keys(forms)) {
		if !used[kind] {
			t.Errorf("no schema asks for the form %s", kind)
		}
	}
}

// Whatever JSON type stands where: there is a rule for it, and no constraint is
// without words.
func TestPlacesAreExplained(t *testing.T) {
	ready()
	for _, file := range slices.Sorted(maps.Keys(schemas)) {
		eachPlace(file, schemas[file].root, func(pointer string, p *place) {
			want, known := kindRules[strings.Join(p.kinds, " ")]
			if len(p.kinds) > 0 && (!known || rulesByID[want.rule] == nil) {
				t.Errorf("%s: no rule for the JSON types %q", pointer, p.kinds)
			}
			for _, member := range p.required {
				if p.needed[member] != nil {
					t.Errorf("%s: %s is required always and under a condition", pointer, member)
				}
			}
			if p.others != nil && p.others.walked && !slices.Contains(p.kinds, "array") {
				t.Errorf("%s: the walk does not look at the values of a dictionary", pointer)
			}
			if p.choice != nil && len(p.choice.sets) == 0 {
				t.Errorf("%s: %s lets nothing choose", pointer, p.choice.rule)
			}
		})
	}
}

func eachPlace(pointer string, p *place, visit func(pointer string, p *place)) {
	visit(pointer, p)
	for name, member := range p.members {
		eachPlace(at(pointer, name), member, visit)
	}
	if p.others != nil {
		eachPlace(at(pointer, "*"), p.others, visit)
	}
}
