package schemas

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"accord/stix"

	"github.com/xeipuuv/gojsonschema"
)

// An ownSchema is a JSON Schema of an agreement, compiled.
type ownSchema struct {
	compiled *gojsonschema.Schema
	root     *ownPart
}

const (
	// maxOwnErrors is how many errors of one schema are told of one object.
	maxOwnErrors = 20

	// maxOwnDetail is how much of a list of allowed values is told, in bytes.
	maxOwnDetail = 200
)

// compileOwn compiles the schemas of an agreement, by type or "*".
func compileOwn(own map[string][]byte) (map[string]*ownSchema, error) {
	compiled := map[string]*ownSchema{}
	for _, typ := range slices.Sorted(maps.Keys(own)) {
		if typ != "*" && !stix.ValidType(typ) {
			return nil, fmt.Errorf("%q is neither a type nor \"*\"", typ)
		}
		schema, err := compileOne(own[typ])
		if err != nil {
			return nil, fmt.Errorf("the schema for %s: %w", typ, err)
		}
		compiled[typ] = schema
	}
	return compiled, nil
}

func compileOne(text []byte) (*ownSchema, error) {
	document, err := decode(text)
	switch {
	case err != nil && json.Valid(text):
		return nil, errors.New("it is no JSON object")
	case err != nil:
		return nil, fmt.Errorf("it cannot be read as JSON: %w", err)
	}
	schema, root, err := expandOwn(document)
	if err != nil {
		return nil, err
	}
	loader := gojsonschema.NewSchemaLoader()
	loader.Draft, loader.AutoDetect, loader.Validate = gojsonschema.Draft7, false, true
	compiled, err := loader.Compile(fetchless{gojsonschema.NewRawLoader(schema)})
	if err != nil {
		return nil, fmt.Errorf("it is not a JSON Schema of draft 7: %s", strings.Join(strings.Fields(err.Error()), " "))
	}
	return &ownSchema{compiled, root}, nil
}

// A fetchless loader is a wall behind expandOwn, which leaves no reference: what
// a schema refers to outside of itself, on the net or in a file, is not loaded.
type fetchless struct{ gojsonschema.JSONLoader }

func (fetchless) LoaderFactory() gojsonschema.JSONLoaderFactory { return fetchless{} }

func (fetchless) New(source string) gojsonschema.JSONLoader {
	return gojsonschema.NewStringLoader("nothing is fetched") // which is no JSON
}

// check runs the schema on the object and reports each error, at its place.
func (o *ownSchema) check(s *subject) {
	if !o.root.affordable(s.value) {
		s.found("LIMIT", "", "the object is too large for the schema of the agreement, which would take too long to look at all of it")
		return
	}
	result, err := o.compiled.Validate(gojsonschema.NewRawLoader(s.value))
	if err != nil {
		s.found("AGREEMENT-SCHEMA", "", "the object cannot be judged (%s)", err.Error())
		return
	}
	for i, e := range result.Errors() {
		if i == maxOwnErrors {
			break
		}
		steps := strings.Split(e.Context().String("\x00"), "\x00")[1:]
		s.report(ruleOf("AGREEMENT-SCHEMA"), vital, portion{}.pointer(steps), ownWords(e))
	}
}

// ownErrors say what each kind of error means, with the details that stand in
// the sentence; after the value where that comes first.
var ownErrors = map[string]struct {
	format  string
	value   bool
	details []string
}{
	"false":                           {"nothing may stand here", false, nil},
	"required":                        {"%s is missing; the agreement requires it", false, []string{"property"}},
	"invalid_type":                    {"%s is not of the type %s", true, []string{"expected"}},
	"number_any_of":                   {"none of the alternatives fits", false, nil},
	"number_one_of":                   {"not exactly one of the alternatives fits", false, nil},
	"number_all_of":                   {"not all parts fit", false, nil},
	"number_not":                      {"%s is what the agreement rules out", true, nil},
	"missing_dependency":              {"%s is missing; another property requires it", false, []string{"dependency"}},
	"internal":                        {"the schema of the agreement failed (%s)", false, []string{"error"}},
	"const":                           {"%s is not the value %s", true, []string{"allowed"}},
	"enum":                            {"%s is not one of %s", true, []string{"allowed"}},
	"array_no_additional_items":       {"the list has more elements than are allowed", false, nil},
	"array_min_items":                 {"the list has fewer than %s elements", false, []string{"min"}},
	"array_max_items":                 {"the list has more than %s elements", false, []string{"max"}},
	"unique":                          {"the elements %s and %s of the list are equal", false, []string{"i", "j"}},
	"contains":                        {"no element of the list fits", false, nil},
	"array_min_properties":            {"there are fewer than %s properties", false, []string{"min"}},
	"array_max_properties":            {"there are more than %s properties", false, []string{"max"}},
	"additional_property_not_allowed": {"the property %s is not allowed by the agreement", false, []string{"property"}},
	"invalid_property_pattern":        {"the property %s has a name that is not allowed", false, []string{"property"}},
	"invalid_property_name":           {"the property %s has a name that is not allowed", false, []string{"property"}},
	"string_gte":                      {"%s has fewer than %s characters", true, []string{"min"}},
	"string_lte":                      {"%s has more than %s characters", true, []string{"max"}},
	"pattern":                         {"%s does not match the pattern %s", true, []string{"pattern"}},
	"format":                          {"%s has not the format %s", true, []string{"format"}},
	"multiple_of":                     {"%s is not a multiple of %s", true, []string{"multiple"}},
	"number_gte":                      {"%s is less than %s", true, []string{"min"}},
	"number_gt":                       {"%s is not greater than %s", true, []string{"min"}},
	"number_lte":                      {"%s is greater than %s", true, []string{"max"}},
	"number_lt":                       {"%s is not less than %s", true, []string{"max"}},
	"condition_then":                  {"what must follow from the rest does not", false, nil},
	"condition_else":                  {"what must follow from the rest does not", false, nil},
}

// ownWords says what an error of an agreement's schema means.
func ownWords(e gojsonschema.ResultError) stix.Words {
	said := ownErrors[e.Type()]
	words := stix.Words{Format: said.format}
	if said.value {
		words.Args = append(words.Args, short(e.Value()))
	}
	for _, detail := range said.details {
		text := fmt.Sprint(e.Details()[detail])
		if len(text) > maxOwnDetail {
			text = strings.ToValidUTF8(text[:maxOwnDetail], "") + "…"
		}
		words.Args = append(words.Args, text)
	}
	return words
}

// rulesHash is the hash of what a judge goes by: the rules with their grades,
// our schemas, the profile, and the schemas of the agreement.
func rulesHash(profile string, own map[string][]byte) [32]byte {
	h := sha256.New()
	fmt.Fprintf(h, "profile %s\n", profile)
	for _, r := range ruleRows {
		fmt.Fprintf(h, "rule %s %d %s\n", r.id, r.grade, r.as)
	}
	files, _ := fs.Glob(typeFiles, "types/*.json") // the pattern is sound
	for _, file := range files {
		text, _ := typeFiles.ReadFile(file) // embedded
		fmt.Fprintf(h, "schema %s %s\n", file, digest(text))
	}
	for _, typ := range slices.Sorted(maps.Keys(own)) {
		fmt.Fprintf(h, "own %s %s\n", typ, digest(own[typ]))
	}
	return [32]byte(h.Sum(nil))
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
