package storetest

import (
	"time"

	"accord/collections"
	"accord/stix"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// Random appends and deletes, of few objects so that they meet, against a list
// of versions in memory; then random queries of both must agree. On failure
// rapid shows the shortest way to it and the seed. Each step goes through one of two
// stores.
func randomLogsAgreeWithTheModel(f *fixture) {
	stores := []collections.Store{f.store, f.openStore(f.clock)}
	rapid.Check(f.T, func(t *rapid.T) {
		m := &model{log: log{t: t, store: f.store, id: uuid.New()}, clock: f.clock}
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			m.store = rapid.SampledFrom(stores).Draw(t, "writer")
			m.appendSome(t)
			for range 3 {
				m.store = rapid.SampledFrom(stores).Draw(t, "reader")
				m.comparePage(m.stored, m.query(t))
			}
		}
		m.auditRecords()
	})
}

// A model is a log beside the versions that must be in it.
type model struct {
	log
	clock  *clock
	stored []collections.Version
	last   int64
}

// appendSome makes one decision of adds and deletes.
func (m *model) appendSome(t *rapid.T) {
	m.clock.advance(time.Duration(rapid.IntRange(-2000, 5000).Draw(t, "clock")))
	var entries []collections.Entry
	for range rapid.IntRange(1, 5).Draw(t, "entries") {
		if e, ok := m.deletion(t); ok {
			entries = append(entries, e)
		} else {
			entries = append(entries, m.addition(t))
		}
	}
	records := m.append(entries...)
	if got := records[0].Sequence; got != m.last+1 {
		t.Fatalf("after record %d comes %d", m.last, got)
	}
	m.stored = append(m.stored, versionsOf(records)...)
	m.last += int64(len(records))
}

var (
	someIDs      = []string{"indicator--1", "indicator--2", "tool--1", "x-thing--1"}
	someTypes    = []string{"indicator", "tool", "x-thing", "malware"}
	someInstants = []stix.Timestamp{t1, t2, t3, "2026-01-01T00:00:00.0010Z", "2026-01-01T00:00:00.0010000001Z", "2026-06-01T00:00:00Z", ""}
)

func (m *model) addition(t *rapid.T) collections.Entry {
	e := added(rapid.SampledFrom(someIDs).Draw(t, "id"), rapid.SampledFrom(someInstants).Draw(t, "version"), someRank(t))
	return inSpec(rapid.SampledFrom([]string{"2.1", "2.0"}).Draw(t, "spec"), e)
}

// deletion removes some of the versions of an object, if there are any.
func (m *model) deletion(t *rapid.T) (collections.Entry, bool) {
	if rapid.IntRange(0, 4).Draw(t, "delete") > 0 {
		return collections.Entry{}, false
	}
	id := rapid.SampledFrom(someIDs).Draw(t, "id")
	var seqs []int64
	for i := range m.stored {
		if v := &m.stored[i]; v.ID == id && !v.Removed && rapid.Bool().Draw(t, "this") {
			v.Removed = true
			seqs = append(seqs, v.Sequence)
		}
	}
	return removed(id, seqs...), len(seqs) > 0
}

func someRank(t *rapid.T) stix.TLP {
	return stix.TLP(rapid.IntRange(int(stix.Clear), int(stix.Red)).Draw(t, "rank"))
}

// query asks for some page of the log.
func (m *model) query(t *rapid.T) collections.Query {
	q := collections.Query{
		Clearance: someRank(t),
		Limit:     rapid.IntRange(1, 8).Draw(t, "limit"),
		IDs:       someOf(t, "ids", someIDs),
		Types:     someOf(t, "types", someTypes),
		Versions:  someFilter(t),
	}
	if rapid.Bool().Draw(t, "from a cursor") {
		q.After = rapid.Int64Range(0, m.last+1).Draw(t, "after")
	}
	if len(m.stored) > 0 && rapid.Bool().Draw(t, "from a date") {
		q.AddedAfter = rapid.SampledFrom(m.stored).Draw(t, "added after").DateAdded
	}
	return q
}

// someOf draws nil or some of the values.
func someOf[T any](t *rapid.T, name string, values []T) []T {
	if rapid.Bool().Draw(t, "any "+name) {
		return nil
	}
	return rapid.SliceOfN(rapid.SampledFrom(values), 1, 3).Draw(t, name)
}

func someFilter(t *rapid.T) collections.VersionFilter {
	f := collections.VersionFilter{SpecVersions: someOf(t, "specs", []string{"2.0", "2.1", "3.0"})}
	switch rapid.IntRange(0, 3).Draw(t, "filter") {
	case 1:
		f.All = true
	case 2:
		f.First, f.Last = rapid.Bool().Draw(t, "first"), rapid.Bool().Draw(t, "last")
		fallthrough
	case 3:
		f.At = someOf(t, "instants", someInstants[:6])
	}
	return f
}
