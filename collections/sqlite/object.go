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
		objects, err = c.objects(l.positions(seqs))
		return err
	})
	return objects, err
}

// objects returns as many of the bytes at positions as fit in the budget.
func (c *conn) objects(positions []int64) (objects []collections.StoredObject, err error) {
	size := 0
	err = c.eachRaw(positions, func(pos int64, raw []byte) bool {
		size += len(raw)
		if size <= objectsBudget || objects == nil {
			objects = append(objects, collections.StoredObject{Sequence: sequence(pos), Raw: raw})
		}
		return size < objectsBudget
	})
	return objects, err
}

// A blob takes the bytes of a column as the driver has made them, for each row
// anew, where database/sql would copy them once more. That they are nobody
// else's is proved by TestBlobsAreNew.
type blob []byte

func (b *blob) Scan(column any) error {
	raw, ok := column.([]byte)
	if *b = raw; !ok && column != nil {
		return fmt.Errorf("a column of bytes holds a %T", column)
	}
	return nil
}

// eachRaw calls f for those positions, ascending, that have bytes, until it
// returns false. f keeps the bytes.
func (c *conn) eachRaw(positions []int64, f func(pos int64, raw []byte) bool) error {
	if n := len(positions); n > 0 && positions[n-1]-positions[0] < int64(n) {
		return c.eachRawBetween(positions[0], positions[n-1], f)
	}
	more := true
	return inLists(positions, func(list string, args []any) error {
		if !more {
			return nil
		}
		return c.each(func(scan scan) (bool, error) {
			var pos int64
			var raw blob
			err := scan(&pos, &raw)
			more = err == nil && f(pos, raw)
			return more, err
		}, `SELECT pos, raw FROM records WHERE pos IN `+list+` AND raw IS NOT NULL ORDER BY pos`, args...)
	})
}

// eachRawBetween is eachRaw for all positions from first to last. They are read
// as a range, and as there is a record at each of them, none needs to say which
// it is: that takes two thirds of the time of a list.
func (c *conn) eachRawBetween(first, last int64, f func(pos int64, raw []byte) bool) error {
	pos := first - 1
	return c.each(func(scan scan) (bool, error) {
		var raw blob
		err := scan(&raw)
		pos++
		return err == nil && (raw == nil || f(pos, raw)), err
	}, `SELECT raw FROM records WHERE pos BETWEEN ? AND ? ORDER BY pos`, first, last)
}

func (c *conn) object(pos int64) (raw []byte, err error) {
	_, err = c.one([]any{&raw}, `SELECT raw FROM records WHERE pos = ?`, pos)
	return raw, err
}
