package pattern

// A Pattern is a pattern that parses. It is read-only, and safe for many
// goroutines.
type Pattern struct {
	Text string      // as it was given to Parse
	Root Observation // the whole of it

	spellings []*Error // PAT-SYN-6, found while reading
}

// A Form says what kind of node an Observation or a Comparison is.
type Form uint8

// The forms. A chain of one operator is one node with all its operands, however
// long it is.
const (
	Single     Form = iota // an observation in square brackets; a comparison with an operator
	Group                  // an expression in parentheses, one operand
	And                    // two or more operands
	Or                     // two or more operands
	FollowedBy             // two or more operands; between observations only
)

// An Observation is an observation expression (STIX 2.1 §9.5).
type Observation struct {
	Form       Form
	Offset     int           // of its first character, in bytes
	Operands   []Observation // of every form but Single
	Comparison *Comparison   // of Single: what stands in the square brackets
	Qualifiers []Qualifier   // of Single and Group, in the order of the text
}

// A Comparison is a comparison expression, inside square brackets (STIX 2.1
// §9.6).
type Comparison struct {
	Form     Form
	Offset   int          // of its first character, in bytes
	Operands []Comparison // of every form but Single
	Test     *Test        // of Single
}

// A Test compares the value at a path with constants, or asks whether there is
// one.
type Test struct {
	Path      Path
	Operator  Operator
	Negated   bool       // NOT stands before the operator
	Constants []Constant // none for EXISTS, any number for IN, else one
}

// An Operator is a comparison operator in its normal spelling: a == b of the
// text has the operator Equal.
type Operator string

// The operators of STIX 2.1 §9.6.1.
const (
	Equal          Operator = "="
	NotEqual       Operator = "!="
	Less           Operator = "<"
	LessOrEqual    Operator = "<="
	Greater        Operator = ">"
	GreaterOrEqual Operator = ">="
	In             Operator = "IN"
	Like           Operator = "LIKE"
	Matches        Operator = "MATCHES"
	IsSubset       Operator = "ISSUBSET"
	IsSuperset     Operator = "ISSUPERSET"
	Exists         Operator = "EXISTS"
)

// A Path is an object path (STIX 2.1 §9.7): file:hashes.'SHA-256' has the type
// file and the steps hashes and SHA-256.
type Path struct {
	Type   string
	Offset int
	Steps  []Step // one or more; the first has a key
}

// A Step is one component of an object path.
type Step struct {
	Kind   StepKind
	Offset int    // of the key, or of the bracket, in bytes
	Key    string // of KeyStep, without apostrophes and escapes
	Index  int    // of IndexStep, from 0
}

// A StepKind says where a step leads.
type StepKind uint8

// The kinds of step: to a property or a member of a dictionary, to one element
// of a list, to any element of it.
const (
	KeyStep   StepKind = iota // .key or .'key'
	IndexStep                 // [0]
	AnyStep                   // [*]
)

// A Constant is what a path is compared with.
type Constant struct {
	Kind   ConstantKind
	Offset int

	// Text is the value: of a string without apostrophes and escapes, of hex,
	// binary and timestamp what stands between the apostrophes (base64 without
	// line feeds), of the others as it is written.
	Text string
}

// A ConstantKind is the kind of a constant (STIX 2.1 §9.2).
type ConstantKind uint8

// The kinds of constant.
const (
	String ConstantKind = iota
	Integer
	Float
	Boolean
	Hex
	Binary
	Timestamp
)

// A Qualifier narrows an observation expression (STIX 2.1 §9.5.1).
type Qualifier struct {
	Kind   QualifierKind
	Offset int      // of its first character, in bytes
	Value  Constant // the seconds, the count, or START
	Stop   Constant // of StartStop only
}

// A QualifierKind is the kind of a qualifier.
type QualifierKind uint8

// The kinds of qualifier.
const (
	Within QualifierKind = iota
	Repeats
	StartStop
)
