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
// those of the batch under way, not for all: calls are served by turns of the parties.
// What counts is how many of the flood come before the other's. In the order in which
// they came these were all that waited, and a batch is less than that.
func partiesTakeTurns(f *fixture) {
	const flooding, tries = 800, 5
	const waiting = flooding / 2 // at least, when the other comes
	var asked, begun atomic.Int64
	var over atomic.Bool
	var g errgroup.Group
	flood := collections.WithCaller(f.Context(), collections.Caller{Party: "flood"})
	for range flooding {
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
		for asked.Load()-begun.Load() < waiting && !f.Failed() {
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
	f.Logf("before another party's append came, of at least %d that waited: %v", waiting, before)
	if before[tries/2] >= waiting {
		f.Errorf("%v of %d that wait or more come before another party's append", before, waiting)
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
