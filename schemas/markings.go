package schemas

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"accord/stix"
)

// markingRules are about markings on objects and about the objects that define
// them.
var markingRules = []rule{
	{id: "COM-12", grade: binding, layer: inSchema, section: "3.2", old: true, check: checkMarkingsReadable,
		en: "object_marking_refs names marking definitions",
		zh: "object_marking_refs 的每一项都指向 marking-definition"},
	{id: "COM-13", grade: binding, layer: inCode, section: "3.2", old: true, check: checkSelfMarking,
		en: "a marking definition does not mark itself",
		zh: "marking-definition 不得标记自身"},
	{id: "MRK-01", grade: binding, layer: inSchema, section: "7.2.1",
		en: "a marking definition has definition_type and definition, or extensions",
		zh: "marking-definition 须同时含有 definition_type 和 definition，或含有 extensions"},
	{id: "MRK-02", grade: advice, layer: inCode, section: "7.2.1", check: checkDefinitionType,
		en: "definition_type is tlp or statement; other kinds of marking are extensions",
		zh: "definition_type 宜为 tlp 或 statement；其他种类的标记宜用扩展定义"},
	{id: "MRK-03", grade: binding, layer: inSchema, section: "7.2.1.3",
		en: "the definition of a statement marking is an object with the string statement",
		zh: "声明标记的 definition 是含有字符串 statement 的对象"},
	{id: "MRK-04", grade: binding, layer: inCode, section: "7.2.1.4", old: true, check: checkTLP,
		en: "a TLP 1.0 marking is one of the four that STIX defines, unchanged",
		zh: "TLP 1.0 标记只能是标准规定的四个，内容不得改动"},
	{id: "MRK-05", grade: advice, layer: inCode, section: "common objects", old: true,
		en: "a TLP 2.0 marking is one of the five published, unchanged",
		zh: "TLP 2.0 标记宜为已公布的五个，内容不得改动"},
	{id: "GRN-01", grade: binding, layer: inSchema, section: "7.2.3", old: true,
		en: "a granular marking has either lang or marking_ref",
		zh: "粒度标记须含有 lang 和 marking_ref 中的一个，且只能有一个"},
	{id: "GRN-02", grade: binding, layer: inSchema, section: "7.2.3.1", old: true,
		en: "a granular marking has selectors",
		zh: "粒度标记须含有至少一个选择器"},
	{id: "GRN-03", grade: binding, layer: inSchema, section: "7.2.3.1", old: true,
		en: "a selector is property names, dictionary keys and indexes such as [0], joined by full stops",
		zh: "选择器由属性名、字典键和形如 [0] 的索引以句点连接而成"},
	{id: "GRN-04", grade: binding, layer: inCode, section: "7.2.3.1", old: true, check: checkSelectors,
		en: "a selector leads to a value of the object: names into objects, indexes into lists",
		zh: "选择器须指向对象中确实存在的值：名称对应对象的成员，索引对应列表的元素"},
	{id: "GRN-05", grade: binding, layer: inCode, section: "7.2.3.1",
		en: "lang of a granular marking is a language tag of RFC 5646",
		zh: "粒度标记的 lang 为符合 RFC 5646 的语言标签"},
	{id: "GRN-06", grade: binding, layer: inSchema, section: "7.2.3.1", old: true,
		en: "marking_ref names a marking definition",
		zh: "marking_ref 指向 marking-definition"},
}

func checkSelfMarking(s *subject) {
	if s.Type != "marking-definition" {
		return
	}
	for i, id := range s.list("object_marking_refs") {
		if id == string(s.ID) && !s.full(ruleOf("COM-13"), binding) {
			s.marksItself(at("/object_marking_refs", i))
		}
	}
	for i, element := range s.list("granular_markings") {
		marking, _ := element.(map[string]any)
		if marking["marking_ref"] == string(s.ID) && !s.full(ruleOf("COM-13"), binding) {
			s.marksItself(at("/granular_markings", i, "marking_ref"))
		}
	}
}

func (s *subject) marksItself(pointer string) {
	s.found("COM-13", pointer, "%s is the marking definition itself; it must not mark itself", name(pointer))
}

// checkDefinitionType looks at the two kinds of marking of STIX 2.0, of which
// checkTLP judges one.
func checkDefinitionType(s *subject) {
	if s.Type != "marking-definition" {
		return
	}
	switch kind, ok := s.text("definition_type"); {
	case !ok || kind == "tlp":
	case kind == "statement":
		s.checkStatement()
	default:
		s.found("MRK-02", "/definition_type", "definition_type is %s; tlp or statement is advised, and an extension for other kinds", short(kind))
	}
}

