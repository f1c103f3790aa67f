package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"

	"accord/collections"
	"accord/stix"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
)

// TX-OBJ-POST-18: the same object may be in several logs; each has its own
// sequences, dates, pages and deletes.
func logsAreWorldsOfTheirOwn(f *fixture) {
	other := log{t: f, store: f.store, id: uuid.New()}
	e := added(objectID("indicator", 1), t1, stix.Clear)
	for _, l := range []log{f.log, other} {
		l.append(e, added(e.ID, t2, stix.Red))
	}
	other.append(removed(e.ID, 2))
	f.append(manyAdded("tool", 2)...)
	for _, tc := range []struct {
		l    log
		want []int64
	}{{f.log, []int64{2, 3, 4}}, {other, []int64{1}}} {
		tc.l.wantPage(latest(stix.Red), tc.want...)
		tc.l.wantPage(collections.Query{Clearance: stix.Red, IDs: []string{e.ID}}, tc.want[0])
		tc.l.wantPage(collections.Query{Clearance: stix.Red, Types: []string{"indicator"}}, tc.want[0])
		tc.l.audit()
	}
	if n, m := len(f.records()), len(other.records()); n != 4 || m != 3 {
		f.Errorf("the logs have %d and %d records; want 4 and 3", n, m)
	}
}

// P5: no position, however far out of its log, reaches into another.
func positionsStayInTheirLog(f *fixture) {
	logs := []log{{t: f, store: f.store, id: uuid.New()}, f.log, {t: f, store: f.store, id: uuid.New()}}
	for i, l := range logs {
		l.append(manyAdded(fmt.Sprintf("type%d", i), 3)...)
	}
	far := []int64{math.MinInt64, -1 << 40, -1<<40 + 1, -1, 0, 4, 1 << 32, 1 << 40, 1<<40 + 1, 1<<41 + 2, math.MaxInt64}
	for _, l := range logs {
		if got := len(l.objects(far...)) + len(l.manifest(far...)); got != 0 {
			f.Errorf("sequences that are not there give %d objects and versions", got)
		}
		for _, after := range far {
			want := sequencesFrom(1, 3)
			if after > 0 {
				want = nil
			}
			for _, q := range []collections.Query{latest(stix.Red), all(stix.Red), {Types: []string{"type0", "type1", "type2"}}} {
				q.After = after
				l.wantPage(q, want...)
			}
			records, err := l.store.Follow(f.Context(), l.id, after, 10)
			if err != nil || after > 0 && len(records) > 0 || after <= 0 && len(records) != 3 {
				f.Errorf("Follow after %d gives %d records, %v", after, len(records), err)
			}
		}
	}
}

// A cancelled context leaves the whole effect behind or none, and never a
// wrong answer without an error.
func cancelledContext(f *fixture) {
	f.append(manyAdded("indicator", 3)...)
	for n := range 10 {
		ctx, cancel := context.WithCancel(f.Context())
		records, err := f.store.Append(ctx, f.id, func(context.Context, collections.State) (collections.Decision, error) {
			cancel()
			return collections.Decision{Entries: manyAdded(fmt.Sprintf("type%d", n), 5)}, nil
		})
		cancel()
		there := f.page(collections.Query{Types: []string{fmt.Sprintf("type%d", n)}}).Sequences
		if err == nil && len(records) != 5 || len(there) != len(records) && (err == nil || len(there) != 5) {
			f.Errorf("cancelled while it decides, Append of 5 gives %d records, %v, and leaves %d", len(records), err, len(there))
		}
	}

	ctx, cancel := context.WithCancel(f.Context())
	cancel()
	before := f.records()
	if _, err := f.store.Append(ctx, f.id, deciding(manyAdded("late", 1)...)); err == nil {
		f.Errorf("Append with a cancelled context succeeds")
	}
	wantSame(f, "records after a cancelled Append", f.records(), before)
	late := f.access("cert-us", collections.ActionPush, f.clock.now())
	if err := f.store.RecordAccesses(ctx, []collections.Access{late}); err == nil || len(f.accesses(collections.AccessQuery{})) != 0 {
		f.Errorf("RecordAccesses with a cancelled context: %v, or it leaves a record", err)
	}
	if p, err := f.store.Page(ctx, f.id, collections.Query{Limit: 2}); err == nil && len(p.Sequences) != 2 {
		f.Errorf("Page with a cancelled context gives %+v without an error", p)
	}
	if o, err := f.store.Objects(ctx, f.id, []int64{1, 2}); err == nil && len(o) != 2 {
		f.Errorf("Objects with a cancelled context gives %+v without an error", o)
	}
	if v, err := f.store.Manifest(ctx, f.id, []int64{1, 2}); err == nil && len(v) != 2 {
		f.Errorf("Manifest with a cancelled context gives %+v without an error", v)
	}
	if v, err := f.store.Versions(ctx, f.id, []string{objectID("indicator", 1)}); err == nil && len(v) != 1 {
		f.Errorf("Versions with a cancelled context gives %+v without an error", v)
	}
	if r, err := f.store.Follow(ctx, f.id, 0, 2); err == nil && len(r) != 2 {
		f.Errorf("Follow with a cancelled context gives %+v without an error", r)
	}
}

