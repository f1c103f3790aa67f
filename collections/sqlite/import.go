package sqlite

import (
	"context"

	"accord/collections"

	"github.com/google/uuid"
)

// Import makes records of another store part of a log.
func (s *Store) Import(ctx context.Context, log uuid.UUID, records []collections.Record) error {
	return s.write(ctx, func(g *group) error { return g.importRecords(log, records) })
}

func (g *group) importRecords(log uuid.UUID, records []collections.Record) error {
	l, err := g.log(log)
	if err != nil {
		return err
	}
	if records, err = g.unknown(l, records); err != nil || len(records) == 0 {
		return err
	}
	s := &state{conn: g.conn, log: l.logRow, known: map[string][]collections.Version{}}
	if err := s.lookUp(objectsOf(records)); err != nil {
		return err
	}
	made, err := s.base(log).Import(records)
	if err != nil {
		return err
	}
	return g.write(l, s.marked(made))
}

// unknown compares the records that the log has, and returns the others.
func (g *group) unknown(l *openLog, records []collections.Record) ([]collections.Record, error) {
	n := 0
	for n < len(records) && records[n].Sequence <= l.last {
		n++
	}
	if n == 0 {
		return records, nil
	}
	there, err := g.conn.follow(l.logRow, records[0].Sequence-1, n)
	if err != nil {
		return nil, err
	}
	for i, r := range records[:n] {
		if i >= len(there) || there[i].Digest() != r.Digest() {
			return nil, collections.Errorf(collections.ErrConflict, "record %d is another one in the store", r.Sequence)
		}
	}
	return records[n:], nil
}

func objectsOf(records []collections.Record) (ids []string) {
	for _, r := range records {
		if r.Op != collections.OpControl {
			ids = append(ids, r.ID)
		}
	}
	return ids
}
