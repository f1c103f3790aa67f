package schemas

import (
	"slices"
	"strings"
)

// Two things that our schemas state are looked at by a walk of ours and not by
// gojsonschema, which takes microseconds for each violation, or for each
// alternative that does not hold: forms that are advice, and choices between
// members. A hostile object holds fifty thousand of them.

// adviceForms are the forms whose violation refuses no object, and the rules of
// which.
var adviceForms = map[string]string{"vocab": "TYP-05", "kebab": "TYP-14"}

// adviceForm returns the check of a form that is advice, and its rule; nil for
// any other form.
func adviceForm(name string) (rule string, check func(string) bool) {
	kind, param, _ := strings.Cut(name, ":")
	if rule = adviceForms[kind]; rule == "" {
		return "", nil
	}
	return rule, forms[kind].check(param)
}

// A choice is a rule that one of several sets of members is there.
type choice struct {
	rule string
	sets [][]string
	only bool // no more than one of them
}

// newChoice reads a part of a schema that is a choice; nil if it is none.
func newChoice(part map[string]any) *choice {
	rule, _ := part["$comment"].(string)
	for _, keyword := range []string{"anyOf", "oneOf"} {
		if sets, ok := part[keyword].([]any); ok {
			c := &choice{rule: rule, only: keyword == "oneOf"}
			for _, set := range sets {
				c.sets = append(c.sets, texts(set.(map[string]any)["required"]))
			}
			return c
		}
	}
	return nil
}

// held is how many of the sets are there.
func (c *choice) held(fields map[string]any) (n int) {
	for _, set := range c.sets {
		if !slices.ContainsFunc(set, func(member string) bool { _, there := fields[member]; return !there }) {
			n++
		}
	}
	return n
}

// names are the sets as a message lists them, at most eight.
func (c *choice) names() listing { return namesOf(c.sets[:min(len(c.sets), 8)]) }

// there are the sets that an object has.
func (c *choice) there(fields map[string]any) listing {
	var names []string
	for _, set := range c.sets {
		if len(missingOf(set, fields)) == 0 {
			names = append(names, strings.Join(set, "\x01"))
		}
	}
	return together(names)
}

// A walk looks at the values for which a schema has advice or a choice.
type walk struct {
	*subject
	path []any
}

func (w *walk) at(p *place, v any) {
	switch v := v.(type) {
	case string:
		if p.advice != nil && !p.advice(v) {
			w.advise(p, v)
		}
	case []any:
		if p.others == nil || !p.others.walked {
			return
		}
		for i, element := range v {
			w.below(i, p.others, element)
		}
	case map[string]any:
		if p.choice != nil {
			w.choose(p.choice, v)
		}
		for _, name := range p.walkedMembers {
			if member, ok := v[name]; ok {
				w.below(name, p.members[name], member)
			}
		}
	}
}

func (w *walk) below(step any, p *place, v any) {
	w.path = append(w.path, step)
	w.at(p, v)
	w.path = w.path[:len(w.path)-1]
}

func (w *walk) advise(p *place, text string) {
	if w.full(ruleOf(p.adviceRule), advice) {
		return
	}
	kind, param, _ := strings.Cut(p.form, ":")
	forms[kind].explain(&fault{subject: w.subject, place: p, pointer: at("", w.path...)}, text, param)
}

func (w *walk) choose(c *choice, fields map[string]any) {
	held := c.held(fields)
	if held == 1 || held > 1 && !c.only || w.full(ruleOf(c.rule), ruleOf(c.rule).grade) {
		return
	}
	switch pointer := at("", w.path...); {
	case held == 0 && w.complete(c, pointer, fields):
	case held > 1:
		w.found(c.rule, pointer, "%s stand together; only one of them is allowed", c.there(fields))
	case len(c.sets) > 8:
		w.found(c.rule, pointer, "no property is there that says something; at least one such as %s is required", c.names())
	default:
		w.found(c.rule, pointer, "%s is missing; one of them is required", c.names())
	}
}

// complete reports what is missing of a set that is there in part.
func (w *walk) complete(c *choice, pointer string, fields map[string]any) bool {
	for i, set := range c.sets {
		missing := missingOf(set, fields)
		if len(missing) == len(set) {
			continue
		}
		there := slices.DeleteFunc(slices.Clone(set), func(member string) bool { return slices.Contains(missing, member) })
		others := slices.Delete(slices.Clone(c.sets), i, i+1)
		w.found(c.rule, pointer, "%s is missing; %s requires it, or %s in its place", together(missing), together(there), namesOf(others))
		return true
	}
	return false
}

// readWalk takes note of what the walk looks at, here and below.
func (p *place) readWalk() {
	p.adviceRule, p.advice = adviceForm(p.form)
	for name, member := range p.members {
		if member.walked {
			p.walkedMembers = append(p.walkedMembers, name)
		}
	}
	slices.Sort(p.walkedMembers)
	p.walked = p.advice != nil || p.choice != nil || len(p.walkedMembers) > 0 || p.others != nil && p.others.walked
}
