package sqlite

import (
	"context"

	"accord/collections"

	"github.com/google/uuid"
)

// Append runs decide in the writer's turn and writes what it returns.
func (s *Store) Append(ctx context.Context, log uuid.UUID, decide collections.Decide) ([]collections.Record, error) {
	var records []collections.Record
	err := s.write(ctx, func(g *group) (err error) {
		records, err = g.append(ctx, log, decide)
		return err
	})
	if err != nil {
		return nil, err
	}
	return records, nil
}

// append is Append within the transaction of a group.
func (g *group) append(ctx context.Context, log uuid.UUID, decide collections.Decide) ([]collections.Record, error) {
	l, err := g.log(log)
	if err != nil {
		return nil, err
	}
	s := &state{conn: g.conn, log: l.logRow, known: map[string][]collections.Version{}}
	d, err := decide.Guarded(ctx, s)
	if err != nil {
		return nil, err
	}
	c, err := s.change(log, d.Entries, g.now)
	if err != nil {
		return nil, err
	}
	if err := g.write(l, c); err != nil {
		return nil, err
	}
	if d.Status != nil {
		err = g.saveStatus(d.Status)
	}
	return c.Records, err
}
