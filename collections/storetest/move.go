package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"accord/collections"
	"accord/stix"

	"github.com/google/uuid"
)

// fill makes a store that has all that a store can have.
func (f *fixture) fill() {
	f.control().append(controlEntry("store", "id"), controlEntry("agreement", "us-cn"), controlEntry("token", "jti"))
	f.history()
	log{t: f, store: f.store, id: uuid.New()}.append(manyAdded("tool", 30)...)
	for i := range 6 {
		status := f.newStatus()
		status.Requested, status.Expires = time.Now().UTC().Truncate(time.Microsecond), time.Now().UTC().Truncate(time.Microsecond).Add(72*time.Hour)
		if i == 0 {
			status.Expires = status.Requested // it need not be moved
		}
		if _, err := f.store.Append(f.Context(), f.id, decidingOn(&status)); err != nil {
			f.Fatal(err)
		}
	}
	for i := range 20 {
		party := []string{"cert-us", "cert-cn"}[i%2]
		f.recordAccesses(f.access(party, collections.Actions[i%len(collections.Actions)], f.clock.now()))
	}
}

// wantSameStore checks that g is all that f is.
func (f *fixture) wantSameStore(g *fixture) {
	f.Helper()
	ends := f.ends()
	wantSame(f, "logs", g.ends(), ends)
	for _, end := range ends {
		from, to := log{t: f, store: f.store, id: end.Log}, log{t: f, store: g.store, id: end.Log}
		wantSame(f, "records", to.records(), from.records())
		to.audit()
	}
	wantSame(f, "accesses", g.accesses(collections.AccessQuery{}), f.accesses(collections.AccessQuery{}))
	live := f.statuses()[:0]
	for _, s := range f.statuses() {
		if s.Expires.After(time.Now()) {
			live = append(live, s)
		}
	}
	wantSame(f, "statuses", g.statuses(), live)
	g.wantSound()
}

