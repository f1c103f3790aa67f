package schemas

import (
	"slices"
	"strings"

	"accord/stix"
)

// identifierRules are about the object's id, the identifiers it refers to, and
// the ids that are made from the values of observables (STIX 2.1 §2.9).
var identifierRules = []rule{
	{id: "IDN-01", grade: binding, layer: inSchema, section: "2.9", old: true,
		en: "an identifier is a type name, two hyphens and a UUID", zh: "标识符由类型名、两个连字符和一个 UUID 组成"},
	{id: "IDN-02", grade: binding, layer: inSchema, section: "2.9", old: true, check: checkIDType,
		en: "the type in id equals type", zh: "id 中的类型与 type 属性相同"},
	{id: "IDN-03", grade: binding, layer: inSchema, section: "2.9", old: true,
		en: "the UUID of an identifier is one of RFC 4122, version 1 to 5", zh: "标识符中的 UUID 符合 RFC 4122，版本为 1 至 5"},
	{id: "IDN-04", grade: advice, layer: inCode, section: "2.9", check: checkUUIDVersion,
		en: "the UUID of a domain, relationship or meta object, and that of a bundle, has version 4", zh: "域对象、关系对象、元对象和捆绑包的 UUID 宜为版本 4"},
	{id: "IDN-05", grade: advice, layer: inCode, section: "2.9",
		en: "the UUID of an observable has version 5 and is made from its values", zh: "可观测对象的 UUID 宜为版本 5，由其属性值生成"},
	{id: "IDN-06", grade: binding, layer: inCode, section: "2.9",
		en: "the UUID of an observable that has none of the properties that identify its type has version 4; that of a process should always", zh: "可观测对象不含其类型的任何标识贡献属性时，UUID 的版本为 4；process 的 UUID 宜始终为版本 4"},
	{id: "IDN-07", grade: advice, layer: inCode, section: "2.9",
		en: "a version-5 id of an observable is the one that its values make", zh: "可观测对象的版本 5 标识符宜等于由其属性值重新计算所得的标识符"},
	{id: "IDN-09", grade: advice, layer: inCode, section: "2.9",
		en: "the digits of a UUID are in lower case", zh: "UUID 的十六进制数字宜为小写"},
	{id: "DET-01", grade: advice, layer: inCode, section: "2.9", as: "IDN-07",
		en: "an id is made from exactly the properties that identify its type, as canonical JSON, in the namespace of STIX observables", zh: "标识符由该类型实际出现的全部标识贡献属性的规范 JSON，在 STIX 可观测对象命名空间内生成"},
	{id: "DET-02", grade: advice, layer: inCode, section: "6.1", as: "IDN-07",
		en: "of several hashes one takes part in an id: the first of MD5, SHA-1, SHA-256 and SHA-512", zh: "有多个哈希值时只取一个参与生成标识符：依次为 MD5、SHA-1、SHA-256、SHA-512 中最先出现者"},
	{id: "DET-03", grade: advice, layer: inCode, section: "6.7", as: "IDN-07",
		en: "the extensions of a file or of network traffic take part in its id, with all that is in them", zh: "file 和 network-traffic 的 extensions 连同其全部内容参与生成标识符"},
	{id: "DET-04", grade: advice, layer: inCode, section: "6.17", as: "IDN-07",
		en: "all values of a registry key take part in its id", zh: "注册表项的全部 values 参与生成标识符"},
	{id: "DET-05", grade: advice, layer: inCode, section: "2.9", as: "IDN-07",
		en: "an id is made from canonical JSON (RFC 8785): members sorted, no white space, no needless escapes", zh: "标识符由规范 JSON（RFC 8785）生成：成员已排序、无空白字符、无多余转义"},
	{id: "DET-06", grade: advice, layer: inCode, section: "2.9", as: "IDN-07",
		en: "values take part in an id exactly as they stand in the object", zh: "属性值按其在对象中的原样参与生成标识符，不作任何改写"},
	{id: "COM-03", grade: binding, layer: inSchema, section: "3.2", old: true,
		en: "created_by_ref names an identity", zh: "created_by_ref 指向一个 identity 对象"},
	{id: "VER-12", grade: binding, layer: inCode, section: "3.6", check: checkObservableVersion,
		en: "an observable whose id is made from its values has neither created nor modified; no observable should have them", zh: "标识符由属性值生成的可观测对象不得带有 created 或 modified；其他可观测对象也不宜带有"},
}

// identifierFault returns the rule that an identifier breaks, "" if none.
func identifierFault(id string) string {
	typ, text, ok := strings.Cut(id, "--")
	if !ok || !stix.ValidType(typ) || len(text) != 36 {
		return "IDN-01"
	}
	upper := false
	for i := range 36 {
		c := text[i]
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return "IDN-01"
			}
		case c >= 'A' && c <= 'F':
			upper = true
		case (c < '0' || c > '9') && (c < 'a' || c > 'f'):
			return "IDN-01"
		}
	}
	switch {
	case text[14] < '1' || text[14] > '5' || !strings.ContainsRune("89abAB", rune(text[19])):
		return "IDN-03"
	case upper:
		return "IDN-09"
	}
	return ""
}

func soundIdentifier(id string) bool { return identifierFault(id) == "" }

// idFault is identifierFault, but for the type in the id of an object whose type
// is no type name: of that NAM-01 speaks.
func (f *fault) idFault(id string) string {
	typ, typed := f.text("type")
	if uuid, ok := strings.CutPrefix(id, typ+"--"); ok && typed && f.pointer == "/id" && !stix.ValidType(typ) {
		id = "any--" + uuid
	}
	return identifierFault(id)
}

