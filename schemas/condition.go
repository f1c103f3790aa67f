package schemas

import "fmt"

// A condition is a rule that another property decides whether one must, or must
// not, be there.
type condition struct {
	rule, property string
	value          any  // a text, or a listing
	contains       bool // the property is a list, and the value an element of it
	unless         bool // the rule holds when the property has not the value
}

// newCondition reads the if of a part of a schema.
func newCondition(rule string, part map[string]any, unless bool) *condition {
	c := &condition{rule: rule, unless: unless}
	test, _ := part["if"].(map[string]any)
	properties, _ := test["properties"].(map[string]any)
	for property, want := range properties {
		value := want.(map[string]any)
		if element, ok := value["contains"].(map[string]any); ok {
			c.contains, value = true, element
		}
		c.property = property
		if terms := texts(value["enum"]); len(terms) > 0 {
			c.value = either(terms)
		} else {
			c.value = fmt.Sprint(value["const"])
		}
	}
	return c
}

// requires reports that a member is missing.
func (c *condition) requires(f *fault, member string) {
	if c.unless {
		f.found(c.rule, f.pointer, "%s is missing; it is required unless %s is %s", member, c.property, c.value)
		return
	}
	f.found(c.rule, f.pointer, "%s is missing; it is required when %s is %s", member, c.property, c.value)
}

// forbids reports that something stands at the place of a fault.
func (c *condition) forbids(f *fault) {
	switch {
	case c.contains:
		f.found(c.rule, f.pointer, "%s must not be there unless %s contains %s", name(f.pointer), c.property, c.value)
	case c.unless:
		f.found(c.rule, f.pointer, "%s must not be there unless %s is %s", name(f.pointer), c.property, c.value)
	default:
		f.found(c.rule, f.pointer, "%s must not be there when %s is %s", name(f.pointer), c.property, c.value)
	}
}
