package storetest

import (
	"slices"
	"strings"
	"time"

	"accord/collections"
	"accord/stix"
)

// walk asks for page after page until nothing follows, and returns all
// sequences and how many pages there were.
func (f *fixture) walk(q collections.Query, next step) (seqs []int64, pages int) {
	f.Helper()
	for {
		p := f.page(q)
		if !ascending(seqs, p.Sequences) {
			f.Fatalf("Page(%+v) gives %v after %v", q, p.Sequences, seqs)
		}
		seqs, pages = append(seqs, p.Sequences...), pages+1
		if !p.More {
			return seqs, pages
		}
		if len(p.Sequences) == 0 {
			f.Fatalf("Page(%+v) is empty and says that more follows", q)
		}
		next(&q, p)
	}
}

// ascending reports whether a page goes on where the walk has come to.
func ascending(walked, page []int64) bool {
	return slices.IsSorted(page) &&
		(len(walked) == 0 || len(page) == 0 || walked[len(walked)-1] < page[0])
}

// TX-PAG-05, TX-PAG-06: both walks meet each record once, in order, though one
// decision added them all.
func walksGiveTheSame(f *fixture) {
	const n = 1_003
	entries := manyAdded("indicator", n)
	for i := range entries {
		entries[i].Rank = stix.TLP(i % 2 * 4) // every other one is red
	}
	f.append(entries...)
	var odd []int64
	for seq := int64(1); seq <= n; seq += 2 {
		odd = append(odd, seq)
	}
	for _, tc := range []struct {
		q     collections.Query
		want  []int64
		pages int
	}{
		{latest(stix.Red), sequencesFrom(1, n), 11},
		{all(stix.Red), sequencesFrom(1, n), 11},
		{latest(stix.Amber), odd, 6},
		{all(stix.Amber), odd, 6},
		{collections.Query{Clearance: stix.Red, Types: []string{"indicator", "tool"}}, sequencesFrom(1, n), 11},
	} {
		tc.q.Limit = 100
		for _, next := range []step{byAfter, byAddedAfter} {
			got, pages := f.walk(tc.q, next)
			if !slices.Equal(got, tc.want) || pages != tc.pages {
				f.Errorf("a walk of %+v meets %d records on %d pages; want %d on %d", tc.q, len(got), pages, len(tc.want), tc.pages)
			}
		}
	}
}

// TX-FLT-31, TX-FLT-32, TX-PAG-01, TX-PAG-02: never more than the limit, all if
// all fits, and More exactly when something follows. First and Last are the
// dates of the page (TX-HDR-03).
func lastPageHasNoMore(f *fixture) {
	records := f.append(manyAdded("indicator", 10)...)
	for limit, want := range map[int]collections.Page{
		1:  {Sequences: []int64{1}, More: true, First: records[0].DateAdded, Last: records[0].DateAdded},
		9:  {Sequences: sequencesFrom(1, 9), More: true, First: records[0].DateAdded, Last: records[8].DateAdded},
		10: {Sequences: sequencesFrom(1, 10), First: records[0].DateAdded, Last: records[9].DateAdded},
		11: {Sequences: sequencesFrom(1, 10), First: records[0].DateAdded, Last: records[9].DateAdded},
	} {
		for _, q := range []collections.Query{latest(stix.Clear), all(stix.Clear), {IDs: idsOf(records)}, {Types: []string{"indicator"}}} {
			q.Limit = limit
			wantSame(f, "the page", []collections.Page{f.page(q)}, []collections.Page{want})
		}
	}
}

func idsOf(records []collections.Record) []string {
	var ids []string
	for _, r := range records {
		ids = append(ids, r.ID)
	}
	return ids
}

// TX-PAG-07: what is added during a walk comes at its end.
func addedDuringAWalkComesLast(f *fixture) {
	f.append(manyAdded("indicator", 10)...)
	q := latest(stix.Clear)
	q.Limit = 4
	added := false
	got, _ := f.walk(q, func(q *collections.Query, p collections.Page) {
		byAfter(q, p)
		if !added {
			f.append(manyAdded("malware", 3)...)
			added = true
		}
	})
	if !slices.Equal(got, sequencesFrom(1, 13)) {
		f.Errorf("the walk met %v", got)
	}
}

// TX-FLT-20, TX-FLT-26: strictly after, to the microsecond and below it.
func addedAfterIsStrict(f *fixture) {
	records := f.append(manyAdded("indicator", 5)...)
	date := records[2].DateAdded
	for _, tc := range []struct {
		name  string
		bound time.Time
		want  []int64
	}{
		{"its own date", date, []int64{4, 5}},
		{"a nanosecond before", date.Add(-1), []int64{3, 4, 5}},
		{"a nanosecond after", date.Add(1), []int64{4, 5}},
		{"999 ns after", date.Add(999), []int64{4, 5}},
		{"a microsecond before", date.Add(-time.Microsecond), []int64{3, 4, 5}},
		{"in another zone", date.In(time.FixedZone("", -5*60*60)), []int64{4, 5}},
		{"long ago", time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC), []int64{1, 2, 3, 4, 5}},
		{"before 1970", time.Date(1969, 12, 31, 23, 59, 59, 999999999, time.UTC), []int64{1, 2, 3, 4, 5}},
		{"far from now", time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC), nil},
		{"no bound", time.Time{}, []int64{1, 2, 3, 4, 5}},
	} {
		for _, q := range []collections.Query{latest(stix.Clear), all(stix.Clear), {IDs: idsOf(records)}, {Types: []string{"indicator"}}} {
			q.AddedAfter = tc.bound
			if got := f.page(q).Sequences; !same(got, tc.want) {
				f.Errorf("%s: Page(%+v) gives %v; want %v", tc.name, q, got, tc.want)
			}
		}
	}
	both := collections.Query{After: 1, AddedAfter: date}
	f.wantPage(both, 4, 5)
	both.After = 4
	f.wantPage(both, 5)
}

