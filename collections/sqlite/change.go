package sqlite

import (
	"time"

	"accord/collections"

	"github.com/google/uuid"
)

// A change is what the entries of one decision do to a log, and the classes that
// follow from it.
type change struct {
	*collections.Effect
	state   *state
	classes []class // of the new records
	moved   []move
}

// A move is an earlier record that gets another class.
type move struct {
	version collections.Version
	class   class
}

// change works out what entries do.
func (s *state) change(log uuid.UUID, entries []collections.Entry, now time.Time) (*change, error) {
	if err := s.lookUpObjects(entries); err != nil {
		return nil, err
	}
	made, err := s.base(log).Effect(entries, now)
	if err != nil {
		return nil, err
	}
	return s.marked(made), nil
}

// base is what an effect starts from.
func (s *state) base(log uuid.UUID) collections.Base {
	return collections.Base{Log: log, Last: s.log.last, Added: s.log.added(), Versions: s.known, Record: s.record}
}

// marked is an effect with the classes that follow from it.
func (s *state) marked(made *collections.Effect) *change {
	c := &change{Effect: made, state: s, classes: make([]class, len(made.Records))}
	c.mark()
	return c
}

// lookUpObjects makes all versions of the objects known that entries touch.
func (s *state) lookUpObjects(entries []collections.Entry) error {
	var ids []string
	for _, e := range entries {
		if e.Op != collections.OpControl {
			ids = append(ids, e.ID)
		}
	}
	return s.lookUp(ids)
}

func (s *state) record(seq int64) (collections.Record, error) {
	records, err := s.conn.follow(s.log, seq-1, 1)
	if err != nil {
		return collections.Record{}, err
	}
	return records[0], nil
}

// index is the place of a new record among those of the change; negative for an
// earlier one.
func (c *change) index(seq int64) int64 { return seq - c.state.log.last - 1 }

// mark gives each record the class that follows from the change.
func (c *change) mark() {
	for i, r := range c.Records {
		c.classes[i] = classOther
		if r.Op == collections.OpDelete {
			c.classes[i] = classDelete + class(c.Lowest(r))
		}
	}
	for id, after := range c.Versions {
		c.markObject(c.state.known[id], after)
	}
}

// markObject gives each version of an object the class that follows from all of
// them.
func (c *change) markObject(before, after []collections.Version) {
	if len(before) == 0 && len(after) == 1 && !after[0].Removed {
		c.classes[c.index(after[0].Sequence)] = classOf(after[0].Rank, collections.NoneNewer)
		return // as for most; it saves the work below
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