func (s *subject) checkStatement() {
	value := s.value["definition"]
	definition, ok := value.(map[string]any)
	switch {
	case value == nil:
		return // MRK-01 or GEN-03 has said so
	case !ok:
		s.foundWrongKind("MRK-03", binding, "/definition", value, "an object")
		return
	}
	statement, present := definition["statement"]
	if _, ok := statement.(string); !present {
		s.found("MRK-03", "/definition", "statement is missing; the definition of a statement marking must have it")
	} else if !ok && statement != nil {
		s.foundWrongKind("MRK-03", binding, "/definition/statement", statement, "a string")
	}
	for _, property := range slices.Sorted(maps.Keys(definition)) {
		if property != "statement" {
			s.undefined(at("/definition", property), property)
		}
	}
}

// tlp2 is the extension that makes a marking definition one of TLP 2.0.
const tlp2 = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"

// checkTLP refuses definitions of the Traffic Light Protocol that are not the
// published ones: under their ids by every profile, because what a TLP id means
// never comes from outside.
func checkTLP(s *subject) {
	if published, reserved := stix.PredefinedMarking(s.ID); reserved {
		s.checkReserved(published)
		return
	}
	if s.Type != "marking-definition" {
		return
	}
	extensions, _ := s.value["extensions"].(map[string]any)
	switch {
	case s.value["definition_type"] == "tlp":
		s.found("MRK-04", "/id", "the object defines a TLP marking of its own; TLP 1.0 has only the four ids of STIX 2.1 §7.2.1.4")
	case extensions[tlp2] != nil:
		s.found("MRK-05", "/id", "the object defines a TLP 2.0 marking of its own; the published ones should be used")
	}
}

func (s *subject) checkReserved(published []byte) {
	rule := "MRK-04"
	if strings.Contains(string(published), tlp2) {
		rule = "MRK-05"
	}
	published = s.inItsNotation(published)
	switch {
	case stix.SameContent(published, s.Raw):
	case s.old && rule == "MRK-04" && stix.SameContent(without(published, "name", "spec_version"), s.Raw):
	case rule == "MRK-04" && stix.SameContent(without(published, "name"), s.Raw):
		s.foundAs(rule, tolerated, "", "name is missing; the published definition of this TLP marking has it")
	default:
		s.onlyVital()
		differences := s.differences(published)
		if slices.Equal(differences, []string{"spec_version"}) && s.raise("COM-02") {
			return
		}
		s.foundAs(rule, vital, "", "%s is reserved for the published TLP marking; its content here differs in %s", short(s.ID), enumerate(differences))
	}
}

// inItsNotation returns a published definition with the created of the object,
// if that is the same instant (TSP-05).
func (s *subject) inItsNotation(published []byte) []byte {
	var fields map[string]json.RawMessage
	var other struct{ Created stix.Timestamp }
	created, ok := s.timestamp("created")
	if !ok || json.Unmarshal(published, &fields) != nil || json.Unmarshal(published, &other) != nil || created.Compare(other.Created) != 0 {
		return published
	}
	fields["created"] = json.RawMessage(`"` + created + `"`) // a timestamp needs no escapes
	return encoded(fields)
}

// raise makes what a rule has said vital, and reports whether it has said
// something.
func (s *subject) raise(id string) (said bool) {
	for i := range s.violations {
		if v := &s.violations[i]; v.rule.id == id {
			v.grade, v.level, said = vital, stix.LevelError, true
		}
	}
	return said
}

// differences are the properties that the object and another do not share.
func (s *subject) differences(other []byte) (properties []string) {
	published, err := decode(other)
	if err != nil {
		return nil
	}
	all := maps.Clone(published)
	maps.Copy(all, s.value)
	for property := range all {
		if a, b := s.value[property], published[property]; !reflect.DeepEqual(a, b) {
			properties = append(properties, property)
		}
	}
	slices.Sort(properties)
	return properties[:min(len(properties), 8)]
}

// onlyVital drops what other rules said of an object that must not be another
// one than it should be, so that all of its differences are one finding.
func (s *subject) onlyVital() {
	s.violations = slices.DeleteFunc(s.violations, func(v violation) bool { return v.rule.grade != vital && v.rule.id != "COM-02" })
}

// reserved reports whether the id belongs to a published TLP marking.
func (s *subject) reserved() bool {
	_, reserved := stix.MarkingRank(s.ID)
	return reserved
}

// without returns a JSON object less some of its properties.
func without(raw []byte, properties ...string) []byte {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return raw
	}
	for _, property := range properties {
		delete(fields, property)
	}
	return encoded(fields)
}

func encoded(fields map[string]json.RawMessage) []byte {
	raw, _ := json.Marshal(fields) // raw messages of valid JSON always encode
	return raw
}