// Those who append at the same time as somebody whose context is cancelled
// succeed, though the engine may have put them into one group.
func cancelledAppendHurtsNobodyElse(f *fixture) {
	var g errgroup.Group
	for w := range 4 {
		g.Go(func() error { return f.write(f.store, w, 15) })
		g.Go(func() error {
			for i := range 15 {
				ctx, cancel := context.WithCancel(f.Context())
				f.store.Append(ctx, f.id, func(ctx context.Context, s collections.State) (collections.Decision, error) {
					cancel()
					return collections.Decision{Entries: manyAdded(fmt.Sprintf("cancelled%d-%d", w, i), 2)}, nil
				})
				cancel()
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		f.Error(err)
	}
	f.append(manyAdded("tool", 1)...)
}

// Close waits for what Append has begun: an Append either succeeds, and its
// record is there after reopening, or fails with ErrUnavailable and leaves
// nothing.
func closeWaitsForAppends(f *fixture) {
	deciding, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	var g errgroup.Group
	stored := make([]int, 4)
	for w := range stored {
		g.Go(func() error {
			for {
				_, err := f.store.Append(f.Context(), f.id, func(context.Context, collections.State) (collections.Decision, error) {
					once.Do(func() { close(deciding); <-goOn })
					return collections.Decision{Entries: []collections.Entry{added(objectID("indicator", w*1_000_000+stored[w]), t1, stix.Clear)}}, nil
				})
				switch {
				case errors.Is(err, collections.ErrUnavailable):
					return nil
				case err != nil:
					return err
				}
				stored[w]++
			}
		})
	}
	<-deciding
	g.Go(func() error { return f.store.Close() })
	close(goOn)
	if err := g.Wait(); err != nil {
		f.Error(err)
	}
	f.store = f.openStore(f.clock)
	total := 0
	for w, n := range stored {
		total += n
		for i := range n {
			if id := objectID("indicator", w*1_000_000+i); len(f.versions(id)) != 1 {
				f.Errorf("%s was stored before Close and is not there", id)
			}
		}
	}
	if n := len(f.records()); n != total {
		f.Errorf("%d appends succeeded; the log has %d records", total, n)
	}
}

// After Close every method is ErrUnavailable.
func closedStoreIsUnavailable(f *fixture) {
	f.append(manyAdded("indicator", 1)...)
	s, ctx := f.store, f.Context()
	if err := s.Close(); err != nil {
		f.Errorf("Close: %v", err)
	}
	for method, call := range map[string]func() error{
		"Append":   func() error { _, err := s.Append(ctx, f.id, deciding()); return err },
		"Last":     func() error { _, err := s.Last(ctx, f.id, stix.Red); return err },
		"Page":     func() error { _, err := s.Page(ctx, f.id, collections.Query{Limit: 1}); return err },
		"Objects":  func() error { _, err := s.Objects(ctx, f.id, []int64{1}); return err },
		"Manifest": func() error { _, err := s.Manifest(ctx, f.id, []int64{1}); return err },
		"Versions": func() error { _, err := s.Versions(ctx, f.id, []string{objectID("indicator", 0)}); return err },
		"Follow":   func() error { _, err := s.Follow(ctx, f.id, 0, 1); return err },
		"Status":   func() error { _, err := s.Status(ctx, uuid.New()); return err },
		"RecordAccesses": func() error {
			return s.RecordAccesses(ctx, []collections.Access{f.access("cert-us", collections.ActionPush, f.clock.now())})
		},
		"Accesses":       func() error { _, err := s.Accesses(ctx, collections.AccessQuery{Limit: 1}); return err },
		"ForgetAccesses": func() error { _, err := s.ForgetAccesses(ctx, f.clock.now(), 1); return err },
		"Ready":          func() error { return s.Ready(ctx) },
	} {
		if err := call(); !errors.Is(err, collections.ErrUnavailable) {
			f.Errorf("%s after Close: got %v; want ErrUnavailable", method, err)
		}
	}
	f.store = f.openStore(f.clock)
}

// Ready writes, but no record.
func readyWritesNoRecord(f *fixture) {
	f.append(manyAdded("indicator", 1)...)
	for range 3 {
		if err := f.store.Ready(f.Context()); err != nil {
			f.Fatalf("Ready: %v", err)
		}
	}
	control := log{t: f, store: f.store, id: collections.ControlLog}
	if n, m := len(f.records()), len(control.records()); n != 1 || m != 0 {
		f.Errorf("after Ready the log has %d records and the control log %d; want 1 and 0", n, m)
	}
	if r := f.append(manyAdded("tool", 1)...)[0]; r.Sequence != 2 {
		f.Errorf("the record after Ready has sequence %d; want 2", r.Sequence)
	}
}

// P2, P8: all that was there before a restart is there afterwards and goes on
// from there: records, marks, deletes, statuses.
func reopeningKeepsEverything(f *fixture) {
	id, status := objectID("indicator", 1), f.newStatus()
	f.append(added(id, t1, stix.Clear), added(id, t3, stix.Red), added(id, t2, stix.Green))
	f.append(removed(id, 3))
	if _, err := f.store.Append(f.Context(), f.id, decidingOn(&status, manyAdded("tool", 20)...)); err != nil {
		f.Fatal(err)
	}
	before := f.records()
	f.reopen()
	wantSame(f, "records after reopening", f.records(), before)
	f.wantStatus(status)
	f.wantPage(latest(stix.Amber), append([]int64{1}, sequencesFrom(5, 20)...)...)
	f.append(added(id, t2, stix.Clear))
	f.wantPage(latest(stix.Amber), sequencesFrom(5, 21)...)
}
