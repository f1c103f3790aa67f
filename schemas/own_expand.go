package schemas

import (
	"fmt"
	"maps"
	"net/url"
	"regexp/syntax"
	"slices"
	"strings"
)

const (
	// maxOwnParts is how many parts a schema of an agreement may have, each
	// counted as often as references lead to it.
	maxOwnParts = 2000

	// maxOwnTerms is how many values an enumeration may have, or names a list of
	// them: to compile them takes time by the square.
	maxOwnTerms = 5000

	// maxExpression is the size of a compiled regular expression, in
	// instructions: room for a SHA-512 in hexadecimal.
	maxExpression = 200
)

// What the value of a keyword of draft 7 holds.
type keywordKind int

const (
	annotation  keywordKind = iota // for readers; left out
	noSchema                       // a limit
	oneSchema                      // a schema
	schemaList                     // a list of schemas
	schemaByKey                    // schemas, or lists of names, by name
)

// A keyword is one that a schema of an agreement may have.
type keyword struct {
	kind   keywordKind
	shape  string // of its value, as messages say it
	shaped func(v any) bool
}

var (
	aNote       = keyword{annotation, "", func(any) bool { return true }}
	anyValue    = keyword{noSchema, "", func(any) bool { return true }}
	aNumber     = keyword{noSchema, "a number", isJSONNumber}
	aFactor     = keyword{noSchema, "a number above 0", isFactor}
	aCount      = keyword{noSchema, "a whole number, 0 or more", isCount}
	aText       = keyword{noSchema, "a string", isText}
	aBoolean    = keyword{noSchema, "true or false", isBoolean}
	aType       = keyword{noSchema, "one of " + enumerate(jsonTypes).String() + ", or a list of such", isTypeOrTypes}
	theNames    = keyword{noSchema, "a list of names", isNames}
	theValues   = keyword{noSchema, "a list of at least one value", isFilled}
	aSchema     = keyword{oneSchema, "a schema: an object, true or false", isSchema}
	theSchemas  = keyword{schemaList, "a list of at least one schema", isSchemas}
	itemSchemas = keyword{schemaList, "a schema or a list of schemas", func(v any) bool { return isSchema(v) || isSchemas(v) }}
	namedOnes   = keyword{schemaByKey, "an object with a schema under each name", isSchemaByName}
	needs       = keyword{schemaByKey, "an object with a schema, or a list of names, under each name", isNeeds}
)

// ownKeywords are the keywords that a schema of an agreement may have.
var ownKeywords = map[string]keyword{
	"$schema": aNote, "$comment": aNote, "title": aNote, "description": aNote, "default": aNote,
	"examples": aNote, "readOnly": aNote, "writeOnly": aNote, "definitions": aNote,
	"contentMediaType": aNote, "contentEncoding": aNote,

	"type": aType, "const": anyValue, "enum": theValues, "format": aText, "pattern": aText, "minLength": aCount, "maxLength": aCount,
	"multipleOf": aFactor, "minimum": aNumber, "maximum": aNumber, "exclusiveMinimum": aNumber, "exclusiveMaximum": aNumber,
	"minItems": aCount, "maxItems": aCount, "uniqueItems": aBoolean, "minProperties": aCount, "maxProperties": aCount, "required": theNames,

	"additionalItems": aSchema, "contains": aSchema, "additionalProperties": aSchema, "propertyNames": aSchema,
	"not": aSchema, "if": aSchema, "then": aSchema, "else": aSchema,
	"items": itemSchemas, "allOf": theSchemas, "anyOf": theSchemas, "oneOf": theSchemas,
	"properties": namedOnes, "dependencies": needs,
}

var jsonTypes = []string{"array", "boolean", "integer", "null", "number", "object", "string"}

// ownFormats are the formats that gojsonschema knows, but for regex: to compile
// one may take a second.
var ownFormats = []string{
	"date", "date-time", "email", "hostname", "idn-email", "ipv4", "ipv6", "iri", "iri-reference", "json-pointer",
	"relative-json-pointer", "time", "uri", "uri-reference", "uri-template", "uuid",
}

// expandOwn returns a schema in which references are replaced by what they lead
// to, with nothing but keywords that judge, and what its parts cost. So what is
// measured here is what is compiled. It refuses references that lead elsewhere
// or in a circle, and what would cost too much.
func expandOwn(document map[string]any) (schema any, root *ownPart, err error) {
	if draft, ok := document["$schema"]; ok && !slices.Contains(draft7, draft) {
		return nil, nil, fmt.Errorf("$schema is %s; schemas of draft 7 are taken, %s", short(draft), draft7[0])
	}
	document = maps.Clone(document)
	delete(document, "$id") // references stay in the document whatever it is called
	e := expansion{document: document, open: map[string]bool{}}
	return e.part("", document)
}

var draft7 = []any{"http://json-schema.org/draft-07/schema#", "http://json-schema.org/draft-07/schema"}

// An expansion is one under way.
type expansion struct {
	document map[string]any
	open     map[string]bool // the pointers that are being followed
	parts    int
}

func (e *expansion) part(pointer string, v any) (any, *ownPart, error) {
	if e.parts++; e.parts > maxOwnParts {
		return nil, nil, fmt.Errorf("it has more than %d parts, references followed", maxOwnParts)
	}
	schema, ok := v.(map[string]any)
	if !ok {
		return v, &ownPart{look: lookTime}, nil // true, false, or a fault that the compiler tells
	}
	if to, ok := schema["$ref"]; ok {
		return e.reference(pointer, to)
	}
	p, expanded := &ownPart{look: lookTime}, map[string]any{}
	for _, keyword := range slices.Sorted(maps.Keys(schema)) {
		kind, err := checkKeyword(pointer, keyword, schema[keyword])
		if err != nil {
			return nil, nil, err
		}
		if kind == annotation {
			continue
		}
		p.weigh(keyword, schema[keyword])
		if expanded[keyword], err = e.below(p, kind, pointer, keyword, schema[keyword]); err != nil {
			return nil, nil, err
		}
	}
	return expanded, p, nil
}

