package collections

import (
	"fmt"
	"slices"
	"time"

	"accord/stix"

	"github.com/google/uuid"
)

// An Effect is what the entries of one decision do to a log. Stores work it out
// whole before they write anything, so that entries that can't be have no effect.
type Effect struct {
	Records []Record // the new ones, in their places
	Removed []Record // earlier records that lose their bytes, as they are afterwards

	// Versions are, by object id, all versions of the objects that the entries add
	// or remove, as they are afterwards, ascending by sequence.
	Versions map[string][]Version
}

// A Base is what a store knows of a log before some entries.
type Base struct {
	Log   uuid.UUID
	Last  int64     // the last sequence, 0 for an empty log
	Added time.Time // when the last record was added; zero for none

	// Versions are those of the objects that the entries touch; they are not
	// changed. Record returns an earlier record.
	Versions map[string][]Version
	Record   func(seq int64) (Record, error)
}

// Effect works out what entries do. The dates of their records follow the clock,
// but always the last date of the log (P1). An OpDelete that names anything but
// versions of its object that are there is ErrConflict.
func (b Base) Effect(entries []Entry, now time.Time) (*Effect, error) {
	f := &Effect{Records: make([]Record, len(entries)), Versions: make(map[string][]Version, len(entries))}
	added := now.UTC().Truncate(time.Microsecond)
	if !added.After(b.Added) {
		added = b.Added.Add(time.Microsecond)
	}
	for i, e := range entries {
		f.Records[i] = Record{Entry: e, Sequence: b.Last + int64(i) + 1, DateAdded: added.Add(time.Duration(i) * time.Microsecond)}
		if err := f.place(b, &f.Records[i]); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// place completes a new record.
func (f *Effect) place(b Base, r *Record) error {
	switch r.Op {
	case OpAdd:
		return f.add(b, r)
	case OpDelete:
		return f.remove(b, r)
	case OpControl:
		r.Leaves = r.LeafHashes(b.Log, nil)
		return nil
	}
	return fmt.Errorf("the operation %d is not known", r.Op)
}

func (f *Effect) add(b Base, r *Record) error {
	if r.SpecVersion != "2.0" && r.SpecVersion != "2.1" {
		return fmt.Errorf("object %q has the unknown specification version %q", r.ID, r.SpecVersion)
	}
	r.Leaves = r.LeafHashes(b.Log, nil)
	f.Versions[r.ID] = append(f.versions(b, r.ID), r.Made())
	return nil
}

// versions returns the versions of an object as the effect has them so far.
func (f *Effect) versions(b Base, id string) []Version {
	if vs, ok := f.Versions[id]; ok {
		return vs
	}
	return slices.Clone(b.Versions[id])
}

// remove takes the bytes of the versions that a delete names.
func (f *Effect) remove(b Base, r *Record) error {
	versions := f.versions(b, r.ID)
	f.Versions[r.ID] = versions
	leaves := make([]Removed, len(r.Removes))
	for i, seq := range r.Removes {
		v := slices.IndexFunc(versions, func(v Version) bool { return v.Sequence == seq && !v.Removed })
		if v < 0 {
			return Errorf(ErrConflict, "record %d is no version of %q that could be removed", seq, r.ID)
		}
		versions[v].Removed = true
		old, err := f.record(b, seq)
		if err != nil {
			return err
		}
		leaves[i] = Removed{Hash: old.Leaves[0], Rank: old.Rank}
		old.Remove()
	}
	if len(leaves) == 0 {
		return fmt.Errorf("the delete of %q names no version", r.ID)
	}
	r.Leaves = r.LeafHashes(b.Log, leaves)
	return nil
}

// record returns a record that is about to be removed: a new one, or an earlier
// one, which is then among Removed.
func (f *Effect) record(b Base, seq int64) (*Record, error) {
	if i := seq - b.Last - 1; i >= 0 {
		return &f.Records[i], nil
	}
	r, err := b.Record(seq)
	if err != nil {
		return nil, err
	}
	f.Removed = append(f.Removed, r)
	return &f.Removed[len(f.Removed)-1], nil
}

// Lowest returns the lowest rank among the versions that a delete among the entries
// removes.
func (f *Effect) Lowest(r Record) stix.TLP {
	lowest := stix.Red
	for _, v := range f.Versions[r.ID] {
		if slices.Contains(r.Removes, v.Sequence) {
			lowest = min(lowest, v.Rank)
		}
	}
	return lowest
}

// Remove takes the bytes and the seed of a record and leaves what its leaf needs.
func (r *Record) Remove() {
	r.Residue = Residue(*r)
	r.Removed, r.Raw, r.Seed = true, nil, [16]byte{}
}

// Made is the version that an OpAdd makes.
func (r Record) Made() Version {
	return Version{
		Sequence: r.Sequence, ID: r.ID, Type: r.Type, SpecVersion: r.SpecVersion, Timestamp: r.Version,
		DateAdded: r.DateAdded, Rank: r.Rank, Hash: r.Hash, Party: r.Poster.Party, Removed: r.Removed,
	}
}
