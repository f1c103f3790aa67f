package server

import (
	"context"
	"slices"
	"sync"
	"time"

	"accord/collections"

	"github.com/google/uuid"
)

// A brokenStore breaks one promise of a store. Each hook may be nil.
type brokenStore struct {
	collections.Store
	query    func(*collections.Query)
	page     func(collections.Query, *collections.Page)
	versions func([]collections.Version) []collections.Version // of the manifest
	objects  func([]collections.StoredObject) []collections.StoredObject
	append   func([]collections.Record)
}

func (s brokenStore) Page(ctx context.Context, log uuid.UUID, q collections.Query) (collections.Page, error) {
	if s.query != nil {
		s.query(&q)
	}
	q.Objects = 0 // all of them pass through Objects
	p, err := s.Store.Page(ctx, log, q)
	if s.page != nil && err == nil {
		s.page(q, &p)
	}
	return p, err
}

func (s brokenStore) Manifest(ctx context.Context, log uuid.UUID, seqs []int64) ([]collections.Version, error) {
	v, err := s.Store.Manifest(ctx, log, seqs)
	if s.versions != nil {
		v = s.versions(v)
	}
	return v, err
}

func (s brokenStore) Objects(ctx context.Context, log uuid.UUID, seqs []int64) ([]collections.StoredObject, error) {
	o, err := s.Store.Objects(ctx, log, seqs)
	if s.objects != nil {
		o = s.objects(o)
	}
	return o, err
}

func (s brokenStore) Append(ctx context.Context, log uuid.UUID, decide collections.Decide) ([]collections.Record, error) {
	r, err := s.Store.Append(ctx, log, decide)
	if s.append != nil {
		s.append(r)
	}
	return r, err
}

// coarse is a clock of a resolution at which many records tie.
const coarse = 200 * time.Millisecond

// ties shows and compares date_added no finer than coarse, as a store does
// whose column is too narrow.
func ties(s collections.Store) collections.Store {
	return brokenStore{
		Store: s,
		query: func(q *collections.Query) {
			if !q.AddedAfter.IsZero() {
				q.AddedAfter = q.AddedAfter.Truncate(coarse).Add(coarse - time.Microsecond)
			}
		},
		page: func(_ collections.Query, p *collections.Page) {
			p.First, p.Last = p.First.Truncate(coarse), p.Last.Truncate(coarse)
		},
		versions: func(all []collections.Version) []collections.Version {
			for i := range all {
				all[i].DateAdded = all[i].DateAdded.Truncate(coarse)
			}
			return all
		},
	}
}

// inclusive returns what was added at added_after too.
func inclusive(s collections.Store) collections.Store {
	return brokenStore{Store: s, query: func(q *collections.Query) {
		if !q.AddedAfter.IsZero() {
			q.AddedAfter = q.AddedAfter.Add(-time.Microsecond)
		}
	}}
}

// backwards serves the newest of a page first.
func backwards(s collections.Store) collections.Store {
	return brokenStore{Store: s,
		objects:  func(o []collections.StoredObject) []collections.StoredObject { slices.Reverse(o); return o },
		versions: func(v []collections.Version) []collections.Version { slices.Reverse(v); return v },
	}
}

// forgetful loses the bytes of every fifth record.
func forgetful(s collections.Store) collections.Store {
	return brokenStore{Store: s, objects: func(o []collections.StoredObject) []collections.StoredObject {
		return slices.DeleteFunc(o, func(o collections.StoredObject) bool { return o.Sequence%5 == 0 })
	}}
}

// neverEnding says of every page with records that more follow.
func neverEnding(s collections.Store) collections.Store {
	return brokenStore{Store: s, page: func(_ collections.Query, p *collections.Page) { p.More = p.More || len(p.Sequences) > 0 }}
}

// silentEnd says of no page that more follow.
func silentEnd(s collections.Store) collections.Store {
	return brokenStore{Store: s, page: func(_ collections.Query, p *collections.Page) { p.More = false }}
}

// shortPages fills pages by half.
func shortPages(s collections.Store) collections.Store {
	return brokenStore{Store: s, query: func(q *collections.Query) { q.Limit = (q.Limit + 1) / 2 }}
}

// firstIsLast takes the first version for the latest.
func firstIsLast(s collections.Store) collections.Store {
	return brokenStore{Store: s, query: func(q *collections.Query) {
		if !q.Versions.All && len(q.Versions.At) == 0 {
			q.Versions.First, q.Versions.Last = !q.Versions.First, q.Versions.First
		}
	}}
}

// lateVisible shows every third push only when two later ones have been seen.
func lateVisible(s collections.Store) collections.Store {
	var mu sync.Mutex
	hidden := map[int64]int{} // by sequence, until how many pushes
	pushes := 0
	return brokenStore{Store: s,
		append: func(records []collections.Record) {
			mu.Lock()
			defer mu.Unlock()
			if pushes++; pushes%3 == 0 {
				for _, r := range records {
					hidden[r.Sequence] = pushes + 2
				}
			}
		},
		page: func(_ collections.Query, p *collections.Page) {
			mu.Lock()
			defer mu.Unlock()
			p.Sequences = slices.DeleteFunc(p.Sequences, func(seq int64) bool { return pushes < hidden[seq] })
		},
	}
}