// below expands the schemas that the value of a keyword holds.
func (e *expansion) below(p *ownPart, kind keywordKind, pointer, keyword string, value any) (any, error) {
	pointer = at(pointer, keyword)
	switch list, isList := value.([]any); {
	case kind == oneSchema, kind == schemaList && !isList: // items may be one schema, too
		schema, part, err := e.part(pointer, value)
		p.add(keyword, "", part)
		return schema, err
	case kind == schemaList:
		expanded := make([]any, len(list))
		for i, element := range list {
			schema, part, err := e.part(at(pointer, i), element)
			if err != nil {
				return nil, err
			}
			expanded[i] = schema
			p.add(keyword, "[]", part)
		}
		return expanded, nil
	}
	members, isObject := value.(map[string]any)
	if kind == noSchema || !isObject {
		return value, nil
	}
	expanded := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if names, ok := members[name].([]any); ok { // a dependency
			if len(names) > maxOwnTerms {
				return nil, tooManyTerms(at(pointer, name), len(names))
			}
			p.look += lookTime * len(names)
			expanded[name] = names
			continue
		}
		schema, part, err := e.part(at(pointer, name), members[name])
		if err != nil {
			return nil, err
		}
		expanded[name] = schema
		p.add(keyword, name, part)
	}
	return expanded, nil
}

// reference follows a reference within the document.
func (e *expansion) reference(pointer string, to any) (any, *ownPart, error) {
	text, _ := to.(string)
	fragment, local := strings.CutPrefix(text, "#")
	target, err := url.PathUnescape(fragment)
	if !local || err != nil || target != "" && target[0] != '/' {
		return nil, nil, fmt.Errorf("%s: $ref is %s; nothing is fetched, so it must be # and a JSON pointer", placeOf(pointer), short(to))
	}
	if e.open[target] || strings.HasPrefix(pointer+"/", target+"/") {
		return nil, nil, fmt.Errorf("%s: $ref %s leads in a circle", placeOf(pointer), short(text))
	}
	schema, ok := e.find(target)
	if !ok {
		return nil, nil, fmt.Errorf("%s: $ref %s leads nowhere; it must lead to a member of the document, such as #/definitions/name", placeOf(pointer), short(text))
	}
	e.open[target] = true
	defer delete(e.open, target)
	return e.part(target, schema)
}

// find returns the member of the document at a JSON pointer.
func (e *expansion) find(pointer string) (target any, ok bool) {
	target, ok = e.document, true
	for _, step := range strings.Split(pointer, "/")[1:] {
		members, isObject := target.(map[string]any)
		if target, ok = members[pointerUnescapes.Replace(step)]; !isObject || !ok {
			return nil, false
		}
	}
	return target, ok
}

var pointerUnescapes = strings.NewReplacer("~1", "/", "~0", "~")

// checkKeyword returns what the value of a keyword is, or why it is not taken.
func checkKeyword(pointer, keyword string, value any) (keywordKind, error) {
	k, known := ownKeywords[keyword]
	list, _ := value.([]any)
	switch expression, text := value.(string); {
	case len(list) > maxOwnTerms:
		return 0, tooManyTerms(at(pointer, keyword), len(list))
	case keyword == "patternProperties":
		return 0, fmt.Errorf("%s: patternProperties costs milliseconds for each object; name the properties, or say propertyNames", placeOf(pointer))
	case keyword == "$id":
		return 0, fmt.Errorf("%s: $id is %s; inside a schema it changes what references mean, and is not taken", placeOf(pointer), short(value))
	case !known:
		return 0, fmt.Errorf("%s: %s is no keyword of JSON Schema draft 7, so nothing would be judged by it", placeOf(pointer), short(keyword))
	case !k.shaped(value):
		return 0, fmt.Errorf("%s: %s is %s; it must be %s", placeOf(pointer), keyword, short(value), k.shape)
	case keyword == "format" && text && !slices.Contains(ownFormats, expression):
		return 0, fmt.Errorf("%s: the format %s is not judged here; these are: %s", placeOf(pointer), short(expression), enumerate(ownFormats))
	case keyword == "pattern" && text:
		if err := checkExpression(expression); err != nil {
			return 0, fmt.Errorf("%s: the pattern %s: %w", placeOf(pointer), short(expression), err)
		}
	}
	return k.kind, nil
}

func tooManyTerms(pointer string, n int) error {
	return fmt.Errorf("%s: there are %d elements; at most %d are taken", placeOf(pointer), n, maxOwnTerms)
}

// checkExpression refuses what is no regular expression and what is a slow one.
func checkExpression(expression string) error {
	n, err := instructions(expression)
	if err == nil && n > maxExpression {
		return fmt.Errorf("it takes %d steps at each character, and %d are allowed", n, maxExpression)
	}
	return err
}

// instructions is the size of a regular expression, compiled.
func instructions(expression string) (int, error) {
	parsed, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return 0, err
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return 0, err
	}
	return len(program.Inst), nil
}

func placeOf(pointer string) string {
	if pointer == "" {
		return "at its root"
	}
	return "at " + pointer
}
