package schemas

import "accord/stix"

// objectRules are about single domain and relationship objects (STIX 2.1 §4, §5).
var objectRules = []rule{
	{id: "OBJ-ATTACK-PATTERN-1", grade: binding, layer: inCode, section: "4.1.1", check: checkCAPEC,
		en: "the external_id of a reference to capec is CAPEC- and a number", zh: "source_name 为 capec 的外部引用，其 external_id 为“CAPEC-”加编号"},
	{id: "OBJ-CAMPAIGN-1", grade: binding, layer: inCode, section: "4.2.1", check: checkTypeOrder, // of all types
		en: "last_seen of a campaign is not before first_seen", zh: "campaign 的 last_seen 不早于 first_seen"},
	{id: "OBJ-COURSE-OF-ACTION-1", grade: binding, layer: inSchema, section: "4.3.1", as: "NAM-06",
		en: "a course of action has no property action, whose name is reserved", zh: "course-of-action 不得带有 action 属性，该名称为保留名称"},
	{id: "OBJ-GROUPING-1", grade: binding, layer: inSchema, section: "4.4.1", as: "GEN-04",
		en: "a grouping refers to at least one object", zh: "grouping 的 object_refs 至少引用一个对象"},
	{id: "OBJ-INDICATOR-1", grade: binding, layer: inCode, section: "4.7.1",
		en: "valid_until of an indicator is after valid_from", zh: "indicator 的 valid_until 晚于 valid_from"},
	{id: "OBJ-INDICATOR-4", grade: advice, layer: inCode, section: "4.7.1", check: checkRecommended, // of all types
		en: "an indicator has a name and a description", zh: "indicator 宜有 name 和 description"},
	{id: "OBJ-INFRASTRUCTURE-1", grade: binding, layer: inCode, section: "4.8.1",
		en: "last_seen of an infrastructure is not before first_seen", zh: "infrastructure 的 last_seen 不早于 first_seen"},
	{id: "OBJ-INTRUSION-SET-1", grade: binding, layer: inCode, section: "4.9.1",
		en: "last_seen of an intrusion set is not before first_seen", zh: "intrusion-set 的 last_seen 不早于 first_seen"},
	{id: "OBJ-LOCATION-1", grade: binding, layer: inSchema, section: "4.10",
		en: "a location has a region, a country, or latitude and longitude", zh: "location 至少有 region、country 或一对 latitude 与 longitude"},
	{id: "OBJ-LOCATION-2", grade: binding, layer: inSchema, section: "4.10.1",
		en: "longitude stands with latitude only", zh: "有 longitude 时必须有 latitude"},
	{id: "OBJ-LOCATION-3", grade: binding, layer: inSchema, section: "4.10.1",
		en: "latitude stands with longitude only", zh: "有 latitude 时必须有 longitude"},
	{id: "OBJ-LOCATION-4", grade: binding, layer: inSchema, section: "4.10.1",
		en: "precision stands with latitude and longitude only", zh: "有 precision 时必须有 latitude 和 longitude"},
	{id: "OBJ-LOCATION-5", grade: advice, layer: inCode, section: "4.10.1",
		en: "country is a code of two letters of ISO 3166-1, in either case", zh: "country 宜为 ISO 3166-1 的两字母国家代码，大小写均可"},
	{id: "OBJ-LOCATION-6", grade: advice, layer: inCode, section: "4.10.1",
		en: "administrative_area is a code of ISO 3166-2", zh: "administrative_area 宜为 ISO 3166-2 代码"},
	{id: "OBJ-MALWARE-1", grade: binding, layer: inSchema, section: "4.11.1",
		en: "a malware family has a name", zh: "is_family 为 true 的 malware 必须有 name"},
	{id: "OBJ-MALWARE-2", grade: binding, layer: inCode, section: "4.11.1",
		en: "last_seen of malware is not before first_seen", zh: "malware 的 last_seen 不早于 first_seen"},
	{id: "OBJ-MALWARE-ANALYSIS-1", grade: binding, layer: inSchema, section: "4.12",
		en: "a malware analysis has a result or analysis_sco_refs", zh: "malware-analysis 至少有 result 或 analysis_sco_refs 之一"},
	{id: "OBJ-MALWARE-ANALYSIS-2", grade: advice, layer: inCode, section: "4.12.1", check: checkProduct,
		en: "the product of a malware analysis is written in lower case with hyphens, anonymized where it cannot be named", zh: "malware-analysis 的 product 宜为以连字符连接的小写名称，不便具名时写 anonymized"},
	{id: "OBJ-NOTE-1", grade: binding, layer: inSchema, section: "4.13.1", as: "GEN-04",
		en: "a note refers to at least one object", zh: "note 的 object_refs 至少引用一个对象"},
	{id: "OBJ-OBSERVED-DATA-1", grade: binding, layer: inSchema, section: "4.14",
		en: "observed data has either objects or object_refs", zh: "observed-data 必须有且仅有 objects 和 object_refs 之一"},
	{id: "OBJ-OBSERVED-DATA-2", grade: binding, layer: inCode, section: "4.14.1",
		en: "last_observed of observed data is not before first_observed", zh: "observed-data 的 last_observed 不早于 first_observed"},
	{id: "OBJ-OBSERVED-DATA-3", grade: binding, layer: inCode, section: "4.14.1", check: checkObservedRefs,
		en: "object_refs of observed data names at least one observable", zh: "observed-data 的 object_refs 至少引用一个可观测对象"},
	{id: "OBJ-OBSERVED-DATA-4", grade: binding, layer: inCode, section: "4.14.1", check: checkContainer,
		en: "each member of the deprecated property objects is an observable, sound by its type; it needs no id", zh: "已弃用的 objects 属性中，每个成员都是符合其类型要求的可观测对象，可不带 id"},
	{id: "OBJ-OPINION-1", grade: binding, layer: inSchema, section: "4.15.1", as: "GEN-04",
		en: "an opinion refers to at least one object", zh: "opinion 的 object_refs 至少引用一个对象"},
	{id: "OBJ-REPORT-1", grade: binding, layer: inSchema, section: "4.16.1", as: "GEN-04",
		en: "a report refers to at least one object", zh: "report 的 object_refs 至少引用一个对象"},
	{id: "OBJ-THREAT-ACTOR-1", grade: binding, layer: inCode, section: "4.17.1",
		en: "last_seen of a threat actor is not before first_seen", zh: "threat-actor 的 last_seen 不早于 first_seen"},
	{id: "OBJ-VULNERABILITY-1", grade: binding, layer: inCode, section: "4.19.1", check: checkCVE,
		en: "the external_id of a reference to cve is the exact CVE id", zh: "source_name 为 cve 的外部引用，其 external_id 为准确的 CVE 编号"},
	{id: "OBJ-RELATIONSHIP-1", grade: binding, layer: inSchema, section: "5.1.2", check: checkSuggested,
		en: "relationship_type has lower-case letters, digits and hyphens only, and is one that is suggested for the types of source and target", zh: "relationship_type 只含小写字母、数字和连字符，且宜为起点与终点类型之间建议的关系类型"},
	{id: "OBJ-RELATIONSHIP-2", grade: binding, layer: inCode, section: "5.1.2",
		en: "stop_time of a relationship is after start_time", zh: "relationship 的 stop_time 晚于 start_time"},
	{id: "OBJ-SIGHTING-1", grade: binding, layer: inCode, section: "5.2.1",
		en: "last_seen of a sighting is not before first_seen", zh: "sighting 的 last_seen 不早于 first_seen"},
	{id: "OBJ-SIGHTING-2", grade: binding, layer: inSchema, section: "5.2.1",
		en: "sighting_of_ref names a domain object", zh: "sighting_of_ref 指向一个域对象"},
	{id: "OBJ-EXTENSION-DEFINITION-1", grade: binding, layer: inSchema, section: "7.3.1", as: "EXT-08",
		en: "extension_properties stands only where extension_types has toplevel-property-extension", zh: "仅当 extension_types 含有 toplevel-property-extension 时才可带有 extension_properties"},
	{id: "OBJ-MARKING-DEFINITION-1", grade: binding, layer: inSchema, section: "7.2.1", as: "MRK-01",
		en: "a marking definition has definition_type and definition, or extensions", zh: "marking-definition 须同时有 definition_type 和 definition，或带有 extensions"},
}

