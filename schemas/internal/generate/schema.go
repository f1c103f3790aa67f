package main

import (
	"maps"
	"slices"
	"strings"
)

// A node is a JSON Schema, or a part of one.
type node = map[string]any

// schemas returns the schema of each type by name, of the classes that a new
// type may be of, and of what all objects share.
func (f *Facts) schemas() map[string]node {
	all := map[string]node{}
	for typ, shape := range f.Objects {
		all[typ] = f.object(typ, shape)
	}
	for class, like := range map[string]string{"new-sdo": "campaign", "new-sro": "sighting", "new-sco": "mutex"} {
		all[class] = f.object("", Shape{Common: f.Objects[like].Common})
		all[class]["title"] = "Any STIX 2.1 object of a type that an extension makes: " + class
	}
	var every Shape
	every.Common.Required = []string{"type", "id"}
	for _, name := range slices.Sorted(maps.Keys(f.Common)) {
		if !slices.Contains(every.Common.Required, name) && name != "spec_version" {
			every.Common.Optional = append(every.Common.Optional, name)
		}
	}
	all["any"] = f.object("", every)
	all["any"]["title"] = "What STIX 2.0 objects, and objects without a usable type, share with STIX 2.1"
	return all
}

// object is the schema of one type; typ is "" for a class of types.
func (f *Facts) object(typ string, shape Shape) node {
	properties := node{}
	for _, name := range slices.Concat(shape.Common.Required, shape.Common.Optional) {
		p := f.Common[name]
		switch {
		case name == "type" && typ != "":
			properties[name] = node{"type": "string", "const": typ, "format": "stix-type"}
		case name == "extensions":
			properties[name] = f.extensions(typ, shape)
		default:
			properties[name] = f.property(p)
		}
	}
	required := slices.Concat(shape.Common.Required, shape.Requires)
	schema := f.shape(shape, properties, required)
	delete(schema, "additionalProperties") // custom properties may stand on every object
	schema["$schema"] = "http://json-schema.org/draft-07/schema#"
	if schema["title"] = "The STIX 2.1 type " + typ; shape.Section != "" {
		schema["title"] = "The STIX 2.1 type " + typ + ", section " + shape.Section
	}
	if definitions := f.definitions(schema); len(definitions) > 0 {
		schema["definitions"] = definitions
	}
	return schema
}

// shape is the schema of properties and of what relates them.
func (f *Facts) shape(shape Shape, properties node, required []string) node {
	var own []string
	for _, p := range shape.Properties {
		if p.Type == "reserved" {
			continue // for all objects, and by name: NAM-06
		}
		own = append(own, p.Name)
		properties[p.Name] = f.property(p)
		if p.Required {
			required = append(required, p.Name)
		}
	}
	schema := node{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		schema["required"] = required
	}
	var all []node
	for _, c := range shape.Constraints {
		if c.In == "" { // others stand in the embedded type as well
			if part := constraint(c, own); part != nil {
				part["$comment"] = c.ID
				all = append(all, part)
			}
		}
	}
	if len(all) > 0 {
		schema["allOf"] = all
	}
	return schema
}

// extensions is the schema of the property extensions: the predefined ones of
// the type, ours, and any other.
func (f *Facts) extensions(typ string, shape Shape) node {
	known := node{}
	for _, name := range shape.Predefined {
		known[name] = ref(name)
	}
	for id, e := range f.Extensions {
		if strings.HasPrefix(id, "extension-definition--") && slices.Contains(e.AppliesTo, typ) {
			known[id] = ref(id)
		}
	}
	schema := node{"type": "object", "minProperties": 1, "additionalProperties": node{"type": "object", "minProperties": 1, "$comment": "EXT-04"}}
	if len(known) > 0 {
		schema["properties"] = known
	}
	return schema
}

func ref(name string) node { return node{"$ref": "#/definitions/" + name} }

// definitions are the embedded types and extensions that a schema refers to,
// and those that these refer to.
func (f *Facts) definitions(schema node) node {
	definitions := node{}
	var collect func(v any)
	collect = func(v any) {
		switch v := v.(type) {
		case node:
			if to, ok := v["$ref"].(string); ok {
				name := strings.TrimPrefix(to, "#/definitions/")
				if definitions[name] == nil {
					definitions[name] = f.definition(name)
					collect(definitions[name])
				}
			}
			for _, member := range v {
				collect(member)
			}
		case []node:
			for _, element := range v {
				collect(element)
			}
		}
	}
	collect(schema)
	return definitions
}

