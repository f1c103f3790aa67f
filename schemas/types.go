package schemas

import (
	"accord/stix"
)

// typeRules are about what an object is and what its class requires.
var typeRules = []rule{
	{id: "COM-01", grade: vital, layer: inCode, section: "3.2", old: true, as: "BUN-03",
		en: "type names a standard type, a type that an extension makes, or a custom type",
		zh: "type 须为标准类型、由扩展定义的类型或自定义类型"},
	{id: "COM-02", grade: binding, layer: inSchema, section: "3.2", old: true,
		en: "spec_version is 2.1; a domain, relationship or meta object without it is STIX 2.0",
		zh: "spec_version 须为 2.1；未带该属性的域对象、关系对象或元对象属于 STIX 2.0"},
	{id: "NAM-01", grade: vital, layer: inSchema, section: "3.1", old: true, check: checkTypeName,
		en: "a type name has 3 to 250 lower-case letters, digits and single hyphens and begins with a letter",
		zh: "类型名由 3 至 250 个小写字母、数字和连字符组成，以字母开头，不得出现连续的连字符"},
	{id: "EXT-06", grade: tolerated, layer: inCode, section: "7.3", check: checkCustomType,
		en: "an object of a type that STIX does not define carries an extension that makes the type",
		zh: "STIX 未定义的类型，其对象须携带定义该类型的扩展"},
	{id: "BUN-03", grade: vital, layer: inCode, section: "8.1", old: true,
		en: "the objects of a bundle are STIX objects; a bundle is none, so bundles do not nest",
		zh: "捆绑包中的每个元素都须为 STIX 对象；捆绑包本身不是 STIX 对象，因此不得嵌套"},
	{id: "GEN-02", grade: binding, layer: inSchema, section: "3.1", old: true, check: checkOldVersion,
		en: "every property that the type requires is there",
		zh: "该类型要求的属性必须全部存在"},
}

func checkTypeName(s *subject) {
	if typ, ok := s.text("type"); ok && !stix.ValidType(typ) {
		s.found("NAM-01", "/type", "type is %s; it must be 3 to 250 lower-case letters, digits and single hyphens and begin with a letter", short(typ))
	}
}

func checkCustomType(s *subject) {
	if s.custom {
		s.found("EXT-06", "/type", "the type %s is neither a STIX 2.1 type nor announced by an extension of the object", short(s.Type))
	}
}

// checkOldVersion looks at objects of STIX 2.0, whose schema is that of all
// objects: they have created and modified, a marking definition created alone.
func checkOldVersion(s *subject) {
	if !s.old || s.facts.class == unknown || s.facts.class == sco {
		return
	}
	for _, property := range []string{"created", "modified"} {
		if !s.has(property) && (property == "created" || s.Type != "marking-definition") {
			s.foundMissing("GEN-02", s.needed(property), "", property)
		}
	}
}
