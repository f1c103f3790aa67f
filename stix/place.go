package stix

// ActivityContext and Assistance are the ids of our two STIX extensions: where
// malicious activity comes from and whom it hits, and requests for assistance.
const (
	ActivityContext ID = "extension-definition--afe29771-8065-4445-be99-ab77b492b790"
	Assistance      ID = "extension-definition--7e719d41-84ae-4fb2-876c-f3593cf339a7"
)

// A place is where a value stands in an object, as far as the header cares.
type place int

const (
	elsewhere place = iota
	atObject
	atType
	atID
	atSpecVersion
	atCreated
	atModified
	atRevoked
	atCreatedBy
	atLang
	atMarkings   // object_marking_refs
	atMarking    // an element of it
	atGranules   // granular_markings
	atGranule    // an element of it
	atMarkingRef // marking_ref of that
	atExtensions
	atExtension     // one of them
	atExtensionType // extension_type of that
	atActivity      // the activity context, which is one too
	atOrigins       // its origin_territories
	atOrigin        // an element of it
)

// member returns the place of the member called name of an object at p.
func (p place) member(name []byte) place {
	switch p {
	case atObject:
		return property(name)
	case atGranule:
		if string(name) == "marking_ref" {
			return atMarkingRef
		}
	case atExtensions:
		if string(name) == string(ActivityContext) {
			return atActivity
		}
		return atExtension
	case atExtension, atActivity:
		switch {
		case string(name) == "extension_type":
			return atExtensionType
		case p == atActivity && string(name) == "origin_territories":
			return atOrigins
		}
	}
	return elsewhere
}

func property(name []byte) place {
	switch string(name) {
	case "type":
		return atType
	case "id":
		return atID
	case "spec_version":
		return atSpecVersion
	case "created":
		return atCreated
	case "modified":
		return atModified
	case "revoked":
		return atRevoked
	case "created_by_ref":
		return atCreatedBy
	case "lang":
		return atLang
	case "object_marking_refs":
		return atMarkings
	case "granular_markings":
		return atGranules
	case "extensions":
		return atExtensions
	}
	return elsewhere
}

// element returns the place of the elements of a list at p.
func (p place) element() place {
	switch p {
	case atMarkings:
		return atMarking
	case atGranules:
		return atGranule
	case atOrigins:
		return atOrigin
	}
	return elsewhere
}

// markingKind returns the JSON kind, as its first byte, without which no
// markings can be read from the place; 0 where there is nothing to read.
func (p place) markingKind() byte {
	switch p {
	case atMarkings, atGranules:
		return '['
	case atGranule:
		return '{'
	case atMarking, atMarkingRef:
		return '"'
	}
	return 0
}
