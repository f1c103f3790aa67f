package schemas

import (
	"strconv"
	"strings"

	"accord/stix"

	"github.com/google/uuid"
)

// identifierRules are about the object's id and the identifiers it refers to.
var identifierRules = []rule{
	{id: "IDN-01", grade: binding, section: "2.9", old: true, check: checkIdentifiers},
	{id: "IDN-02", grade: binding, section: "2.9", old: true, check: checkIDType},
	{id: "IDN-03", grade: binding, section: "2.9", old: true},
	{id: "IDN-04", grade: advice, section: "2.9", check: checkUUIDVersion},
	{id: "IDN-05", grade: advice, section: "2.9"},
	{id: "IDN-09", grade: advice, section: "2.9", check: checkUUIDCase},
	{id: "COM-03", grade: binding, section: "3.2", old: true, check: checkReferences},
	{id: "COM-12", grade: binding, section: "3.2", old: true, check: checkMarkingsReadable},
	{id: "GRN-06", grade: binding, section: "7.2.3.1", old: true},
}

// A reference is an identifier of another object in a common property.
type reference struct {
	pointer string
	id      string
	typ     string // the type that it must refer to
	rule    string // the rule that says so
}

// references lists the references of the common properties, in order.
func (s *subject) references() []reference {
	var refs []reference
	if id, ok := s.text("created_by_ref"); ok {
		refs = append(refs, reference{"/created_by_ref", id, "identity", "COM-03"})
	}
	for i, element := range s.list("object_marking_refs") {
		if id, ok := element.(string); ok {
			refs = append(refs, reference{"/object_marking_refs/" + strconv.Itoa(i), id, "marking-definition", "COM-12"})
		}
	}
	for i, element := range s.list("granular_markings") {
		marking, _ := element.(map[string]any)
		if id, ok := marking["marking_ref"].(string); ok {
			refs = append(refs, reference{"/granular_markings/" + strconv.Itoa(i) + "/marking_ref", id, "marking-definition", "GRN-06"})
		}
	}
	return refs
}

func checkIdentifiers(s *subject) {
	if id, ok := s.text("id"); ok {
		s.checkIdentifier("/id", id)
	}
	for _, ref := range s.refs {
		s.checkIdentifier(ref.pointer, ref.id)
	}
}

func (s *subject) checkIdentifier(pointer, id string) {
	typ, text, _ := strings.Cut(id, "--")
	parsed, err := uuid.Parse(text)
	switch {
	case !stix.ValidType(typ) || len(text) != 36 || err != nil:
		s.report("IDN-01", s.needed(pointer[1:]), pointer, "%s is %s; an identifier must be a type name, two hyphens and a UUID", name(pointer), short(id))
	case parsed.Variant() != uuid.RFC4122 || parsed.Version() < 1 || parsed.Version() > 5:
		s.found("IDN-03", pointer, "%s is %s; its UUID must be of RFC 4122, version 1 to 5", name(pointer), short(id))
	}
}

func checkIDType(s *subject) {
	id, _ := s.text("id")
	typ, _, ok := strings.Cut(id, "--")
	if ok && stix.ValidType(typ) && stix.ValidType(s.Type) && typ != s.Type {
		s.found("IDN-02", "/id", "id is %s but type is %q; the two types must be equal", short(id), s.Type)
	}
}

// randomObservables may or must have random ids, because nothing in them need
// identify them (IDN-06).
var randomObservables = map[string]bool{
	"email-message": true, "process": true, "user-account": true, "windows-registry-key": true, "x509-certificate": true,
}

// checkUUIDVersion advises version 5 for observables and 4 for all else.
func checkUUIDVersion(s *subject) {
	id, err := stix.ParseID(string(s.ID))
	if err != nil || s.custom {
		return
	}
	parsed, _ := uuid.Parse(id.UUID()) // ParseID has looked at it
	switch {
	case s.class != sco && parsed.Version() != 4:
		s.found("IDN-04", "/id", "the UUID of id has version %d; version 4 is advised for this type", parsed.Version())
	case s.class == sco && standardTypes[s.Type] != nil && parsed.Version() != 5 && !randomObservables[s.Type]:
		s.found("IDN-05", "/id", "the UUID of id has version %d; version 5, made from the object's values, is advised for observables", parsed.Version())
	}
}

func checkUUIDCase(s *subject) {
	if strings.ContainsAny(s.ID.UUID(), "ABCDEF") {
		s.found("IDN-09", "/id", "id is %s; lower-case digits are advised, since identifiers are compared as text", short(s.ID))
	}
}

// checkReferences checks the types that the common references lead to.
func checkReferences(s *subject) {
	for _, ref := range s.refs {
		typ, _, ok := strings.Cut(ref.id, "--")
		if ok && stix.ValidType(typ) && typ != ref.typ {
			s.found(ref.rule, ref.pointer, "%s is %s; it must be the id of an object of type %s", name(ref.pointer), short(ref.id), ref.typ)
		}
	}
}
