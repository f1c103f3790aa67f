package schemas

import (
	"fmt"
	"regexp/syntax"
	"strings"
)

const (
	// maxOwnParts is how many parts a schema of an agreement may have, each
	// counted as often as references lead to it.
	maxOwnParts = 2000

	// maxExpression is the size of a compiled regular expression, in
	// instructions: room for a SHA-512 in hexadecimal.
	maxExpression = 200
)

// The keywords that hold a schema, a list of schemas, or schemas by name.
var (
	schemaKeywords = []string{"items", "additionalItems", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else"}
	listKeywords   = []string{"allOf", "anyOf", "oneOf", "items"}
	mapKeywords    = []string{"properties", "dependencies"}
)

// measureOwn counts the parts of a schema and refuses what would cost too much,
// or would be fetched from elsewhere.
func measureOwn(document map[string]any) (int, error) {
	m := measure{document: document, sizes: map[string]int{}}
	return m.part("", document)
}

// A measure walks a schema.
type measure struct {
	document map[string]any
	sizes    map[string]int // of what references lead to; 0 while that is walked
}

func (m *measure) part(pointer string, v any) (int, error) {
	schema, ok := v.(map[string]any)
	if !ok {
		return 1, nil // true, false, or a fault that the compiler tells
	}
	if err := checkKeywords(pointer, schema); err != nil {
		return 0, err
	}
	if to, ok := schema["$ref"].(string); ok {
		return m.reference(pointer, to)
	}
	parts := 1
	for pointer, below := range subschemas(pointer, schema) {
		n, err := m.part(pointer, below)
		if err != nil {
			return 0, err
		}
		if parts += n; parts > maxOwnParts {
			return 0, fmt.Errorf("it has more than %d parts, references followed", maxOwnParts)
		}
	}
	return parts, nil
}

// reference follows a reference within the document, once.
func (m *measure) reference(pointer, to string) (int, error) {
	steps, local := strings.CutPrefix(to, "#")
	if !local || steps != "" && steps[0] != '/' {
		return 0, fmt.Errorf("%s: $ref is %q; nothing is fetched, so it must be # and a JSON pointer", placeOf(pointer), to)
	}
	n, known := m.sizes[to]
	switch {
	case known && n == 0:
		return 0, fmt.Errorf("%s: $ref %q leads in a circle", placeOf(pointer), to)
	case known:
		return n, nil
	}
	target, ok := m.find(steps)
	if !ok {
		return 0, fmt.Errorf("%s: $ref %q leads nowhere; it must lead to a member of the document, such as #/definitions/name", placeOf(pointer), to)
	}
	m.sizes[to] = 0
	n, err := m.part(steps, target)
	m.sizes[to] = n
	return n, err
}

// find returns the member of the document at a JSON pointer.
func (m *measure) find(pointer string) (target any, ok bool) {
	target = m.document
	for _, step := range strings.Split(pointer, "/")[1:] {
		members, isObject := target.(map[string]any)
		if target, ok = members[pointerUnescapes.Replace(step)]; !isObject || !ok {
			return nil, false
		}
	}
	return target, true
}

var pointerUnescapes = strings.NewReplacer("~1", "/", "~0", "~")

// subschemas returns the schemas right below a schema, by their pointers.
func subschemas(pointer string, schema map[string]any) map[string]any {
	below := map[string]any{}
	for _, keyword := range schemaKeywords {
		if _, isObject := schema[keyword].(map[string]any); isObject {
			below[at(pointer, keyword)] = schema[keyword]
		}
	}
	for _, keyword := range listKeywords {
		list, _ := schema[keyword].([]any)
		for i, element := range list {
			below[at(pointer, keyword, i)] = element
		}
	}
	for _, keyword := range mapKeywords {
		members, _ := schema[keyword].(map[string]any)
		for name, member := range members {
			below[at(pointer, keyword, name)] = member
		}
	}
	return below
}

func checkKeywords(pointer string, schema map[string]any) error {
	if schema["patternProperties"] != nil {
		return fmt.Errorf("%s: patternProperties costs milliseconds for each object; name the properties, or say propertyNames", placeOf(pointer))
	}
	if id, ok := schema["$id"]; ok && pointer != "" {
		return fmt.Errorf("%s: $id is %s; inside a schema it changes what references mean, and is not taken", placeOf(pointer), short(id))
	}
	expression, ok := schema["pattern"].(string)
	if !ok {
		return nil
	}
	if err := checkExpression(expression); err != nil {
		return fmt.Errorf("%s: the pattern %s: %w", placeOf(pointer), short(expression), err)
	}
	return nil
}

// checkExpression refuses what is no regular expression and what is a slow one.
func checkExpression(expression string) error {
	parsed, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return err
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return err
	}
	if len(program.Inst) > maxExpression {
		return fmt.Errorf("it takes %d steps at each character, and %d are allowed", len(program.Inst), maxExpression)
	}
	return nil
}

func placeOf(pointer string) string {
	if pointer == "" {
		return "at its root"
	}
	return "at " + pointer
}
