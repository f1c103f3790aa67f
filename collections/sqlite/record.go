package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"accord/collections"

	"github.com/google/uuid"
)

// recordsFrom is a record beside what its numbers stand for. The joins are look-ups
// for each record, in this order.
const recordsFrom = ` FROM records r CROSS JOIN types t ON t.type = r.type CROSS JOIN posters p ON p.poster = r.poster `

// recordColumns are those of a record but for its bytes, as recordRow reads them.
const recordColumns = `r.pos, r.class, t.name, r.added, r.op, r.spec, p.party, p.unit, p.jti, r.id, r.version,` +
	` r.rank, r.hash, r.seed, r.leaf, r.rules, r.removes, r.residue`

const selectRecord = `SELECT ` + recordColumns + `, r.raw` + recordsFrom

// Follow returns up to limit records after a sequence.
func (s *Store) Follow(ctx context.Context, log uuid.UUID, after int64, limit int) (records []collections.Record, err error) {
	err = s.read(ctx, func(c *conn) error {
		l, err := c.log(log)
		if err == nil {
			records, err = c.follow(l, after, limit)
		}
		return err
	})
	return records, err
}

func (c *conn) follow(l logRow, after int64, limit int) (records []collections.Record, err error) {
	err = c.each(func(scan scan) (bool, error) {
		r, err := scanRecord(scan)
		records = append(records, r)
		return true, err
	}, selectRecord+`WHERE r.pos > ? AND r.pos <= ? ORDER BY r.pos LIMIT +?`, l.pos(after), l.pos(l.last), max(limit, 0))
	return records, err
}

func scanRecord(scan scan) (collections.Record, error) {
	var row recordRow
	if err := scan(row.columns(&row.Raw)...); err != nil {
		return row.Record, err
	}
	return row.Record, row.complete()
}

// A recordRow is a record as it is read.
type recordRow struct {
	collections.Record
	class                   class
	pos, added              int64
	hash, seed, leaf, rules []byte
	removes                 *string
}

// columns are where recordColumns go, and some more that are read with them.
func (r *recordRow) columns(more ...any) []any {
	columns := append(make([]any, 0, 24), &r.pos, &r.class, &r.Type, &r.added, &r.Op, &r.SpecVersion, &r.Poster.Party, &r.Poster.Unit, &r.Poster.JTI,
		&r.ID, &r.Version, &r.Rank, &r.hash, &r.seed, &r.leaf, &r.rules, &r.removes, &r.Residue)
	return append(columns, more...)
}

// complete makes the record of its columns.
func (r *recordRow) complete() error {
	r.Sequence, r.DateAdded, r.Removed = sequence(r.pos), date(r.added), r.class == classRemoved
	for _, c := range []struct{ to, from []byte }{{r.Hash[:], r.hash}, {r.Seed[:], r.seed}, {r.Rules[:], r.rules}} {
		if n := copy(c.to, c.from); n != len(c.from) || n != 0 && n != len(c.to) {
			return fmt.Errorf("record %d has a column of %d bytes where %d belong", r.Sequence, len(c.from), len(c.to))
		}
	}
	if len(r.leaf)%len(r.Hash) != 0 {
		return fmt.Errorf("record %d has leaves of %d bytes, no multiple of %d", r.Sequence, len(r.leaf), len(r.Hash))
	}
	for l := range slices.Chunk(r.leaf, len(r.Hash)) {
		r.Leaves = append(r.Leaves, [32]byte(l))
	}
	if r.removes == nil {
		return nil
	}
	if err := json.Unmarshal([]byte(*r.removes), &r.Removes); err != nil {
		return fmt.Errorf("record %d names what it removes as %.100q: %w", r.Sequence, *r.removes, err)
	}
	return nil
}

func date(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

// One row for each statement: many rows in one cost the same.
const insertRecord = `INSERT INTO records (pos, class, type, idkey, c, added, op, spec, poster, id, version,` +
	` rank, hash, seed, leaf, rules, removes, residue, raw) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// A row is a record with its numbers, as it is inserted.
type row struct {
	*collections.Record
	class             class
	c, number, poster int64 // log, type, poster
}

// args are the arguments of insertRecord.
func (r row) args() []any {
	return []any{r.c<<sequenceBits | r.Sequence, int64(r.class), r.number, idKey(r.ID), r.c, r.DateAdded.UnixMicro(),
		int64(r.Op), r.SpecVersion, r.poster, r.ID, string(r.Version), int64(r.Rank),
		unlessZero(r.Hash[:]), unlessZero(r.Seed[:]), r.leafBytes(), unlessZero(r.Rules[:]), r.removesText(), orNull(r.Residue), orNull(r.Raw)}
}

func (r row) leafBytes() any {
	if r.Leaves == nil {
		return nil
	}
	b := make([]byte, 0, len(r.Leaves)*len(r.Hash))
	for _, l := range r.Leaves {
		b = append(b, l[:]...)
	}
	return b
}

func (r row) removesText() any {
	if r.Removes == nil {
		return nil
	}
	text, _ := json.Marshal(r.Removes) // integers can't fail
	return string(text)
}

// unlessZero returns a value for SQLite: the bytes, NULL where all are zero.
func unlessZero(b []byte) any {
	for _, x := range b {
		if x != 0 {
			return b
		}
	}
	return nil
}

func orNull(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}
