package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"accord/collections"
	"accord/stix"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"
)

// RunUpkeep checks that the stores of open keep the contract of
// collections.Upkeep, and that Check finds what was spoiled in them.
func RunUpkeep(t *testing.T, open Opener, spoils []Spoil) {
	run := func(name string, do func(*fixture)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			do(newFixture(t, open))
		})
	}
	for _, tc := range upkeepCases {
		run(tc.name, tc.run)
	}
	for _, s := range spoils {
		run("Spoiled/"+s.Name, s.run)
	}
}

var upkeepCases = []struct {
	name string
	run  func(*fixture)
}{
	{"P8/ImportIsAsAppend", importIsAsAppend},
	{"ImportTwiceIsOnce", importTwiceIsOnce},
	{"ImportRefusesWhatDoesNotFollow", importRefusesWhatDoesNotFollow},
	{"ImportedDeleteTakesBytes", importedDeleteTakesBytes},
	{"LogsAndTheirEnds", logsAndTheirEnds},
	{"RecordsKeepToABudget", recordsKeepToABudget},
	{"StatusesInOrder", statusesInOrder},
	{"CheckBesideWriters", checkBesideWriters},
	{"MovedStoreIsTheSame", movedStoreIsTheSame},
	{"MoverGoesOnWhereItWas", moverGoesOnWhereItWas},
	{"MoverRefuses", moverRefuses},
}

// keeper is the store of f as those see it who look after it.
func (f *fixture) keeper() collections.Upkeep { return asKeeper(f, f.store) }

func asKeeper(t tb, s collections.Store) collections.Upkeep {
	t.Helper()
	u, ok := s.(collections.Upkeep)
	if !ok {
		t.Fatalf("a %T is no collections.Upkeep", s)
	}
	return u
}

// another is a store of its own, beside that of f.
func (f *fixture) another() *fixture {
	f.Helper()
	g := newFixture(f.T, f.open)
	g.id = f.id
	return g
}

// faults walks over a store and returns what is wrong with it.
func (f *fixture) faults(repair bool) (faults []collections.Fault) {
	f.Helper()
	c := collections.Check{Store: f.keeper(), Repair: repair, Found: func(fault collections.Fault) { faults = append(faults, fault) }}
	if _, err := c.Run(f.Context()); err != nil {
		f.Fatalf("Check: %v", err)
	}
	return faults
}

// wantSound checks that Check finds no fault.
func (f *fixture) wantSound() {
	f.Helper()
	if faults := f.faults(false); len(faults) > 0 {
		f.Errorf("Check finds %d faults, the first of them %+v", len(faults), faults[0])
	}
}

// importAll imports records in steps of a size.
func (f *fixture) importAll(log uuid.UUID, records []collections.Record, size int) {
	f.Helper()
	for part := range slices.Chunk(records, size) {
		if err := f.keeper().Import(f.Context(), log, part); err != nil {
			f.Fatalf("Import of records from %d on: %v", part[0].Sequence, err)
		}
	}
}

// Whatever was appended, and however it is cut, what was imported is what was appended:
// the same records, versions, and pages for each clearance; and it goes on as it
// would have gone on (P1, P3, P6, LG-14).
func importIsAsAppend(f *fixture) {
	g := f.another()
	rapid.Check(f.T, func(t *rapid.T) {
		m := &model{log: log{t: t, store: f.store, id: uuid.New()}, clock: f.clock}
		for range rapid.IntRange(1, 6).Draw(t, "steps") {
			m.appendSome(t)
		}
		records, to := m.records(), log{t: t, store: g.store, id: m.id}
		for part := range slices.Chunk(records, rapid.IntRange(1, 20).Draw(t, "part")) {
			if err := asKeeper(t, to.store).Import(t.Context(), to.id, part); err != nil {
				t.Fatalf("Import: %v", err)
			}
		}
		wantSame(t, "imported records", to.records(), records)
		g.clock.set(f.clock.now())
		e := added(someIDs[0], t2, stix.Green)
		next := m.append(e)
		wantSame(t, "the next record", to.append(e), next)
		for range 5 {
			to.comparePage(versionsOf(append(records, next...)), m.query(t))
		}
	})
	g.wantSound()
	g.importAll(f.id, f.history(), 2)
	g.audit()
	f.control().append(controlEntry("agreement", "us-cn"), controlEntry("token", "jti-1"))
	g.importAll(collections.ControlLog, f.control().records(), 1)
	wantSame(f, "the control log", g.control().records(), f.control().records())
	g.wantSound()
}

func (f *fixture) control() log { return log{t: f, store: f.store, id: collections.ControlLog} }

