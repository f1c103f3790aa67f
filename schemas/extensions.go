package schemas

import (
	"maps"
	"slices"
	"strings"

	"accord/stix"
)

// extensionRules are about extensions, the objects that define them, and custom
// types (STIX 2.1 §7.3, §11).
var extensionRules = []rule{
	{id: "EXT-01", grade: binding, layer: inSchema, section: "3.2", check: checkExtensions,
		en: "an extension stands under a name that STIX defines for the type or under the id of an extension definition",
		zh: "扩展的键是标准为该类型预定义的扩展名，或某个 extension-definition 的标识符"},
	{id: "EXT-02", grade: binding, layer: inSchema, section: "3.2",
		en: "extension_type is one of new-sdo, new-sco, new-sro, property-extension and toplevel-property-extension, and one that the definition names",
		zh: "extension_type 取值为 new-sdo、new-sco、new-sro、property-extension 或 toplevel-property-extension，并且属于扩展定义所列的类型"},
	{id: "EXT-03", grade: binding, layer: inSchema, section: "3.2",
		en: "an extension under the id of an extension definition has extension_type",
		zh: "以 extension-definition 标识符为键的扩展必须含有 extension_type"},
	{id: "EXT-04", grade: binding, layer: inSchema, section: "3.2",
		en: "an extension is an object with at least one member",
		zh: "扩展的值是至少有一个成员的 JSON 对象"},
	{id: "EXT-05", grade: binding, layer: inCode, section: "7.3", check: checkRedefinition,
		en: "an extension defines neither a type nor a property that STIX has already",
		zh: "扩展不得重新定义标准已有的类型或属性"},
	{id: "EXT-07", grade: binding, layer: inSchema, section: "7.3.1",
		en: "an extension definition has created_by_ref",
		zh: "extension-definition 必须含有 created_by_ref"},
	{id: "EXT-08", grade: binding, layer: inSchema, section: "7.3.1", check: checkExtensionProperties,
		en: "an extension definition has extension_properties only with the type toplevel-property-extension, and then it should",
		zh: "仅当 extension_types 含有 toplevel-property-extension 时才可有 extension_properties，此时也宜给出该属性"},
	{id: "EXT-09", grade: binding, layer: inSchema, section: "7.3.2",
		en: "the name of a property that an extension defines has 3 to 250 lower-case letters, digits and underscores and begins with a letter",
		zh: "扩展所定义的属性名长 3 至 250 个字符，由小写字母、数字和下划线组成，并以字母开头"},
	{id: "EXT-10", grade: advice, layer: inStore, section: "7.3",
		en: "the definition of an extension is known where the extension is used",
		zh: "使用扩展的地方宜能找到该扩展的定义对象"},
	{id: "EXT-11", grade: binding, layer: inSchema, section: "6",
		en: "an extension that STIX defines has at least one property that says something",
		zh: "标准预定义的扩展至少含有一个有实际内容的属性"},
	{id: "EXT-12", grade: advice, layer: inCode, section: "6",
		en: "an extension that STIX defines stands on the type that it is defined for",
		zh: "标准预定义的扩展宜只用于其所属的类型"},
	{id: "EXT-HTTP-1", grade: advice, layer: inCode, section: "6.12.2",
		en: "request_method and request_version are in lower case",
		zh: "request_method 和 request_version 宜为小写"},
	{id: "EXT-SOCKET-1", grade: binding, layer: inSchema, section: "6.12.4",
		en: "the options of a socket are whole numbers",
		zh: "套接字 options 的每个值都是整数"},
	{id: "EXT-WINPROC-2", grade: advice, layer: inCode, section: "6.13.2",
		en: "the priority of a Windows process ends in _CLASS",
		zh: "Windows 进程的 priority 宜以 _CLASS 结尾"},
	{id: "CUS-05", grade: advice, layer: inSchema, section: "11.2", as: "EXT-06", check: checkCustomTypeName,
		en: "the name of a custom type begins with x- and its source; its form is that of all type names (NAM-01)",
		zh: "自定义类型名宜以 x- 加来源标识开头；其形式遵守类型名的一般规则（NAM-01）"},
	{id: "CUS-06", grade: binding, layer: inSchema, section: "11.2", check: checkCustomObject,
		en: "a custom object has at least one property besides the common ones, which keep their meaning",
		zh: "自定义对象除公共属性外至少有一个自己的属性，公共属性的含义不得改变"},
	{id: "CUS-08", grade: vital, layer: inSchema, section: "11.2", as: "IDN-01",
		en: "the id of a custom object is its type, two hyphens and a UUID",
		zh: "自定义对象的 id 由其类型名、两个连字符和一个 UUID 组成"},
	{id: "CUS-09", grade: binding, layer: inSchema, section: "11.3",
		en: "a custom extension stands on an observable under a name of 3 to 250 lower-case letters, digits and hyphens that ends in -ext and should begin with x-",
		zh: "自定义扩展只用于可观测对象；其名称长 3 至 250 个字符，由小写字母、数字和连字符组成，以 -ext 结尾，并宜以 x- 开头"},
}