// P8: what was moved is the same store, and its counts say so.
func movedStoreIsTheSame(f *fixture) {
	f.fill()
	g := f.another()
	var said int64
	moved, err := (&collections.Mover{From: f.keeper(), To: g.keeper(), Progress: func(done, total int64, _ string) {
		if done < said || done > total {
			f.Errorf("progress goes from %d to %d of %d", said, done, total)
		}
		said = done
	}}).Run(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	f.wantSameStore(g)
	var records int64
	for _, l := range moved.Logs {
		if l.Copied != l.Records || l.Hash == [32]byte{} {
			f.Errorf("log %s: %d of %d records copied, hash %x", l.Log, l.Copied, l.Records, l.Hash)
		}
		records += l.Records
	}
	if len(moved.Logs) != 3 || records != 42 || moved.Statuses != 5 || moved.Accesses != 20 || moved.Faults != 0 || said == 0 {
		f.Errorf("moved %+v; want 3 logs of 42 records, 5 statuses, 20 accesses", moved)
	}
}

// A move that fails anywhere, its writes done or not, goes on where it was; each
// step is done at most twice.
func moverGoesOnWhereItWas(f *fixture) {
	f.fill()
	g := f.another()
	calls := 0
	for try := 0; ; try++ {
		to := &failingKeeper{Upkeep: g.keeper(), fails: func() Fault {
			if calls++; calls > 1 { // the first of each try has to get on
				return []Fault{Before, After}[try%2]
			}
			return None
		}}
		calls = 0
		_, err := (&collections.Mover{From: &smallKeeper{f.keeper()}, To: to}).Run(f.Context())
		if err == nil {
			break
		}
		if !errors.Is(err, ErrInjected) {
			f.Fatalf("try %d: %v", try, err)
		}
		if try > 2000 {
			f.Fatal("the move does not get on")
		}
		if to.finished {
			break // the fault came behind it
		}
	}
	f.wantSameStore(g)
}

// A smallKeeper reads records by the seven, so that there are many steps.
type smallKeeper struct{ collections.Upkeep }

func (k *smallKeeper) Records(ctx context.Context, log uuid.UUID, after int64, limit int) ([]collections.Record, error) {
	return k.Upkeep.Records(ctx, log, after, min(limit, 7))
}

// A failingKeeper fails in what writes.
type failingKeeper struct {
	collections.Upkeep
	fails    func() Fault
	finished bool
}

func (k *failingKeeper) try(method string, do func() error) error {
	switch k.fails() {
	case Before:
		return injected(method)
	case After:
		if err := do(); err != nil {
			return err
		}
		return injected(method)
	}
	return do()
}

func (k *failingKeeper) Import(ctx context.Context, log uuid.UUID, records []collections.Record) error {
	return k.try("Import", func() error { return k.Upkeep.Import(ctx, log, records) })
}

func (k *failingKeeper) ImportStatuses(ctx context.Context, statuses []collections.Status) error {
	return k.Upkeep.ImportStatuses(ctx, statuses)
}

func (k *failingKeeper) RecordAccesses(ctx context.Context, accesses []collections.Access) error {
	return k.try("RecordAccesses", func() error { return k.Upkeep.RecordAccesses(ctx, accesses) })
}

func (k *failingKeeper) Finish(ctx context.Context) error {
	return k.try("Finish", func() error {
		k.finished = true
		return k.Upkeep.Finish(ctx)
	})
}

// A move refuses what it can't do right: a target that holds something else, and a
// source that changes under it.
func moverRefuses(f *fixture) {
	run := func(from, to collections.Upkeep) error {
		_, err := (&collections.Mover{From: from, To: to}).Run(f.Context())
		return err
	}
	empty, other := f.another(), f.another()
	if err := run(empty.keeper(), f.another().keeper()); !errors.Is(err, collections.ErrInvalid) {
		f.Errorf("the move of an empty store: got %v; want ErrInvalid", err)
	}
	f.fill()
	other.control().append(controlEntry("store", "another"))
	if err := run(f.keeper(), other.keeper()); !errors.Is(err, collections.ErrConflict) {
		f.Errorf("the move into another store: got %v; want ErrConflict", err)
	}
	other = f.another()
	log{t: f, store: other.store, id: uuid.New()}.append(manyAdded("tool", 1)...)
	if err := run(f.keeper(), other.keeper()); !errors.Is(err, collections.ErrConflict) {
		f.Errorf("the move into a store with another log: got %v; want ErrConflict", err)
	}

	g := f.another()
	busy := &busyKeeper{Upkeep: f.keeper(), write: func() { f.append(added(objectID("tool", 9), t1, stix.Clear)) }}
	if err := run(busy, g.keeper()); !errors.Is(err, collections.ErrConflict) {
		f.Errorf("the move of a store that is written to: got %v; want ErrConflict", err)
	}
	if err := run(f.keeper(), g.keeper()); err != nil {
		f.Errorf("the move of the rest: %v", err)
	}
	f.wantSameStore(g)
}

// A busyKeeper is written to when its logs are listed to be compared.
type busyKeeper struct {
	collections.Upkeep
	write func()
	lists int
}

func (k *busyKeeper) Logs(ctx context.Context) ([]collections.LogEnd, error) {
	if k.lists++; k.lists == 3 {
		k.write()
	}
	return k.Upkeep.Logs(ctx)
}

// A Spoil is damage to a store, which Check must find.
type Spoil struct {
	Name string

	// Do changes what the closed store in dir keeps of a log: that of
	// fixture.history, with a status.
	Do func(t *testing.T, dir string, log uuid.UUID)

	// Rule and Sequence are what Check says of it, among other things maybe. Without a
	// rule it is no damage: the store is as a server has left it that died, and goes
	// on as if nothing had been.
	Rule     collections.Rule
	Sequence int64
	Derived  bool // it can be mended
}

func (s Spoil) run(f *fixture) {
	f.history()
	status := f.newStatus()
	if _, err := f.store.Append(f.Context(), f.id, decidingOn(&status)); err != nil {
		f.Fatal(err)
	}
	f.wantSound()
	want := f.records()
	f.store.Close()
	s.Do(f.T, f.dir, f.id)
	f.store = f.openStore(f.clock)

	if s.Rule != "" {
		s.wantFault(f, f.faults(false))
		s.wantFault(f, f.faults(true))
	}
	if s.Rule != "" && !s.Derived {
		s.wantFault(f, f.faults(false))
		return
	}
	f.wantSound()
	f.append(added(objectID("indicator", 1), t2, stix.Clear), added(objectID("indicator", 2), t1, stix.Clear))
	wantSame(f, "records afterwards", f.records()[:len(want)], want)
	f.audit()
	f.wantSound()
}

// wantFault checks that the fault is among others.
func (s Spoil) wantFault(f *fixture, faults []collections.Fault) {
	f.Helper()
	for _, fault := range faults {
		if fault.Rule == s.Rule && fault.Sequence == s.Sequence && fault.Derived == s.Derived && fault.Found != "" && fault.Expected != "" {
			return
		}
	}
	f.Errorf("Check finds %+v; want %s of record %d, derived %t", faults, s.Rule, s.Sequence, s.Derived)
}
