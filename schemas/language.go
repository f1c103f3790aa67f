package schemas

import (
	"regexp"
	"strings"
)

// languageRules are about language content (STIX 2.1 §7.1).
var languageRules = []rule{
	{id: "LNG-01", grade: binding, layer: inSchema, section: "7.1.1", as: "REF-06",
		en: "object_ref of language content names an object, not a bundle",
		zh: "语言内容的 object_ref 指向任一 STIX 对象，但不得指向捆绑包"},
	{id: "LNG-03", grade: binding, layer: inCode, section: "7.1.1",
		en: "the keys of contents are language tags, and each value mirrors properties of the object",
		zh: "contents 的键为 RFC 5646 语言标签，每个值是与目标对象属性名对应的非空字典"},
}

// languageTag is the grammar of RFC 5646, section 2.1, but for the
// grandfathered tags: language, script, region, variants, extensions and
// private use.
var languageTag = regexp.MustCompile(`^(?i:` +
	`([a-z]{2,3}(-[a-z]{3}){0,3}|[a-z]{4,8})` +
	`(-[a-z]{4})?` +
	`(-([a-z]{2}|[0-9]{3}))?` +
	`(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*` +
	`(-[0-9a-wy-z](-[a-z0-9]{2,8})+)*` +
	`(-x(-[a-z0-9]{1,8})+)?` +
	`|x(-[a-z0-9]{1,8})+)$`)

// grandfathered are the tags that the grammar does not cover but RFC 5646 keeps.
var grandfathered = " en-gb-oed i-ami i-bnn i-default i-enochian i-hak i-klingon i-lux i-mingo i-navajo i-pwn" +
	" i-tao i-tay i-tsu sgn-be-fr sgn-be-nl sgn-ch-de "

// isLanguageTag reports whether tag is well-formed, which is less than being
// registered (RFC 5646 §2.2.9).
func isLanguageTag(tag string) bool {
	return languageTag.MatchString(tag) ||
		tag != "" && !strings.Contains(tag, " ") && strings.Contains(grandfathered, " "+strings.ToLower(tag)+" ")
}