func (f *Facts) definition(name string) node {
	if e, ok := f.Extensions[name]; ok {
		kind := node{"type": "string", "format": "stix-enum:extension-type-enum", "enum": f.Vocabularies["extension-type-enum"].Values, "$comment": "EXT-02"}
		schema := f.shape(e, node{"extension_type": kind}, nil)
		schema["$comment"] = "EXT-04"
		if e.Extension != "" {
			kind["const"], kind["format"] = e.Extension, "stix-extension-type:"+e.Extension
			delete(kind, "enum")
			schema["required"] = []string{"extension_type"}
		}
		return schema
	}
	return f.shape(f.Embedded[name], node{}, nil)
}

// constraint is the schema of a constraint, nil where code decides. What it
// names is looked for in a place that other parts of the schema do not use, so
// that each error tells its rule.
func constraint(c Constraint, own []string) node {
	switch c.Kind {
	case "at_least_one_of":
		return node{"anyOf": each(c.Props)}
	case "exactly_one_of":
		return node{"oneOf": each(c.Props)}
	case "at_least_one_property":
		if c.Extensions {
			own = append(slices.Clone(own), "extensions")
		}
		return node{"anyOf": each(slices.DeleteFunc(slices.Clone(own), func(p string) bool { return slices.Contains(c.Exclude, p) }))}
	case "at_least_one_of_sets":
		var sets []node
		for _, set := range c.Sets {
			sets = append(sets, node{"required": set})
		}
		return node{"anyOf": sets}
	case "requires_unless":
		return node{"anyOf": []node{{"required": []string{c.Unless}}, {"required": c.ThenPresent}}}
	case "requires":
		return node{"dependencies": node{c.IfPresent: c.ThenPresent}}
	case "required_if":
		return node{"if": c.If.node(), "then": node{"required": c.ThenPresent}}
	case "required_unless":
		return node{"if": c.If.node(), "else": node{"required": c.ThenPresent}}
	case "forbidden_if":
		return node{"if": c.If.node(), "then": absent(c.ThenAbsent)}
	case "forbidden_unless":
		return node{"if": c.If.node(), "else": absent(c.ThenAbsent)}
	case "forbidden_unless_contains":
		return node{
			"if":   node{"properties": node{c.ListProp: node{"contains": node{"const": c.Value}}}},
			"else": absent([]string{c.Prop}),
		}
	}
	return nil
}

// each is a list of schemas, each of which requires one of the properties.
func each(properties []string) (all []node) {
	for _, p := range properties {
		all = append(all, node{"required": []string{p}})
	}
	return all
}

// absent is the schema of an object without the properties.
func absent(properties []string) node {
	forbidden := node{}
	for _, p := range properties {
		forbidden[p] = false
	}
	return node{"properties": forbidden}
}

func (c condition) node() node {
	want := node{"const": c.Equals}
	if list, ok := c.Equals.([]any); ok {
		want = node{"enum": list}
	}
	return node{"required": []string{c.Prop}, "properties": node{c.Prop: want}}
}

// property is the schema of one property, element or value.
func (f *Facts) property(p Property) node {
	schema := f.value(p)
	if p.Minimum != nil {
		schema["minimum"] = *p.Minimum
	}
	if p.Maximum != nil {
		schema["maximum"] = *p.Maximum
	}
	switch {
	case p.Format != "" && !inCode(p.Format) && p.Type != "timestamp" && len(p.Rules) > 0:
		rule := p.Rules[0]
		if rule == "NAM-04" {
			rule = "NAM-05" // the first is about the name, this one about the form
		}
		comment(schema, rule)
	case propertyRules[first(p.Rules)]:
		schema["$comment"] = p.Rules[0]
	case typeRules[p.Type] != "":
		schema["$comment"] = typeRules[p.Type]
	}
	return schema
}

// inCode reports whether no schema looks at a form: the language of patterns
// depends on another property.
func inCode(form string) bool { return strings.HasPrefix(form, "stix-pattern") }

// comment names the rule that a wrong value breaks; in a list, a wrong element.
func comment(schema node, rule string) {
	if items, ok := schema["items"].(node); ok {
		schema = items
	}
	schema["$comment"] = rule
}

// propertyRules and typeRules are the rules that a wrong value breaks, where its
// form does not say so: by the rule that the property tables name, or by type.
var (
	propertyRules = map[string]bool{"COM-02": true, "COM-06": true, "EXT-HTTP-1": true, "EXT-WINPROC-2": true, "TYP-14": true}
	typeRules     = map[string]string{"hashes": "TYP-07", "dictionary": "TYP-03"}
)

