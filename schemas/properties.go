package schemas

import (
	"slices"
	"strconv"
	"strings"
)

// propertyRules are about the names of properties and the common properties
// that no other file speaks of.
var propertyRules = []rule{
	{id: "NAM-02", grade: binding, layer: inSchema, section: "3.1", check: checkNames,
		en: "a property name has 3 to 250 lower-case letters, digits and underscores and begins with a letter; id is the only shorter one",
		zh: "属性名长 3 至 250 个字符，由小写字母、数字和下划线组成，并以字母开头；唯一更短的属性名是 id"},
	{id: "NAM-03", grade: binding, layer: inCode, section: "3.1",
		en: "a property whose name ends in _ref holds an identifier, in _refs a list of them, in _bin base64, in _hex hexadecimal digits",
		zh: "名称以 _ref 结尾的属性是一个标识符，以 _refs 结尾的是标识符列表，以 _bin 结尾的是 base64，以 _hex 结尾的是十六进制数字"},
	{id: "NAM-04", grade: binding, layer: inSchema, section: "3.1",
		en: "a property whose name ends in _enc stands only beside the property whose character set it names",
		zh: "名称以 _enc 结尾的属性只能与其所描述字符集的属性同时出现"},
	{id: "NAM-05", grade: binding, layer: inCode, section: "3.9.1",
		en: "a character set is given by its preferred MIME name in the IANA registry, or by its name where there is none",
		zh: "字符集以 IANA 注册表中的首选 MIME 名称给出；没有首选名称时用其注册名称"},
	{id: "NAM-06", grade: binding, layer: inSchema, section: "3.8", check: checkReserved,
		en: "no property is called severity, username, phone_number or action, names that STIX reserves",
		zh: "属性不得使用保留名 severity、username、phone_number、action"},
	{id: "NAM-07", grade: binding, layer: inSchema, section: "3.1", as: "NAM-02",
		en: "type names, property names and literals are in lower case, but for names that another standard has given",
		zh: "类型名、属性名和字面值均为小写，由其他标准规定的名称除外"},
	{id: "GEN-06", grade: binding, layer: inSchema, section: "3.1", as: "NAM-02",
		en: "the names of properties are matched exactly, in the case of their letters too",
		zh: "属性名和字面值须完全一致，包括字母大小写"},
	{id: "GEN-07", grade: tolerated, layer: inCode, section: "7.3", check: checkUndefined,
		en: "a property that the type does not define is announced by an extension, or custom with a name that begins with x_",
		zh: "类型未定义的属性须由扩展声明，或为名称以 x_ 开头的自定义属性"},
	{id: "CUS-01", grade: binding, layer: inSchema, section: "11.1", as: "NAM-02",
		en: "the name of a custom property has 3 to 250 lower-case letters, digits and underscores; that it should begin with x_ is GEN-07's",
		zh: "自定义属性名长 3 至 250 个字符，由小写字母、数字和下划线组成；宜以 x_ 开头一项见 GEN-07"},
	{id: "CUS-02", grade: binding, layer: inSchema, section: "11.1", as: "NAM-03",
		en: "a custom property holds hexadecimal digits under a name that ends in _hex, and base64 under one that ends in _bin",
		zh: "名称以 _hex 结尾的自定义属性是十六进制数字，以 _bin 结尾的是 base64"},
	{id: "CUS-03", grade: binding, layer: inSchema, section: "3.8", as: "NAM-06",
		en: "a custom property has no reserved name",
		zh: "自定义属性不得使用保留名"},
	{id: "CUS-10", grade: tolerated, layer: inCode, section: "11",
		en: "what STIX does not define is said with an extension, not with custom properties",
		zh: "标准未定义的内容宜用扩展机制表达，而不用自定义属性"},
	{id: "COM-06", grade: binding, layer: inSchema, section: "3.2",
		en: "confidence is a whole number from 0 to 100",
		zh: "confidence 为 0 至 100 的整数"},
	{id: "COM-08", grade: advice, layer: inCode, section: "3.2", check: checkLabels,
		en: "labels do not say what the object has a property of its own for, such as its kind",
		zh: "labels 不用于表达对象已有专用属性的内容，例如对象的种类"},
	{id: "COM-10", grade: binding, layer: inCode, section: "3.2",
		en: "lang is a language tag of RFC 5646",
		zh: "lang 为符合 RFC 5646 的语言标签"},
	{id: "COM-14", grade: binding, layer: inSchema, section: "3.2", check: checkDefanged,
		en: "only observables have defanged",
		zh: "只有可观测对象可以带有 defanged"},
	{id: "COM-15", grade: advice, layer: inCode, section: "3.2", check: checkForeign,
		en: "common properties that do not apply to the kind of object are left out",
		zh: "不适用于该类对象的公共属性宜省略"},
	{id: "TYP-11", grade: binding, layer: inSchema, section: "2.5.2",
		en: "an external reference has a description, a url or an external_id",
		zh: "外部引用除 source_name 外至少含有 description、url、external_id 之一"},
}

