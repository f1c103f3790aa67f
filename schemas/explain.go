package schemas

import (
	"bytes"
	"embed"
	"encoding/json"
	"strings"

	jsonpatch "github.com/evanphx/json-patch/v5"
)

// ruleFiles are the cases of each rule, one file under its id. The first case
// is the example that Explain shows.
//
//go:embed testdata/rules/*.json
var ruleFiles embed.FS

// A ruleCase is an object that keeps a rule, and the one change that breaks it.
type ruleCase struct {
	Name        string            `json:"name"`                  // what the change does
	Profile     string            `json:"profile,omitempty"`     // standard if absent
	Definitions []json.RawMessage `json:"definitions,omitempty"` // the extension definitions that are known
	Valid       json.RawMessage   `json:"valid"`                 // without any finding
	Patch       json.RawMessage   `json:"patch,omitempty"`       // one operation of JSON Patch (RFC 6902)
	Wrong       string            `json:"wrong,omitempty"`       // the changed object, where no patch can say it
	Level       string            `json:"level"`                 // of the finding
	Pointer     string            `json:"pointer"`               // of the finding
	Beside      []string          `json:"beside,omitempty"`      // other findings, as "RULE@POINTER", errors with "!"
}

// invalid is the object after the change.
func (c *ruleCase) invalid() ([]byte, error) {
	if c.Wrong != "" {
		return []byte(c.Wrong), nil
	}
	patch, err := jsonpatch.DecodePatch([]byte("[" + string(c.Patch) + "]"))
	if err != nil {
		return nil, err
	}
	options := jsonpatch.NewApplyOptions()
	options.EscapeHTML = false // the result is read by people
	return patch.ApplyWithOptions(c.Valid, options)
}

// casesOf reads the cases of a rule; none where it has no file.
func casesOf(id string) ([]ruleCase, error) {
	text, err := ruleFiles.ReadFile("testdata/rules/" + id + ".json")
	if err != nil {
		return nil, nil // a rule of the store, which the collection decides
	}
	var cases []ruleCase
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err = d.Decode(&cases)
	return cases, err
}

// An Explanation is a rule with an object that keeps it and one that does not,
// or a bundle of such.
type Explanation struct {
	Rule
	// Definitions are extension definitions that must be known for the examples;
	// indented.
	Definitions []json.RawMessage `json:"definitions,omitempty"`

	Right json.RawMessage `json:"right,omitempty"` // indented; nil for a rule that only a collection can decide
	Wrong string          `json:"wrong,omitempty"` // text, because it may be no JSON
}

// Explain explains the rule of an id, in any case, under a profile and in a
// language, en or zh; false if there is none.
func Explain(id, profile, lang string) (Explanation, bool) {
	for _, r := range Rules(profile, lang) {
		if strings.EqualFold(r.ID, id) {
			return explain(r), true
		}
	}
	return Explanation{}, false
}

func explain(r Rule) Explanation {
	e := Explanation{Rule: r}
	cases, err := casesOf(r.ID)
	if err != nil || len(cases) == 0 {
		return e
	}
	for _, d := range cases[0].Definitions {
		e.Definitions = append(e.Definitions, indented(d))
	}
	e.Right, e.Wrong = indented(cases[0].Valid), cases[0].Wrong
	if wrong, err := cases[0].invalid(); err == nil && e.Wrong == "" {
		e.Wrong = string(indented(wrong))
	}
	return e
}

func indented(raw []byte) []byte {
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return raw
	}
	return b.Bytes()
}
