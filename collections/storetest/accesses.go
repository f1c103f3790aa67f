package storetest

import (
	"fmt"
	"slices"
	"time"

	"accord/collections"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
)

// access returns an access of a party at a time.
func (f *fixture) access(party string, action collections.Action, at time.Time) collections.Access {
	return collections.Access{
		AccessKind: collections.AccessKind{Agreement: "us-cn", Collection: f.id, Alias: "activity", Party: party, Action: action},
		Time:       at, JTI: "jti-1", Remote: "192.0.2.1", RequestID: "R1", First: 1, Last: 7, Count: 5, Status: 200,
	}
}

func (f *fixture) recordAccesses(accesses ...collections.Access) {
	f.Helper()
	if err := f.store.RecordAccesses(f.Context(), accesses); err != nil {
		f.Fatalf("RecordAccesses: %v", err)
	}
}

// accesses returns all that a query gives; without a limit that is all.
func (f *fixture) accesses(q collections.AccessQuery) []collections.Access {
	f.Helper()
	if q.Limit == 0 {
		q.Limit = 1 << 20
	}
	got, err := f.store.Accesses(f.Context(), q)
	if err != nil {
		f.Fatalf("Accesses(%+v): %v", q, err)
	}
	return got
}

// TX-AUTH-14, P2: accesses come back as they were, also from a store that was
// opened again, and are in no log.
func accessesComeBackAsTheyWere(f *fixture) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	full := f.access("cert-us", collections.ActionObject, now)
	full.Unit, full.Officer, full.Object = "cert", "网络 <&> 'x' \u2028", "indicator--x\x00"
	full.First, full.Last, full.Count = 1<<40, 1<<41, 1<<33
	full.Status, full.BrokenOff = 503, true
	bare := collections.Access{Time: now.Add(time.Second), AccessKind: collections.AccessKind{Party: "cert-cn"}}
	f.recordAccesses()
	f.recordAccesses(full)
	f.recordAccesses(bare)
	for range 2 {
		wantSame(f, "accesses", f.accesses(collections.AccessQuery{}), []collections.Access{full, bare})
		wantSame(f, "accesses, newest first", f.accesses(collections.AccessQuery{NewestFirst: true}), []collections.Access{bare, full})
		f.reopen()
	}
	if n := len(f.records()); n != 0 {
		f.Errorf("the log has %d records; accesses are none", n)
	}
}

// Each access is later than all before it, whatever the clocks did, so a time
// is a place to go on from; a time that is later already is kept.
func accessTimesRise(f *fixture) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 6789, time.FixedZone("", 8*60*60))
	micros := now.UTC().Truncate(time.Microsecond)
	at := func(d time.Duration) collections.Access {
		return f.access("cert-us", collections.ActionObjects, now.Add(d))
	}
	f.recordAccesses(at(0), at(0), at(-time.Hour))
	f.recordAccesses(at(time.Second), at(0))
	var got []time.Duration
	for _, a := range f.accesses(collections.AccessQuery{}) {
		if a.Time.Location() != time.UTC {
			f.Errorf("the time %v is not in UTC", a.Time)
		}
		got = append(got, a.Time.Sub(micros))
	}
	want := []time.Duration{0, time.Microsecond, 2 * time.Microsecond, time.Second, time.Second + time.Microsecond}
	if !slices.Equal(got, want) {
		f.Errorf("the times are %v after the first; want %v", got, want)
	}
}

// A walk by limit and time meets every access once, in both directions, also
// among many kinds; From is within, To is not.
func accessesInPages(f *fixture) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var batch []collections.Access
	for i := range 300 {
		a := f.access(fmt.Sprintf("cert-%d", i%90), collections.Actions[i%len(collections.Actions)], start.Add(time.Duration(i)*time.Second))
		batch = append(batch, a)
	}
	f.recordAccesses(batch...)
	odd := func(k collections.AccessKind) bool { return len(k.Party)%2 == 0 } // cert-10 and later
	for _, wanted := range []func(collections.AccessKind) bool{nil, odd, func(collections.AccessKind) bool { return true }, func(collections.AccessKind) bool { return false }} {
		var want []collections.Access
		for _, a := range batch {
			if wanted == nil || wanted(a.AccessKind) {
				want = append(want, a)
			}
		}
		for _, newest := range []bool{false, true} {
			f.wantWalk(collections.AccessQuery{Wanted: wanted, NewestFirst: newest, Limit: 7}, want)
		}
	}
	within := f.accesses(collections.AccessQuery{From: start.Add(time.Second), To: start.Add(4 * time.Second)})
	wantSame(f, "accesses within a time", within, batch[1:4])
}

