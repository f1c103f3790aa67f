package storetest

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"

	"accord/collections"
	"accord/stix"

	"golang.org/x/sync/errgroup"
)

// TX-SEC-02: a party that has hundreds of appends waiting makes another one wait for
// some of them, not for all: calls are served by turns of the parties. What counts is
// how many decisions of the flood come before the other's.
func partiesTakeTurns(f *fixture) {
	const waiting, tries = 300, 11
	var asked, decided atomic.Int64
	var over atomic.Bool
	var g errgroup.Group
	flood := collections.WithCaller(f.Context(), collections.Caller{Party: "flood"})
	for i := range waiting {
		g.Go(func() error {
			for !over.Load() {
				asked.Add(1)
				if _, err := f.store.Append(flood, f.id, func(context.Context, collections.State) (d collections.Decision, err error) {
					if decided.Add(1)%50 == 0 {
						d.Entries = []collections.Entry{added(fmt.Sprintf("indicator--%d-%d", i, decided.Load()), t1, stix.Clear)}
					}
					return d, nil
				}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	other := collections.WithCaller(f.Context(), collections.Caller{Party: "other"})
	var before []int64
	for range tries {
		for asked.Load()-decided.Load() < waiting*9/10 {
			runtime.Gosched()
		}
		from, to := decided.Load(), int64(0)
		if _, err := f.store.Append(other, f.id, func(context.Context, collections.State) (d collections.Decision, err error) {
			to = decided.Load()
			return d, nil
		}); err != nil {
			f.Error(err)
		}
		before = append(before, to-from)
	}
	over.Store(true)
	if err := g.Wait(); err != nil {
		f.Error(err)
	}
	slices.Sort(before)
	f.Logf("of the %d that waited these came first: %v", waiting, before)
	if before[tries/2] > waiting/2 {
		f.Errorf("another party's append comes after %v of %d that wait", before, waiting)
	}
}
