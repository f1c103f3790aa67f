package schemas

import (
	"slices"

	"accord/stix"
)

// A class is a kind of STIX object (STIX 2.1 §3).
type class uint8

const (
	unknown class = iota // no usable type
	sdo                  // domain object
	sro                  // relationship object
	sco                  // observable
	smo                  // meta object
)

// names of classes in the tables of references.
var classNames = map[string]class{"SDO": sdo, "SRO": sro, "SCO": sco, "SMO": smo}

// facts are what the tables of STIX say of a type and code needs to know.
type facts struct {
	class       class
	foreign     []string // common properties that are not applicable; defanged has its own rule
	own         []string // the properties of the type besides the common ones
	extensions  []string // the predefined ones
	order       *order
	recommended *recommendation
}

// An order is a rule that one timestamp is not before another.
type order struct {
	rule, later, earlier string
	strictly             bool // nor equal to it
}

// A recommendation is a rule that properties should be there.
type recommendation struct {
	rule       string
	properties []string
}

// A vocabulary is a list of terms.
type vocabulary struct {
	open  bool
	terms map[string]bool
	words []string // the terms in order
}

func newVocabulary(open bool, words ...string) *vocabulary {
	v := &vocabulary{open: open, terms: map[string]bool{}, words: words}
	for _, w := range words {
		v.terms[w] = true
	}
	return v
}

// A predefinedExtension is one of those that STIX defines for observables.
type predefinedExtension struct {
	typ      string
	protocol string // that network traffic should name with it; may be ""
}

// observableForeign are the common properties that observables do not have.
// created and modified have a rule of their own (VER-12).
var observableForeign = []string{"created_by_ref", "revoked", "labels", "confidence", "lang", "external_references"}

// newTypes are the facts of types that STIX does not define, by class.
var newTypes = map[class]*facts{unknown: {class: unknown}, sdo: {class: sdo}, sro: {class: sro}, sco: {class: sco}}

// standardClass returns the class of a standard type; false for any other.
func standardClass(typ string) (class, bool) {
	f, ok := typeFacts[typ]
	if !ok {
		return unknown, false
	}
	return f.class, true
}

// classify finds the class of the object and whether it is STIX 2.0. A custom
// type without an extension counts as a domain object (STIX 2.1 §11.2), unless
// the object has nothing of one.
func (s *subject) classify() {
	f, standard := typeFacts[s.Type]
	switch {
	case !stix.ValidType(s.Type):
		f = newTypes[unknown]
	case !standard:
		class, announced := s.announcedClass()
		if !announced && s.NewObservable {
			class = sco
		}
		f, s.custom = newTypes[class], !announced
	}
	s.facts = f
	version, present := s.value["spec_version"]
	s.old = version == "2.0" || !present && f.class != sco && f.class != unknown
}

// announcedClass is the class that an extension gives a new type (STIX 2.1 §7.3).
func (s *subject) announcedClass() (c class, announced bool) {
	for _, extension := range s.extensions() {
		switch extension.fields["extension_type"] {
		case "new-sdo":
			return sdo, true
		case "new-sro":
			return sro, true
		case "new-sco":
			return sco, true
		}
	}
	return sdo, false
}

// An extension is one member of the property extensions.
type extension struct {
	name   string         // an id or a name
	fields map[string]any // nil where the value is no object
}

// extensions are the extensions of the object, by name.
func (s *subject) extensions() []extension {
	members, _ := s.value["extensions"].(map[string]any)
	var list []extension
	for name, value := range members {
		fields, _ := value.(map[string]any)
		list = append(list, extension{name, fields})
	}
	slices.SortFunc(list, func(a, b extension) int { return comparePointers(a.name, b.name) })
	return list
}

// foreign are the common properties that are not applicable.
func (f *facts) foreignProperties() []string {
	if f.class == sco {
		return observableForeign
	}
	return f.foreign
}

// schema is the schema of the object's type, or of its class.
func (s *subject) schema() *schema {
	switch {
	case s.old || s.facts.class == unknown:
		return schemas["any"]
	case typeFacts[s.Type] != nil:
		return schemas[s.Type]
	case s.facts.class == sro:
		return schemas["new-sro"]
	case s.facts.class == sco:
		return schemas["new-sco"]
	}
	return schemas["new-sdo"]
}