// ruleFormats are the forms of strings that the tables state as a rule.
var ruleFormats = map[string]string{
	"TYP-14": "kebab", "EXT-HTTP-1": "lower-case", "EXT-WINPROC-2": "priority-class", "COM-02": "spec-version",
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func (f *Facts) value(p Property) node {
	switch p.Type {
	case "boolean":
		return node{"type": "boolean"}
	case "integer":
		return f.integer()
	case "float":
		return node{"type": "number"}
	case "list":
		items := f.property(*p.Items)
		if p.Format != "" { // of the elements
			items = f.form(p.Format)
		}
		if p.Name == "object_marking_refs" {
			items["$comment"] = "COM-12"
		}
		return node{"type": "array", "minItems": 1, "items": items}
	case "dictionary":
		return f.dictionary(p)
	case "hashes":
		return f.hashes()
	case "integer-or-string":
		schema := f.integer()
		schema["type"] = []string{"integer", "string"}
		return schema
	case "any-base-type":
		return node{}
	case "translation-value":
		return node{"type": []string{"string", "array", "object"}}
	case "observable-container":
		return node{"type": "object", "minProperties": 1, "additionalProperties": node{"type": "object"}, "$comment": "OBJ-OBSERVED-DATA-4"}
	case "marking-object", "stix-object", "extension-instance":
		return node{"type": "object"}
	}
	if _, ok := f.Embedded[p.Type]; ok {
		return ref(p.Type)
	}
	return f.text(p)
}

// integer is bounded as STIX bounds all integers (TYP-10).
func (f *Facts) integer() node {
	const largest = 1<<53 - 1
	return node{"type": "integer", "minimum": -largest, "maximum": largest}
}

// dictionary is the schema of a dictionary: the form of its keys, its values.
func (f *Facts) dictionary(p Property) node {
	keys := f.form("dictionary-key")
	if strings.HasPrefix(p.Keys, "RFC 5646") {
		keys = f.form("bcp47")
		keys["$comment"] = "LNG-03"
	}
	schema := node{"type": "object", "minProperties": 1, "propertyNames": keys}
	if p.Values != nil {
		values := f.property(*p.Values)
		if rule := dictionaryRules[p.Name]; rule != "" {
			values["$comment"] = rule
			if items, ok := values["items"].(node); ok {
				items["$comment"] = rule
				delete(values, "minItems") // an empty one is GEN-04
			}
		}
		schema["additionalProperties"] = values
	}
	return schema
}

// dictionaryRules are the rules that wrong values of dictionaries break.
var dictionaryRules = map[string]string{
	"additional_header_fields": "OBJ-EMAIL-MESSAGE-3", "options": "EXT-SOCKET-1", "contents": "LNG-03",
}

func (f *Facts) hashes() node {
	known := node{}
	for name, pattern := range f.Types["hashes"].Values {
		known[name] = node{"type": "string", "format": "stix-hash:" + name, "pattern": pattern}
	}
	return node{
		"type": "object", "minProperties": 1,
		"propertyNames": node{"format": "stix-hash-name", "pattern": f.Types["hashes"].Key},
		"properties":    known, "additionalProperties": node{"type": "string"},
	}
}

// text is the schema of a string.
func (f *Facts) text(p Property) node {
	switch {
	case p.Name == "id":
		schema := f.typed("identifier")
		schema["format"] = "stix-id"
		return schema
	case p.Type == "identifier":
		schema := f.typed("identifier")
		schema["format"] = "stix-ref:" + strings.Join(p.RefTypes, ",")
		if rule := refRules[p.Name]; rule != "" {
			schema["$comment"] = rule
		}
		return schema
	case p.Type == "enum":
		return node{"type": "string", "format": "stix-enum:" + p.Vocab, "enum": f.Vocabularies[p.Vocab].Values}
	case p.Type == "open-vocab" && p.Vocab != "":
		return node{"type": "string", "format": "stix-vocab:" + p.Vocab}
	case p.Format != "" && !inCode(p.Format):
		return f.form(p.Format)
	case ruleFormats[first(p.Rules)] != "":
		schema := f.form(ruleFormats[first(p.Rules)])
		if p.Const != "" {
			schema["const"] = p.Const
		}
		return schema
	case f.Types[p.Type].Pattern != "":
		return f.typed(p.Type)
	}
	return node{"type": "string"}
}

// refRules are the rules about single references; others are REF-01.
var refRules = map[string]string{
	"created_by_ref": "COM-03", "marking_ref": "GRN-06", "sighting_of_ref": "OBJ-SIGHTING-2",
	"source_ref": "REF-05", "target_ref": "REF-05", "object_ref": "LNG-01",
}

// typed is the schema of a string type such as timestamp or hex.
func (f *Facts) typed(name string) node {
	return node{"type": "string", "format": "stix-" + name, "pattern": f.Types[name].Pattern}
}

// form is the schema of a string of a form that the tables name. Patterns that
// the text gives stand beside it for readers who do not know our formats.
func (f *Facts) form(name string) node {
	schema := node{"type": "string", "format": "stix-" + name}
	if pattern := f.Formats[name].Pattern; pattern != "" {
		schema["pattern"] = pattern
	}
	if name == "dictionary-key" {
		schema = node{"format": "stix-" + name, "pattern": f.Types["dictionary"].Key}
	}
	return schema
}
