package collections

import (
	"time"

	"accord/stix"

	"github.com/google/uuid"
)

// ControlLog is the log of what is said about the server itself: agreements,
// keys, tokens, settings. It is a log like any other, followed by every server
// on the store.
var ControlLog = uuid.MustParse("00000000-0000-4000-8000-000000000000")

// An Op is what a record does. The numbers are stored and never change.
type Op uint8

const (
	OpAdd     Op = 1 // an object enters the collection
	OpDelete  Op = 2 // versions of one object leave it; the record names them
	OpControl Op = 3 // a record of the control log: Type says of what kind
)

// A Poster is who wrote a record. Party is "*" for the server itself and for
// its operator.
type Poster struct {
	Party string // party id
	Unit  string // unit of the party, "" if the token names none
	JTI   string // id of the token that was used, "" for none
}

// Operator is who writes in the control log what the operator or the server
// itself does.
var Operator = Poster{Party: "*"}

// An Entry is what a Decide function wants to have appended.
type Entry struct {
	Op   Op
	ID   string // object id; for control records what Type makes of it
	Type string // object type; control records: agreement, key, token …

	// SpecVersion is "2.1" or "2.0"; "" for control records.
	SpecVersion string
	// Version is the object's modified, else created, as sent; "" when it has
	// neither, and then the record's date_added stands for it (TAXII 2.1 §3.4.1).
	Version stix.Timestamp
	Rank    stix.TLP // the marking, as enforced; see Clearance in Query

	Raw  []byte   // the posted bytes; nil for OpDelete
	Hash [32]byte // SHA-256 of Raw; zero for OpDelete

	Poster Poster
	Seed   [16]byte // LG-12
	Rules  [32]byte // hash of the rule set that judged it; zero where none did

	// Removes are the sequences of the records that an OpDelete removes, all of
	// them versions of ID, ascending, at least one.
	Removes []int64
}

// A Record is an entry in its place. Records are never changed but by an
// OpDelete that names them: then Raw and Seed go, and Removed is set.
type Record struct {
	Entry
	Sequence  int64     // 1, 2, 3 … without holes in each log
	DateAdded time.Time // UTC, whole microseconds, later than that of every earlier record of the log

	// Leaves are the ledger leaf hashes (LG-15): one, or for OpDelete one for
	// each removed version, in the order of Removes. nil for control records
	// that are no leaf.
	Leaves [][32]byte

	Removed bool // a later OpDelete took its bytes
	// Residue is what a removed record keeps so that its leaf can be rebuilt:
	// the salted content hash, then the salted poster hash (LG-14). nil
	// while the bytes are there.
	Residue []byte
}
