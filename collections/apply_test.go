package collections_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"accord/collections"
	"accord/stix"

	"github.com/google/uuid"
)

func apply(t *testing.T, c *collections.Control, src string, o collections.ApplyOptions) collections.Applied {
	t.Helper()
	applied, err := c.Apply(t.Context(), operator, []byte(src), o)
	if err != nil {
		t.Fatalf("%v\n%s", err, src)
	}
	return applied
}

// lines prints changes as a person reads them.
func lines(changes []collections.Change) []string {
	var lines []string
	for _, c := range changes {
		lines = append(lines, c.String())
	}
	return lines
}

func collection(t *testing.T, c *collections.Control, agreement, alias string) collections.Collection {
	t.Helper()
	a, ok := c.Agreement(agreement)
	if !ok {
		t.Fatalf("there is no agreement %q", agreement)
	}
	i := slices.IndexFunc(a.Collections, func(c collections.Collection) bool { return c.Alias == alias })
	if i < 0 {
		t.Fatalf("the agreement %q has no collection %q", agreement, alias)
	}
	return a.Collections[i]
}

// fill puts one record into a collection.
func fill(t *testing.T, store collections.Store, id uuid.UUID) {
	t.Helper()
	raw := []byte(`{}`)
	_, err := store.Append(t.Context(), id, func(context.Context, collections.State) (collections.Decision, error) {
		return collections.Decision{Entries: []collections.Entry{{
			Op: collections.OpAdd, ID: "indicator--3d2f8a0e-6a4e-4f8e-9a5b-0d6c1f6f2b11", Type: "indicator", SpecVersion: "2.1",
			Version: "2026-01-01T00:00:00Z", Rank: stix.Clear, Raw: raw, Hash: sha256.Sum256(raw), Poster: operator,
		}}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// withoutFromUS is the small file without its last collection.
var withoutFromUS = smallFile[:strings.Index(smallFile, "  - {alias: from-us")]

func TestApplyNew(t *testing.T) {
	store := newStore(t)
	c := openControl(t, store)
	applied := apply(t, c, smallFile, collections.ApplyOptions{})
	want := []string{
		`added    agreement us-cn: title en "Cyber cooperation", requires_signatures none`,
		`added    party cert-us: name en "US", territory US, clearance amber`,
		`added    party cert-cn: name zh "CN", territory CN, clearance green`,
		`added    collection from-cn: title en "From CN", purpose indicators, ceiling amber, profile standard, stix_versions 2.1, grant cert-us read write, grant cert-cn read`,
		`added    collection from-us: title en "From US", purpose indicators, ceiling clear, profile standard, stix_versions 2.1, grant cert-cn read`,
	}
	if got := lines(applied.Changes); !slices.Equal(got, want) {
		t.Errorf("changes:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if applied.Agreement != "us-cn" || applied.Hash != sha256.Sum256([]byte(smallFile)) {
		t.Errorf("applied %q with hash %x", applied.Agreement, applied.Hash)
	}
	a, _ := c.Agreement("us-cn")
	if string(a.Source) != smallFile {
		t.Errorf("source = %q", a.Source)
	}
	for _, coll := range a.Collections {
		if coll.ID.Version() != 4 || coll.ID.Variant() != uuid.RFC4122 {
			t.Errorf("the id made for %q is %s", coll.Alias, coll.ID)
		}
	}
	for _, p := range a.Parties {
		id, err := stix.ParseID(string(p.Identity))
		if err != nil || id.Type() != "identity" {
			t.Errorf("the identity made for %q is %q", p.ID, p.Identity)
		}
	}
	// LG-13: an apply is a leaf of kind 3.
	r := controlLog(t, store)[1]
	if want := r.Leaf(collections.ControlLog).Hash(); !slices.Equal(r.Leaves, [][32]byte{want}) {
		t.Errorf("leaves = %x, want %x", r.Leaves, want)
	}
}

// The file in force again, also in another server, changes and says nothing.
func TestApplyUnchanged(t *testing.T) {
	store := newStore(t)
	c := openControl(t, store)
	apply(t, c, smallFile, collections.ApplyOptions{})
	before := len(controlLog(t, store))
	for _, c := range []*collections.Control{c, openControl(t, store)} {
		if applied := apply(t, c, smallFile, collections.ApplyOptions{RefuseOld: true}); applied.Changes != nil {
			t.Errorf("changes = %q", lines(applied.Changes))
		}
	}
	if after := len(controlLog(t, store)); after != before {
		t.Errorf("the log grew from %d to %d", before, after)
	}
}

// Every change of the file is a line that a person understands.
func TestApplyChanges(t *testing.T) {
	sample := string(readFile(t, "testdata/us-cn.yaml"))
	for _, tc := range []struct {
		name, old, new string
		want           []string
	}{
		{"comment", "# API root", "# the API root", []string{"changed  agreement us-cn: the file's wording only, nothing that it says"}},
		{"title", `{en: "Cyber cooperation, US and CN"`, `{en: "Cyber"`, []string{
			`changed  agreement us-cn: title: en "Cyber cooperation, US and CN" zh "中美网络合作" → en "Cyber" zh "中美网络合作"`}},
		{"clearance", "clearance: amber+strict", "clearance: red", []string{"changed  party cert-cn: clearance: amber+strict → red"}},
		{"units", "    units: [cert, doj]\n", "", []string{"changed  party cert-us: units: cert doj → none"}},
		{"contact", "role: hotline, name: \"Head of operations\"", "name: Deputy", []string{
			`changed  party cert-us: contact head: hotline, Head of operations, head@cert.example, +1 202 555 0101 → Deputy, head@cert.example, +1 202 555 0101`}},
		{"issuer", `{iss: "https://id.cert.example"`, `{iss: "https://new.cert.example"`, []string{
			"changed  party cert-us: issuer https://new.cert.example: none → https://id.cert.example/keys",
			"changed  party cert-us: issuer https://id.cert.example: https://id.cert.example/keys → none"}},
		{"party added", "collections:", "  - {id: cert-eu, name: {en: EU}, territory: EU, clearance: clear}\ncollections:", []string{
			`added    party cert-eu: name en "EU", territory EU, clearance clear`}},
		{"ceiling", "ceiling: amber", "ceiling: green", []string{
			"changed  collection activity-from-cn: ceiling: amber → green (stored records keep their rank)"}},
		{"grants", "cert-us: [read, write], cert-cn: [read]}", "cert-us: [read, write, curate]}", []string{
			"changed  collection activity-from-cn: grant cert-us: read write → read write curate",
			"changed  collection activity-from-cn: grant cert-cn: read → none"}},
		{"commitment", "id: ip-theft", "id: ip", []string{
			`added    commitment ip: text en "No state conducts or knowingly supports cyber theft of intellectual property" zh "不从事网络窃取知识产权"`,
			`removed  commitment ip-theft: text en "No state conducts or knowingly supports cyber theft of intellectual property" zh "不从事网络窃取知识产权"`}},
		{"cooperation", "urgent: 7d", "urgent: 5d", []string{"changed  cooperation: respond_within urgent: 7d → 5d"}},
		{"dialogue", "6 months", "3 months", []string{
			"changed  cooperation: dialogue: first 2026-12-01, every 6 months → first 2026-12-01, every 3 months"}},
		{"cooperation left out", sample[strings.Index(sample, "cooperation:"):], "", []string{
			"removed  cooperation: pairs cert-cn+cert-us, request_requires legal_basis, two_officers decline, acknowledge_within routine 3d, " +
				"respond_within routine 30d, acknowledge_within urgent 1d, respond_within urgent 7d, acknowledge_within emergency 2h, " +
				"respond_within emergency 1d, hotline acknowledge_within 30m, hotline test_every 7d, hotline step 1 duty via webhook email, " +
				"hotline step 2 head via email after 10m, dialogue first 2026-12-01, every 6 months"}},
		{"empty collection left out", sample[strings.Index(sample, "  - {alias: activity-from-us"):strings.Index(sample, "commitments:")], "", []string{
			"dropped  collection activity-from-us: it held no records"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := openControl(t, newStore(t))
			apply(t, c, sample, collections.ApplyOptions{})
			changed := edit(t, sample, tc.old, tc.new)
			dry := apply(t, c, changed, collections.ApplyOptions{DryRun: true})
			applied := apply(t, c, changed, collections.ApplyOptions{})
			if !reflect.DeepEqual(dry, applied) {
				t.Errorf("the dry run said %q", lines(dry.Changes))
			}
			got := lines(applied.Changes)
			if !slices.Equal(got, tc.want) {
				t.Errorf("changes:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(tc.want, "\n"))
			}
		})
	}
}

func TestApplyDryRunWritesNothing(t *testing.T) {
	store := newStore(t)
	c := openControl(t, store)
	if applied := apply(t, c, smallFile, collections.ApplyOptions{DryRun: true}); len(applied.Changes) != 5 {
		t.Errorf("changes = %q", lines(applied.Changes))
	}
	if _, ok := c.Agreement("us-cn"); ok || len(controlLog(t, store)) != 1 {
		t.Error("a dry run has put the agreement in force")
	}
}

// Ids are made once and kept: over edits, restarts and servers.
func TestApplyKeepsIDs(t *testing.T) {
	store := newStore(t)
	c := openControl(t, store)
	apply(t, c, smallFile, collections.ApplyOptions{})
	first, _ := c.Agreement("us-cn")
	apply(t, c, edit(t, smallFile, "ceiling: clear", "ceiling: red"), collections.ApplyOptions{})
	apply(t, c, strings.ReplaceAll(smallFile, "us-cn", "other"), collections.ApplyOptions{})

	c = openControl(t, store)
	again, _ := c.Agreement("us-cn")
	other, _ := c.Agreement("other")
	for i := range first.Collections {
		if first.Collections[i].ID != again.Collections[i].ID {
			t.Errorf("the id of %q has changed", first.Collections[i].Alias)
		}
		if other.Collections[i].ID == again.Collections[i].ID {
			t.Errorf("two agreements share the id of %q", first.Collections[i].Alias)
		}
	}
	for i := range first.Parties {
		if got := again.Parties[i].Identity; got != first.Parties[i].Identity || got != other.Parties[i].Identity {
			t.Errorf("the party %q has the identities %q and %q", first.Parties[i].ID, got, other.Parties[i].Identity)
		}
	}
	if got := c.Agreements(); len(got) != 2 || got[0].ID != "other" || got[1].ID != "us-cn" {
		t.Errorf("agreements are not ordered by id: %v", got)
	}
}

// An explicit id or identity that is left out later stays.
func TestApplyKeepsExplicitIDs(t *testing.T) {
	c := openControl(t, newStore(t))
	const id, identity = "6f3f5a51-0000-4000-8000-000000000001", "identity--3d2f8a0e-6a4e-4f8e-9a5b-0d6c1f6f2b11"
	explicit := edit(t, edit(t, smallFile, "alias: from-us", "alias: from-us, id: "+id), "id: cert-us", "id: cert-us, identity: "+identity)
	apply(t, c, explicit, collections.ApplyOptions{})
	apply(t, c, smallFile, collections.ApplyOptions{})
	a, _ := c.Agreement("us-cn")
	if a.Party("cert-us").Identity != identity || collection(t, c, "us-cn", "from-us").ID.String() != id {
		t.Errorf("identity %q, id %s", a.Party("cert-us").Identity, collection(t, c, "us-cn", "from-us").ID)
	}
	apply(t, c, explicit, collections.ApplyOptions{}) // and may be written again
}

// A collection that holds records is closed by leaving it out, opens again
// with its id, and goes only when that is said.
func TestApplyClosesAndReopens(t *testing.T) {
	store := newStore(t)
	c := openControl(t, store)
	apply(t, c, smallFile, collections.ApplyOptions{})
	id := collection(t, c, "us-cn", "from-us").ID
	fill(t, store, id)

	applied := apply(t, c, withoutFromUS, collections.ApplyOptions{})
	if got := lines(applied.Changes); len(got) != 1 || !strings.HasPrefix(got[0], "closed   collection from-us: it holds records") {
		t.Errorf("changes = %q", got)
	}
	closed := collection(t, c, "us-cn", "from-us")
	if !closed.Closed || closed.ID != id || len(closed.Grants["cert-cn"]) != 1 {
		t.Errorf("the closed collection is %+v", closed)
	}
	if applied := apply(t, c, edit(t, withoutFromUS, "amber", "red"), collections.ApplyOptions{}); len(applied.Changes) != 1 {
		t.Errorf("a closed collection is told of again: %q", lines(applied.Changes)) // only the clearance has changed
	}

	applied = apply(t, c, smallFile, collections.ApplyOptions{})
	if got := lines(applied.Changes); !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "reopened collection from-us: ") }) {
		t.Errorf("changes = %q", got)
	}
	if again := collection(t, openControl(t, store), "us-cn", "from-us"); again.Closed || again.ID != id {
		t.Errorf("the reopened collection is %+v", again)
	}

	applied = apply(t, c, withoutFromUS, collections.ApplyOptions{Drop: []string{"from-us"}})
	if got := lines(applied.Changes); !slices.Equal(got, []string{"dropped  collection from-us: with the records that it holds"}) {
		t.Errorf("changes = %q", got)
	}
	apply(t, c, smallFile, collections.ApplyOptions{})
	fresh := collection(t, c, "us-cn", "from-us")
	if fresh.ID == id {
		t.Error("a dropped collection has come back with its id and records")
	}
	for log, want := range map[uuid.UUID]string{
		fresh.ID: "us-cn/from-us", id: "us-cn/from-us (dropped)", collections.ControlLog: "the control log", uuid.Nil: uuid.Nil.String(),
	} {
		if got := c.LogName(log); got != want {
			t.Errorf("the log %s is called %q; want %q", log, got, want)
		}
	}
}

// A closed collection is dropped without another word in the file.
func TestApplyDropsAClosedCollection(t *testing.T) {
	store := newStore(t)
	c := openControl(t, store)
	apply(t, c, smallFile, collections.ApplyOptions{})
	fill(t, store, collection(t, c, "us-cn", "from-us").ID)
	apply(t, c, withoutFromUS, collections.ApplyOptions{})
	applied := apply(t, c, withoutFromUS, collections.ApplyOptions{Drop: []string{"from-us"}})
	if got := lines(applied.Changes); !slices.Equal(got, []string{"dropped  collection from-us: with the records that it holds"}) {
		t.Errorf("changes = %q", got)
	}
	if a, _ := openControl(t, store).Agreement("us-cn"); len(a.Collections) != 1 {
		t.Errorf("after the drop the agreement has %d collections, want 1", len(a.Collections))
	}
	if got := len(c.History("us-cn")); got != 2 {
		t.Errorf("a drop alone counts as an apply of the file: %d in the history, want 2", got)
	}
}

// P5: what contradicts the server as it stands is refused, names the other side,
// and writes nothing.
func TestApplyRefuses(t *testing.T) {
	const id = "6f3f5a51-0000-4000-8000-000000000001"
	issuer := func(iss, file string) string {
		return "issuers: [{iss: " + iss + ", jwks_file: " + file + "}], territory:"
	}
	inForce := edit(t, smallFile, "territory:", issuer("https://id.us.example", "us.json"))
	other := strings.ReplaceAll(inForce, "us-cn", "us-cn-2")
	withID := edit(t, inForce, "alias: from-us", "alias: from-us, id: "+id)

	for _, tc := range []struct {
		name, src string
		o         collections.ApplyOptions
		kind      error
		want      string // a part of the error
	}{
		{"a file that breaks rules", "agreement: x", collections.ApplyOptions{}, collections.ErrInvalid, `the key "title" is missing`},
		{"signatures", edit(t, other, "title:", "requires_signatures: all\ntitle:"), collections.ApplyOptions{},
			collections.ErrConflict, "requires_signatures: this version of accord can't verify signatures"},
		{"another territory", edit(t, other, "territory: CN", "territory: TW"), collections.ApplyOptions{},
			collections.ErrConflict, `party "cert-cn": its territory is "CN" in the agreement "us-cn" and "TW" in this file`},
		{"another identity", edit(t, other, "id: cert-us", "id: cert-us, identity: identity--"+id), collections.ApplyOptions{},
			collections.ErrConflict, `party "cert-us": its identity is "identity--`},
		{"another identity in the same agreement", edit(t, inForce, "id: cert-us", "id: cert-us, identity: identity--"+id), collections.ApplyOptions{},
			collections.ErrConflict, `made once and kept; the file says "identity--` + id},
		{"other keys of an issuer", edit(t, other, "us.json", "them.json"), collections.ApplyOptions{},
			collections.ErrConflict, `party "cert-us": its issuers are others in the agreement "us-cn"`},
		{"another issuer", edit(t, other, "https://id.us.example", "https://id2.us.example"), collections.ApplyOptions{},
			collections.ErrConflict, `party "cert-us": its issuers are others in the agreement "us-cn"`},
		{"an issuer of another party", edit(t, strings.ReplaceAll(smallFile, "us-cn", "us-cn-2"), "territory: CN", strings.TrimSuffix(issuer("https://id.us.example", "us.json"), "territory:")+"territory: CN"),
			collections.ApplyOptions{}, collections.ErrConflict, `party "cert-cn": the issuer "https://id.us.example" speaks for the party "cert-us" in the agreement "us-cn"`},
		{"another id", edit(t, inForce, "alias: from-cn", "alias: from-cn\n    id: "+strings.Replace(id, "1", "2", 1)), collections.ApplyOptions{},
			collections.ErrConflict, `collection "from-cn": its id is `},
		{"the id of a collection elsewhere", edit(t, other, "alias: from-cn", "alias: from-cn\n    id: "+id), collections.ApplyOptions{},
			collections.ErrConflict, `collection "from-cn": the id ` + id + ` is that of the collection us-cn/from-us`},
		{"the id under another alias", edit(t, withID, "alias: from-us", "alias: from-usa"), collections.ApplyOptions{},
			collections.ErrConflict, `the id ` + id + ` is that of the collection us-cn/from-us`},
		{"drop of what is in the file", withID, collections.ApplyOptions{Drop: []string{"from-us"}},
			collections.ErrInvalid, `drop: the collection "from-us" is in the file`},
		{"drop of nothing", withID, collections.ApplyOptions{Drop: []string{"from-fr"}},
			collections.ErrInvalid, `drop: the agreement "us-cn" has no collection "from-fr"`},
		{"title of a closed collection", edit(t, inForce, "alias: from-us", "alias: from-usa"), collections.ApplyOptions{},
			collections.ErrConflict, `the closed collection "from-us" has the title "From US", as "from-usa" has in the file; change the title or drop "from-us"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			store := newStore(t)
			c := openControl(t, store)
			apply(t, c, withID, collections.ApplyOptions{})
			fill(t, store, uuid.MustParse(id))
			before := len(controlLog(t, store))
			_, err := c.Apply(t.Context(), operator, []byte(tc.src), tc.o)
			if !errors.Is(err, tc.kind) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Apply = %v\nwant %v: %s", err, tc.kind, tc.want)
			}
			if after := len(controlLog(t, store)); after != before {
				t.Errorf("a refused file has left %d records", after-before)
			}
		})
	}
}

// One file may declare the issuers and the other none.
func TestApplyIssuersInOneFile(t *testing.T) {
	c := openControl(t, newStore(t))
	apply(t, c, edit(t, smallFile, "territory:", "issuers: [{iss: a, jwks_file: a.json}], territory:"), collections.ApplyOptions{})
	apply(t, c, strings.ReplaceAll(smallFile, "us-cn", "other"), collections.ApplyOptions{})
}

// A dropped collection's id never comes back, except where it was empty and
// returns to its place.
func TestApplyDroppedID(t *testing.T) {
	const id = "6f3f5a51-0000-4000-8000-000000000001"
	withID := edit(t, smallFile, "alias: from-us", "alias: from-us, id: "+id)
	elsewhere := strings.ReplaceAll(withID, "us-cn", "other")
	for _, tc := range []struct {
		name, src string
		filled    bool
		want      error
	}{
		{"empty, in its place", withID, false, nil},
		{"empty, elsewhere", elsewhere, false, collections.ErrConflict},
		{"with records, in its place", withID, true, collections.ErrConflict},
		{"with records, elsewhere", elsewhere, true, collections.ErrConflict},
	} {
		t.Run(tc.name, func(t *testing.T) {
			store := newStore(t)
			c := openControl(t, store)
			apply(t, c, withID, collections.ApplyOptions{})
			if tc.filled {
				fill(t, store, uuid.MustParse(id))
			}
			apply(t, c, withoutFromUS, collections.ApplyOptions{Drop: []string{"from-us"}})
			if _, err := c.Apply(t.Context(), operator, []byte(tc.src), collections.ApplyOptions{}); !errors.Is(err, tc.want) {
				t.Errorf("Apply = %v, want %v", err, tc.want)
			}
		})
	}
}

// P5: a server that starts with an old file gives no right back; a person may.
func TestApplyOldFile(t *testing.T) {
	store := newStore(t)
	c := openControl(t, store)
	apply(t, c, smallFile, collections.ApplyOptions{RefuseOld: true})
	stricter := edit(t, smallFile, "[read, write]", "[read]")
	apply(t, c, stricter, collections.ApplyOptions{})

	c = openControl(t, store) // the server starts anew
	_, err := c.Apply(t.Context(), operator, []byte(smallFile), collections.ApplyOptions{RefuseOld: true})
	if !errors.Is(err, collections.ErrConflict) || !strings.Contains(err.Error(), "superseded") {
		t.Errorf("Apply = %v, want ErrConflict", err)
	}
	apply(t, c, stricter, collections.ApplyOptions{RefuseOld: true}) // in force: no change
	apply(t, c, smallFile, collections.ApplyOptions{})               // by hand
	if got := len(c.History("us-cn")); got != 3 {
		t.Errorf("%d in the history, want 3", got)
	}
}

// Every apply is kept with its time, its hash and who did it.
func TestHistory(t *testing.T) {
	store := newStore(t)
	c := openControl(t, store)
	by := collections.Poster{Party: "cert-us", JTI: "j"}
	if _, err := c.Apply(t.Context(), by, []byte(smallFile), collections.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	r := controlLog(t, store)[1]
	want := []collections.AppliedFile{{Sequence: 2, Time: r.DateAdded, Hash: sha256.Sum256([]byte(smallFile)), Poster: by}}
	if got := c.History("us-cn"); !reflect.DeepEqual(got, want) {
		t.Errorf("History = %+v, want %+v", got, want)
	}
	if got := c.History("other"); len(got) != 0 {
		t.Errorf("History of what is not there = %+v", got)
	}
}

// Two applies at once, on two servers: contradicting files never hold both.
func TestApplyConcurrently(t *testing.T) {
	path := filepath.Join(t.TempDir(), "accord.db")
	files := []string{smallFile, edit(t, strings.ReplaceAll(smallFile, "us-cn", "other"), "territory: CN", "territory: MO")}
	errs := make([]error, len(files))
	var wg sync.WaitGroup
	for i, src := range files {
		c := openControl(t, openStore(t, path))
		wg.Go(func() { _, errs[i] = c.Apply(t.Context(), operator, []byte(src), collections.ApplyOptions{}) })
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("errors = %v; want one", errs)
	}
	if err := errors.Join(errs...); !errors.Is(err, collections.ErrConflict) {
		t.Errorf("error = %v, want ErrConflict", err)
	}
	if got := openControl(t, openStore(t, path)).Agreements(); len(got) != 1 {
		t.Errorf("%d agreements in force, want 1", len(got))
	}
}

// One agreement applied by many at once: each apply is told what it changed on
// top of the one before, and all servers end with the same.
func TestApplyConcurrentlyToOneAgreement(t *testing.T) {
	store := newStore(t)
	clearances := []string{"green", "amber", "amber+strict", "red"}
	var wg sync.WaitGroup
	for _, clearance := range clearances {
		c := openControl(t, store)
		src := edit(t, smallFile, "clearance: amber", "clearance: "+clearance)
		wg.Go(func() {
			applied, err := c.Apply(t.Context(), operator, []byte(src), collections.ApplyOptions{})
			if err != nil || len(applied.Changes) != 1 && len(applied.Changes) != 5 {
				t.Errorf("Apply = %q, %v", lines(applied.Changes), err)
			}
		})
	}
	wg.Wait()
	a, b := openControl(t, store), openControl(t, store)
	if got := len(a.History("us-cn")); got != len(clearances) {
		t.Errorf("%d in the history, want %d", got, len(clearances))
	}
	if !reflect.DeepEqual(a.Agreements(), b.Agreements()) {
		t.Error("two servers fold one log differently")
	}
}

// A store goes on to open when a later version has stricter rules for files:
// what stands in the log was good on its day.
func TestControlFoldsFilesThatAreRefusedNow(t *testing.T) {
	store := newStore(t)
	c := openControl(t, store)
	old := edit(t, smallFile, "title:", "obsolete: key\ntitle:")
	old = edit(t, old, "clearance: amber", "clearance: white")
	if err := c.Append(t.Context(), operator, func() ([]collections.ControlEntry, error) {
		return []collections.ControlEntry{{Type: "agreement", ID: "us-cn", Raw: []byte(old)}}, nil
	}); err != nil {
		t.Fatal(err)
	}
	a, ok := openControl(t, store).Agreement("us-cn")
	if !ok || len(a.Collections) != 2 || a.Party("cert-cn").Clearance != stix.Green {
		t.Fatalf("the agreement is %+v", a)
	}
	if got := a.Party("cert-us").Clearance; got != stix.Clear {
		t.Errorf("a clearance that can't be read = %v, want the lowest", got)
	}
}
