package stix

// A Level says how grave a finding is.
type Level string

// An Error refuses the object; a Warning does not.
const (
	LevelError   Level = "error"
	LevelWarning Level = "warning"
)

// A Finding is one violated rule in one object.
type Finding struct {
	Rule    string `json:"rule"`    // rule id, for example "COM-02"
	Level   Level  `json:"level"`   // error or warning
	Pointer string `json:"pointer"` // JSON pointer to the place (RFC 6901); "" is the whole object
	Message string `json:"message"` // what was found and what is allowed, one sentence
}

// A Verdict is what validation says of one object.
type Verdict struct {
	Accepted bool
	Findings []Finding // every violated rule once, errors first; nil when there is none
}