// checkExtensions looks at what the schema leaves open: the keys, and extensions
// that neither STIX nor we define.
func checkExtensions(s *subject) {
	if s.facts.class == unknown || !s.has("extensions") || s.reserved() {
		return
	}
	described := s.schema().root.find([]string{"extensions"}).members
	for _, e := range s.extensions() {
		pointer := at("/extensions", e.name)
		switch {
		case described[e.name] != nil:
		case isDefinitionID(e.name):
			s.checkDefinedExtension(pointer, e)
		default:
			s.checkNamedExtension(pointer, e)
		}
	}
}

// isDefinitionID reports whether a key is the id of an extension definition.
func isDefinitionID(key string) bool {
	fault := identifierFault(key)
	return strings.HasPrefix(key, "extension-definition--") && (fault == "" || fault == "IDN-09")
}

// checkDefinedExtension looks at an extension under the id of its definition.
func (s *subject) checkDefinedExtension(pointer string, e extension) {
	definition := s.definitionOf(e.name)
	if definition == nil && s.definition != nil {
		s.found("EXT-10", pointer, "the extension %s is not known here; its definition should be sent too", short(e.name))
	}
	if e.fields == nil {
		return // GEN-03 or EXT-04 has said so
	}
	if _, present := e.fields["extension_type"]; !present {
		s.found("EXT-03", pointer, "extension_type is missing; an extension under the id of a definition must have it")
	}
	s.checkExtensionType(pointer, e, definition)
	s.checkExtensionNames("EXT-09", pointer, e)
	if e.name != string(stix.ActivityContext) { // whose norm_refs are no identifiers
		s.checkSuffixes(binding, pointer, e.fields)
	}
}

// checkExtensionType compares the type of an extension with those that there
// are, and with those of its definition. The definition that is known may be
// older than the object, so that strict alone refuses what it does not name.
func (s *subject) checkExtensionType(pointer string, e extension, definition *definition) {
	value, present := e.fields["extension_type"]
	if !present {
		return
	}
	kind, _ := value.(string)
	switch {
	case !vocabularies["extension-type-enum"].terms[kind]:
		s.found("EXT-02", at(pointer, "extension_type"), "extension_type is %s; it must be one of %s", short(value), termsOf("extension-type-enum"))
	case strings.HasPrefix(kind, "new-") && typeFacts[s.Type] != nil && !ourType(s.Type):
		s.found("EXT-05", at(pointer, "extension_type"), "extension_type is %s, but STIX defines the type %s; an extension must not define it anew", short(value), s.Type)
	case definition != nil && len(definition.Types) > 0 && !slices.Contains(definition.Types, kind):
		s.foundAs("EXT-02", tolerated, at(pointer, "extension_type"), "extension_type is %s; the definition of this extension has %s", short(value), enumerate(definition.Types))
	}
}

// checkExtensionNames looks at the names of an extension's properties. What
// lies deeper may be keys of dictionaries, which are free.
func (s *subject) checkExtensionNames(rule, pointer string, e extension) {
	for _, property := range slices.Sorted(maps.Keys(e.fields)) {
		if !validName(property) {
			s.foundWrongName(rule, at(pointer, property), property)
		}
	}
}