// history appends what a log can have: versions, older ones later, all ranks, both
// specification versions, deletes of some and of all, and what was added again.
//
//	1, 2  indicator 1: clear, amber
//	3     tool 1, of no version
//	4     the delete of 1
//	5, 6  indicator 2: STIX 2.1, then a later version in STIX 2.0
//	7     indicator 1: green, the newest
//	8     the delete of 5 and 6
//	9     indicator 2 again
func (f *fixture) history() []collections.Record {
	one, two := objectID("indicator", 1), objectID("indicator", 2)
	f.append(added(one, t1, stix.Clear), added(one, t2, stix.Amber), added(objectID("tool", 1), "", stix.Clear))
	f.append(removed(one, 1))
	f.append(added(two, t1, stix.Red), inSpec("2.0", added(two, t2, stix.Green)))
	f.append(added(one, t3, stix.Green))
	f.append(removed(two, 5, 6), added(two, t1, stix.Green))
	return f.records()
}

// Whoever does not know what became of an import repeats it, from any place.
func importTwiceIsOnce(f *fixture) {
	g, records := f.another(), f.history()
	g.importAll(f.id, records[:5], 5)
	g.importAll(f.id, records[2:4], 1)
	g.importAll(f.id, records[3:], 9)
	g.importAll(f.id, records, 2)
	g.reopen()
	wantSame(f, "records imported twice", g.records(), records)
	g.audit()
}

// A record that is not the next, or that no server can have written, is a
// conflict; nothing of its step is written.
func importRefusesWhatDoesNotFollow(f *fixture) {
	g, records := f.another(), f.history()
	g.importAll(f.id, records[:2], 2)
	change := func(n int, do func(*collections.Record)) []collections.Record {
		changed := slices.Clone(records)
		do(&changed[n])
		return changed
	}
	for name, wrong := range map[string][]collections.Record{
		"a hole":                  records[3:],
		"a hole in the step":      append(slices.Clone(records[2:4]), records[5:]...),
		"another record":          change(1, func(r *collections.Record) { r.Raw = []byte("{}") }),
		"a date that stands":      change(3, func(r *collections.Record) { r.DateAdded = records[2].DateAdded }),
		"an unknown operation":    change(4, func(r *collections.Record) { r.Op = 9 }),
		"an unknown rank":         change(6, func(r *collections.Record) { r.Rank = stix.Red + 1 }),
		"no specification":        change(6, func(r *collections.Record) { r.SpecVersion = "" }),
		"no leaf":                 change(6, func(r *collections.Record) { r.Leaves = nil }),
		"gone with its bytes":     change(4, func(r *collections.Record) { r.Raw = []byte("{}") }),
		"gone without a residue":  change(4, func(r *collections.Record) { r.Residue = nil }),
		"there with a residue":    change(6, func(r *collections.Record) { r.Residue = make([]byte, 64) }),
		"a delete of nothing":     change(3, func(r *collections.Record) { r.Removes, r.Leaves = nil, nil }),
		"a delete of another's":   change(3, func(r *collections.Record) { r.Removes = []int64{3} }),
		"a delete of what comes":  change(3, func(r *collections.Record) { r.Removes = []int64{7} }),
		"an object that removes":  change(6, func(r *collections.Record) { r.Removes = []int64{2} }),
		"leaves of another count": change(7, func(r *collections.Record) { r.Leaves = r.Leaves[:1] }),
	} {
		if err := g.keeper().Import(f.Context(), f.id, wrong); !errors.Is(err, collections.ErrConflict) {
			f.Errorf("import of %s: got %v; want ErrConflict", name, err)
		}
		if n := len(g.records()); n != 2 {
			f.Fatalf("the import of %s leaves %d records; want 2", name, n)
		}
	}
	g.importAll(f.id, records[2:], 3)
	g.audit()
}

// LG-14: a store may have been copied in part before something was deleted there.
// The delete, when it comes, does here what it did there.
func importedDeleteTakesBytes(f *fixture) {
	one := objectID("indicator", 1)
	before := f.append(added(one, t1, stix.Clear), added(one, t2, stix.Amber))
	g := f.another()
	g.importAll(f.id, before, 2)
	f.append(removed(one, 2), added(one, t3, stix.Red))
	f.append(removed(one, 1, 4))
	g.importAll(f.id, f.records()[2:], 9)
	wantSame(f, "records after the deletes", g.records(), f.records())
	g.audit()
	g.wantSound()
}

// The logs that hold records come with their ends, in the order of their ids.
func logsAndTheirEnds(f *fixture) {
	wantSame(f, "logs of an empty store", f.ends(), nil)
	f.history()
	f.control().append(controlEntry("setting", "name"))
	other := log{t: f, store: f.store, id: uuid.New()}
	other.append(manyAdded("tool", 3)...)
	want := []collections.LogEnd{{Log: collections.ControlLog, Last: 1}, {Log: f.id, Last: 9}, {Log: other.id, Last: 3}}
	slices.SortFunc(want, func(a, b collections.LogEnd) int { return slices.Compare(a.Log[:], b.Log[:]) })
	wantSame(f, "logs", f.ends(), want)
	f.wantSound()
}

