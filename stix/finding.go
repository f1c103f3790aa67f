package stix

import (
	"fmt"
	"strings"
)

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

	// Words are what Message says, so that it can be said in other languages;
	// nil where it is said in English only.
	Words []Words `json:"-"`
}

// Words are a format in English, as fmt has it, and what stands in it.
type Words struct {
	Format string
	Args   []any  // strings, numbers, and Terms
	At     string // the JSON pointer to the place that they are about; "" for that of the finding
}

// A Term is an argument of Words that is itself to be translated, such as "a
// list".
type Term string

// NewFinding returns a finding whose message is made of words.
func NewFinding(rule string, level Level, pointer string, words ...Words) Finding {
	said := make([]string, len(words))
	for i, w := range words {
		said[i] = fmt.Sprintf(w.Format, w.Args...)
		if w.At != "" {
			said[i] = "at " + w.At + ": " + said[i]
		}
	}
	return Finding{Rule: rule, Level: level, Pointer: pointer, Message: strings.Join(said, "; "), Words: words}
}

// OtherVersion says that an object is of a version of STIX that is not taken
// (COM-02).
func OtherVersion(spec string, taken ...string) Words {
	return Words{
		Format: "the object is STIX %s; spec_version %s is required here",
		Args:   []any{strings.ToValidUTF8(spec[:min(len(spec), 20)], ""), `"` + strings.Join(taken, `", "`) + `"`},
	}
}

// A Verdict is what validation says of one object.
type Verdict struct {
	Accepted bool
	Findings []Finding // every violated rule once, errors first; nil when there is none
}

// A Judge gives verdicts by one set of rules. It may be used from many
// goroutines.
type Judge interface {
	// Validate judges an object by its own content, what reading it found
	// included. The extension definition of
	// an id is asked for where the object uses it: nil, as the function or its
	// answer, says that it is not known, which refuses no object.
	Validate(o Object, definition func(ID) []byte) Verdict

	// Rules is the hash of the rules that it judges by, for the ledger leaf
	// (LG-10).
	Rules() [32]byte
}
