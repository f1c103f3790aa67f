package conformance

import "slices"

// A Level says how binding a requirement is.
type Level string

// Levels. MustHTTP is demanded by an HTTP document that the standard builds on.
// Decided is where the standard is silent or leaves a choice and a server that
// serves its clients well has one answer; other outcomes that the standard
// allows are passes too.
const (
	Must      Level = "MUST"
	MustNot   Level = "MUST NOT"
	Should    Level = "SHOULD"
	ShouldNot Level = "SHOULD NOT"
	May       Level = "MAY"
	MustHTTP  Level = "MUST (HTTP)"
	Decided   Level = "choice"
)

// A Requirement is one thing that a TAXII 2.1 server has to do.
type Requirement struct {
	ID      string // such as TX-PAG-05; never given to another requirement
	Level   Level
	Section string // of TAXII 2.1, or the document that it builds on; "" where no document says it
	Text    string // one line
}

// A section is a group of requirements under one title.
type section struct {
	title        string
	requirements []Requirement
}

// sections are all requirements in the order of reports.
var sections = slices.Concat(protocolRequirements, filterRequirements, resourceRequirements, objectRequirements)

// Requirements returns every requirement, in the order of the sections.
func Requirements() []Requirement {
	var all []Requirement
	for _, s := range sections {
		all = append(all, s.requirements...)
	}
	return all
}

// Lookup returns the requirement with an id, and whether there is one.
func Lookup(id string) (Requirement, bool) {
	all := Requirements()
	i := slices.IndexFunc(all, func(r Requirement) bool { return r.ID == id })
	if i < 0 {
		return Requirement{}, false
	}
	return all[i], true
}

// Binds returns why no HTTP answer of a server can show that it keeps a
// requirement, "" where one can.
func Binds(id string) string { return binds[id] }

var binds = map[string]string{
	"TX-URL-12":     "binds whoever publishes DNS records, not the server",
	"TX-AUTH-10":    "allows silence; a server that always answers has nothing to show",
	"TX-MVR-13":     "is about formats other than STIX, and STIX is the only one that the standard defines",
	"TX-OBJ-GET-04": "binds the operator's retention; a server that keeps everything has nothing to show",
}
