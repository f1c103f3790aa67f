package storetest

import (
	"context"
	"slices"
	"sync/atomic"

	"accord/collections"
	"accord/stix"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
)

// Who finds nothing to write has looked at the newest state nevertheless, though the
// store knew an older one and another store has gone on since: what was added there is
// there, what was deleted there may be added again.
func nothingToWriteIsDecidedOnTheNewestState(f *fixture) {
	stores := []collections.Store{f.store, f.openStore(f.clock)}
	for n := range 6 { // each in a log of its own: a store may be wary of one to which others write
		f.id = uuid.New()
		here, there := log{f, stores[n%2], f.id}, log{f, stores[1-n%2], f.id}
		e := added(objectID("indicator", n), t1, stix.Clear)
		here.append(e) // here knows the end now
		if n < 2 {
			last := there.append(added(objectID("tool", n), t1, stix.Clear))[0].Sequence
			here.wantNothingToWrite(e, last)
			continue
		}
		deletion := there.append(removed(e.ID, 1))[0].Sequence
		records, err := here.store.Append(f.Context(), f.id, addUnlessLeft(e))
		if err != nil || len(records) != 1 || records[0].Sequence != deletion+1 {
			f.Errorf("added again after its delete, record %d, it gives %+v, %v", deletion, records, err)
		}
		there.wantNothingToWrite(e, deletion+1)
	}
}

// addUnlessLeft appends e unless a version of its object is in the log and not
// removed.
func addUnlessLeft(e collections.Entry) collections.Decide {
	return func(ctx context.Context, s collections.State) (collections.Decision, error) {
		known, err := s.Versions(ctx, []string{e.ID})
		if err != nil || slices.ContainsFunc(known[e.ID], func(v collections.Version) bool { return !v.Removed }) {
			return collections.Decision{}, err
		}
		return collections.Decision{Entries: []collections.Entry{e}}, nil
	}
}

// wantNothingToWrite checks that a decision to add what is there writes nothing,
// because of a state that ends at last.
func (l log) wantNothingToWrite(e collections.Entry, last int64) {
	l.t.Helper()
	status, on := newStatus(l.id, newClock().now()), int64(0)
	records, err := l.store.Append(l.t.Context(), l.id, func(ctx context.Context, s collections.State) (collections.Decision, error) {
		d, err := addUnlessLeft(e)(ctx, s)
		on, d.Status = s.Last(), &status
		return d, err
	})
	if err != nil || len(records) != 0 || on != last {
		l.t.Errorf("what is there since record %d gives %d records, %v, decided on %d", last, len(records), err, on)
	}
	if _, err := l.store.Status(l.t.Context(), status.ID); err != nil {
		l.t.Errorf("the status of nothing: %v", err)
	}
}

// Two stores that write many decisions at once meet records of the other one at the
// first place of what they write and at later ones. Each decision keeps together, and
// what Append returns is what is there.
func foreignRecordsInBetween(f *fixture) {
	stores := []collections.Store{f.store, f.openStore(f.clock)}
	var n atomic.Int64
	for range 5 {
		var g errgroup.Group
		answers := make([][]collections.Record, 32)
		for i := range answers {
			g.Go(func() (err error) {
				entries := make([]collections.Entry, 1+i/2%5)
				for k := range entries {
					entries[k] = added(objectID("indicator", int(n.Add(1))), t1, stix.Clear)
				}
				answers[i], err = stores[i%2].Append(f.Context(), f.id, deciding(entries...))
				return err
			})
		}
		if err := g.Wait(); err != nil {
			f.Fatal(err)
		}
		slices.SortFunc(answers, func(a, b []collections.Record) int { return int(a[0].Sequence - b[0].Sequence) })
		all := slices.Concat(answers...)
		wantSame(f, "what the appends of a round gave", all, f.records()[all[0].Sequence-1:])
	}
}
