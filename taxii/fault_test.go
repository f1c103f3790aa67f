package taxii

import (
	"context"
	"sync"

	"accord/collections"

	"github.com/google/uuid"
)

// A faultyStore runs a hook before a call; an error of the hook is the result. No
// objects come with their positions, so each is asked for.
type faultyStore struct {
	collections.Store
	mu                                      sync.Mutex
	beforeObjects, beforePage, beforeAppend func() error
}

// set changes the hooks.
func (s *faultyStore) set(change func(*faultyStore)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

func (s *faultyStore) before(hook *func() error) error {
	s.mu.Lock()
	f := *hook
	s.mu.Unlock() // the hook may call the store itself
	if f == nil {
		return nil
	}
	return f()
}

func (s *faultyStore) Objects(ctx context.Context, log uuid.UUID, seqs []int64) ([]collections.StoredObject, error) {
	if err := s.before(&s.beforeObjects); err != nil {
		return nil, err
	}
	return s.Store.Objects(ctx, log, seqs)
}

func (s *faultyStore) Page(ctx context.Context, log uuid.UUID, q collections.Query) (collections.Page, error) {
	if err := s.before(&s.beforePage); err != nil {
		return collections.Page{}, err
	}
	q.Objects = 0
	return s.Store.Page(ctx, log, q)
}

func (s *faultyStore) Append(ctx context.Context, log uuid.UUID, decide collections.Decide) ([]collections.Record, error) {
	if err := s.before(&s.beforeAppend); err != nil {
		return nil, err
	}
	return s.Store.Append(ctx, log, decide)
}
