package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"

	"accord/collections"
	"accord/stix"

	"golang.org/x/sync/errgroup"
)

// The state has everything up to its last sequence, as the store shows it.
func decideSeesTheState(f *fixture) {
	f.decideNothing(func(_ context.Context, s collections.State) error {
		if s.Last() != 0 {
			f.Errorf("the last sequence of an empty log is %d", s.Last())
		}
		return nil
	})
	id := objectID("indicator", 1)
	f.append(added(id, t2, stix.Clear), added(id, t1, stix.Red))
	f.append(removed(id, 1))
	all := f.records() // a store may hold a lock while it decides
	f.decideNothing(func(ctx context.Context, s collections.State) error {
		versions, errVersions := s.Versions(ctx, []string{id, "unknown"})
		records, errFollow := s.Follow(ctx, 1, 10)
		gone, errGone := s.Object(ctx, 1)
		unknown, errUnknown := s.Object(ctx, 99)
		if s.Last() != 3 || len(versions) != 1 || gone != nil || unknown != nil {
			f.Errorf("last %d, versions %v, object 1 %q, object 99 %q; want 3, one object, none, none",
				s.Last(), versions, gone, unknown)
		}
		wantSame(f, "State.Versions", versions[id], versionsOf(all))
		wantSame(f, "State.Follow", records, all[1:])
		return errors.Join(errVersions, errFollow, errGone, errUnknown)
	})
}

// A decision is made on the state at which its entries begin, so that of
// several writers who each add an object unless it is there, one does.
func decideRunsOnTheNewestState(f *fixture) {
	const writers, objects = 8, 20
	var g errgroup.Group
	var wins atomic.Int64
	for range writers {
		g.Go(func() error {
			for n := range objects {
				records, err := f.store.Append(f.Context(), f.id, addUnlessThere(added(objectID("indicator", n), t1, stix.Clear)))
				if err != nil {
					return err
				}
				wins.Add(int64(len(records)))
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		f.Error(err)
	}
	if wins.Load() != objects || len(f.records()) != objects {
		f.Errorf("%d writers of the same %d objects added %d; the log has %d records", writers, objects, wins.Load(), len(f.records()))
	}
}

// addUnlessThere appends e unless its object is in the log. It lets others go
// first between look and answer.
func addUnlessThere(e collections.Entry) collections.Decide {
	return func(ctx context.Context, s collections.State) (collections.Decision, error) {
		known, err := s.Versions(ctx, []string{e.ID})
		runtime.Gosched()
		if err != nil || len(known[e.ID]) > 0 {
			return collections.Decision{}, err
		}
		return collections.Decision{Entries: []collections.Entry{e}}, nil
	}
}

// An error of decide comes back as it is and nothing is written; those who
// append at the same time are not touched.
func decideErrorWritesNothing(f *fixture) {
	refusal := collections.Errorf(collections.ErrForbidden, "not today")
	status := f.newStatus()
	refusing := func(context.Context, collections.State) (collections.Decision, error) {
		entries := []collections.Entry{added(objectID("refused", 1), t1, stix.Clear)}
		return collections.Decision{Entries: entries, Status: &status}, refusal
	}
	var g errgroup.Group
	for w := range 8 {
		g.Go(func() error {
			for i := range 10 {
				if w%2 == 0 {
					if _, err := f.store.Append(f.Context(), f.id, refusing); err != error(refusal) {
						return fmt.Errorf("the error of decide came back as %v", err)
					}
				} else if _, err := f.store.Append(f.Context(), f.id, deciding(added(objectID("indicator", w*10+i), t1, stix.Clear))); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		f.Error(err)
	}
	f.wantPage(collections.Query{Clearance: stix.Red, Types: []string{"refused"}})
	f.wantPage(all(stix.Red), sequencesFrom(1, 40)...)
	f.wantNoStatus(status.ID)
}

// All entries of a decision and its status become visible together.
func decisionIsOneStep(f *fixture) {
	const decisions, entries = 20, 5
	statuses := make([]collections.Status, decisions)
	for i := range statuses {
		statuses[i] = f.newStatus()
	}
	var g errgroup.Group
	var finished atomic.Bool
	g.Go(func() error {
		defer finished.Store(true)
		for i := range statuses {
			if _, err := f.store.Append(f.Context(), f.id, decidingOn(&statuses[i], manyAdded(fmt.Sprintf("type%d", i), entries)...)); err != nil {
				return err
			}
		}
		return nil
	})
	g.Go(func() error {
		for last := false; !last; {
			last = finished.Load()
			p, err := f.store.Page(f.Context(), f.id, collections.Query{Limit: 1 << 20})
			if err != nil {
				return err
			}
			if len(p.Sequences)%entries != 0 {
				return fmt.Errorf("%d records are visible of decisions of %d entries", len(p.Sequences), entries)
			}
			if n := len(p.Sequences) / entries; n > 0 {
				if _, err := f.store.Status(f.Context(), statuses[n-1].ID); err != nil {
					return fmt.Errorf("entries of decision %d are visible without its status: %w", n, err)
				}
			}
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		f.Error(err)
	}
}

// decidingOn is a decision with a status that does not depend on the state.
func decidingOn(status *collections.Status, entries ...collections.Entry) collections.Decide {
	return func(context.Context, collections.State) (collections.Decision, error) {
		return collections.Decision{Entries: entries, Status: status}, nil
	}
}

// A decision may write nothing, or a status alone (a push of which every
// object was refused).
func decisionWithoutEntries(f *fixture) {
	f.append()
	status := f.newStatus()
	if records, err := f.store.Append(f.Context(), f.id, decidingOn(&status)); err != nil || len(records) != 0 {
		f.Errorf("Append of a status alone gives %v, %v", records, err)
	}
	f.wantStatus(status)
	f.wantPage(all(stix.Red))
	if r := f.append(manyAdded("indicator", 1)...)[0]; r.Sequence != 1 {
		f.Errorf("the first record has sequence %d", r.Sequence)
	}
}

// Entries of one decision supersede one another as those of several do,
// whatever their order, also over versions that were there. The audit compares
// all pages.
func decisionMarksItsOwnVersions(f *fixture) {
	a, b := objectID("indicator", 1), objectID("indicator", 2)
	f.append(added(a, t2, stix.Green))
	f.append(
		added(a, t3, stix.Red), added(b, t3, stix.Amber), added(a, t1, stix.Clear),
		added(b, t1, stix.Clear), added(b, t2, stix.Green), inSpec("2.0", added(b, "2026-02-01T00:00:00Z", stix.Clear)),
	)
	f.wantPage(latest(stix.Red), 2, 3)
	f.wantPage(latest(stix.Green), 1, 6)
	f.wantPage(latest(stix.Clear), 4, 5)
}
