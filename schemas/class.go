package schemas

import (
	"strings"

	"accord/stix"
)

// A class is a kind of STIX object: the common properties that its objects
// must and should not have (STIX 2.1 §3.2).
type class struct {
	required []string
	foreign  []string // common properties that are not applicable; defanged has its own rule
}

var (
	sdo     = &class{required: []string{"type", "spec_version", "id", "created", "modified"}}
	sro     = sdo                                      // the same common properties
	unknown = &class{required: []string{"type", "id"}} // of an object without a usable type
	sco     = &class{
		required: []string{"type", "id"},
		foreign:  []string{"created_by_ref", "revoked", "labels", "confidence", "lang", "external_references"},
	}
	markingDefinition = &class{
		required: []string{"type", "spec_version", "id", "created"},
		foreign:  []string{"modified", "revoked", "labels", "confidence", "lang"},
	}
	languageContent = &class{
		required: sdo.required,
		foreign:  []string{"lang"},
	}
	extensionDefinition = &class{
		required: []string{"type", "spec_version", "id", "created", "modified", "created_by_ref"},
		foreign:  []string{"confidence", "lang", "extensions"},
	}
)

// standardTypes are the types that STIX 2.1 defines.
var standardTypes = func() map[string]*class {
	types := map[string]*class{
		"extension-definition": extensionDefinition,
		"language-content":     languageContent,
		"marking-definition":   markingDefinition,
	}
	for _, typ := range strings.Fields(`attack-pattern campaign course-of-action grouping identity incident
		indicator infrastructure intrusion-set location malware malware-analysis note observed-data opinion
		report threat-actor tool vulnerability`) {
		types[typ] = sdo
	}
	for _, typ := range strings.Fields(`relationship sighting`) {
		types[typ] = sro
	}
	for _, typ := range strings.Fields(`artifact autonomous-system directory domain-name email-addr
		email-message file ipv4-addr ipv6-addr mac-addr mutex network-traffic process software url user-account
		windows-registry-key x509-certificate`) {
		types[typ] = sco
	}
	return types
}()

// classify finds the class of the object and whether it is STIX 2.0. A custom
// type without an extension counts as a domain object (STIX 2.1 §11.2).
func (s *subject) classify() {
	class, standard := standardTypes[s.Type]
	switch {
	case !stix.ValidType(s.Type):
		class = unknown
	case !standard:
		class, standard = s.announcedClass()
		s.custom = !standard
	}
	s.class = class
	version, present := s.value["spec_version"]
	s.refs = s.references()
	s.old = version == "2.0" || !present && class != sco
}

// announcedClass is the class that an extension gives a new type (STIX 2.1 §7.3).
func (s *subject) announcedClass() (c *class, announced bool) {
	extensions, _ := s.value["extensions"].(map[string]any)
	for _, extension := range extensions {
		fields, _ := extension.(map[string]any)
		switch fields["extension_type"] {
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
