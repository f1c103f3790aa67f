package storetest

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"accord/collections"
	"accord/stix"

	"golang.org/x/sync/errgroup"
)

// P1, TX-SORT-04: entries get dates of their own within a decision and between
// decisions, though the clock stands still. The audit looks at each date.
func datesRiseWhileTheClockStandsStill(f *fixture) {
	records := f.append(manyAdded("indicator", 500)...)
	if got, want := records[0].DateAdded, f.clock.now().Truncate(time.Microsecond); !got.Equal(want) {
		f.Errorf("the first record was added %v; the clock stands at %v", got, want)
	}
	for range 3 {
		f.append(added(objectID("malware", 1), "", stix.Clear))
	}
	f.wantPage(all(stix.Red), sequencesFrom(1, 503)...)
}

// P1, TX-SORT-05: a clock that steps back moves no date back, and when it has
// caught up dates follow it again.
func datesRiseWhenTheClockStepsBack(f *fixture) {
	first := f.append(manyAdded("indicator", 3)...)
	f.clock.advance(-time.Hour)
	second := f.append(manyAdded("malware", 3)...)
	if got, before := second[0].DateAdded, first[2].DateAdded; !got.After(before) {
		f.Errorf("after a step back a record was added %v, not after %v", got, before)
	}
	f.clock.advance(2 * time.Hour)
	third := f.append(manyAdded("tool", 1)...)
	if got, want := third[0].DateAdded, f.clock.now().Truncate(time.Microsecond); !got.Equal(want) {
		f.Errorf("a record was added %v; the clock stands at %v", got, want)
	}
}

// P1, TX-SORT-05: a restart changes no date, and a clock that was set back
// meanwhile moves none back.
func datesRiseAcrossReopening(f *fixture) {
	before := f.append(manyAdded("indicator", 3)...)
	f.clock.advance(-time.Hour)
	f.reopen()
	f.append(manyAdded("malware", 3)...)
	wantSame(f, "records of before", f.records()[:3], before)
}

// P1, TX-PAG-09: pollers who only know how far they have come end up with
// every record, each once and in order, while eight writers append.
func visibilityFollowsOrder(f *fixture) {
	writers, pollers := new(errgroup.Group), new(errgroup.Group)
	var finished atomic.Bool
	for w := range 8 {
		writers.Go(func() error { return f.write(f.store, w, 25) })
	}
	for _, q := range []collections.Query{latest(stix.Red), all(stix.Red)} {
		pollers.Go(func() error { return f.pollAll(f.store, q, byAfter, &finished) })
		pollers.Go(func() error { return f.pollAll(f.store, q, byAddedAfter, &finished) })
	}
	f.finish(writers, pollers, &finished)
}

// P1, P8: a command works beside a running server, and several servers on one
// store: two that are open at once, with clocks that disagree, make one order,
// and each sees all of it.
func twoOpenStoresAreOne(f *fixture) {
	slow := newClock()
	slow.advance(-time.Hour)
	stores := []collections.Store{f.store, f.openStore(slow)}
	writers, pollers := new(errgroup.Group), new(errgroup.Group)
	var finished atomic.Bool
	for w := range 4 {
		writers.Go(func() error { return f.write(stores[w%2], w, 15) })
	}
	for _, s := range stores {
		pollers.Go(func() error { return f.pollAll(s, all(stix.Red), byAfter, &finished) })
	}
	f.finish(writers, pollers, &finished)
}

// P1, P8: who asks for the last sequence after an append, or a delete, has
// returned hears of it, whichever of two open stores appended and whichever is
// asked; and a decision without entries is no news.
func lastKnowsEveryAppend(f *fixture) {
	stores := []collections.Store{f.store, f.openStore(f.clock)}
	wantLast := func(want int64) {
		f.Helper()
		for i, s := range stores {
			if got := (log{f, s, f.id}).last(stix.Red); got != want {
				f.Errorf("store %d says that the last is %d; want %d", i, got, want)
			}
		}
	}
	wantLast(0)
	for i := range 10 {
		(log{f, stores[i%2], f.id}).append(manyAdded(fmt.Sprintf("x-%d", i), 3)...)
		wantLast(int64(3 * (i + 1)))
	}
	(log{f, stores[1], f.id}).append()
	wantLast(30)
	(log{f, stores[1], f.id}).append(removed(objectID("x-0", 0), 1))
	wantLast(31)
}

// finish waits for the writers, tells the pollers, and waits for them.
func (f *fixture) finish(writers, pollers *errgroup.Group, finished *atomic.Bool) {
	f.Helper()
	if err := writers.Wait(); err != nil {
		f.Error(err)
	}
	finished.Store(true)
	if err := pollers.Wait(); err != nil {
		f.Error(err)
	}
}

// write appends n times one to three new objects, and checks that they are
// placed where the state had said.
func (f *fixture) write(s collections.Store, writer, n int) error {
	for i := range n {
		entries := make([]collections.Entry, 1+i%3)
		for k := range entries {
			entries[k] = added(objectID("indicator", writer*10_000+i*10+k), t1, stix.TLP(k))
		}
		decide, last := remembering(entries)
		records, err := s.Append(f.Context(), f.id, decide)
		if err != nil {
			return fmt.Errorf("append %d of writer %d: %w", i, writer, err)
		}
		for k, r := range records {
			if r.Sequence != *last+int64(k)+1 {
				return fmt.Errorf("entry %d of a decision on sequence %d became record %d", k, *last, r.Sequence)
			}
		}
	}
	return nil
}

// remembering decides for entries and remembers the last sequence that the
// decision which counted was made on.
func remembering(entries []collections.Entry) (collections.Decide, *int64) {
	last := new(int64)
	return func(_ context.Context, s collections.State) (collections.Decision, error) {
		*last = s.Last()
		return collections.Decision{Entries: entries}, nil
	}, last
}

// A step moves a query on after a page.
type step func(q *collections.Query, p collections.Page)

func byAfter(q *collections.Query, p collections.Page)      { q.After = p.Sequences[len(p.Sequences)-1] }
func byAddedAfter(q *collections.Query, p collections.Page) { q.AddedAfter = p.Last }

// pollAll polls until a page is empty that was asked for after the writers had
// finished, and checks that it met every record once, in order. It is for logs
// in which every record is a new object.
func (f *fixture) pollAll(s collections.Store, q collections.Query, next step, finished *atomic.Bool) error {
	q.Limit = 7
	var got []int64
	for {
		last := finished.Load()
		p, err := s.Page(f.Context(), f.id, q)
		if err != nil {
			return fmt.Errorf("Page(%+v): %w", q, err)
		}
		if !ascending(got, p.Sequences) {
			return fmt.Errorf("Page(%+v) gives %v after %v", q, p.Sequences, got)
		}
		got = append(got, p.Sequences...)
		if len(p.Sequences) > 0 {
			next(&q, p)
		} else if last {
			break
		}
	}
	records, err := s.Follow(f.Context(), f.id, 0, 1<<20)
	if err != nil {
		return fmt.Errorf("Follow: %w", err)
	}
	if want := sequencesFrom(1, len(records)); !slices.Equal(got, want) {
		return fmt.Errorf("a poller of %+v met %v of %d records", q, got, len(records))
	}
	return nil
}
