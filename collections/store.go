package collections

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"accord/stix"

	"github.com/google/uuid"
)

// A Store keeps logs of records. Two engines keep this contract, and storetest
// proves it of both. All methods may be called from many goroutines. Errors
// other than those named are of kind ErrUnavailable (the engine is full, busy
// or gone), of kind ErrBusy (too many calls of one party wait) or have no kind (a
// fault of ours). A cancelled context leaves either the whole effect behind or
// none of it.
//
// Calls are served by turns of the parties: that of the Caller in ctx, or without
// one that of the server itself.
//
// Order (P1). In each log sequences are 1, 2, 3 … without holes and DateAdded
// increases strictly with them, whatever the clock does. Records become visible
// in that order: whoever has seen sequence n has seen, or will never see,
// everything before n.
//
// Durability (P2). What Append returned without an error survives kill -9 and
// power loss at any later instant.
//
// Several stores, also in several processes, may be open on one place; together
// they keep one set of logs. What a method returns belongs to the caller.
type Store interface {
	// Append runs decide on the state of the log at its last sequence and makes
	// what it returns part of the log as one step: all of the entries, the
	// marks that follow from them, and the status become visible and durable
	// together, or nothing does. Only where the engine has no transactions and the
	// process dies in the middle may the first of the entries stay, without a status
	// and with nobody told; who repeats the call finds them there. When the log has moved since the state was
	// read, decide is run again on the new state, so it must have no effects of
	// its own. An error of decide is returned as it is, and nothing is written.
	// A decision without entries still proves that the log had not moved.
	// A log that was never appended to is empty and needs no creation. An
	// OpDelete that names anything but versions of its object that are still
	// there is ErrConflict. A store may hold a lock while decide runs, so
	// decide asks its State and never the store.
	Append(ctx context.Context, log uuid.UUID, decide Decide) ([]Record, error)

	// Last returns what a clearance sees of a log now. It knows of every Append
	// that has returned, of any store on the place. It costs far less than a page.
	Last(ctx context.Context, log uuid.UUID, clearance stix.TLP) (Moment, error)

	// Page returns the positions of one page of a log, ascending, and of the first
	// objects that the query wants as many as come for less than Objects costs, maybe
	// none. It costs what
	// the page costs: no count, no scan of what the query leaves out, for
	// queries of the latest and of all versions, with and without types.
	Page(ctx context.Context, log uuid.UUID, q Query) (Page, error)

	// Objects returns the bytes of records of a log in the order of seqs, which
	// ascend, beginning with the first; one that comes twice counts once. It returns as many as fit in a budget
	// of about a megabyte and at least one if any is left; the caller asks again
	// after the last one it got. Records removed meanwhile, unknown sequences
	// and records without bytes are left out. No resource of the store is held
	// when it returns.
	Objects(ctx context.Context, log uuid.UUID, seqs []int64) ([]StoredObject, error)

	// Manifest returns the versions at seqs (ascending), removed ones included;
	// unknown sequences and records that are no versions are left out.
	Manifest(ctx context.Context, log uuid.UUID, seqs []int64) ([]Version, error)

	// Versions returns every version ever stored of the given objects, removed
	// ones included, by object id, each list ascending by sequence. Objects
	// never stored are absent.
	Versions(ctx context.Context, log uuid.UUID, ids []string) (map[string][]Version, error)

	// Follow returns up to limit whole records after a sequence, ascending,
	// all operations, removed ones without their bytes.
	Follow(ctx context.Context, log uuid.UUID, after int64, limit int) ([]Record, error)

	// Status returns a status saved by Append, until it expires. Then, and for
	// an unknown id: ErrNotFound.
	Status(ctx context.Context, id uuid.UUID) (Status, error)

	// RecordAccesses keeps accesses, all or none of them, apart from every log;
	// they are durable when it returns. They get times in the order of the
	// list, each in whole microseconds and later than every access that was
	// there when it began: their own time where that is later, else a
	// microsecond after the one before. So no two have one time, and a time is
	// a place to go on from. An empty list does nothing.
	RecordAccesses(ctx context.Context, accesses []Access) error

	// Accesses returns at most q.Limit accesses, by time. It costs what they
	// cost and what their kinds do, however many others there are.
	Accesses(ctx context.Context, q AccessQuery) ([]Access, error)

	// ForgetAccesses removes accesses older than a time, the oldest first and
	// at most so many, and reports whether there are more of them.
	ForgetAccesses(ctx context.Context, before time.Time, most int) (more bool, err error)

	// Ready reports whether the store takes writes now, by writing.
	Ready(ctx context.Context) error

	// Close waits for what Append has begun and releases the store. Later calls
	// return ErrUnavailable.
	Close() error
}

