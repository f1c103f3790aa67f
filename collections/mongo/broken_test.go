package mongo

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/collections"
	"accord/collections/storetest"
	"accord/stix"

	"github.com/google/uuid"
)

// P1, P2: wherever the wire breaks, an append is done, and once: what was added or
// deleted by it is no conflict with it. Where the server is killed, another one goes
// on behind what it left, and who repeats the append there ends up right.
func TestBrokenWire(t *testing.T) {
	uri := database(t, t.TempDir())
	other := openAt(t, uri)
	for _, s := range scenarios {
		for name, f := range map[string]fate{
			"dropped": {what: dropped}, "reply lost": {what: lost}, "partly arrived": {lost, 2},
			"killed before": {what: endsAll}, "killed after": {what: endsAfter}, "killed in the middle": {endsAfter, 2},
		} {
			t.Run(s.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				n, v := 1, newVictim(t, uri)
				for ; s.breaks(t, v, other, n, f); n++ {
					if v.wire.isCut() {
						v = newVictim(t, uri)
					}
				}
				if t.Logf("each of %d messages", n-1); n < 4 && f.first == 0 || n < 2 && s.adds > 0 {
					t.Errorf("an append takes %d messages", n-1)
				}
			})
		}
	}
}

// A scenario is an append of which every message may break. Whoever repeats it finds
// what is there.
type scenario struct {
	name   string
	before func(t *testing.T, v *victim, log uuid.UUID) int // how many records are there
	decide func(versions map[string][]collections.Version) []collections.Entry
	adds   int // how many records
}

var scenarios = []scenario{
	{"several entries", someBefore, severalUnlessThere, 6},
	{"in a new log", func(*testing.T, *victim, uuid.UUID) int { return 0 }, severalUnlessThere, 6},
	{"a delete", someBefore, deleteUnlessGone, 2},
	{"behind what was not applied", unappliedBefore, severalUnlessThere, 6},
	{"nothing, behind what was not applied", unappliedBefore, func(map[string][]collections.Version) []collections.Entry { return nil }, 0},
}

// breaks lets the n-th message of an append have a fate. It reports false when there
// are fewer.
func (s scenario) breaks(t *testing.T, v *victim, other *Store, n int, f fate) bool {
	log := uuid.New()
	want := s.before(t, v, log) + s.adds
	status := newStatus(log)
	struck := v.wire.strike(n, f)
	select {
	case a := <-v.append(log, s.deciding(&status)):
		s.wantDone(t, other, a, status)
	case <-v.wire.cut: // nobody hears of it
	}
	if records, err := other.Append(t.Context(), log, s.deciding(&status)); err != nil {
		t.Errorf("repeated, it gives %d records, %v", len(records), err)
	}
	mustAppend(t, other, log, entry("tool--9", 1, stix.Clear))
	if all := storetest.Audit(t, other, log); len(all) != want+1 {
		t.Errorf("the log has %d records; want %d and one", len(all), want)
	}
	if t.Failed() {
		t.Fatalf("with message %d broken, %v", n, <-struck)
	}
	return len(struck) > 0
}

// A victim is a store at the end of a wire.
type victim struct {
	*Store
	wire *wire
	uri  string // of the database, past the wire
}

func newVictim(t *testing.T, uri string) *victim {
	t.Helper()
	w, through := newWire(t, uri)
	return &victim{openAt(t, through), w, uri}
}

// append appends without waiting for it.
func (v *victim) append(log uuid.UUID, decide collections.Decide) <-chan answer {
	done := make(chan answer, 1)
	go func() {
		records, err := v.Append(context.Background(), log, decide)
		done <- answer{records, err}
	}()
	return done
}

type answer struct {
	records []collections.Record
	err     error
}

// wantDone checks that an append has succeeded, and that what it says is so.
func (s scenario) wantDone(t *testing.T, other *Store, a answer, status collections.Status) {
	t.Helper()
	if a.err != nil || len(a.records) != s.adds {
		t.Errorf("Append gives %d records, %v; want %d", len(a.records), a.err, s.adds)
		return
	}
	if _, err := other.Status(t.Context(), status.ID); err != nil {
		t.Errorf("its status: %v", err)
	}
	if s.adds > 0 {
		got, err := other.Follow(t.Context(), status.Collection, a.records[0].Sequence-1, s.adds)
		if err != nil || !reflect.DeepEqual(got, a.records) {
			t.Errorf("Append gives %+v; the log has %+v, %v", a.records, got, err)
		}
	}
}

