package schemas

import (
	"crypto/sha256"
	"encoding/hex"
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
	parts    int // of the schema, references followed
}

const (
	// maxOwnErrors is how many errors of one schema are told of one object.
	maxOwnErrors = 20

	// maxOwnWork is how many list elements times parts of the schema are looked
	// at: 4,000 elements, more than any real object has, with a schema of 125
	// parts. Each costs a third of a microsecond to three.
	maxOwnWork = 500_000

	// maxOwnText is how much of a string an agreement's schema sees, in bytes:
	// regular expressions take time with the length of the text.
	maxOwnText = 64 << 10
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
	if err != nil {
		return nil, fmt.Errorf("it cannot be read as JSON: %w", err)
	}
	delete(document, "$id") // references stay in the document whatever it is called
	parts, err := measureOwn(document)
	if err != nil {
		return nil, err
	}
	loader := gojsonschema.NewSchemaLoader()
	loader.Draft, loader.AutoDetect, loader.Validate = gojsonschema.Draft7, false, true
	compiled, err := loader.Compile(gojsonschema.NewRawLoader(document))
	if err != nil {
		return nil, fmt.Errorf("it is not a JSON Schema of draft 7: %s", strings.Join(strings.Fields(err.Error()), " "))
	}
	return &ownSchema{compiled, parts}, nil
}

// check runs the schema on the object and reports each error, at its place.
func (o *ownSchema) check(s *subject) {
	if elements := size(s.value); elements*o.parts > maxOwnWork {
		s.found("LIMIT", "", "the lists of the object hold %d elements, more than a schema of the agreement can look at in good time", elements)
		return
	}
	var value any = s.value
	if hasLongText(value) {
		value = shortened(value)
	}
	result, err := o.compiled.Validate(gojsonschema.NewRawLoader(value))
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
		words.Args = append(words.Args, fmt.Sprintf("%.200v", e.Details()[detail]))
	}
	return words
}

// hasLongText reports whether a string in a value is longer than maxOwnText.
func hasLongText(v any) bool {
	switch v := v.(type) {
	case string:
		return len(v) > maxOwnText
	case []any:
		return slices.ContainsFunc(v, hasLongText)
	case map[string]any:
		for _, member := range v {
			if hasLongText(member) {
				return true
			}
		}
	}
	return false
}

// shortened returns a value with its strings cut to maxOwnText.
func shortened(v any) any {
	switch v := v.(type) {
	case string:
		return strings.ToValidUTF8(v[:min(len(v), maxOwnText)], "")
	case []any:
		cut := make([]any, len(v))
		for i, element := range v {
			cut[i] = shortened(element)
		}
		return cut
	case map[string]any:
		cut := make(map[string]any, len(v))
		for name, member := range v {
			cut[name] = shortened(member)
		}
		return cut
	}
	return v
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
