package sqlite

import (
	"context"
	"slices"
	"time"

	"accord/collections"
	"accord/stix"

	"github.com/google/uuid"
)

// A logRow is a log as its row has it; c is 0 where there is none yet.
type logRow struct {
	c, last, lastAdded int64
	classes            classSet
	specs              specSet
}

// added is when the last record was added, zero for none.
func (l logRow) added() time.Time {
	if l.last == 0 {
		return time.Time{}
	}
	return date(l.lastAdded)
}

// log reads the row of a log.
func (c *conn) log(id uuid.UUID) (l logRow, err error) {
	_, err = c.one([]any{&l.c, &l.last, &l.lastAdded, &l.classes, &l.specs},
		`SELECT c, last, last_added, classes, specs FROM logs WHERE id = ?`, id[:])
	return l, err
}

// Last returns what a clearance sees now: all up to the last record of all where
// nothing is hidden from it.
func (s *Store) Last(ctx context.Context, log uuid.UUID, clearance stix.TLP) (now collections.Moment, err error) {
	err = s.look(ctx, func(c *conn) error {
		l, err := c.log(log)
		if now.Last = l.last; err == nil && l.classes.hides(clearance) {
			return c.snapshot(func(c *conn) error {
				now.Last, err = c.last(log, clearance)
				return err
			})
		}
		return err
	})
	return now, err
}

// last looks at each class for Last. It is called in one state: a version that
// gets another class between two looks could be missed, and what it made old taken
// for new.
func (c *conn) last(log uuid.UUID, clearance stix.TLP) (last int64, err error) {
	l, err := c.log(log)
	if err != nil {
		return 0, err
	}
	for _, class := range l.classes.changing(clearance) {
		pos := l.pos(0)
		if _, err := c.one([]any{&pos}, lastOfClass, int64(class), pos, l.pos(l.last)); err != nil {
			return 0, err
		}
		last = max(last, sequence(pos))
	}
	return last, nil
}

// lastOfClass names its index: without it SQLite may go back over the table.
const lastOfClass = `SELECT pos FROM records INDEXED BY by_class WHERE class = ? AND pos > ? AND pos <= ? ORDER BY pos DESC LIMIT 1`

// The positions of a log are c<<40 | sequence.
const sequenceBits = 40

// pos returns the position of a sequence, the nearest one for a sequence that
// the log has not got.
func (l logRow) pos(seq int64) int64 {
	return l.c<<sequenceBits | min(max(seq, 0), l.last)
}

func sequence(pos int64) int64 { return pos & (1<<sequenceBits - 1) }

// positions returns the positions of those of the sequences that the log has, each
// once.
func (l logRow) positions(seqs []int64) []int64 {
	known := make([]int64, 0, len(seqs))
	for _, seq := range seqs {
		if 0 < seq && seq <= l.last {
			known = append(known, l.pos(seq))
		}
	}
	return slices.Compact(known)
}

// A typeRow is a type of a log as its row has it; number is 0 where there is none.
type typeRow struct {
	number  int64
	classes classSet
}

func (c *conn) typeRow(l logRow, name string) (t typeRow, err error) {
	_, err = c.one([]any{&t.number, &t.classes}, `SELECT type, classes FROM types WHERE c = ? AND name = ?`, l.c, name)
	return t, err
}

// A specSet is a bitmap of specification versions.
type specSet int64

var specs = []string{"2.0", "2.1"} // the places are stored

func (s specSet) with(spec string) specSet { return s | 1<<slices.Index(specs, spec) }

func isSpec(version string) bool { return slices.Contains(specs, version) }

// within reports whether all of s are in a list.
func (s specSet) within(list []string) bool {
	for i, spec := range specs {
		if s&(1<<i) != 0 && !slices.Contains(list, spec) {
			return false
		}
	}
	return true
}

// single reports whether s is one version only.
func (s specSet) single() bool { return s&(s-1) == 0 }
