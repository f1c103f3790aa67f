package sqlite

import (
	"context"

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
		return inLists(l.positions(seqs), func(list string, args []any) error {
			if size >= objectsBudget {
				return nil
			}
			return c.each(func(scan scan) (bool, error) {
				var pos int64
				var raw []byte
				err := scan(&pos, &raw)
				size += len(raw)
				if err == nil && (size <= objectsBudget || objects == nil) {
					objects = append(objects, collections.StoredObject{Sequence: sequence(pos), Raw: raw})
				}
				return size < objectsBudget, err
			}, `SELECT pos, raw FROM records WHERE pos IN `+list+` AND raw IS NOT NULL ORDER BY pos`, args...)
		})
	})
	return objects, err
}

func (c *conn) object(pos int64) (raw []byte, err error) {
	_, err = c.one([]any{&raw}, `SELECT raw FROM records WHERE pos = ?`, pos)
	return raw, err
}
