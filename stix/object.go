package stix

// An Object is a STIX object: its header, and the bytes that were sent.
type Object struct {
	Header
	Raw []byte // one JSON object, as sent; never changed

	// Faults are what ReadObject found (GEN-01, LIMIT); mostly nil.
	Faults []Finding
	// Garbled are JSON pointers to the first twenty strings and names that are
	// not Unicode (GEN-01), of which nothing else can be said; mostly nil.
	Garbled []string
}

// A Header holds the properties of an object that the exchange itself needs.
// Each is as sent, and empty where the object has none or where its value has
// the wrong JSON type (then a finding of the validator says so).
type Header struct {
	Type        string
	ID          ID
	SpecVersion string // "" where absent; see (Header).Spec
	Created     Timestamp
	Modified    Timestamp
	Revoked     bool
	CreatedBy   ID     // created_by_ref
	Lang        string // RFC 5646 tag

	// Markings are the marking-definition ids of object_marking_refs and of
	// the marking_ref of each granular marking, in order, each once.
	Markings []ID
	// MarkingsUnreadable says that object_marking_refs or granular_markings
	// has a shape from which no list of markings can be read. Such an object
	// is never stored, whatever the profile: nobody could protect it.
	MarkingsUnreadable bool

	// Origins are the origin_territories of the activity context extension,
	// as sent; nil where the object does not carry them.
	Origins []string

	// NewObservable says that the type is an observable that STIX does not
	// define: an extension makes it one (extension_type new-sco, STIX 2.1 §7.3),
	// or the object has neither an extension that makes its type, nor versions
	// (created, modified), nor a spec_version of STIX 2.0, which had no
	// observables at the top level.
	NewObservable bool
}

// Version returns what tells the versions of an object apart: its modified,
// else its created, else "" (TAXII 2.1 §3.4.1).
func (h Header) Version() Timestamp {
	if h.Modified != "" {
		return h.Modified
	}
	return h.Created
}

// Spec returns the version of STIX that the object is written in: what it says
// itself, else "2.1" for an observable, be it of a type that STIX does not define,
// and "2.0" for anything else (TX-MSV-07).
func (h Header) Spec() string {
	switch {
	case h.SpecVersion != "":
		return h.SpecVersion
	case IsObservable(h.Type), h.NewObservable:
		return "2.1"
	}
	return "2.0"
}

// isForeignType reports whether a text is a type name, and neither of a type of
// STIX 2.1 nor of one that our own extension makes.
func isForeignType(typ string) bool {
	switch typ {
	case "attack-pattern", "campaign", "course-of-action", "grouping", "identity",
		"incident", "indicator", "infrastructure", "intrusion-set", "location",
		"malware", "malware-analysis", "note", "observed-data", "opinion", "report",
		"threat-actor", "tool", "vulnerability", "relationship", "sighting",
		"extension-definition", "language-content", "marking-definition", "bundle",
		"assistance-request", "assistance-update":
		return false
	}
	return ValidType(typ) && !IsObservable(typ)
}