// checkDefanged looks for defanged on what is no observable. Of a custom type
// without an extension nobody knows.
func checkDefanged(s *subject) {
	if _, ok := s.value["defanged"]; !ok || s.facts.class == sco {
		return
	}
	g := binding
	if s.custom {
		g = tolerated
	}
	s.foundAs("COM-14", g, "/defanged", "defanged stands on an object of type %s; only observables may have it", short(s.Type))
}

func checkForeign(s *subject) {
	for _, property := range s.facts.foreignProperties() {
		if _, ok := s.value[property]; ok {
			s.found("COM-15", "/"+property, "%s is not a property of objects of type %s; it should be left out", property, short(s.Type))
		}
	}
}

// kinds are the properties that say what kind of thing an object is, each with
// its vocabulary, for the types that have one.
var kinds = map[string]struct{ property, vocabulary string }{
	"indicator":      {"indicator_types", "indicator-type-ov"},
	"infrastructure": {"infrastructure_types", "infrastructure-type-ov"},
	"malware":        {"malware_types", "malware-type-ov"},
	"report":         {"report_types", "report-type-ov"},
	"threat-actor":   {"threat_actor_types", "threat-actor-type-ov"},
	"tool":           {"tool_types", "tool-type-ov"},
}

// checkLabels looks for labels that are a term of the object's own property, as
// objects of STIX 2.0 had them.
func checkLabels(s *subject) {
	kind, ok := kinds[s.Type]
	if !ok {
		return
	}
	for i, element := range s.list("labels") {
		if label, _ := element.(string); vocabularies[kind.vocabulary].terms[label] && !s.full(ruleOf("COM-08"), advice) {
			s.found("COM-08", at("/labels", i), "the label %s is a term of %s; it should stand there", label, kind.property)
		}
	}
}

// checkUndefined looks at the properties that STIX does not define: that they
// may be there, and that they hold what their names promise.
func checkUndefined(s *subject) {
	properties := s.undefinedProperties()
	if len(properties) == 0 {
		return
	}
	names, all := s.announced()
	all = all || typeFacts[s.Type] == nil && !s.custom
	for _, property := range properties {
		g := binding
		if !all && !names[property] {
			g = tolerated
			s.checkCustomProperty(property)
		}
		s.checkSuffix(g, "", s.value, property)
	}
}

// checkCustomProperty reports a property that no extension announces, unless it
// has been reported for its name. A custom type may have any.
func (s *subject) checkCustomProperty(property string) {
	if !s.custom && validName(property) && !slices.Contains(reservedNames, property) {
		s.foundUndefined(at("", property), property)
	}
}

// undefinedProperties are those that neither STIX nor the type defines, sorted.
func (s *subject) undefinedProperties() (properties []string) {
	for property := range s.value {
		if !s.defines(property) {
			properties = append(properties, property)
		}
	}
	slices.Sort(properties)
	return properties
}

// defines reports whether a property is a common one, or one of a type that
// STIX or we define.
func (s *subject) defines(property string) bool {
	return slices.Contains(s.facts.own, property) || slices.Contains(commonNames, property)
}

// undefined reports a property that its place, inside the object, does not
// define: where its name may not be, that alone.
func (s *subject) undefined(pointer, property string) {
	switch {
	case !validName(property):
		s.foundWrongName("NAM-02", pointer, property)
	case slices.Contains(reservedNames, property):
		s.foundReserved(pointer, property)
	default:
		s.foundUndefined(pointer, property)
		above := strings.TrimSuffix(pointer, at("", property))
		if members := s.membersAt(above); members != nil {
			s.checkSuffix(tolerated, above, members, property)
		}
	}
}

// membersAt are the members of the object at a pointer, nil where there is none.
func (s *subject) membersAt(pointer string) map[string]any {
	var value any = s.value
	for _, step := range strings.Split(pointer, "/")[1:] {
		switch holder := value.(type) {
		case map[string]any:
			value = holder[pointerUnescapes.Replace(step)]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(holder) {
				return nil
			}
			value = holder[i]
		}
	}
	members, _ := value.(map[string]any)
	return members
}

func (s *subject) foundUndefined(pointer, property string) {
	if strings.HasPrefix(property, "x_") {
		s.found("CUS-10", pointer, "%s is a custom property; an extension definition is the way to say more than STIX defines", property)
		return
	}
	s.found("GEN-07", pointer, "%s is not defined here; a property must be one of the type, be announced by an extension, or begin with x_", property)
}
