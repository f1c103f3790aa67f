package storetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"accord/collections"
	"accord/stix"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
)

// A stress is writers and readers of one log, through several stores at once. They
// tell of all that they are answered, which is held against the log when they have
// ended (log.checkStress).
type stress struct {
	stores []collections.Store
	log    uuid.UUID
	now    func() time.Time
	tell   func(event) // may be called from many goroutines

	heard   atomic.Int64 // the highest sequence that is known to be in the log
	over    atomic.Bool  // writers end
	written atomic.Bool  // they have ended, and readers do when they have read to the end
}

// An event is one of the answers of which a stress tells.
type event struct {
	Appended *appended
	Followed []collections.Record // by Follow, bare
	Page     *seenPage
	Last     *seenLast
	Walk     *walked
}

// An appended is an Append that has returned.
type appended struct {
	Records []collections.Record // bare
	Status  *collections.Status
}

// A walked is what a poller met that read all versions to the end, or further.
type walked struct {
	Clearance stix.TLP
	Sequences []int64
	End       int64
}

// bare returns records without what a delete may take from them.
func bare(records []collections.Record) []collections.Record {
	records = slices.Clone(records)
	for i := range records {
		r := &records[i]
		r.Raw, r.Seed, r.Removed, r.Residue = nil, [16]byte{}, false, nil
	}
	return records
}

// run writes and reads until the context is done, and then reads to the end. There
// are so many writers for each store; readers are few, because a page costs more.
func (s *stress) run(until context.Context, writers int) error {
	ctx := context.WithoutCancel(until)
	writing, reading := new(errgroup.Group), new(errgroup.Group)
	for i, store := range s.stores {
		for w := range writers {
			party := collections.Caller{Party: fmt.Sprintf("cert-%d-%d", i, w)}
			writing.Go(func() error { return s.write(collections.WithCaller(ctx, party), store) })
		}
	}
	reading.Go(func() error { return s.follow(ctx) })
	reading.Go(func() error { return s.poll(ctx, every(stix.Red), byAfter) })
	reading.Go(func() error { return s.poll(ctx, every(stix.Green), byAddedAfter) })
	reading.Go(func() error { return s.scan(ctx) })
	reading.Go(func() error { return s.scan(ctx) })
	<-until.Done()
	s.over.Store(true)
	err := writing.Wait()
	s.written.Store(true)
	return errors.Join(err, reading.Wait())
}

// write appends until the stress is over.
func (s *stress) write(ctx context.Context, store collections.Store) error {
	for !s.over.Load() {
		if err := s.append(ctx, store); err != nil {
			return err
		}
	}
	return nil
}

// append makes one decision, which is of a state that has all that was heard of
// before, also when it writes nothing.
func (s *stress) append(ctx context.Context, store collections.Store) error {
	heard, last := s.heard.Load(), int64(0)
	var d collections.Decision
	records, err := store.Append(ctx, s.log, func(ctx context.Context, state collections.State) (_ collections.Decision, err error) {
		last = state.Last()
		d, err = s.decide(ctx, state)
		return d, err
	})
	if err != nil {
		return fmt.Errorf("Append: %w", err)
	}
	if last < heard || len(records) != len(d.Entries) {
		return fmt.Errorf("Append of %d entries, begun when record %d was known, was decided on %d and gives %d records", len(d.Entries), heard, last, len(records))
	}
	for i, r := range records {
		if r.Sequence != last+int64(i)+1 {
			return fmt.Errorf("entry %d of a decision on sequence %d became record %d", i, last, r.Sequence)
		}
	}
	s.tell(event{Appended: &appended{bare(records), d.Status}})
	s.hear(last + int64(len(records)))
	return nil
}

func (s *stress) hear(seq int64) {
	for known := s.heard.Load(); known < seq && !s.heard.CompareAndSwap(known, seq); known = s.heard.Load() {
	}
}

// decide adds versions of some objects that are not there, older ones too, deletes
// some, and maybe finds nothing to do. There are ever new objects, so that none gets
// very many versions.
func (s *stress) decide(ctx context.Context, state collections.State) (d collections.Decision, err error) {
	ids := make([]string, rand.IntN(6))
	for i, n := range rand.Perm(30)[:len(ids)] {
		typ := []string{"indicator", "malware", "tool"}[n%3]
		ids[i] = objectID(typ, n+int(state.Last()/300)*30)
	}
	known, err := state.Versions(ctx, ids)
	for _, id := range ids {
		there := slices.DeleteFunc(known[id], func(v collections.Version) bool { return v.Removed })
		d.Entries = append(d.Entries, someChange(id, there)...)
	}
	if rand.IntN(8) == 0 {
		status := newStatus(s.log, s.now())
		d.Status = &status
	}
	return d, err
}

// someChange adds a version of an object unless it is there, or deletes some of
// those that are there, and then maybe adds one of them again.
func someChange(id string, there []collections.Version) (entries []collections.Entry) {
	e := added(id, stix.Timestamp(fmt.Sprintf("2026-01-01T00:00:%02dZ", rand.IntN(20))), stix.TLP(rand.IntN(5)))
	if rand.IntN(10) == 0 {
		e = inSpec("2.0", e)
	}
	if len(there) > 0 && rand.IntN(3) == 0 {
		there = there[rand.IntN(len(there)):]
		entries = append(entries, removed(id, sequencesOf(there)...))
		if e.Version = there[0].Timestamp; rand.IntN(2) == 0 {
			return entries
		}
		return append(entries, e)
	}
	if slices.ContainsFunc(there, func(v collections.Version) bool { return v.Timestamp == e.Version }) {
		return nil
	}
	return append(entries, e)
}

