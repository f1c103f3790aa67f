package storetest

import (
	"crypto/sha256"
	"encoding/base64"
	"time"

	"accord/collections"
	"accord/stix"

	"github.com/google/uuid"
)

// LG-10 to LG-12: the vector of the specification, through the store.
func leafVector(f *fixture) {
	f.clock.set(time.UnixMicro(1796083200000001))
	pushSeed := make([]byte, 32)
	for i := range pushSeed {
		pushSeed[i] = byte(i)
	}
	e := withRaw(collections.Entry{
		Op: collections.OpAdd, ID: "ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd", Type: "ipv4-addr",
		SpecVersion: "2.1", Rank: stix.Amber,
		Poster: collections.Poster{Party: "cert-us", Unit: "cert"},
		Seed:   collections.RecordSeed(pushSeed, 0),
		Rules:  sha256.Sum256([]byte("rules")),
	}, []byte(`{"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd","value":"198.51.100.3"}`))
	vector := log{t: f, store: f.store, id: uuid.MustParse("6f3f5a51-0000-4000-8000-000000000001")}
	vector.append(e)
	got := base64.StdEncoding.EncodeToString(vector.records()[0].Leaves[0][:])
	if want := "s+3BEi/RpinceSuK94exW2x3W9VSEb6iPVkVLWHpduk="; got != want {
		f.Errorf("the leaf hash of the vector is %s; want %s", got, want)
	}
}

// LG-14, LG-15: a leaf stays what it was when bytes and seed go, and is rebuilt
// from what is left.
func leafOutlivesTheBytes(f *fixture) {
	id := objectID("indicator", 1)
	before := f.append(added(id, t1, stix.Amber))[0]
	f.append(removed(id, 1))
	after := f.records()[0]
	wantSame(f, "leaves of the removed record", after.Leaves, before.Leaves)
	if got, want := after.Leaf(f.id), before.Leaf(f.id); got != want {
		f.Errorf("the leaf rebuilt from the residue is\n%+v; want\n%+v", got, want)
	}
}

// LG-13: the control log holds records that are leaves and records that are
// none; both come back whole.
func leavesOfTheControlLog(f *fixture) {
	control := log{t: f, store: f.store, id: collections.ControlLog}
	want := control.append(controlEntry("agreement", "us-cn"), controlEntry("token", "jti-9"))
	control.append(controlEntry("agreement", "us-cn"))
	f.reopen()
	control.store = f.store
	wantSame(f, "Follow of the control log", control.records()[:2], want)
	if len(want[0].Leaves) != 1 || want[1].Leaves != nil {
		f.Errorf("an agreement has leaves %x and a token %x; want one and nil", want[0].Leaves, want[1].Leaves)
	}
	control.audit()
}

// controlEntry returns an entry of the control log.
func controlEntry(typ, id string) collections.Entry {
	e := collections.Entry{
		Op: collections.OpControl, ID: id, Type: typ, Seed: freshSeed(),
		Poster: collections.Poster{Party: "*"},
	}
	return withRaw(e, []byte(typ+": "+id+"\n"))
}