// checkTypeOrder compares the two timestamps that the tables name for the type.
func checkTypeOrder(s *subject) {
	if o := s.facts.order; o != nil {
		s.checkOrder(*o)
	}
}

// checkRecommended looks for the properties that the tables recommend for the
// type.
func checkRecommended(s *subject) {
	r := s.facts.recommended
	if r == nil {
		return
	}
	switch missing := missingOf(r.properties, s.value); len(missing) {
	case 0:
	case 1:
		s.found(r.rule, "", "%s is missing; it is advised on objects of type %s", missing[0], short(s.Type))
	default:
		s.found(r.rule, "", "%s are missing; they are advised on objects of type %s", together(missing), short(s.Type))
	}
}

func checkCAPEC(s *subject) {
	if s.Type == "attack-pattern" {
		s.checkExternalID("OBJ-ATTACK-PATTERN-1", "capec", isCAPEC, "CAPEC- and the number of the entry")
	}
}

func checkCVE(s *subject) {
	if s.Type == "vulnerability" {
		s.checkExternalID("OBJ-VULNERABILITY-1", "cve", isCVE, "CVE-, the year and a number of at least four digits")
	}
}

// checkExternalID looks at the ids of entries in a catalogue. A reference
// without one may lead to something else there.
func (s *subject) checkExternalID(rule, source string, valid func(string) bool, allowed stix.Term) {
	for i, element := range s.list("external_references") {
		reference, _ := element.(map[string]any)
		id, stated := reference["external_id"].(string)
		if stated && reference["source_name"] == source && !valid(id) && !s.full(ruleOf(rule), binding) {
			s.found(rule, at("/external_references", i, "external_id"), "external_id is %s; with source_name %s it must be %s", short(id), short(source), allowed)
		}
	}
}

func checkProduct(s *subject) {
	if product, ok := s.text("product"); ok && s.Type == "malware-analysis" && !isKebab(product) {
		s.found("OBJ-MALWARE-ANALYSIS-2", "/product", "product is %s; lower-case words joined by hyphens are advised, or anonymized", short(product))
	}
}

// checkObservedRefs looks for an observable among the references. A type that
// STIX does not define counts as one; a reference that is wrong in itself is
// left to the rule that says so.
func checkObservedRefs(s *subject) {
	refs := s.list("object_refs")
	if s.Type != "observed-data" || len(refs) == 0 {
		return
	}
	for _, ref := range refs {
		id, _ := ref.(string)
		if class, _ := standardClass(stix.ID(id).Type()); class != sro {
			return
		}
	}
	s.found("OBJ-OBSERVED-DATA-3", "/object_refs", "object_refs names relationship objects only; at least one must be an observable")
}