func sequencesOf(versions []collections.Version) (seqs []int64) {
	for _, v := range versions {
		seqs = append(seqs, v.Sequence)
	}
	return seqs
}

// some is one of the stores: readers go on through another one at each step.
func (s *stress) some() collections.Store { return s.stores[rand.IntN(len(s.stores))] }

// follow follows the log to its end.
func (s *stress) follow(ctx context.Context) error {
	for after := int64(0); ; {
		written := s.written.Load()
		records, err := s.some().Follow(ctx, s.log, after, 1+rand.IntN(100))
		if err != nil {
			return fmt.Errorf("Follow(%d): %w", after, err)
		}
		for _, r := range records {
			if after++; r.Sequence != after {
				return fmt.Errorf("Follow gives record %d in place %d", r.Sequence, after)
			}
		}
		if len(records) > 0 {
			s.tell(event{Followed: bare(records)})
		} else if written {
			return nil
		} else {
			time.Sleep(idle)
		}
	}
}

// idle is how long a reader at the end of the log leaves it to the writers.
const idle = 2 * time.Millisecond

// poll asks for what comes after the last page, until there is nothing left.
func (s *stress) poll(ctx context.Context, q collections.Query, next step) error {
	w := &walked{Clearance: q.Clearance}
	for {
		written := s.written.Load()
		w.End = s.heard.Load()
		p, err := s.look(ctx, q)
		switch {
		case err != nil:
			return err
		case !ascending(w.Sequences, p.Sequences):
			return fmt.Errorf("Page(%+v) gives %v after %v", q, p.Sequences, w.Sequences)
		case len(p.Sequences) > 0:
			w.Sequences = append(w.Sequences, p.Sequences...)
			next(&q, p)
		case written:
			s.tell(event{Walk: w})
			return nil
		default:
			time.Sleep(idle)
		}
	}
}

// every is a query of all versions, whatever specification they are of. Without these
// an object of which a 2.1 version is deleted would show older ones of 2.0 again.
func every(clearance stix.TLP) collections.Query {
	q := all(clearance)
	q.Versions.SpecVersions = []string{"2.0", "2.1"}
	return q
}

// scanned is what readers ask for who begin again when they have come to the end.
var scanned = []collections.Query{
	latest(stix.Red), latest(stix.Amber), latest(stix.Green), latest(stix.Clear),
	every(stix.Green), {Clearance: stix.Red, Types: []string{"tool", "malware"}},
}

// scan asks for page after page from the first on, again and again.
func (s *stress) scan(ctx context.Context) error {
	for written := false; !written; {
		written = s.written.Load()
		q := scanned[rand.IntN(len(scanned))]
		for more := true; more; {
			p, err := s.look(ctx, q)
			if err != nil {
				return err
			}
			if more = p.More; more {
				byAfter(&q, p)
			}
		}
	}
	return nil
}

// look asks for a page of any size, maybe of a horizon, and tells between which
// states of the log it must be.
func (s *stress) look(ctx context.Context, q collections.Query) (collections.Page, error) {
	heard := s.heard.Load()
	moment, err := s.some().Last(ctx, s.log, q.Clearance)
	if err != nil {
		return collections.Page{}, fmt.Errorf("Last: %w", err)
	}
	if q.Limit, q.Objects = 1+rand.IntN(60), rand.IntN(4); rand.IntN(2) == 0 {
		q.Horizon = moment.Horizon
	}
	page, err := s.some().Page(ctx, s.log, q)
	if err != nil {
		return page, fmt.Errorf("Page(%+v): %w", q, err)
	}
	now, err := s.some().Last(ctx, s.log, stix.Red)
	if err != nil {
		return page, fmt.Errorf("Last: %w", err)
	}
	s.hear(now.Last)
	s.tell(event{
		Last: &seenLast{From: heard, To: now.Last, Clearance: q.Clearance, Last: moment.Last},
		Page: &seenPage{From: max(heard, moment.Last), To: now.Last, Query: q, Hashes: hashesOf(&page), Page: page},
	})
	return page, nil
}

// hashesOf takes the bytes from a page and returns their hashes.
func hashesOf(p *collections.Page) (hashes [][32]byte) {
	for i := range p.Objects {
		hashes = append(hashes, sha256.Sum256(p.Objects[i].Raw))
		p.Objects[i].Raw = nil
	}
	return hashes
}

// P1, P2, P6, P8: what many writers of many stores make is one log: dense, in the
// order of its dates, nothing twice, nothing lost. Whoever reads meanwhile, through
// whichever store, sees states of it and nothing else. The clocks disagree.
func stressAgreesWithTheModel(f *fixture) {
	slow, fast := newClock(), newClock()
	slow.advance(-time.Hour)
	fast.advance(time.Hour)
	var mu sync.Mutex
	var events []event
	s := &stress{
		stores: []collections.Store{f.store, f.openStore(slow), f.openStore(fast)}, log: f.id, now: f.clock.now,
		tell: func(e event) {
			mu.Lock()
			defer mu.Unlock()
			events = append(events, e)
		},
	}
	ctx, cancel := context.WithTimeout(f.Context(), lengthOf(1500*time.Millisecond, 20*time.Second))
	defer cancel()
	if err := s.run(ctx, 4); err != nil {
		f.Error(err)
	}
	f.Logf("%+v", f.checkStress(events))
}

// lengthOf is how long a test lasts: at the full length (scripts/test -long) longer.
func lengthOf(short, long time.Duration) time.Duration {
	if os.Getenv("ACCORD_TEST_LONG") != "" {
		return long
	}
	return short
}
