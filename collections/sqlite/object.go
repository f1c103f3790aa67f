package sqlite

import (
	"context"
	"database/sql"

	"accord/collections"

	"github.com/google/uuid"
)

// objectsBudget is where Objects stops: a megabyte at once keeps a slow reader
// from holding the memory of a whole page.
const objectsBudget = 1 << 20

// Objects returns the bytes of records, as many as fit in the budget.
func (s *Store) Objects(ctx context.Context, log uuid.UUID, seqs []int64) ([]collections.StoredObject, error) {
	var a arena
	err := s.read(ctx, func(c *conn) error {
		l, err := c.log(log)
		if err != nil {
			return err
		}
		return c.eachRaw(l.positions(seqs), a.take)
	})
	return a.objects, err
}

// eachRaw calls f for those positions, ascending, that have bytes, until it
// returns false. The bytes are good during the call only. Neighbours are read
// as a range, which takes no search for each of them.
func (c *conn) eachRaw(positions []int64, f func(pos int64, raw []byte) bool) error {
	more := true
	row := func(scan scan) (bool, error) {
		var pos int64
		var raw sql.RawBytes
		err := scan(&pos, &raw)
		more = err == nil && f(pos, raw)
		return more, err
	}
	if n := len(positions); n > 0 && positions[n-1]-positions[0] < int64(n) {
		return c.each(row, `SELECT pos, raw FROM records WHERE pos BETWEEN ? AND ? AND raw IS NOT NULL ORDER BY pos`, positions[0], positions[n-1])
	}
	return inLists(positions, func(list string, args []any) error {
		if !more {
			return nil
		}
		return c.each(row, `SELECT pos, raw FROM records WHERE pos IN `+list+` AND raw IS NOT NULL ORDER BY pos`, args...)
	})
}

// An arena holds the bytes of many objects in few pieces of memory.
type arena struct {
	objects []collections.StoredObject
	size    int
	free    []byte // the rest of the newest piece
}

// take copies an object unless it is beyond the budget, and reports whether
// there is room for more. The first always fits.
func (a *arena) take(pos int64, raw []byte) bool {
	if a.size += len(raw); a.size > objectsBudget && a.objects != nil {
		return false
	}
	if len(raw) > cap(a.free) {
		a.free = make([]byte, 0, max(len(raw), min(arenaPiece, 2*a.size)))
	}
	end := len(raw)
	kept := append(a.free[:0:end], raw...)
	a.free = a.free[end:cap(a.free)][:0]
	a.objects = append(a.objects, collections.StoredObject{Sequence: sequence(pos), Raw: kept})
	return a.size < objectsBudget
}

// arenaPiece is the largest piece of memory that holds several objects.
const arenaPiece = 64 << 10

func (c *conn) object(pos int64) (raw []byte, err error) {
	_, err = c.one([]any{&raw}, `SELECT raw FROM records WHERE pos = ?`, pos)
	return raw, err
}
