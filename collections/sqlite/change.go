package sqlite

import (
	"fmt"
	"slices"
	"time"

	"accord/collections"
	"accord/stix"

	"github.com/google/uuid"
)

// A change is what the entries of one decision do to a log. It is made whole
// before anything is written, so that entries that can't be have no effect.
type change struct {
	log     uuid.UUID
	state   *state
	records []collections.Record             // the new ones
	classes []class                          // theirs
	touched map[string][]collections.Version // all versions of the objects of the entries, after the change
	removed []collections.Record             // earlier records that lose their bytes
	moved   []move
}

// A move is an earlier record that gets another class.
type move struct {
	version collections.Version
	class   class
}

// change works out what entries do. Their dates follow the clock, but always
// the last date of the log (P1).
func (s *state) change(log uuid.UUID, entries []collections.Entry, now time.Time) (*change, error) {
	c := &change{
		log: log, state: s, touched: make(map[string][]collections.Version, len(entries)),
		records: make([]collections.Record, len(entries)), classes: make([]class, len(entries)),
	}
	if err := c.lookUp(entries); err != nil {
		return nil, err
	}
	added := max(now.UnixMicro(), s.log.lastAdded+1)
	for i, e := range entries {
		c.records[i] = collections.Record{Entry: e, Sequence: s.log.last + int64(i) + 1, DateAdded: date(added + int64(i))}
		if err := c.place(i); err != nil {
			return nil, err
		}
	}
	c.mark()
	return c, nil
}

// lookUp makes all versions of the objects known that the entries touch.
func (c *change) lookUp(entries []collections.Entry) error {
	var ids []string
	for _, e := range entries {
		if e.Op != collections.OpControl {
			ids = append(ids, e.ID)
		}
	}
	return c.state.lookUp(ids)
}

// place completes new record i.
func (c *change) place(i int) error {
	r := &c.records[i]
	c.classes[i] = classOther
	switch r.Op {
	case collections.OpAdd:
		return c.add(r)
	case collections.OpDelete:
		return c.remove(r)
	case collections.OpControl:
		r.Leaves = r.LeafHashes(c.log, nil)
		return nil
	}
	return fmt.Errorf("entry %d has the unknown operation %d", i, r.Op)
}

func (c *change) add(r *collections.Record) error {
	if !slices.Contains(specs, r.SpecVersion) {
		return fmt.Errorf("object %q has the unknown specification version %q", r.ID, r.SpecVersion)
	}
	r.Leaves = r.LeafHashes(c.log, nil)
	c.touched[r.ID] = append(c.versions(r.ID), collections.Version{
		Sequence: r.Sequence, ID: r.ID, Type: r.Type, SpecVersion: r.SpecVersion, Timestamp: r.Version,
		DateAdded: r.DateAdded, Rank: r.Rank, Hash: r.Hash, Party: r.Poster.Party,
	})
	return nil
}

// versions returns the versions of an object as this change has them so far.
func (c *change) versions(id string) []collections.Version {
	if vs, ok := c.touched[id]; ok {
		return vs
	}
	return slices.Clone(c.state.known[id])
}

// remove takes the bytes of the versions that a delete names.
func (c *change) remove(r *collections.Record) error {
	versions := c.versions(r.ID)
	c.touched[r.ID] = versions
	leaves := make([]collections.Removed, len(r.Removes))
	lowest := stix.Red
	for i, seq := range r.Removes {
		v := slices.IndexFunc(versions, func(v collections.Version) bool { return v.Sequence == seq && !v.Removed })
		if v < 0 {
			return collections.Errorf(collections.ErrConflict, "record %d is no version of %q that could be removed", seq, r.ID)
		}
		versions[v].Removed = true
		old, err := c.record(seq)
		if err != nil {
			return err
		}
		leaves[i] = collections.Removed{Hash: old.Leaves[0], Rank: old.Rank}
		lowest = min(lowest, old.Rank)
		old.Residue = collections.Residue(*old)
		old.Removed, old.Raw, old.Seed = true, nil, [16]byte{}
	}
	if len(leaves) == 0 {
		return fmt.Errorf("the delete of %q names no version", r.ID)
	}
	r.Leaves = r.LeafHashes(c.log, leaves)
	c.classes[c.index(r.Sequence)] = classDelete + class(lowest)
	return nil
}

// index is the place of a new record among those of the change; negative for an
// earlier one.
func (c *change) index(seq int64) int64 { return seq - c.state.log.last - 1 }

// record returns a record that is about to be removed: a new one, or an earlier
// one, which is then among those that the change writes.
func (c *change) record(seq int64) (*collections.Record, error) {
	if i := c.index(seq); i >= 0 {
		return &c.records[i], nil
	}
	records, err := c.state.conn.follow(c.state.log, seq-1, 1)
	if err != nil {
		return nil, err
	}
	c.removed = append(c.removed, records[0])
	return &c.removed[len(c.removed)-1], nil
}

// mark gives each version of the touched objects the class that follows from
// all of them.
func (c *change) mark() {
	for id, after := range c.touched {
		before := c.state.known[id]
		if len(before) == 0 && len(after) == 1 && !after[0].Removed {
			c.classes[c.index(after[0].Sequence)] = classOf(after[0].Rank, collections.NoneNewer)
			continue // as for most; it saves the work below
		}
		was, is := collections.Marks(before), collections.Marks(after)
		for i, v := range after {
			class := classOf(v.Rank, is[i])
			if v.Removed {
				class = classRemoved
			}
			if at := c.index(v.Sequence); at >= 0 {
				c.classes[at] = class
			} else if v.Removed != before[i].Removed || !v.Removed && is[i] != was[i] {
				c.moved = append(c.moved, move{v, class})
			}
		}
	}
}