func (s scenario) deciding(status *collections.Status) collections.Decide {
	return func(ctx context.Context, state collections.State) (collections.Decision, error) {
		versions, err := state.Versions(ctx, []string{object1, object2, object3})
		return collections.Decision{Entries: s.decide(versions), Status: status}, err
	}
}

const object1, object2, object3 = "indicator--1", "indicator--2", "tool--3"

// someBefore makes the end of the log known to the store that will meet the fault.
func someBefore(t *testing.T, v *victim, log uuid.UUID) int {
	mustAppend(t, v.Store, log, entry(object1, 2, stix.Clear), entry(object1, 4, stix.Amber), entry(object2, 5, stix.Clear))
	return 3
}

// unappliedBefore has another server die between the insert of its records and what
// follows from them: versions that supersede others, and a delete.
func unappliedBefore(t *testing.T, v *victim, log uuid.UUID) int {
	n, dead := someBefore(t, v, log), newVictim(t, v.uri)
	dead.wire.strikeAt(insertRecords, fate{what: endsAfter})
	dead.append(log, writing(
		entry(object1, 6, stix.Red), entry(object1, 5, stix.Clear), entry(object2, 4, stix.Clear), deletion(object2, 3),
	))
	<-dead.wire.cut
	return n + 4
}

// severalUnlessThere adds versions newer and older than others and one another, and
// an object that has none.
func severalUnlessThere(versions map[string][]collections.Version) (entries []collections.Entry) {
	for _, e := range []collections.Entry{
		entry(object1, 8, stix.Clear), entry(object1, 3, stix.Green), entry(object2, 9, stix.Red),
		entry(object2, 7, stix.Clear), entry(object3, 0, stix.Clear), entry(object1, 9, stix.Amber),
	} {
		if !slices.ContainsFunc(versions[e.ID], func(v collections.Version) bool { return v.Timestamp == e.Version }) {
			entries = append(entries, e)
		}
	}
	return entries
}

// deleteUnlessGone deletes the two versions of an object and adds one of them again.
func deleteUnlessGone(versions map[string][]collections.Version) (entries []collections.Entry) {
	vs := versions[object1]
	if len(vs) > 0 && !vs[0].Removed {
		entries = append(entries, deletion(object1, 1, 2))
	}
	if len(vs) < 3 {
		entries = append(entries, entry(object1, 2, stix.Clear))
	}
	return entries
}

// entry adds a version of an object; 0 for one that has none.
func entry(id string, version int, rank stix.TLP) collections.Entry {
	typ, _, _ := strings.Cut(id, "--")
	e := collections.Entry{
		Op: collections.OpAdd, ID: id, Type: typ, SpecVersion: "2.1", Rank: rank,
		Poster: collections.Poster{Party: "cert-us"}, Raw: fmt.Appendf(nil, "%s of %s", rand.Text(), id),
	}
	if version > 0 {
		e.Version = stix.Timestamp(fmt.Sprintf("2026-01-01T00:00:%02dZ", version))
	}
	e.Hash = sha256.Sum256(e.Raw)
	rand.Read(e.Seed[:]) // never fails
	return e
}

func deletion(id string, seqs ...int64) collections.Entry {
	typ, _, _ := strings.Cut(id, "--")
	return collections.Entry{Op: collections.OpDelete, ID: id, Type: typ, Removes: seqs, Poster: collections.Poster{Party: "cert-us"}, Seed: [16]byte{1}}
}

func writing(entries ...collections.Entry) collections.Decide {
	return func(context.Context, collections.State) (collections.Decision, error) {
		return collections.Decision{Entries: entries}, nil
	}
}

func newStatus(log uuid.UUID) collections.Status {
	now := time.Now().UTC().Truncate(time.Microsecond)
	return collections.Status{ID: uuid.New(), Collection: log, Party: "cert-us", Requested: now, Expires: now.Add(time.Hour)}
}

// openAt opens a store that is not closed: it may be as if killed.
func openAt(t *testing.T, uri string) *Store {
	t.Helper()
	s, err := Open(t.Context(), uri, Options{MaxSkew: -1})
	if err != nil {
		t.Fatal(err)
	}
	s.fault = injected()
	return s
}

func mustAppend(t *testing.T, s *Store, log uuid.UUID, entries ...collections.Entry) []collections.Record {
	t.Helper()
	records, err := s.Append(t.Context(), log, writing(entries...))
	if err != nil {
		t.Fatal(err)
	}
	return records
}
