package schemas

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"accord/stix"
)

// checkContainer judges the members of the deprecated property objects of
// observed data, each by the schema and the rules of its type (STIX 2.1 §2.13).
func checkContainer(s *subject) {
	if s.Type != "observed-data" || s.counts[ruleOf("GEN-01")] > 0 { // a schema may not calculate with it
		return
	}
	objects, _ := s.value["objects"].(map[string]any)
	judged := 0 // list elements, as in (*schema).check
	for _, key := range slices.Sorted(maps.Keys(objects)) {
		if judged > portionSize && s.settled() {
			return // each fault costs microseconds
		}
		if member, ok := objects[key].(map[string]any); ok && len(member) > 0 { // else TYP-13 or GEN-05
			judged += size(member)
			s.checkMember(objects, key, member)
		}
	}
}

// settled reports whether what becomes of the object is settled, so that more
// violations of its schema need not be looked for.
func (s *subject) settled() bool {
	if s.parent != nil {
		return s.parent.settled()
	}
	if binding.level(s.profile) == stix.LevelWarning {
		return len(s.violations) > 0
	}
	return slices.ContainsFunc(s.violations, func(v violation) bool { return v.level == stix.LevelError })
}

func (s *subject) checkMember(objects map[string]any, key string, value map[string]any) {
	m := &subject{profile: s.profile, definition: s.definition, value: value, parent: s, below: at("/objects", key)}
	m.Type, _ = m.text("type")
	schema := m.classifyMember()
	if schema == nil {
		m.found("OBJ-OBSERVED-DATA-4", "/type", "%s is of type %s; only observables may stand in objects", name(m.below), short(m.Type))
		return
	}
	schema.check(m, value)
	m.checkRules()
	w := keyWalk{subject: m, objects: objects, allowed: map[string][]string{}}
	w.walk(schema.root, value)
}

// classifyMember finds the class of a member, and its schema; nil if it cannot
// be an observable. A type that STIX does not define counts as one.
func (s *subject) classifyMember() *schema {
	facts, standard := typeFacts[s.Type]
	switch {
	case !stix.ValidType(s.Type):
		s.facts = newTypes[unknown]
		return memberSchemas()["any"]
	case standard:
		s.facts = facts
		return memberSchemas()[s.Type]
	case s.Type == "bundle":
		return nil
	}
	_, announced := s.announcedClass()
	s.facts, s.custom = newTypes[sco], !announced
	return memberSchemas()["new-sco"]
}

// memberSchemas are the schemas of members of a container. They are made when
// the first container comes, which is seldom.
var memberSchemas = sync.OnceValue(func() map[string]*schema {
	members := map[string]*schema{"any": loadMember("any"), "new-sco": loadMember("new-sco")}
	for typ, f := range typeFacts {
		if f.class == sco {
			members[typ] = loadMember(typ)
		}
	}
	return members
})

// loadMember reads the schema of a type, without what does not hold in a
// container: the id may be absent, and references are keys.
func loadMember(typ string) *schema {
	file := "types/" + typ + ".json"
	document := readSchema(file)
	root := newPlace(document, document)
	document["required"] = slices.DeleteFunc(texts(document["required"]), func(p string) bool { return p == "id" })
	leaveToWalk(document)
	return compileSchema(file, document, root)
}

// leaveToWalk removes from a schema the form of references to observables.
func leaveToWalk(v any) {
	switch v := v.(type) {
	case []any:
		for _, element := range v {
			leaveToWalk(element)
		}
	case map[string]any:
		if form, _ := v["format"].(string); observablesOf(strings.TrimPrefix(form, "stix-")) != nil {
			delete(v, "format")
			delete(v, "pattern")
		}
		for _, member := range v {
			leaveToWalk(member)
		}
	}
}

// observablesOf returns the types that the form of a reference allows, nil if
// none of them is an observable: markings and identities stand in no container.
func observablesOf(form string) []string {
	types, ok := strings.CutPrefix(form, "ref:")
	if !ok {
		return nil
	}
	allowed := strings.Split(types, ",")
	for _, typ := range allowed {
		if class, _ := standardClass(typ); class == sco || classNames[typ] == sco {
			return allowed
		}
	}
	return nil
}

// A keyWalk looks for references in a member of a container (REF-07).
type keyWalk struct {
	*subject
	objects map[string]any      // the container
	allowed map[string][]string // observablesOf the forms met
	path    []any
}

func (w *keyWalk) walk(p *place, v any) {
	if p == nil {
		return
	}
	switch v := v.(type) {
	case string:
		allowed, met := w.allowed[p.form]
		if !met {
			allowed = observablesOf(p.form)
			w.allowed[p.form] = allowed
		}
		if allowed != nil {
			w.checkKey(v, allowed)
		}
	case []any:
		for i, element := range v {
			w.step(i, p.others, element)
		}
	case map[string]any:
		for _, property := range slices.Sorted(maps.Keys(v)) {
			next := p.members[property]
			if next == nil {
				next = p.others
			}
			w.step(property, next, v[property])
		}
	}
}

func (w *keyWalk) step(step any, p *place, v any) {
	w.path = append(w.path, step)
	w.walk(p, v)
	w.path = w.path[:len(w.path)-1]
}

func (w *keyWalk) checkKey(key string, allowed []string) {
	target, present := w.objects[key]
	fields, _ := target.(map[string]any)
	typ, typed := fields["type"].(string)
	if present && (!typed || !stix.ValidType(typ) || refers(typ, allowed)) || w.full(ruleOf("REF-07"), binding) { // of an object without type others speak
		return
	}
	pointer := at("", w.path...)
	if !present {
		w.found("REF-07", pointer, "%s is %s; in a container it must be the key of another of its objects", name(pointer), short(key))
		return
	}
	w.found("REF-07", pointer, "%s is %s, the key of an object of type %s; it must be the key of one of type %s",
		name(pointer), short(key), short(typ), either(allowed))
}
