package storetest

import (
	"fmt"
	"slices"
	"strings"

	"accord/collections"
	"accord/stix"
)

// Objects comes back after about a megabyte, and with one object at least,
// however large; what fits comes at once.
func objectsKeepToABudget(f *fixture) {
	sized := func(n, size int) collections.Entry {
		return withRaw(added(objectID("artifact", n), t1, stix.Clear), []byte(strings.Repeat("x", size)))
	}
	for n := range 10 {
		f.append(sized(n, 300_000))
	}
	f.append(sized(10, 3_000_000))
	var small []collections.Entry
	for n := range 500 {
		small = append(small, sized(11+n, 1_000))
	}
	f.append(small...)
	seqs := sequencesFrom(1, 511)

	const megabyte = 1 << 20
	for i := 0; i < len(seqs); {
		got, err := f.store.Objects(f.Context(), f.id, seqs[i:])
		if err != nil || len(got) == 0 {
			f.Fatalf("Objects from %d gives %d objects, %v", seqs[i], len(got), err)
		}
		size := 0
		for k, o := range got {
			if o.Sequence != seqs[i+k] {
				f.Fatalf("Objects from %d gives %d in place %d", seqs[i], o.Sequence, k)
			}
			size += len(o.Raw)
		}
		if len(got) > 1 && size > 2*megabyte {
			f.Errorf("Objects from %d gives %d objects of %d bytes together; want about %d", seqs[i], len(got), size, megabyte)
		}
		i += len(got)
	}
	if got, err := f.store.Objects(f.Context(), f.id, seqs[11:]); err != nil || len(got) != 500 {
		f.Errorf("Objects of 500 that have 1 kB each gives %d, %v", len(got), err)
	}
}

// Unknown sequences, removed records and records without bytes are left out,
// wherever they stand, and what is there comes nevertheless.
func objectsLeaveOutWhatIsNotThere(f *fixture) {
	f.append(manyAdded("indicator", 2_000)...)
	f.append(removed(objectID("indicator", 0), 1)) // record 2001
	f.append(removed(objectID("indicator", 2), 3))
	f.append(added(objectID("tool", 1), t1, stix.Red))

	for _, tc := range []struct {
		name       string
		seqs, want []int64
	}{
		{"none asked for", nil, nil},
		{"none there", []int64{-1, 0, 1, 3, 2001, 2002, 2004, 1 << 40}, nil},
		{"between and around", []int64{0, 1, 2, 3, 4, 2000, 2001, 2003, 2004}, []int64{2, 4, 2000, 2003}},
		{"one after a thousand unknown", append(sequencesFrom(-1000, 1002), 2000), []int64{2000}},
		{"twice, around one that nobody asks for", []int64{4, 4, 6}, []int64{4, 6}},
		{"all", sequencesFrom(1, 2_003), slices.Concat([]int64{2}, sequencesFrom(4, 1_997), []int64{2003})},
	} {
		var got []int64
		for _, o := range f.objects(tc.seqs...) {
			got = append(got, o.Sequence)
		}
		if !same(got, tc.want) {
			f.Errorf("%s: Objects gives %v; want %v", tc.name, got, tc.want)
		}
	}
}

// Unknown sequences, delete records and control records are no versions;
// removed versions are.
func manifestLeavesOutWhatIsNoVersion(f *fixture) {
	f.append(manyAdded("indicator", 3)...)
	f.append(removed(objectID("indicator", 1), 2))
	got := f.manifest(-1, 0, 1, 2, 3, 4, 5, 1<<40)
	wantSame(f, "Manifest", got, versionsOf(f.records()))
	if len(got) != 3 || !got[1].Removed || got[0].Removed {
		f.Errorf("Manifest gives %+v; want versions 1, 2 (removed) and 3", got)
	}
	wantSame(f, "Manifest of nothing", f.manifest(), nil)

	control := log{t: f, store: f.store, id: collections.ControlLog}
	control.append(controlEntry("key", "key-1"))
	wantSame(f, "Manifest of the control log", control.manifest(1), nil)
}

// Versions answers for thousands of objects at once: unknown ones are absent,
// those asked for twice are there once, removed versions stay.
func versionsOfManyObjects(f *fixture) {
	const n = 2_000
	f.append(manyAdded("indicator", n)...)
	f.append(added(objectID("indicator", 7), t2, stix.Red))
	f.append(removed(objectID("indicator", 9), 10))
	var ids []string
	for i := range n {
		ids = append(ids, objectID("indicator", i), fmt.Sprintf("unknown--%d", i))
	}
	got := f.versions(append(ids, ids...)...)
	if len(got) != n {
		f.Errorf("Versions gives %d objects; want %d", len(got), n)
	}
	for id, want := range groupByID(versionsOf(f.records())) {
		wantSame(f, "Versions of "+id, got[id], want)
	}
	if got := f.versions(); len(got) != 0 {
		f.Errorf("Versions of no objects gives %v", got)
	}
}

// Follow gives what Append returned: all operations, whole, in order.
func followGivesWholeRecords(f *fixture) {
	want := f.append(manyAdded("indicator", 3)...)
	want = append(want, f.append(added(objectID("indicator", 1), t2, stix.Amber), added(objectID("tool", 1), "", stix.Green))...)
	wantSame(f, "Follow", f.records(), want)

	deleted := f.append(removed(objectID("tool", 1), 5))
	wantSame(f, "Follow from 5", f.records()[5:], deleted)
	for _, after := range []int64{6, 7, 1 << 40} {
		got, err := f.store.Follow(f.Context(), f.id, after, 10)
		if err != nil || len(got) != 0 {
			f.Errorf("Follow(%d) past the end gives %+v, %v", after, got, err)
		}
	}
}