// wantWalk checks what the pages of q hold together; want is oldest first.
func (f *fixture) wantWalk(q collections.AccessQuery, want []collections.Access) {
	f.Helper()
	var got []collections.Access
	for page := f.accesses(q); len(page) > 0; page = f.accesses(q) {
		if len(page) > q.Limit {
			f.Fatalf("a page of %d has %d accesses", q.Limit, len(page))
		}
		got = append(got, page...)
		last := page[len(page)-1].Time
		if q.NewestFirst {
			q.To = last
		} else {
			q.From = last.Add(time.Microsecond)
		}
	}
	if q.NewestFirst {
		slices.Reverse(got)
	}
	wantSame(f, "accesses of a walk", got, want)
}

// Forgetting goes from the oldest on, in steps, and leaves what is not older.
func forgetAccesses(f *fixture) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var batch []collections.Access
	for i := range 10 {
		batch = append(batch, f.access(fmt.Sprintf("cert-%d", i%3), collections.ActionPush, start.Add(time.Duration(i)*time.Second)))
	}
	f.recordAccesses(batch...)
	for _, step := range []struct {
		before time.Duration
		left   int
		more   bool
	}{{0, 10, false}, {6 * time.Second, 6, true}, {6 * time.Second, 4, false}, {6 * time.Second, 4, false}} {
		more, err := f.store.ForgetAccesses(f.Context(), start.Add(step.before), 4)
		if err != nil || more != step.more {
			f.Errorf("ForgetAccesses before %v: %v, %v; want %v", step.before, more, err, step.more)
		}
		wantSame(f, "what is left", f.accesses(collections.AccessQuery{}), batch[10-step.left:])
	}
	f.recordAccesses(batch[0])
	if got := f.accesses(collections.AccessQuery{}); len(got) != 5 || !got[4].Time.After(batch[9].Time) {
		f.Errorf("recorded after forgetting: %+v; want it last", got)
	}
}

// P8: writers of several stores on one place lose nothing and share no time.
func accessesOfManyWriters(f *fixture) {
	const writers, batches, size = 4, 10, 5
	stores := []collections.Store{f.store, f.openStore(f.clock)}
	var g errgroup.Group
	for w := range writers {
		g.Go(func() error {
			for b := range batches {
				var batch []collections.Access
				for i := range size {
					a := f.access(fmt.Sprintf("cert-%d", w), collections.ActionObjects, f.clock.now())
					a.Count = int64(b*size + i)
					batch = append(batch, a)
				}
				if err := stores[w%2].RecordAccesses(f.Context(), batch); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		f.Fatal(err)
	}
	next, last := map[string]int64{}, time.Time{}
	for _, a := range f.accesses(collections.AccessQuery{}) {
		if a.Count != next[a.Party] || !a.Time.After(last) {
			f.Errorf("access %d of %s at %v, after one at %v; want its number %d", a.Count, a.Party, a.Time, last, next[a.Party])
		}
		next[a.Party]++
		last = a.Time
	}
	for w := range writers {
		if party := fmt.Sprintf("cert-%d", w); next[party] != batches*size {
			f.Errorf("%s has %d accesses; want %d", party, next[party], batches*size)
		}
	}
}

// Kinds that differ in one thing only are told apart.
func accessesByKind(f *fixture) {
	first := f.access("cert-us", collections.ActionObjects, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	kinds := []collections.AccessKind{first.AccessKind}
	for _, change := range []func(*collections.AccessKind){
		func(k *collections.AccessKind) { k.Agreement = "eu-us" },
		func(k *collections.AccessKind) { k.Collection = uuid.New() },
		func(k *collections.AccessKind) { k.Collection, k.Alias = uuid.Nil, "" },
		func(k *collections.AccessKind) { k.Alias = "renamed" },
		func(k *collections.AccessKind) { k.Party = "cert-cn" },
		func(k *collections.AccessKind) { k.Action = collections.ActionManifest },
	} {
		k := first.AccessKind
		change(&k)
		kinds = append(kinds, k)
	}
	for _, k := range kinds {
		a := first
		a.AccessKind = k
		f.recordAccesses(a, a)
	}
	for _, want := range kinds {
		asked := map[collections.AccessKind]int{}
		got := f.accesses(collections.AccessQuery{Wanted: func(k collections.AccessKind) bool { asked[k]++; return k == want }})
		if len(got) != 2 || got[0].AccessKind != want || got[1].AccessKind != want {
			f.Errorf("of kind %+v there are %+v; want two", want, got)
		}
		if len(asked) != len(kinds) || asked[want] != 1 {
			f.Errorf("Wanted was asked %v; want each of %d kinds once", asked, len(kinds))
		}
	}
}
