package sqlite

import (
	"context"
	"fmt"

	"accord/collections"

	"github.com/google/uuid"
)

// objectsBudget is where Objects stops: a megabyte at once keeps a slow reader
// from holding the memory of a whole page.
const objectsBudget = 1 << 20

// Objects returns the bytes of records, as many as fit in the budget.
func (s *Store) Objects(ctx context.Context, log uuid.UUID, seqs []int64) (objects []collections.StoredObject, err error) {
	err = s.read(ctx, func(c *conn) error {
		l, err := c.log(log)
		if err != nil {
			return err
		}
		size := 0
		return c.eachRaw(l.positions(seqs), func(pos int64, raw []byte) bool {
			size += len(raw)
			if size <= objectsBudget || objects == nil {
				objects = append(objects, collections.StoredObject{Sequence: sequence(pos), Raw: raw})
			}
			return size < objectsBudget
		})
	})
	return objects, err
}

// A blob takes the bytes of a column as the driver has made them, for each row
// anew, where database/sql would copy them once more. That they are nobody
// else's is proved by TestBlobsAreNew.
type blob []byte

func (b *blob) Scan(column any) error {
	var ok bool
	if *b, ok = column.([]byte); !ok {
		return fmt.Errorf("a column of bytes holds a %T", column)
	}
	return nil
}

// eachRaw calls f for those positions, ascending, that have bytes, until it
// returns false, which keeps the bytes. Neighbours are read as a range, which
// takes no search for each of them.
func (c *conn) eachRaw(positions []int64, f func(pos int64, raw []byte) bool) error {
	more := true
	row := func(scan scan) (bool, error) {
		var pos int64
		var raw blob
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

func (c *conn) object(pos int64) (raw []byte, err error) {
	_, err = c.one([]any{&raw}, `SELECT raw FROM records WHERE pos = ?`, pos)
	return raw, err
}