// TX-MVR-11: which version is the latest or the first does not depend on
// added_after, nor on the cursor: a poller gets no older version than it has.
func addedAfterShowsNoOlderVersion(f *fixture) {
	id := objectID("indicator", 1)
	newer := f.append(added(id, t3, stix.Clear))[0]
	f.append(added(id, t1, stix.Clear))
	for _, from := range []collections.Query{{After: newer.Sequence}, {AddedAfter: newer.DateAdded}} {
		f.wantPage(from)
		from.Versions.All = true
		f.wantPage(from, 2)
	}
}

// TX-MTY-01 to TX-MTY-04, TX-FLT-03: exactly the types asked for, also hundreds of
// them, each named twice, and together with ids and versions.
func pagesByType(f *fixture) {
	types := make([]string, 300)
	for i := range types {
		types[i] = "x-t" + strings.Repeat("y", i) + "pe"
		f.append(added(objectID(types[i], 1), t1, stix.Clear), added(objectID(types[i], 1), t2, stix.Red))
	}
	byType := func(types ...string) collections.Query {
		return collections.Query{Clearance: stix.Red, Types: types}
	}
	f.wantPage(byType(types[0]), 2)
	f.wantPage(byType(types[299], types[7], types[299], "malware"), 16, 600)
	f.wantPage(byType("X-TPE", "x-t", "x-t%", "x-typ", "indicator"))

	q := byType(slices.Concat(types[1:], []string{"malware"}, types[1:])...)
	stored := versionsOf(f.records())
	for _, clearance := range []stix.TLP{stix.Clear, stix.Red} {
		for _, filter := range filters[:3] {
			q.Clearance, q.Versions, q.Limit = clearance, filter, 1<<20
			want := pageOf(stored, q)
			q.Limit = 50
			for _, next := range []step{byAfter, byAddedAfter} {
				if got, _ := f.walk(q, next); !same(got, want.Sequences) {
					f.Errorf("a walk of 300 types, clearance %d, %+v meets %v; want %v", clearance, filter, got, want.Sequences)
				}
			}
		}
	}
	q = byType(types[3], types[5])
	q.IDs = []string{objectID(types[4], 1), objectID(types[5], 1)}
	f.wantPage(q, 12)
}

// TX-MID-01 to TX-MID-03: exactly the objects asked for; unknown ids find
// nothing, repeated ones nothing twice, thousands are no error.
func pagesByID(f *fixture) {
	entries := manyAdded("indicator", 2_100)
	f.append(entries...)
	f.append(added(entries[4].ID, t2, stix.Green))
	f.wantPage(collections.Query{IDs: []string{entries[9].ID, "foo", entries[4].ID, entries[9].ID, objectID("tool", 4)}}, 5, 10)
	f.wantPage(collections.Query{Clearance: stix.Red, IDs: []string{entries[9].ID, entries[4].ID}}, 10, 2101)
	f.wantPage(collections.Query{IDs: []string{strings.ToUpper(entries[9].ID), entries[9].ID[:20], "%", ""}})

	ids := make([]string, 0, 4_000)
	for _, e := range entries[100:] {
		ids = append(ids, e.ID, strings.Replace(e.ID, "indicator", "unknown", 1))
	}
	q := collections.Query{IDs: ids, Limit: 300}
	for _, next := range []step{byAfter, byAddedAfter} {
		if got, pages := f.walk(q, next); !slices.Equal(got, sequencesFrom(101, 2_000)) || pages != 7 {
			f.Errorf("a walk of 2,000 ids meets %d records on %d pages; want 2000 on 7", len(got), pages)
		}
	}
}

// TX-PAG-11: a page is filled after filtering, however rare the matches.
func pagesOfRareRecordsAreFull(f *fixture) {
	entries := manyAdded("indicator", 3_000)
	var want []int64
	for i := range entries {
		entries[i].Rank = stix.Red
		if i%150 == 149 {
			entries[i] = added(objectID("malware", i), t1, stix.Clear)
			want = append(want, int64(i)+1)
		}
	}
	f.append(entries...)
	for _, q := range []collections.Query{
		latest(stix.Amber),
		all(stix.Clear),
		{Clearance: stix.Red, Types: []string{"malware"}},
		{Clearance: stix.Red, Types: []string{"malware"}, Versions: collections.VersionFilter{All: true}},
		{Clearance: stix.Green, Types: []string{"malware", "indicator"}},
	} {
		q.Limit = 5
		if got, pages := f.walk(q, byAfter); !slices.Equal(got, want) || pages != 4 {
			f.Errorf("a walk of %+v meets %v on %d pages; want %v on 4", q, got, pages, want)
		}
	}
}

// A log that was never appended to is empty, not an error.
func emptyLog(f *fixture) {
	for _, q := range []collections.Query{latest(stix.Red), all(stix.Red), {IDs: []string{"x"}}, {Types: []string{"x"}}, {After: 9}} {
		wantSame(f, "the page", []collections.Page{f.page(q)}, []collections.Page{{}})
	}
	if n := len(f.records()) + len(f.objects(1, 2)) + len(f.manifest(1, 2)) + len(f.versions("x")); n != 0 {
		f.Errorf("an empty log holds %d things", n)
	}
	f.append(manyAdded("indicator", 1)...)
	for _, q := range []collections.Query{{After: 1}, {After: 1 << 40}, {After: 1, Types: []string{"indicator"}}} {
		wantSame(f, "the page past the end", []collections.Page{f.page(q)}, []collections.Page{{}})
	}
}