// checkNamedExtension looks at an extension under a name that STIX does not
// define for the type.
func (s *subject) checkNamedExtension(pointer string, e extension) {
	to, standard := predefined[e.name]
	switch {
	case standard && s.closed():
		s.found("EXT-01", pointer, "%s is an extension for the type %s; extensions here must be %s, or have the id of a definition", e.name, to.typ, enumerate(s.facts.extensions))
	case standard:
		s.found("EXT-12", pointer, "%s stands on the type %s; it is an extension for the type %s", e.name, s.Type, to.typ)
	case strings.HasSuffix(e.name, "-ext"):
		s.checkCustomExtension(pointer, e)
	case s.closed():
		s.found("EXT-01", pointer, "the extension %s is not known to STIX; extensions here must be %s, or have the id of a definition", short(e.name), enumerate(s.facts.extensions))
	default:
		s.foundAs("EXT-01", advice, pointer, "the extension %s is not known to STIX; the id of an extension definition is advised as its name", short(e.name))
	}
	s.checkExtensionType(pointer, e, nil)
	s.checkSuffixes(tolerated, pointer, e.fields)
}

// closed reports whether the type has extensions that STIX defines, and may
// have no others but those with a definition.
func (s *subject) closed() bool { return len(s.facts.extensions) > 0 }

// announced returns which properties extensions define on the object itself:
// all of them where a definition does not list them or is not known.
func (s *subject) announced() (names map[string]bool, all bool) {
	names = map[string]bool{}
	for _, e := range s.extensions() {
		if e.fields["extension_type"] != toplevel {
			continue
		}
		d := s.definitionOf(e.name)
		if d == nil || len(d.Properties) == 0 {
			return nil, true
		}
		for _, property := range d.Properties {
			names[property] = true
		}
	}
	return names, false
}

// toplevel is the extension_type of properties on the object itself.
const toplevel = "toplevel-property-extension"

// checkRedefinition looks for properties that are the type's already, as far as
// the extension's definition lists what it adds. That is the definition's fault
// and not the object's.
func checkRedefinition(s *subject) {
	for _, e := range s.extensions() {
		if e.fields["extension_type"] != toplevel {
			continue
		}
		d := s.definitionOf(e.name)
		if d == nil {
			continue
		}
		for _, property := range d.Properties {
			if s.has(property) && s.defines(property) {
				s.foundAs("EXT-05", advice, at("/extensions", e.name), "the extension defines %s, which is a property of the type %s already; an extension must not define it anew", property, s.Type)
			}
		}
	}
}

// checkExtensionProperties looks at the list of properties of an extension
// definition. Those of single types may be on it: which types an extension is
// for, no property of its definition says.
func checkExtensionProperties(s *subject) {
	if s.Type != "extension-definition" {
		return
	}
	s.checkExtensionTypes()
	for i, element := range s.list("extension_properties") {
		property, text := element.(string)
		if rule := listedFault(property); text && rule != "" && !s.full(ruleOf(rule), binding) {
			s.foundListed(rule, at("/extension_properties", i), property)
		}
	}
}

// checkExtensionTypes looks for a definition that lists no properties, but should.
func (s *subject) checkExtensionTypes() {
	if slices.Contains(s.list("extension_types"), any(toplevel)) && !s.has("extension_properties") {
		s.foundAs("EXT-08", advice, "", "extension_properties is missing; with %s it should list the properties", toplevel)
	}
}

// listedFault returns the rule that a name on the list of an extension
// definition breaks, "" if none.
func listedFault(property string) string {
	switch {
	case slices.Contains(commonNames, property):
		return "EXT-05"
	case slices.Contains(reservedNames, property):
		return "NAM-06"
	case !validName(property):
		return "EXT-09"
	}
	return ""
}

func (s *subject) foundListed(rule, pointer, property string) {
	switch rule {
	case "EXT-05":
		s.found("EXT-05", pointer, "%s is a common property of STIX; an extension must not define it anew", property)
	case "NAM-06":
		s.foundReserved(pointer, property)
	case "EXT-09":
		s.foundWrongName("EXT-09", pointer, property)
	}
}
