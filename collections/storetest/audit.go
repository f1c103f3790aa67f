package storetest

import (
	"crypto/sha256"
	"maps"
	"slices"
	"testing"
	"time"

	"accord/collections"
	"accord/stix"

	"github.com/google/uuid"
)

// Audit is what each case ends with, for the tests of one store: it checks a log from
// its first record to its last against the contract, and returns its records.
func Audit(t *testing.T, store collections.Store, id uuid.UUID) []collections.Record {
	t.Helper()
	l := log{t: t, store: store, id: id}
	l.audit()
	return l.records()
}

// audit checks a log from its first record to its last against the contract,
// and every other way to read it against its records.
func (l log) audit() {
	l.t.Helper()
	l.auditPages(l.auditRecords())
}

// auditRecords is audit without the pages; it returns all records.
func (l log) auditRecords() []collections.Record {
	l.t.Helper()
	records := l.records()
	l.auditOrder(records)
	l.auditBytes(records)
	l.auditLeaves(records)
	l.auditLists(records)
	return records
}

// auditOrder: sequences without holes, dates that rise (P1).
func (l log) auditOrder(records []collections.Record) {
	l.t.Helper()
	var last time.Time
	for i, r := range records {
		if r.Sequence != int64(i)+1 {
			l.t.Fatalf("record %d has sequence %d", i+1, r.Sequence)
		}
		if !r.DateAdded.After(last) {
			l.t.Errorf("record %d was added %v, not after %v of the one before", r.Sequence, r.DateAdded, last)
		}
		if r.DateAdded.Location() != time.UTC || r.DateAdded.Nanosecond()%1000 != 0 {
			l.t.Errorf("record %d was added %v; want UTC in whole microseconds", r.Sequence, r.DateAdded)
		}
		last = r.DateAdded
	}
	for clearance := stix.Clear; clearance <= stix.Red; clearance++ {
		if got, want := l.last(clearance), lastFor(clearance, records); got != want {
			l.t.Errorf("Last for %v is %d; want %d of %d records", clearance, got, want, len(records))
		}
	}
}

// lastFor is the last record that changes what a clearance sees (P6). One that was
// removed is followed by its delete.
func lastFor(clearance stix.TLP, records []collections.Record) (last int64) {
	for _, r := range records {
		if changes(clearance, records, r) {
			last = r.Sequence
		}
	}
	return last
}

// changes reports whether a record of a log changes what a clearance sees.
func changes(clearance stix.TLP, records []collections.Record, r collections.Record) bool {
	objects := r.Removes
	if r.Op == collections.OpAdd {
		objects = []int64{r.Sequence}
	}
	return r.Op == collections.OpControl || slices.ContainsFunc(objects, func(seq int64) bool { return records[seq-1].Rank <= clearance })
}

// auditBytes: what is there has its bytes (P3), what is removed neither bytes
// nor seed (LG-14).
func (l log) auditBytes(records []collections.Record) {
	l.t.Helper()
	var seqs []int64
	var want []collections.StoredObject
	for _, r := range records {
		seqs = append(seqs, r.Sequence)
		switch {
		case r.Removed:
			if r.Raw != nil || r.Seed != [16]byte{} || len(r.Residue) != 64 {
				l.t.Errorf("removed record %d has %d bytes, seed %x, residue %x", r.Sequence, len(r.Raw), r.Seed, r.Residue)
			}
		case r.Op == collections.OpAdd:
			if sha256.Sum256(r.Raw) != r.Hash || r.Residue != nil {
				l.t.Errorf("record %d: hash %x of %q, residue %x", r.Sequence, r.Hash, r.Raw, r.Residue)
			}
			want = append(want, collections.StoredObject{Sequence: r.Sequence, Raw: r.Raw})
		}
	}
	if l.id != collections.ControlLog {
		wantSame(l.t, "Objects of the whole log", l.objects(seqs...), want)
	}
}

// auditLeaves: the leaves that each record has are those that can be rebuilt
// from it (LG-15).
func (l log) auditLeaves(records []collections.Record) {
	l.t.Helper()
	for _, r := range records {
		var gone []collections.Removed
		for _, seq := range r.Removes {
			u := records[seq-1]
			gone = append(gone, collections.Removed{Hash: u.Leaves[0], Rank: u.Rank})
			if !u.Removed {
				l.t.Errorf("record %d removes %d, which is still there", r.Sequence, seq)
			}
		}
		if want := r.LeafHashes(l.id, gone); !same(r.Leaves, want) {
			l.t.Errorf("record %d has leaves %x; rebuilt %x", r.Sequence, r.Leaves, want)
		}
	}
}

// auditLists: Versions and Manifest show what the records say.
func (l log) auditLists(records []collections.Record) {
	l.t.Helper()
	versions := versionsOf(records)
	wantSame(l.t, "Manifest of the whole log", l.manifest(sequencesFrom(1, len(records))...), versions)

	byID := groupByID(versions)
	got := l.versions(slices.Collect(maps.Keys(byID))...)
	if len(got) != len(byID) {
		l.t.Errorf("Versions gives %d objects; want %d", len(got), len(byID))
	}
	for id, want := range byID {
		wantSame(l.t, "Versions of "+id, got[id], want)
	}
}

// auditPages: for each clearance, pages are what Select makes of the whole
// list (P6).
func (l log) auditPages(records []collections.Record) {
	l.t.Helper()
	versions, kinds := versionsOf(records), filters
	if len(records) > 500 {
		kinds = filters[:3] // large logs are of simple objects, and time counts
	}
	for clearance := stix.Clear; clearance <= stix.Red; clearance++ {
		for _, filter := range kinds {
			l.comparePage(versions, collections.Query{Clearance: clearance, Versions: filter, Limit: 1 << 20})
		}
	}
}

// filters are version filters of every kind, the commonest first.
var filters = []collections.VersionFilter{
	{},
	{All: true},
	{First: true},
	{First: true, Last: true},
	{At: []stix.Timestamp{t1, t3}},
	{At: []stix.Timestamp{t2}, First: true},
	{At: []stix.Timestamp{t2}, Last: true},
	{SpecVersions: []string{"2.0"}},
	{SpecVersions: []string{"2.0"}, First: true},
	{SpecVersions: []string{"2.0", "2.1"}, Last: true},
	{SpecVersions: []string{"2.0", "2.1"}, All: true},
	{SpecVersions: []string{"3.0"}, All: true},
	{SpecVersions: []string{"2.1"}, At: []stix.Timestamp{t2, t1}},
}

// comparePage compares a page with the one that the model makes of versions.
func (l log) comparePage(versions []collections.Version, q collections.Query) {
	l.t.Helper()
	if got, want := l.page(q), pageOf(versions, q); !samePage(got, want) {
		l.t.Errorf("Page(%+v)\n got %+v\nwant %+v", q, got, want)
	}
}

func samePage(a, b collections.Page) bool {
	return slices.Equal(a.Sequences, b.Sequences) && a.More == b.More && a.First.Equal(b.First) && a.Last.Equal(b.Last)
}
