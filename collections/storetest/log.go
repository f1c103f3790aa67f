package storetest

import (
	"context"
	"reflect"

	"accord/collections"
	"accord/stix"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// tb is what *testing.T and *rapid.T have in common.
type tb interface {
	rapid.TB
	Context() context.Context
}

// A log is one log of a store. Its methods end the test when the store gives
// an error, so they are for the goroutine of the test only.
type log struct {
	t     tb
	store collections.Store
	id    uuid.UUID
}

// append appends entries as one decision, whatever the state.
func (l log) append(entries ...collections.Entry) []collections.Record {
	l.t.Helper()
	records, err := l.store.Append(l.t.Context(), l.id, deciding(entries...))
	if err != nil {
		l.t.Fatalf("Append of %d entries: %v", len(entries), err)
	}
	if len(records) != len(entries) {
		l.t.Fatalf("Append of %d entries returned %d records", len(entries), len(records))
	}
	return records
}

// deciding is a decision that does not depend on the state.
func deciding(entries ...collections.Entry) collections.Decide {
	return func(context.Context, collections.State) (collections.Decision, error) {
		return collections.Decision{Entries: entries}, nil
	}
}

// last returns the sequence of the last record that changes what a clearance sees.
func (l log) last(clearance stix.TLP) int64 {
	l.t.Helper()
	return l.moment(clearance).Last
}

func (l log) moment(clearance stix.TLP) collections.Moment {
	l.t.Helper()
	now, err := l.store.Last(l.t.Context(), l.id, clearance)
	if err != nil {
		l.t.Fatalf("Last: %v", err)
	}
	return now
}

// page asks for a page; without a limit for one that holds everything.
func (l log) page(q collections.Query) collections.Page {
	l.t.Helper()
	if q.Limit == 0 {
		q.Limit = 1 << 20
	}
	p, err := l.store.Page(l.t.Context(), l.id, q)
	if err != nil {
		l.t.Fatalf("Page(%+v): %v", q, err)
	}
	return p
}

// wantPage checks the sequences of a page.
func (l log) wantPage(q collections.Query, want ...int64) {
	l.t.Helper()
	if got := l.page(q).Sequences; !same(got, want) {
		l.t.Errorf("Page(%+v) gives sequences %v; want %v", q, got, want)
	}
}

// latest and all are queries of everything that a clearance admits.
func latest(clearance stix.TLP) collections.Query {
	return collections.Query{Clearance: clearance}
}

func all(clearance stix.TLP) collections.Query {
	return collections.Query{Clearance: clearance, Versions: collections.VersionFilter{All: true}}
}

// records follows the log to its end, in uneven steps.
func (l log) records() []collections.Record {
	l.t.Helper()
	var records []collections.Record
	for limit := 1; ; limit = limit*2 + 1 {
		more, err := l.store.Follow(l.t.Context(), l.id, int64(len(records)), limit)
		switch {
		case err != nil:
			l.t.Fatalf("Follow(%d, %d): %v", len(records), limit, err)
		case len(more) > limit:
			l.t.Fatalf("Follow(%d, %d) gives %d records", len(records), limit, len(more))
		}
		records = append(records, more...)
		if len(more) < limit {
			return records
		}
	}
}

// objects asks for objects until there are no more.
func (l log) objects(seqs ...int64) []collections.StoredObject {
	l.t.Helper()
	var objects []collections.StoredObject
	for i := 0; ; {
		more, err := l.store.Objects(l.t.Context(), l.id, seqs[i:])
		if err != nil {
			l.t.Fatalf("Objects(%v): %v", seqs[i:], err)
		}
		if len(more) == 0 {
			return objects
		}
		objects = append(objects, more...)
		for i < len(seqs) && seqs[i] <= objects[len(objects)-1].Sequence {
			i++
		}
	}
}

func (l log) manifest(seqs ...int64) []collections.Version {
	l.t.Helper()
	versions, err := l.store.Manifest(l.t.Context(), l.id, seqs)
	if err != nil {
		l.t.Fatalf("Manifest(%v): %v", seqs, err)
	}
	return versions
}

func (l log) versions(ids ...string) map[string][]collections.Version {
	l.t.Helper()
	versions, err := l.store.Versions(l.t.Context(), l.id, ids)
	if err != nil {
		l.t.Fatalf("Versions(%d ids): %v", len(ids), err)
	}
	return versions
}

// same compares slices by value; an empty one and nil are the same.
func same[T any](a, b []T) bool {
	return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b)
}

// wantSame fails the test unless two slices hold the same.
func wantSame[T any](t tb, what string, got, want []T) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: got %d; want %d", what, len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("%s, element %d:\n got %+v\nwant %+v", what, i, got[i], want[i])
			return
		}
	}
}

// sequencesFrom returns n sequences beginning with first.
func sequencesFrom(first int64, n int) []int64 {
	seqs := make([]int64, n)
	for i := range seqs {
		seqs[i] = first + int64(i)
	}
	return seqs
}