// A Moment is a state of a log, as a clearance sees it.
type Moment struct {
	// Last is the sequence of the last record that changed what the clearance
	// sees, 0 for none: an object that it admits, or the delete of one. Two reads
	// between which it stays the same saw one state. What comes that the clearance
	// does not admit leaves it as it is (P6).
	Last int64
	// Horizon is for Query.Horizon.
	Horizon int64
}

// A Decide function sees the state of a log at its last sequence and says what
// to append. It may be run several times and must have no effects.
type Decide func(ctx context.Context, s State) (Decision, error)

// Guarded runs decide so that a panic in it does not end a store's writer, which
// serves others.
func (decide Decide) Guarded(ctx context.Context, s State) (d Decision, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a decide function: %v\n%s", p, debug.Stack())
		}
	}()
	return decide(ctx, s)
}

// A Decision is what a Decide function wants written.
type Decision struct {
	Entries []Entry
	Status  *Status // saved with the entries; nil for none
}

// A State is a log as it stands at its last sequence, for Decide functions.
type State interface {
	// Last is the sequence of the last record, 0 for an empty log. The entries
	// of the decision get Last+1, Last+2 …
	Last() int64
	// Versions is as Store.Versions.
	Versions(ctx context.Context, ids []string) (map[string][]Version, error)
	// Object returns the bytes at a sequence; nil if they are gone, or where
	// there is no such record.
	Object(ctx context.Context, seq int64) ([]byte, error)
	// Follow is as Store.Follow.
	Follow(ctx context.Context, after int64, limit int) ([]Record, error)
}

// A Version is one stored version of an object, without its bytes.
type Version struct {
	Sequence    int64
	ID          string
	Type        string
	SpecVersion string
	Timestamp   stix.Timestamp // Entry.Version; "" where the object has none
	DateAdded   time.Time
	Rank        stix.TLP
	Hash        [32]byte // SHA-256 of the posted bytes
	Party       string   // who stored it
	Removed     bool
}

// Value is the version as TAXII shows it: the object's own timestamp, else the
// date it was added (TAXII 2.1 §3.4.1, §5.3.1).
func (v Version) Value() stix.Timestamp {
	if v.Timestamp != "" {
		return v.Timestamp
	}
	return stix.Timestamp(FormatDateAdded(v.DateAdded))
}

// FormatDateAdded writes a TAXII timestamp: RFC 3339, UTC, six fractional
// digits (TAXII 2.1 §2).
func FormatDateAdded(t time.Time) string {
	return t.UTC().Format("2006-01-02T15:04:05.000000Z")
}

// A StoredObject is the posted bytes in their place.
type StoredObject struct {
	Sequence int64
	Raw      []byte
}

// A Query asks for a page of the world that a clearance admits: the records
// whose rank is at most Clearance and that are not removed. Which version is
// the latest or the first is decided within that world (P6).
type Query struct {
	Clearance  stix.TLP
	After      int64     // only sequences after this one
	AddedAfter time.Time // only records added strictly after it; zero for no bound
	Limit      int       // at most so many records; at least 1
	IDs        []string  // only these objects; nil for all
	Types      []string  // only these types; nil for all
	Versions   VersionFilter

	// Objects is of how many records of the page the bytes are wanted too.
	Objects int
	// Horizon, of a Moment, allows a page of the state that the log had then, of
	// which a store may know without a look; zero asks for the newest state.
	Horizon int64
}

// A Page is the result of a query.
type Page struct {
	Sequences   []int64   // ascending, at most Query.Limit
	More        bool      // at least one more record follows
	First, Last time.Time // DateAdded of the first and last record; zero for an empty page

	Objects []StoredObject // of the first of the records, where the query wants them
}
