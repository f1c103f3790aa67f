package sqlite

import (
	"context"
	"fmt"

	"accord/collections"

	"github.com/google/uuid"
)

var _ collections.Upkeep = (*Store)(nil)

// upkeepBudget is where lists of records and of statuses stop.
const upkeepBudget = 4 << 20

// lastSequence is the last one that a log can have.
const lastSequence = 1<<sequenceBits - 1

// Logs returns the logs that hold records.
func (s *Store) Logs(ctx context.Context) (ends []collections.LogEnd, err error) {
	err = s.read(ctx, func(c *conn) error {
		var numbers []int64
		var ids []uuid.UUID
		err := c.each(func(scan scan) (bool, error) {
			var number int64
			var id uuid.UUID
			err := scan(&number, &id)
			numbers, ids = append(numbers, number), append(ids, id)
			return true, err
		}, `SELECT c, id FROM logs ORDER BY id`)
		for i := 0; err == nil && i < len(ids); i++ {
			ends, err = c.appendEnd(ends, ids[i], numbers[i])
		}
		return err
	})
	return ends, err
}

// appendEnd adds the end of a log to others, if it has records.
func (c *conn) appendEnd(ends []collections.LogEnd, id uuid.UUID, number int64) ([]collections.LogEnd, error) {
	l, err := c.log(id)
	if err != nil {
		return nil, err
	}
	last, _, err := c.lastRecord(number)
	if last = max(last, l.last); last > 0 {
		ends = append(ends, collections.LogEnd{Log: id, Last: last})
	}
	return ends, err
}

// lastRecord returns the sequence and the date of the last record of a log, whatever the
// log's row says; 0 for none.
func (c *conn) lastRecord(number int64) (last, added int64, err error) {
	var pos int64
	_, err = c.one([]any{&pos, &added}, `SELECT pos, added FROM records WHERE pos > ? AND pos <= ? ORDER BY pos DESC LIMIT 1`,
		number<<sequenceBits, number<<sequenceBits|lastSequence)
	return sequence(pos), added, err
}

// Records returns records, as many as fit in the budget.
func (s *Store) Records(ctx context.Context, log uuid.UUID, after int64, limit int) (records []collections.Record, err error) {
	err = s.read(ctx, func(c *conn) error {
		l, err := c.log(log)
		if err != nil {
			return err
		}
		size := 0
		return c.each(func(scan scan) (bool, error) {
			r, err := scanRecord(scan)
			records = append(records, r)
			size += len(r.Raw)
			return size < upkeepBudget, err
		}, selectRecord+afterInLog, l.span(after, limit)...)
	})
	return records, err
}

// afterInLog are the records of a log after one, and span its arguments: to the end
// of the records, wherever the log's row says it is.
const afterInLog = `WHERE r.pos > ? AND r.pos <= ? ORDER BY r.pos LIMIT +?`

func (l logRow) span(after int64, limit int) []any {
	return []any{l.c<<sequenceBits | min(max(after, 0), lastSequence), l.c<<sequenceBits | lastSequence, max(limit, 0)}
}

// faultLines is how many faults of the file are told at most.
const faultLines = 100

// Engine has SQLite check its file: that pages are whole, that each index has what
// its table has, and that numbers lead somewhere. Indexes can be made anew.
func (s *Store) Engine(ctx context.Context, mend bool) (faults []collections.Fault, err error) {
	if mend {
		if err := s.write(ctx, func(g *group) error { return g.conn.exec(`REINDEX`) }); err != nil {
			return nil, err
		}
	}
	err = s.look(ctx, func(c *conn) error {
		if faults, err = c.integrity(ctx); err != nil {
			return err
		}
		orphans, err := c.orphans(ctx)
		faults = append(faults, orphans...)
		return err
	})
	return faults[:min(len(faults), faultLines)], err
}

// integrity returns what SQLite finds wrong. Unlike other statements this one runs
// long, so it has a context.
func (c *conn) integrity(ctx context.Context) (faults []collections.Fault, err error) {
	rows, err := c.sql.QueryContext(ctx, fmt.Sprintf(`PRAGMA integrity_check(%d)`, faultLines))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		f := collections.Fault{Rule: collections.RuleEngine, Derived: true, Expected: "ok"}
		if err := rows.Scan(&f.Found); err != nil {
			return nil, err
		}
		if f.Found != f.Expected {
			faults = append(faults, f)
		}
	}
	return faults, rows.Err()
}

// orphans returns the rows that refer to others which are not there.
func (c *conn) orphans(ctx context.Context) (faults []collections.Fault, err error) {
	rows, err := c.sql.QueryContext(ctx, `PRAGMA foreign_key_check`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for len(faults) < faultLines && rows.Next() {
		var table, parent string
		var row, key *int64
		if err := rows.Scan(&table, &row, &parent, &key); err != nil {
			return nil, err
		}
		faults = append(faults, collections.Fault{
			Rule: collections.RuleEngine, Found: "a row of " + table + " that refers to nothing", Expected: "a row of " + parent,
		})
	}
	return faults, rows.Err()
}

// Finish makes an imported store one like any other.
func (s *Store) Finish(ctx context.Context) error {
	return s.write(ctx, func(g *group) error { return g.conn.exec(markFinished) })
}
