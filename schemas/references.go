package schemas

import "strings"

// referenceRules are about what identifiers refer to (STIX 2.1 §3.3), and about
// external references and kill chain phases.
var referenceRules = []rule{
	{id: "REF-01", grade: binding, layer: inSchema, section: "3.3",
		en: "a reference names an object of a type that its property allows", zh: "引用所指对象的类型须为该属性允许的类型"},
	{id: "REF-02", grade: binding, layer: inCode, section: "3.3",
		en: "where a property refers to a class of objects, a standard type of another class is not allowed", zh: "属性限定引用某一类对象时，不得引用其他类别的标准类型"},
	{id: "REF-05", grade: binding, layer: inSchema, section: "5.1",
		en: "a relationship leads from and to domain objects and observables only", zh: "关系的起点和终点只能是域对象或可观测对象"},
	{id: "REF-06", grade: binding, layer: inSchema, section: "8.2", old: true,
		en: "no reference names a bundle", zh: "任何引用都不得指向捆绑包"},
	{id: "REF-07", grade: binding, layer: inCode, section: "2.13",
		en: "in the deprecated property objects a reference is a key of the same dictionary, and the object there has an allowed type", zh: "在已弃用的 objects 属性中，引用是同一字典的键，且该键下的对象为允许的类型"},
	{id: "BUN-04", grade: binding, layer: inSchema, section: "8.2", as: "REF-06",
		en: "a bundle is neither source nor target of a relationship or reference", zh: "捆绑包不得作为关系或引用的起点或终点"},
	{id: "TYP-12", grade: advice, layer: inCode, section: "2.5.1", check: checkReferenceHashes,
		en: "an external reference with a url has hashes of what is there, SHA-256 among them", zh: "带有 url 的外部引用宜给出所指内容的 hashes，其中包括 SHA-256"},
	{id: "TYP-14", grade: advice, layer: inCode, section: "2.11", check: checkKillChains,
		en: "the names of a kill chain and of its phase are lower-case words joined by hyphens; Lockheed Martin's is lockheed-martin-cyber-kill-chain", zh: "杀伤链名称和阶段名称宜为以连字符连接的小写单词；洛克希德·马丁杀伤链的名称为 lockheed-martin-cyber-kill-chain"},
	{id: "TYP-15", grade: binding, layer: inCode, section: "2.5.1",
		en: "the url of an external reference is a URI reference (RFC 3986)", zh: "外部引用的 url 是符合 RFC 3986 的 URI 引用"},
}

// externalReferences are the external references of the object. On an
// observable they are out of place as a whole (COM-15).
func (s *subject) externalReferences() []any {
	if s.facts.class == sco {
		return nil
	}
	return s.list("external_references")
}

func checkReferenceHashes(s *subject) {
	for i, element := range s.externalReferences() {
		reference, _ := element.(map[string]any)
		if reference["url"] == nil || s.full(ruleOf("TYP-12"), advice) {
			continue
		}
		hashes, isObject := reference["hashes"].(map[string]any)
		switch {
		case isObject && withoutSHA256(hashes):
			s.found("TYP-12", at("/external_references", i, "hashes"), "hashes has no SHA-256; one is advised beside any other hash")
		case reference["hashes"] == nil:
			s.found("TYP-12", at("/external_references", i), "url is there without hashes; those of what it leads to are advised, SHA-256 among them")
		}
	}
}

// lockheedMartin is how the kill chain of Lockheed Martin must be called.
const lockheedMartin = "lockheed-martin-cyber-kill-chain"

// checkKillChains looks for other names of the kill chain of Lockheed Martin.
// Which kill chain is meant cannot be known for sure, so it is only advice.
func checkKillChains(s *subject) {
	for i, element := range s.list("kill_chain_phases") {
		phase, _ := element.(map[string]any)
		chain, _ := phase["kill_chain_name"].(string)
		if chain != lockheedMartin && isKebab(chain) && strings.Contains(chain, "lockheed") { // else the schema speaks
			s.found("TYP-14", at("/kill_chain_phases", i, "kill_chain_name"), "kill_chain_name is %s; the kill chain of Lockheed Martin is called %s", short(chain), lockheedMartin)
		}
	}
}
