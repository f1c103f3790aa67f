package storetest

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"accord/collections"
	"accord/stix"

	"golang.org/x/sync/errgroup"
)

// TX-SEC-02: a party that has hundreds of appends waiting makes another one wait for
// some of them, not for all: calls are served by turns of the parties. What counts is
// how many of the flood come before the other's.
func partiesTakeTurns(f *fixture) {
	const waiting, tries = 600, 5
	var asked, begun atomic.Int64
	var over atomic.Bool
	var g errgroup.Group
	flood := collections.WithCaller(f.Context(), collections.Caller{Party: "flood"})
	for range waiting {
		g.Go(func() error {
			for !over.Load() {
				asked.Add(1)
				if err := f.appendOne(flood, func() { begun.Add(1) }); err != nil {
					return err
				}
			}
			return nil
		})
	}
	other := collections.WithCaller(f.Context(), collections.Caller{Party: "other"})
	var before []int64
	for range tries {
		for asked.Load()-begun.Load() < waiting/2 && !f.Failed() {
			time.Sleep(idle)
		}
		from, to := begun.Load(), int64(0)
		if err := f.appendOne(other, func() { to = begun.Load() }); err != nil {
			f.Error(err)
		}
		before = append(before, to-from)
	}
	over.Store(true)
	if err := g.Wait(); err != nil {
		f.Error(err)
	}
	slices.Sort(before)
	f.Logf("before another party's append came, of at least %d that waited: %v", waiting/2, before)
	if before[tries/2] > waiting/4 {
		f.Errorf("%v of %d that wait come before another party's append", before, waiting)
	}
}

// appendOne appends a new object, and calls begun when that is first decided.
func (f *fixture) appendOne(ctx context.Context, begun func()) error {
	var once sync.Once
	_, err := f.store.Append(ctx, f.id, func(_ context.Context, s collections.State) (collections.Decision, error) {
		once.Do(begun)
		return collections.Decision{Entries: []collections.Entry{added(objectID("indicator", int(s.Last())), t1, stix.Clear)}}, nil
	})
	return err
}
