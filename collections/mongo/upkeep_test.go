package mongo

import (
	"errors"
	"strings"
	"testing"
	"time"

	"accord/collections"
	"accord/collections/storetest"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// P8: the contract of those who look after a store, and what Check finds.
func TestUpkeep(t *testing.T) {
	deployment(t)
	storetest.RunUpkeep(t, func(t *testing.T, dir string, now func() time.Time) collections.Store {
		s, err := Open(t.Context(), database(t, dir), Options{Now: now, MaxSkew: -1})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}, spoils)
}

// open opens the store of a test's folder.
func open(t *testing.T, dir string, o Options) *Store {
	t.Helper()
	o.MaxSkew = -1
	s, err := Open(t.Context(), database(t, dir), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// change is damage to the document of a record.
func change(seq int64, update bson.D) func(*testing.T, string, uuid.UUID) {
	return func(t *testing.T, dir string, log uuid.UUID) {
		s := open(t, dir, Options{})
		defer s.Close()
		l, err := s.log(t.Context(), log)
		if err == nil {
			err = changed(s.records.UpdateOne(t.Context(), byID(l.C<<sequenceBits|seq), update))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// changeLog is damage to the document of a log.
func changeLog(update bson.D) func(*testing.T, string, uuid.UUID) {
	return func(t *testing.T, dir string, log uuid.UUID) {
		s := open(t, dir, Options{})
		defer s.Close()
		if err := changed(s.logs.UpdateOne(t.Context(), bson.D{{Key: "log", Value: uuidOf(log)}}, update)); err != nil {
			t.Fatal(err)
		}
	}
}

func changeStatus(update bson.D) func(*testing.T, string, uuid.UUID) {
	return func(t *testing.T, dir string, _ uuid.UUID) {
		s := open(t, dir, Options{})
		defer s.Close()
		if err := changed(s.statuses.UpdateOne(t.Context(), bson.D{}, update)); err != nil {
			t.Fatal(err)
		}
	}
}

func changed(r *mongo.UpdateResult, err error) error {
	if err == nil && r.ModifiedCount != 1 {
		err = errors.New("nothing was changed")
	}
	return err
}

// drop is damage by which a record is gone.
func drop(seq int64) func(*testing.T, string, uuid.UUID) {
	return func(t *testing.T, dir string, log uuid.UUID) {
		s := open(t, dir, Options{})
		defer s.Close()
		l, err := s.log(t.Context(), log)
		if err == nil {
			_, err = s.records.DeleteOne(t.Context(), byID(l.C<<sequenceBits|seq))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// watermark takes the watermark of a log back, as if a server had died before it moved on.
func watermark(applied int64, l lasts) bson.D {
	back := bson.D{{Key: "applied", Value: applied}}
	for name, last := range l.sequences() {
		back = append(back, bson.E{Key: name, Value: *last})
	}
	return bson.D{{Key: "$set", Value: back}}
}

var zeros = make([]byte, 64)

var spoils = []storetest.Spoil{
	{Name: "kind", Do: change(2, set("m", markOf(7, 5))), Rule: collections.RuleMark, Sequence: 2, Derived: true},
	{Name: "mark of what is gone", Do: change(1, set("m", markOf(4, 5))), Rule: collections.RuleMark, Sequence: 1, Derived: true},
	{Name: "mark of what is there", Do: change(9, set("m", markOf(9, kindRemoved))), Rule: collections.RuleMark, Sequence: 9, Derived: true},
	{Name: "mark of a delete", Do: change(8, set("m", markOf(8, 5))), Rule: collections.RuleMark, Sequence: 8, Derived: true},
	{Name: "mark before its time", Do: change(7, set("m", markOf(1, 5))), Rule: collections.RuleMark, Sequence: 7, Derived: true},
	{Name: "mark behind the end", Do: change(2, set("m", markOf(1000, 5))), Rule: collections.RuleMark, Sequence: 2, Derived: true},
	{Name: "mark of another object", Do: change(2, set("m", markOf(3, 1))), Rule: collections.RuleMark, Sequence: 2, Derived: true},
	{Name: "key of the id", Do: change(2, set("o", int64(1))), Rule: collections.RuleIndex, Sequence: 2, Derived: true},
	{Name: "key of a later version", Do: change(7, set("o", int64(1))), Rule: collections.RuleIndex, Sequence: 7, Derived: true},
	{Name: "number of the log", Do: change(3, set("c", int64(77))), Rule: collections.RuleIndex, Sequence: 3, Derived: true},
	{Name: "rank that the log does not know", Do: changeLog(set("r2", int64(0))), Rule: collections.RuleIndex, Sequence: 2, Derived: true},
	{Name: "rank of a delete", Do: changeLog(set("r0", int64(3))), Rule: collections.RuleIndex, Sequence: 4, Derived: true},
	{Name: "rank behind the end", Do: changeLog(set("r4", int64(1000))), Rule: collections.RuleIndex, Sequence: 0, Derived: true},
	{Name: "specification versions", Do: changeLog(set("v20", int64(0))), Rule: collections.RuleIndex, Sequence: 6, Derived: true},
	{Name: "largest object", Do: changeLog(set("large", int64(1))), Rule: collections.RuleIndex, Sequence: 2, Derived: true},

	{Name: "died before its watermark", Do: changeLog(watermark(6, lasts{Rank0: 4, Rank1: 6, Rank2: 2, Rank4: 5, Spec0: 6, Spec1: 5}))},
	{Name: "died long before its watermark", Do: changeLog(watermark(3, lasts{Rank0: 3, Rank2: 2, Spec1: 3}))},
	{Name: "died before its first watermark", Do: changeLog(watermark(0, lasts{}))},

	{Name: "bytes", Do: change(2, set("raw", []byte("{}"))), Rule: collections.RuleHash, Sequence: 2},
	{Name: "no bytes", Do: change(2, set("raw", nil)), Rule: collections.RuleHash, Sequence: 2},
	{Name: "packed bytes", Do: change(2, set("packed", []byte("{}"))), Rule: collections.RuleRecord, Sequence: 2},
	{Name: "hash", Do: change(2, set("hash", zeros[:32])), Rule: collections.RuleLeaf, Sequence: 2},
	{Name: "leaf", Do: change(2, set("leaf", zeros[:32])), Rule: collections.RuleLeaf, Sequence: 2},
	{Name: "leaf of a delete", Do: change(4, set("leaf", zeros[:32])), Rule: collections.RuleLeaf, Sequence: 4},
	{Name: "leaf of another length", Do: change(2, set("leaf", zeros[:31])), Rule: collections.RuleRecord, Sequence: 2},
	{Name: "rank", Do: change(2, set("tlp", 4)), Rule: collections.RuleLeaf, Sequence: 2},
	{Name: "rank that is none", Do: change(2, set("tlp", 99)), Rule: collections.RuleRecord, Sequence: 2},
	{Name: "date", Do: change(7, set("at", int64(0))), Rule: collections.RuleDate, Sequence: 7},
	{Name: "specification", Do: change(2, set("spec", "3")), Rule: collections.RuleRecord, Sequence: 2},
	{Name: "operation", Do: change(2, set("op", 9)), Rule: collections.RuleRecord, Sequence: 2},
	{Name: "residue", Do: change(1, set("residue", zeros)), Rule: collections.RuleLeaf, Sequence: 1},
	{Name: "residue and bytes", Do: change(3, set("residue", zeros)), Rule: collections.RuleRecord, Sequence: 3},
	{Name: "deleted and there", Do: change(1, bson.D{{Key: "$unset", Value: fields("residue")}}), Rule: collections.RuleDelete, Sequence: 1},
	{Name: "delete of what is there", Do: change(4, set("removes", []int64{2})), Rule: collections.RuleDelete, Sequence: 4},
	{Name: "delete of another object", Do: change(4, set("removes", []int64{3})), Rule: collections.RuleDelete, Sequence: 4},
	{Name: "deleted twice", Do: change(8, set("removes", []int64{5, 5})), Rule: collections.RuleDelete, Sequence: 5},
	{Name: "hole", Do: drop(3), Rule: collections.RuleSequence, Sequence: 4},
	{Name: "lost end", Do: drop(9), Rule: collections.RuleSequence, Sequence: 9},
	{Name: "watermark behind the end", Do: changeLog(set("applied", int64(1000))), Rule: collections.RuleSequence, Sequence: 10},
	{Name: "status", Do: changeStatus(set("data", []byte("{"))), Rule: collections.RuleStatus},
	{Name: "part of a status", Do: changeStatus(set("parts", 2)), Rule: collections.RuleStatus},
	{Name: "date of a status", Do: changeStatus(set("until", int64(1))), Rule: collections.RuleStatus},
}

// A database that is half of a store is opened to go on with it and for nothing else;
// finished, it is a store like any other.
func TestImporting(t *testing.T) {
	dir := t.TempDir()
	uri := database(t, dir)
	refuses := func(o Options, kind error, want string) {
		t.Helper()
		o.MaxSkew = -1
		_, err := Open(t.Context(), uri, o)
		if known := (*collections.Error)(nil); !errors.As(err, &known) || !errors.Is(err, kind) || !strings.Contains(known.Detail, want) {
			t.Errorf("Open with Importing %t: %v; want a collections.Error with %q", o.Importing, err, want)
		}
	}
	s := open(t, dir, Options{Importing: true})
	refuses(Options{}, collections.ErrInvalid, "half of a store")
	refuses(Options{Existing: true}, collections.ErrInvalid, "half of a store")
	s.Close()
	s = open(t, dir, Options{Importing: true})
	if err := s.Finish(t.Context()); err != nil {
		t.Error(err)
	}
	s.Close()
	refuses(Options{Importing: true}, collections.ErrConflict, "is a store already")
	s = open(t, dir, Options{Existing: true})
	if err := s.Finish(t.Context()); err != nil { // of another it has no effect
		t.Error(err)
	}
	s.Close()
	open(t, dir, Options{}).Close()
}
