package storetest

import (
	"slices"

	"accord/collections"
	"accord/stix"
)

// A page of a moment's horizon is of a state that the log had then or later; a page
// without one is of the newest, which has every Append that has returned. Both hold
// through any store, whichever told of the moment.
func pagesOfAHorizon(f *fixture) {
	stores := []collections.Store{f.store, f.openStore(f.clock)}
	id, other, moments := objectID("indicator", 1), objectID("malware", 1), []collections.Moment{{}}
	pages := []collections.Page{{}} // of each state
	for i, e := range []collections.Entry{
		added(id, t1, stix.Clear), added(id, t3, stix.Clear), added(id, t2, stix.Clear), removed(id, 2),
		added(objectID("tool", 1), "", stix.Clear), removed(id, 1, 3), added(id, t1, stix.Green), removed(objectID("tool", 1), 5),
		added(other, t1, stix.Clear), added(other, t2, stix.Green), added(other, t3, stix.Clear), // each mark of the first is another one
	} {
		f.store = stores[i%2]
		f.append(e)
		pages = append(pages, pageOf(versionsOf(f.records()), collections.Query{Clearance: stix.Green, Limit: 9}))
		for k := range stores {
			l := log{f, stores[(i+1+k)%2], f.id}
			moments = append(moments, l.moment(stix.Green))
			if got := l.page(latest(stix.Green)); !samePage(got, pages[i+1]) {
				f.Errorf("after record %d a page is %+v; want %+v", i+1, got, pages[i+1])
			}
			for _, m := range moments {
				q := latest(stix.Green)
				q.Horizon = m.Horizon
				got := l.page(q)
				if !slices.ContainsFunc(pages[m.Last:], func(p collections.Page) bool { return samePage(got, p) }) {
					f.Errorf("after record %d a page of the moment %+v is %+v; want one of %+v", i+1, m, got, pages[m.Last:])
				}
			}
		}
	}
}

// A page brings the bytes of its first records, in their order, and of no more than
// were asked for; in all no more than Objects brings at once.
func pagesBringTheirFirstObjects(f *fixture) {
	var entries []collections.Entry
	for n := range 40 {
		e := added(objectID("indicator", n), t1, stix.TLP(n%5))
		if n >= 30 {
			e = withRaw(e, make([]byte, 300_000))
		}
		entries = append(entries, e)
	}
	f.append(entries...)
	f.append(added(objectID("indicator", 3), t2, stix.Clear), removed(objectID("indicator", 5), 6))
	for _, q := range []collections.Query{
		latest(stix.Red), all(stix.Green), {Clearance: stix.Red, After: 20}, {After: 28}, {Clearance: stix.Red, Types: []string{"indicator", "tool"}},
		{Clearance: stix.Red, IDs: idsOf(f.records())}, {Clearance: stix.Red, Versions: collections.VersionFilter{First: true}}, {After: 99},
	} {
		for _, n := range []int{-1, 0, 1, 7, 1 << 20} {
			q.Objects = n
			for _, limit := range []int{1, 5, 100} {
				q.Limit = limit
				f.wantFirstObjects(q)
			}
		}
	}
}

// wantFirstObjects checks the bytes that come with a page against those that
// Objects gives.
func (f *fixture) wantFirstObjects(q collections.Query) {
	f.Helper()
	p, bytes := f.page(q), 0
	if len(p.Objects) > max(0, min(q.Objects, len(p.Sequences))) {
		f.Fatalf("Page(%+v) of %d records brings %d objects", q, len(p.Sequences), len(p.Objects))
	}
	wantSame(f, "objects of a page", p.Objects, f.objects(p.Sequences[:len(p.Objects)]...))
	for _, o := range p.Objects {
		bytes += len(o.Raw)
	}
	if len(p.Objects) > 1 && bytes > 2<<20 {
		f.Errorf("Page(%+v) brings %d objects of %d bytes together; want about a megabyte", q, len(p.Objects), bytes)
	}
}
