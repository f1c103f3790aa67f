package storetest

import (
	"accord/collections"
	"accord/stix"
)

// P6, TX-MVR-02, TX-OBJ-POST-17: in whatever order versions of whatever ranks
// arrive, each clearance sees what Select makes of its part of them. The audit
// compares.
func versionsInAnyOrder(f *fixture) {
	versions := []collections.Entry{
		added("", t1, stix.Clear), added("", t2, stix.Green), added("", t3, stix.Red),
		inSpec("2.0", added("", t2, stix.Clear)),
	}
	n := 0
	permute(len(versions), func(order []int) {
		for shift := range 3 {
			for _, i := range order {
				v := versions[i]
				rank := stix.TLP((int(v.Rank) + shift*2) % 5)
				f.append(inSpec(v.SpecVersion, added(objectID("indicator", n), v.Version, rank)))
			}
			n++
		}
	})
	f.append(added(objectID("indicator", n), t3, stix.Clear), added(objectID("indicator", n), t1, stix.Clear), added(objectID("indicator", n), t2, stix.Clear))
	last := collections.Query{IDs: []string{objectID("indicator", n)}}
	f.wantPage(last, 4*int64(n)+1)
	last.Versions.First = true
	f.wantPage(last, 4*int64(n)+2)
}

// permute calls f with every order of 0 … n-1 (Heap's algorithm).
func permute(n int, f func(order []int)) {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	var generate func(k int)
	generate = func(k int) {
		if k <= 1 {
			f(order)
			return
		}
		for i := range k {
			generate(k - 1)
			if j := i * (1 - k%2); i < k-1 {
				order[j], order[k-1] = order[k-1], order[j]
			}
		}
	}
	generate(n)
}

// P6: for a caller, a version that is hidden from him supersedes nothing, and
// More is computed in his world too.
func hiddenVersionSupersedesNothing(f *fixture) {
	id := objectID("indicator", 1)
	f.append(added(id, t1, stix.Clear), added(id, t3, stix.Red), added(id, t2, stix.Amber))
	f.wantPage(latest(stix.Clear), 1)
	f.wantPage(latest(stix.Green), 1)
	f.wantPage(latest(stix.Amber), 3)
	f.wantPage(latest(stix.AmberStrict), 3)
	f.wantPage(latest(stix.Red), 2)
	for _, q := range []collections.Query{latest(stix.Clear), all(stix.Clear)} {
		q.Limit = 1
		if p := f.page(q); p.More {
			f.Errorf("Page(%+v) says that more follows what only red may see", q)
		}
	}
}

// P6: what a clearance does not see does not move what is last for it: no push,
// though it is of a newer version, and no delete of it; a delete of what it sees
// does, whatever else went with that.
func hiddenRecordIsNotTheLast(f *fixture) {
	id := objectID("indicator", 1)
	for i, step := range []struct {
		entry             collections.Entry
		clear, amber, red int64
	}{
		{added(id, t1, stix.Clear), 1, 1, 1},
		{added(id, t2, stix.Amber), 1, 2, 2},
		{added(id, t3, stix.Red), 1, 2, 3},
		{removed(id, 3), 1, 2, 4},
		{added(objectID("indicator", 2), t1, stix.Red), 1, 2, 5},
		{removed(id, 1, 2), 6, 6, 6},
		{added(id, t2, stix.Amber), 6, 7, 7},
		{removed(id, 7), 6, 8, 8},
	} {
		f.append(step.entry)
		for clearance, want := range map[stix.TLP]int64{stix.Clear: step.clear, stix.Green: step.clear, stix.Amber: step.amber, stix.AmberStrict: step.amber, stix.Red: step.red} {
			if got := f.last(clearance); got != want {
				f.Errorf("step %d: Last for %s is %d; want %d", i+1, clearance, got, want)
			}
		}
	}
}

// TX-MSV-02, TX-MSV-03, TX-MSV-05: without a filter of specification versions
// each object is shown in its latest, though a version in an earlier one be
// newer.
func latestSpecVersion(f *fixture) {
	both, old := objectID("indicator", 1), objectID("indicator", 2)
	f.append(
		inSpec("2.0", added(both, t3, stix.Clear)),
		added(both, t1, stix.Clear),
		inSpec("2.0", added(old, t1, stix.Clear)),
	)
	f.wantPage(latest(stix.Clear), 2, 3)
	f.wantPage(all(stix.Clear), 2, 3)
	f.wantPage(collections.Query{Versions: collections.VersionFilter{SpecVersions: []string{"2.0"}}}, 1, 3)
	f.wantPage(collections.Query{Versions: collections.VersionFilter{At: []stix.Timestamp{t3}}}, 1) // TX-MSV-08
}

// TX-MVR-05, TX-MVR-10: versions are instants, compared at any number of
// digits; what has none is versioned by its date_added.
func versionsByInstant(f *fixture) {
	id, address := objectID("indicator", 1), objectID("ipv4-addr", 1)
	f.append(
		added(id, "2026-01-01T00:00:53.000Z", stix.Clear),
		added(id, "2026-01-01T00:00:53.9353Z", stix.Clear),
		added(id, "2026-01-01T00:00:53.93530000000001Z", stix.Clear),
	)
	date := collections.FormatDateAdded(f.append(added(address, "", stix.Clear))[0].DateAdded)
	f.clock.advance(1)
	f.append(added(address, "", stix.Clear))
	for _, tc := range []struct {
		at   stix.Timestamp
		want []int64
	}{
		{"2026-01-01T00:00:53Z", []int64{1}},
		{"2026-01-01T00:00:53.935300Z", []int64{2}},
		{"2026-01-01T00:00:53.935Z", nil},
		{"2026-01-01T00:00:53.9353000000000100Z", []int64{3}},
		{stix.Timestamp(date), []int64{4}},
	} {
		f.wantPage(collections.Query{Versions: collections.VersionFilter{At: []stix.Timestamp{tc.at}}}, tc.want...)
	}
	f.wantPage(latest(stix.Clear), 3, 5)
}