func explainID(f *fault, id, _ string) {
	switch f.idFault(id) {
	case "IDN-01":
		g := binding
		if f.pointer == "/id" {
			g = vital
		}
		f.foundAs("IDN-01", g, f.pointer, "%s is %s; an identifier must be a type name, two hyphens and a UUID", name(f.pointer), short(id))
	case "IDN-03":
		f.found("IDN-03", f.pointer, "%s is %s; its UUID must be of RFC 4122, version 1 to 5", name(f.pointer), short(id))
	case "IDN-09":
		f.found("IDN-09", f.pointer, "%s is %s; lower-case digits are advised, since identifiers are compared as text", name(f.pointer), short(id))
	}
}

// checkRef returns the check of references to types, or classes of types.
func checkRef(types string) func(string) bool {
	allowed := strings.Split(types, ",")
	return func(id string) bool { return identifierFault(id) == "" && refers(id, allowed) }
}

// refers reports whether an identifier is of one of the types. Where classes
// are named, a type that STIX does not define is accepted, because an extension
// decides its class (REF-02).
func refers(id string, types []string) bool {
	typ, _, _ := strings.Cut(id, "--")
	if slices.Contains(types, typ) {
		return true
	}
	class, standard := standardClass(typ)
	for _, t := range types {
		if c, ok := classNames[t]; ok && (c == class || !standard && typ != "bundle") {
			return true
		}
	}
	return false
}

func explainRef(f *fault, id, types string) {
	explainID(f, id, types)
	allowed := strings.Split(types, ",")
	switch typ, _, _ := strings.Cut(id, "--"); {
	case identifierFault(id) == "IDN-01" || refers(id, allowed):
	case typ == "bundle":
		f.found("REF-06", f.pointer, "%s is %s; a bundle is never referred to", name(f.pointer), short(id))
	default:
		other := "REF-01"
		if classNames[allowed[0]] != unknown {
			other = "REF-02"
		}
		f.found(f.rule(other), f.pointer, "%s is %s; it must be the id of %s", name(f.pointer), short(id), kindsOf(allowed))
	}
}

// classesOf say which objects a reference to classes may lead to.
var classesOf = map[string]stix.Term{
	"SDO": "a domain object", "SCO": "an observable", "SDO,SCO": "a domain object or an observable",
	"SCO,SRO":         "an observable or a relationship object",
	"SDO,SCO,SRO,SMO": "an object that is no bundle",
}

// kindsOf says what a reference to the types, or classes of types, may lead to.
func kindsOf(allowed []string) any {
	if classes, ok := classesOf[strings.Join(allowed, ",")]; ok {
		return classes
	}
	kinds := either(allowed)
	kinds.articles = true
	return kinds
}

func checkIDType(s *subject) {
	id, _ := s.text("id")
	typ, _, ok := strings.Cut(id, "--")
	if ok && stix.ValidType(typ) && stix.ValidType(s.Type) && typ != s.Type {
		s.found("IDN-02", "/id", "id is %s but type is %s; the two types must be equal", short(id), short(s.Type))
	}
}

// uuidVersion is the version of the UUID in the object's id, 0 where the id is
// wrong in a way that other rules speak of.
func (s *subject) uuidVersion() int {
	id := string(s.ID)
	typ, text, _ := strings.Cut(id, "--")
	if fault := identifierFault(id); fault != "" && fault != "IDN-09" || typ != s.Type {
		return 0
	}
	return int(text[14] - '0')
}

// checkUUIDVersion advises version 5 for observables and 4 for all else. Of
// types that STIX does not define nobody here knows what identifies them.
func checkUUIDVersion(s *subject) {
	version := s.uuidVersion()
	identified := stix.IsObservable(s.Type)
	switch {
	case version == 0 || s.custom:
	case identified:
		s.checkObservableID(version)
	case s.facts.class != sco && version != 4:
		s.found("IDN-04", "/id", "the UUID of id has version %d; version 4 is advised for objects of type %s", version, short(s.Type))
	}
}

// anonymous are the observables that can be sound without any of the properties
// that identify them (IDN-06).
var anonymous = map[string]bool{"email-message": true, "user-account": true, "windows-registry-key": true, "x509-certificate": true}

// checkObservableID compares an id with the one that the values make.
func (s *subject) checkObservableID(version int) {
	id, contributing, portable := stix.DeterministicID(s.Type, s.value)
	switch {
	case s.Type == "process":
		if version != 4 {
			s.foundAs("IDN-06", advice, "/id", "the UUID of id has version %d; version 4 is advised for a process, which no property identifies", version)
		}
	case !contributing:
		if version != 4 && anonymous[s.Type] {
			s.found("IDN-06", "/id", "the UUID of id has version %d, but no property that identifies an object of type %s is there; it must have version 4", version, short(s.Type))
		}
	case version != 5:
		s.found("IDN-05", "/id", "the UUID of id has version %d; version 5, made from the object's values, is advised for observables", version)
	case portable && id != "" && !strings.EqualFold(id, string(s.ID)):
		s.found("IDN-07", "/id", "id is %s, but the object's values make %s; a version-5 id should be the one that they make", short(string(s.ID)), short(id))
	}
}

// checkObservableVersion looks for observables that have versions: nobody could
// tell which of them an id made from values names.
func checkObservableVersion(s *subject) {
	if s.facts.class != sco {
		return
	}
	for _, property := range []string{"created", "modified"} {
		if !s.has(property) {
			continue
		}
		if id, _, _ := stix.DeterministicID(s.Type, s.value); id != "" && id == string(s.ID) {
			s.found("VER-12", "/"+property, "%s stands on an observable whose id is made from its values; such an object must not have versions", property)
		} else {
			s.foundAs("VER-12", advice, "/"+property, "%s stands on an observable; observables have no versions, so it should be left out", property)
		}
	}
}
