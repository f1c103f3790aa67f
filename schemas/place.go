package schemas

import (
	"slices"
	"strconv"
	"strings"
)

// A place is what a schema says of the values that stand in one place, as far
// as it takes to explain an error there.
type place struct {
	rule     string            // that a wrong value breaks, where its kind does not say so; may be ""
	form     string            // of a string there
	keys     string            // the form of the names of its members
	required []string          // members
	members  map[string]*place // by name
	others   *place            // elements of a list, and members without a name in members; may be nil
	kinds    []string          // the JSON types allowed
	lists    bool              // the schema looks at elements of lists here, or below

	// What our own walk looks at; see walk.go.
	advice        func(text string) bool // the form of a string there that is advice; nil if none is
	adviceRule    string
	walked        bool     // there is something, here or below
	walkedMembers []string // those with something at any depth

	// The constraints between members, each with its rule.
	choice      *choice               // some must be there
	needs       []need                // one needs others
	needed      map[string]*condition // members that are required under a condition
	forbidden   *condition            // under which nothing may stand here
	least, most string                // bounds of a number; "" where there is none
}

// A need is a rule that a member needs others.
type need struct {
	rule, member string
	others       []string
}

// newPlace reads what a schema says. Schemas refer to definitions in their own
// document only, and not in circles.
func newPlace(schema map[string]any, document map[string]any) *place {
	if to, ok := schema["$ref"].(string); ok {
		definitions := document["definitions"].(map[string]any)
		return newPlace(definitions[strings.TrimPrefix(to, "#/definitions/")].(map[string]any), document)
	}
	p := &place{members: map[string]*place{}, needed: map[string]*condition{}}
	p.rule, _ = schema["$comment"].(string)
	p.form = formOf(schema)
	p.kinds = texts(schema["type"])
	p.required = texts(schema["required"])
	p.least, p.most = bound(schema["minimum"]), bound(schema["maximum"])
	if names, ok := schema["propertyNames"].(map[string]any); ok {
		p.keys = formOf(names)
		if rule, ok := names["$comment"].(string); ok {
			p.rule = rule
		}
	}
	properties, _ := schema["properties"].(map[string]any)
	for name, member := range properties {
		p.members[name] = newPlace(member.(map[string]any), document)
	}
	for _, keyword := range []string{"items", "additionalProperties"} {
		if others, ok := schema[keyword].(map[string]any); ok {
			p.others = newPlace(others, document)
		}
	}
	all, _ := schema["allOf"].([]any)
	for _, part := range all {
		p.constrain(part.(map[string]any))
	}
	p.lists = p.looksAtLists()
	p.readWalk()
	return p
}

func (p *place) looksAtLists() bool {
	if p.others != nil && (p.others.lists || slices.Contains(p.kinds, "array")) {
		return true
	}
	for _, member := range p.members {
		if member.lists {
			return true
		}
	}
	return false
}

// constrain reads one constraint between members.
func (p *place) constrain(part map[string]any) {
	rule := part["$comment"].(string)
	if c := newChoice(part); c != nil {
		p.choice = c
	}
	dependencies, _ := part["dependencies"].(map[string]any)
	for member, others := range dependencies {
		p.needs = append(p.needs, need{rule, member, texts(others)})
	}
	for _, keyword := range []string{"then", "else"} {
		then, _ := part[keyword].(map[string]any)
		c := newCondition(rule, part, keyword == "else")
		for _, member := range texts(then["required"]) {
			p.needed[member] = c
		}
		absent, _ := then["properties"].(map[string]any)
		for member := range absent {
			p.members[member].forbidden = c
		}
	}
}

// find returns the place at some steps below p; an empty one where the schema
// says nothing.
func (p *place) find(steps []string) *place {
	for _, step := range steps {
		if p = p.member(step); p == nil {
			return &place{}
		}
	}
	return p
}

// member is the place of a member, or of an element of a list; nil where the
// schema says nothing.
func (p *place) member(name string) *place {
	if member := p.members[name]; member != nil {
		return member
	}
	return p.others
}

func bound(v any) string {
	if n, ok := v.(float64); ok {
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	return ""
}

// formOf returns the form that a schema asks of strings, without our prefix, and
// makes it known to gojsonschema.
func formOf(schema map[string]any) string {
	form, _ := schema["format"].(string)
	form, ours := strings.CutPrefix(form, "stix-")
	if ours {
		register(form)
	}
	return form
}

// texts returns one string or a list of strings as a list.
func texts(v any) []string {
	if text, ok := v.(string); ok {
		return []string{text}
	}
	list, _ := v.([]any)
	all := make([]string, len(list))
	for i, element := range list {
		all[i], _ = element.(string)
	}
	return all
}
