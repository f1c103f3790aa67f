package storetest

import (
	"errors"

	"accord/collections"
	"accord/stix"
)

// LG-14: a delete takes bytes and seed; place, date, hash, leaf and who stored
// it stay. The delete is a record itself, and no page shows it.
func deleteTakesBytesAndSeed(f *fixture) {
	id := objectID("indicator", 1)
	before := f.append(added(id, t1, stix.Clear), added(id, t2, stix.Green), added(objectID("tool", 1), "", stix.Clear))
	e := removed(id, 1, 2)
	deletion := f.append(e)[0]
	f.reopen()

	f.wantPage(latest(stix.Red), 3)
	f.wantPage(all(stix.Red), 3)
	f.wantPage(collections.Query{Clearance: stix.Red, IDs: []string{id}})
	if got := f.objects(1, 2, 3, 4); len(got) != 1 || got[0].Sequence != 3 {
		f.Errorf("Objects after the delete gives %+v; want the tool alone", got)
	}

	var want []collections.Record
	for _, r := range before[:2] {
		r.Residue = collections.Residue(r)
		r.Removed, r.Raw, r.Seed = true, nil, [16]byte{}
		want = append(want, r)
	}
	want = append(want, before[2], deletion)
	wantSame(f, "Follow after the delete", f.records(), want)
	wantSame(f, "Versions after the delete", f.versions(id)[id], versionsOf(want)[:2])
	wantSame(f, "the entry of the delete", []collections.Entry{deletion.Entry}, []collections.Entry{e})
	if deletion.Sequence != 4 || deletion.Removed || deletion.Residue != nil {
		f.Errorf("the delete became %+v; want record 4, not removed, without residue", deletion)
	}
}

// TX-OBJ-DEL-10: what is gone supersedes nothing any more, for no clearance,
// and is no longer the first.
func deleteUncoversTheOlderVersion(f *fixture) {
	id := objectID("indicator", 1)
	f.append(added(id, t1, stix.Clear), added(id, t2, stix.Amber), added(id, t3, stix.Clear))
	f.wantPage(latest(stix.Red), 3)
	f.append(removed(id, 3))
	f.wantPage(latest(stix.Red), 2)
	f.wantPage(latest(stix.Green), 1)
	f.append(removed(id, 1))
	f.wantPage(latest(stix.Green))
	f.wantPage(collections.Query{Clearance: stix.Red, Versions: collections.VersionFilter{First: true}}, 2)
	f.append(added(id, "2025-01-01T00:00:00Z", stix.Clear))
	f.wantPage(latest(stix.Green), 6)
	f.wantPage(latest(stix.Red), 2)
}

// TX-OBJ-DEL-09: the same version, added again, is a new record in a new place.
func deletedAndAddedAgain(f *fixture) {
	e := added(objectID("indicator", 1), t1, stix.Clear)
	f.append(e)
	deletion := f.append(removed(e.ID, 1))[0]
	e.Seed = freshSeed()
	again := f.append(e)[0]
	if again.Sequence != 3 || !again.DateAdded.After(deletion.DateAdded) {
		f.Errorf("added again, it is record %d of %v; want 3, after %v", again.Sequence, again.DateAdded, deletion.DateAdded)
	}
	f.wantPage(latest(stix.Clear), 3)
	f.wantPage(collections.Query{AddedAfter: deletion.DateAdded}, 3)
	f.append(removed(e.ID, 3))
	f.wantPage(all(stix.Red))
}

// A delete of what is not a version of its object, or not there any more, is
// ErrConflict, and nothing of its decision is written.
func deleteOfWhatIsGoneIsAConflict(f *fixture) {
	id, other := objectID("indicator", 1), objectID("indicator", 2)
	f.append(added(id, t1, stix.Clear), added(id, t2, stix.Clear), added(other, t1, stix.Clear))
	f.append(removed(id, 1)) // record 4
	for name, e := range map[string]collections.Entry{
		"gone":                   removed(id, 1),
		"one there and one gone": removed(id, 1, 2),
		"past the end":           removed(id, 99),
		"another object's":       removed(id, 3),
		"a delete record":        removed(id, 4),
	} {
		status := f.newStatus()
		_, err := f.store.Append(f.Context(), f.id, decidingOn(&status, added(objectID("tool", 1), t1, stix.Clear), e))
		if !errors.Is(err, collections.ErrConflict) {
			f.Errorf("delete of %s: got %v; want ErrConflict", name, err)
		}
		f.wantNoStatus(status.ID)
	}
	if n := len(f.records()); n != 4 {
		f.Errorf("the log has %d records; want 4", n)
	}
	f.wantPage(all(stix.Red), 2, 3)
}

// LG-13: a delete has one leaf for each version that it removes, of that
// version's rank, in the order of their sequences. The audit rebuilds them.
func deleteHasALeafForEachVersion(f *fixture) {
	id := objectID("indicator", 1)
	before := f.append(added(id, t1, stix.Green), added(id, t2, stix.Red), added(id, t3, stix.Amber))
	deletion := f.append(removed(id, 1, 3))[0]
	want := deletion.LeafHashes(f.id, []collections.Removed{
		{Hash: before[0].Leaves[0], Rank: stix.Green},
		{Hash: before[2].Leaves[0], Rank: stix.Amber},
	})
	wantSame(f, "leaves of the delete", deletion.Leaves, want)
	if len(deletion.Leaves) != 2 {
		f.Errorf("a delete of two versions has %d leaves", len(deletion.Leaves))
	}
}