func (f *fixture) ends() []collections.LogEnd {
	f.Helper()
	ends, err := f.keeper().Logs(f.Context())
	if err != nil {
		f.Fatalf("Logs: %v", err)
	}
	return ends
}

// Records and Inspect bring no more than some megabytes at once, and no record is
// too large to come.
func recordsKeepToABudget(f *fixture) {
	const large = 3 << 20
	for i := range 5 {
		f.append(withRaw(added(objectID("artifact", i), t1, stix.Clear), make([]byte, large)))
	}
	f.append(manyAdded("tool", 10)...)
	want := f.records()
	for name, read := range map[string]func(after int64, limit int) ([]collections.Record, error){
		"Records": func(after int64, limit int) ([]collections.Record, error) {
			return f.keeper().Records(f.Context(), f.id, after, limit)
		},
		"Inspect": func(after int64, limit int) ([]collections.Record, error) {
			s, err := f.keeper().Inspect(f.Context(), f.id, after, limit)
			return s.Records, err
		},
	} {
		var got []collections.Record
		for len(got) < len(want) {
			more, err := read(int64(len(got)), 7)
			size := 0
			for _, r := range more {
				size += len(r.Raw)
			}
			if err != nil || len(more) == 0 || len(more) > 7 || size > 2*large+1<<20 {
				f.Fatalf("%s after %d gives %d records of %d bytes, %v", name, len(got), len(more), size, err)
			}
			got = append(got, more...)
		}
		wantSame(f, name, got, want)
		if more, err := read(int64(len(got)), 7); err != nil || len(more) > 0 {
			f.Errorf("%s at the end gives %d records, %v", name, len(more), err)
		}
	}
	f.wantSound()
}

// Statuses come in the order of their ids, in parts, and are imported as they were.
func statusesInOrder(f *fixture) {
	want := make([]collections.Status, 25)
	for i := range want {
		want[i] = f.newStatus()
		want[i].Successes = []collections.Success{{Sequence: int64(i) + 1, Count: 2, Message: "网络"}}
		if _, err := f.store.Append(f.Context(), f.id, decidingOn(&want[i])); err != nil {
			f.Fatal(err)
		}
	}
	slices.SortFunc(want, func(a, b collections.Status) int { return slices.Compare(a.ID[:], b.ID[:]) })
	wantSame(f, "statuses", f.statuses(), want)
	g := f.another()
	for range 2 {
		if err := g.keeper().ImportStatuses(f.Context(), want); err != nil {
			f.Fatal(err)
		}
	}
	wantSame(f, "imported statuses", g.statuses(), want)
	g.wantStatus(want[7])
	g.clock.advance(collections.StatusLifetime)
	g.wantNoStatus(want[7].ID)
}

// statuses reads all statuses in small parts.
func (f *fixture) statuses() (statuses []collections.Status) {
	f.Helper()
	for after := uuid.Nil; ; {
		saved, err := f.keeper().Statuses(f.Context(), after, 4)
		if err != nil || len(saved) > 4 {
			f.Fatalf("Statuses after %s gives %d, %v", after, len(saved), err)
		}
		if len(saved) == 0 {
			return statuses
		}
		for _, s := range saved {
			if after = s.ID; s.Fault != "" || s.Status.ID != s.ID {
				f.Errorf("the status %s is that of %s and %q", s.ID, s.Status.ID, s.Fault)
			}
			statuses = append(statuses, s.Status)
		}
	}
}

// P1: a check takes no state that is between two others for a fault.
func checkBesideWriters(f *fixture) {
	ctx, stop := context.WithCancel(f.Context())
	var g errgroup.Group
	for w := range 3 {
		g.Go(func() error { return f.churn(ctx, w) })
	}
	for range 12 {
		f.wantSound()
	}
	stop()
	if err := g.Wait(); err != nil {
		f.Error(err)
	}
	f.audit()
}

// churn adds versions of few objects, in any order, and deletes some, until ctx ends.
func (f *fixture) churn(ctx context.Context, writer int) error {
	for n := 0; ctx.Err() == nil; n++ {
		id := objectID("indicator", n%5)
		_, err := f.store.Append(context.WithoutCancel(ctx), f.id, func(ctx context.Context, s collections.State) (collections.Decision, error) {
			versions, err := s.Versions(ctx, []string{id})
			entries := []collections.Entry{added(id, stix.Timestamp(fmt.Sprintf("2026-01-01T00:00:%02d.%03dZ", n*7%60, writer)), stix.TLP(n%5))}
			for _, v := range versions[id] {
				if !v.Removed && n%3 == 0 {
					entries = append(entries, removed(id, v.Sequence))
					break
				}
			}
			return collections.Decision{Entries: entries}, err
		})
		if err != nil {
			return err
		}
		f.clock.advance(time.Microsecond)
	}
	return nil
}
