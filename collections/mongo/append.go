package mongo

import (
	"context"

	"accord/collections"
	"accord/collections/fair"

	"github.com/google/uuid"
)

// Append runs decide in the log's turn and writes what it returns.
func (s *Store) Append(ctx context.Context, log uuid.UUID, decide collections.Decide) ([]collections.Record, error) {
	return s.commit(ctx, log, &request{decide: decide})
}

// commit has a request committed, and returns its records.
func (s *Store) commit(ctx context.Context, log uuid.UUID, r *request) ([]collections.Record, error) {
	r.ctx, r.party, r.done = ctx, collections.PartyOf(ctx), make(chan error, 1)
	var records []collections.Record
	err := s.call(ctx, func() error {
		c := s.committer(log)
		if !c.queue.Put(r.party, r) {
			return collections.TooManyWait
		}
		select {
		case err := <-r.done:
			records = r.records
			return err
		case <-ctx.Done():
			if c.queue.Drop(r.party, r) {
				return ctx.Err()
			}
			err := <-r.done
			records = r.records
			return err
		}
	})
	if err != nil {
		return nil, err
	}
	return records, nil
}

// A request waits for its turn to have its decision committed.
type request struct {
	ctx     context.Context
	party   string
	decide  collections.Decide
	imports []collections.Record // in place of decide, of an import
	records []collections.Record // the outcome, when done has been told
	done    chan error
}

// committer returns the one goroutine of this store that appends to a log.
func (s *Store) committer(log uuid.UUID) *committer {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.committers[log]
	if c == nil {
		c = &committer{store: s, log: log, queue: fair.Queue[*request]{Most: collections.MaxWaiting}}
		s.committers[log] = c
		s.ended.Go(c.run)
	}
	return c
}
