package collections

import (
	"context"

	"github.com/google/uuid"
)

// An Upkeep is a store as those see it who look after it: who check what it keeps
// (Check) and who move it from one engine to another (Mover). Both engines keep this
// contract beside that of Store, on whose errors, order and durability it builds.
// Nothing here costs memory that grows with the store: lists come in parts.
type Upkeep interface {
	Store

	// Logs returns the logs that hold records, the control log among them, in the
	// order of their ids.
	Logs(ctx context.Context) ([]LogEnd, error)

	// Records returns records after a sequence, ascending, as Follow does: at most
	// limit, and as many as come for about four megabytes of bytes, at least one
	// if any is left. So a log of large objects takes no more memory than another.
	Records(ctx context.Context, log uuid.UUID, after int64, limit int) ([]Record, error)

	// Inspect returns the records that Records does and, of the same state of the
	// log, what they are to be checked against. What a record is, is read from the
	// record alone: one is Removed that has a residue, whatever marks say.
	Inspect(ctx context.Context, log uuid.UUID, after int64, limit int) (Stretch, error)

	// Mend makes what the store has derived into what the records say, in one step
	// on the newest state: of the records at seqs, of all records of the same
	// objects, and of the log as a whole. It changes nothing that a record says.
	Mend(ctx context.Context, log uuid.UUID, seqs []int64) error

	// Engine looks at what lies below the records, such as pages and indexes, and
	// returns what is wrong there, at most a hundred faults; none where the engine
	// sees to it by itself. With mend it first makes anew what follows from the
	// records. It takes its time, and with mend others wait for it.
	Engine(ctx context.Context, mend bool) ([]Fault, error)

	// Import makes records of another store part of a log, verbatim and at their own
	// places, in one step: sequences, dates, leaves, residues and posters stay
	// what they are, and what is derived becomes what Append would have made
	// of it. They ascend without holes. Those that the log has are compared and left as
	// they are, so an import may be repeated from any place; the others follow
	// the last one. A delete takes the bytes of what it names, where they are
	// still there. A record that is another one in the log, that would leave a hole,
	// or that could not have been written by Append is ErrConflict, and then
	// nothing is written.
	Import(ctx context.Context, log uuid.UUID, records []Record) error

	// Statuses returns at most limit statuses with ids after one, in the order of
	// their ids, expired ones too if they are still there; at most about
	// four megabytes of them, at least one if any is left.
	Statuses(ctx context.Context, after uuid.UUID, limit int) ([]SavedStatus, error)

	// ImportStatuses saves statuses as they are, all or none of them, each in place
	// of one with its id.
	ImportStatuses(ctx context.Context, statuses []Status) error

	// Finish makes a store that was opened for importing one like any other. Until
	// then nobody can open it but to go on importing. It has no effect on others.
	Finish(ctx context.Context) error
}

// A LogEnd is a log and its last sequence: the larger one, where the log and its
// records disagree.
type LogEnd struct {
	Log  uuid.UUID
	Last int64
}

// A Stretch is a part of a log in one state, for Check.
type Stretch struct {
	Records []Record // ascending

	// Related are, by object id, all records that add or delete versions of the
	// objects that Records are about, ascending, without their bytes.
	Related map[string][]Record

	// Faults are in what the store has derived from the records, and in how it
	// keeps them.
	Faults []Fault
}

// A SavedStatus is a status where it is kept.
type SavedStatus struct {
	ID uuid.UUID // under which it is found
	Status
	Fault string // why Status can't be read, or is not what it is kept as; "" for none
}

// A Fault is something in a store that is not as the records say, or a record
// that is not as it was written.
type Fault struct {
	Log      uuid.UUID // zero for what is of no log
	Sequence int64     // 0 for what is of no record
	Rule     Rule
	Found    string
	Expected string
	Derived  bool // it follows from the records, so Mend can make it right
	Mended   bool
}

// A Rule is what a fault breaks.
type Rule string

// The rules that Check proves.
const (
	RuleSequence Rule = "sequence" // 1, 2, 3 … without holes (P1)
	RuleDate     Rule = "date"     // later than that of the record before (P1)
	RuleRecord   Rule = "record"   // its parts go together
	RuleHash     Rule = "hash"     // the bytes have the hash that the record says (P3)
	RuleLeaf     Rule = "leaf"     // the ledger's leaves follow from the record (P7)
	RuleDelete   Rule = "delete"   // deletes name what is removed, each version once
	RuleMark     Rule = "mark"     // where it shows follows from the versions of its object (P6)
	RuleIndex    Rule = "index"    // it is found by what it is looked up by
	RuleStatus   Rule = "status"   // it can be read, under its own id
	RuleEngine   Rule = "engine"   // what lies below the records is whole
)

// VersionsOf returns the versions that are among records, in their order.
func VersionsOf(records []Record) []Version {
	versions := make([]Version, 0, len(records))
	for _, r := range records {
		if r.Op == OpAdd {
			versions = append(versions, r.Made())
		}
	}
	return versions
}
