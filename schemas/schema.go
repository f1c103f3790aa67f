package schemas

import (
	"embed"
	"encoding/json"
	"io/fs"
	"slices"
	"strings"

	"github.com/xeipuuv/gojsonschema"
)

// typeFiles are the schemas, one file for each type, written by
// internal/generate.
//
//go:embed types/*.json
var typeFiles embed.FS

//go:generate go run ./internal/generate

// A schema is one of our schemas, compiled, with what its errors mean.
type schema struct {
	compiled *gojsonschema.Schema
	root     *place
}

// loadSchemas reads our schemas, by the name of their file. One that does not
// compile is a fault of the build, which every test meets.
func loadSchemas() map[string]*schema {
	loaded := map[string]*schema{}
	files, err := fs.Glob(typeFiles, "types/*.json")
	for _, file := range files {
		loaded[strings.TrimSuffix(strings.TrimPrefix(file, "types/"), ".json")] = loadSchema(file)
	}
	if err != nil {
		panic(err)
	}
	return loaded
}

func loadSchema(file string) *schema {
	document := readSchema(file)
	return compileSchema(file, document, newPlace(document, document))
}

func readSchema(file string) (document map[string]any) {
	text, err := typeFiles.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &document)
	}
	if err != nil {
		panic(file + ": " + err.Error())
	}
	return document
}

func compileSchema(file string, document map[string]any, root *place) *schema {
	leaveToForms(document)
	compiled, err := gojsonschema.NewSchema(gojsonschema.NewGoLoader(document))
	if err != nil {
		panic(file + ": " + err.Error())
	}
	return &schema{compiled, root}
}

// leaveToForms removes from a schema what stands beside a form of ours and says
// the same: readers who do not know our forms need it, and the forms decide it
// ten times faster. What our own walk looks at goes too.
func leaveToForms(v any) {
	switch v := v.(type) {
	case []any:
		for _, element := range v {
			leaveToForms(element)
		}
	case map[string]any:
		format, _ := v["format"].(string)
		if form, ours := strings.CutPrefix(format, "stix-"); ours {
			for _, keyword := range []string{"pattern", "enum", "const"} {
				delete(v, keyword)
			}
			if _, advice := adviceForm(form); advice != nil {
				delete(v, "format") // the walk
			}
		}
		if all, ok := v["allOf"].([]any); ok {
			all = slices.DeleteFunc(all, func(part any) bool { return newChoice(part.(map[string]any)) != nil }) // the walk
			if v["allOf"] = all; len(all) == 0 {
				delete(v, "allOf")
			}
		}
		for _, member := range v {
			leaveToForms(member)
		}
	}
}

// check runs the schema on a value and reports what it finds.
// Of a value that has very many list elements it shows the schema one portion
// after the other, until the object is refused: the schema takes microseconds
// for each fault, and a hostile object can hold half a million.
func (t *schema) check(s *subject, value map[string]any) {
	w := walk{subject: s}
	w.at(t.root, value)
	if t.root.size(value) <= portionSize {
		t.checkPortion(s, portion{value: value})
		return
	}
	for p := range portions(value, t.root) {
		t.checkPortion(s, p)
		if s.settled() {
			return
		}
	}
}

func (t *schema) checkPortion(s *subject, p portion) {
	result, err := t.compiled.Validate(gojsonschema.NewRawLoader(p.value))
	if err != nil {
		s.found("GEN-01", "", "the object cannot be judged (%s)", err.Error())
		return
	}
	for _, e := range result.Errors() {
		steps := strings.Split(e.Context().String("\x00"), "\x00")[1:]
		at := t.root.find(steps)
		translations[e.Type()](&fault{
			subject: s, ResultError: e, place: at, pointer: p.pointer(steps),
		})
	}
}
