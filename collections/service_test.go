package collections_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"accord/collections"
	"accord/collections/sqlite"
	"accord/schemas"
	"accord/stix"
)

const (
	identityUS = "identity--11111111-1111-4111-8111-111111111111"
	identityCN = "identity--22222222-2222-4222-8222-222222222222"
	statement  = "marking-definition--33333333-3333-4333-8333-333333333333"
)

const sampleAgreement = `
agreement: us-cn
title: {en: Cyber cooperation}
parties:
  - {id: cert-us, name: {en: National CERT US}, territory: US, clearance: amber, identity: ` + identityUS + `}
  - {id: cert-cn, name: {en: National CERT CN}, territory: CN, clearance: green, identity: ` + identityCN + `}
  - {id: cert-third, name: {en: A third CERT}, territory: FR, clearance: red}
collections:
  - alias: from-cn
    title: {en: From CN}
    origin: [CN]
    ceiling: amber
    grants: {cert-us: [read, write], cert-cn: [read, write]}
  - alias: curated
    title: {en: Curated}
    ceiling: red
    grants: {cert-us: [read, write], cert-cn: [read, write, curate]}
  - alias: write-only
    title: {en: Write only}
    ceiling: clear
    grants: {cert-us: [write], cert-cn: [read]}
`

// world is a service over an empty store in which the sample agreement holds.
type world struct {
	testing.TB
	service *collections.Service
}

func newWorld(t testing.TB) world {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "accord.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	control, err := collections.OpenControl(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	w := world{t, &collections.Service{
		Store: store, Control: control, Validator: schemas.New(),
		Log: slog.New(slog.DiscardHandler), Now: time.Now,
	}}
	if _, err := control.Apply(t.Context(), collections.Poster{Party: "*"}, []byte(sampleAgreement), collections.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	return w
}

// as returns a context in which a party asks, with the scopes given.
func (w world) as(party, scopes string) context.Context {
	w.Helper()
	s, err := collections.ParseScopes(scopes)
	if err != nil {
		w.Fatal(err)
	}
	return collections.WithCaller(w.Context(), collections.Caller{Party: party, Scopes: s})
}

func (w world) view(ctx context.Context, alias string) *collections.View {
	w.Helper()
	root, err := w.service.Root(ctx, "us-cn")
	if err != nil {
		w.Fatal(err)
	}
	v, err := root.View(alias)
	if err != nil {
		w.Fatal(err)
	}
	return v
}

type posted []string

func (p posted) Len() int                     { return len(p) }
func (p posted) Object(i int) ([]byte, error) { return []byte(p[i]), nil }

func (w world) push(ctx context.Context, alias string, objects ...string) collections.Pushed {
	w.Helper()
	pushed, err := w.view(ctx, alias).Push(ctx, posted(objects))
	if err != nil {
		w.Fatal(err)
	}
	return pushed
}

// read returns the objects that a filter gives, one string each.
func (w world) read(ctx context.Context, alias string, versions collections.VersionFilter) []string {
	w.Helper()
	v := w.view(ctx, alias)
	page, err := v.Page(ctx, collections.Filter{Limit: 1000, Versions: versions})
	if err != nil {
		w.Fatal(err)
	}
	objects, err := v.Objects(ctx, page.Sequences)
	if err != nil {
		w.Fatal(err)
	}
	var got []string
	for _, o := range objects {
		got = append(got, string(o.Raw))
	}
	return got
}

// indicator is an object that no rule finds anything in; more is added to its
// members as it stands.
func indicator(n int, modified, more string) string {
	return fmt.Sprintf(`{"type":"indicator","spec_version":"2.1","id":"indicator--00000000-0000-4000-8000-%012d",`+
		`"created":"2026-01-01T00:00:00.000Z","modified":%q,"name":"An address","description":"Told for tests","indicator_types":["benign"],"pattern":"[ipv4-addr:value = '192.0.2.1']",`+
		`"pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"%s}`, n, modified, more)
}

func markedAs(id string) string { return `,"object_marking_refs":["` + id + `"]` }

const (
	t1 = "2026-01-01T00:00:00.000Z"
	t2 = "2026-01-02T00:00:00.000Z"
	t3 = "2026-01-03T00:00:00.000Z"
)

// P5: a party knows of a collection exactly when it has a grant there, and may
// do what both grant and scope allow.
func TestRightsAreAnIntersection(t *testing.T) {
	w := newWorld(t)
	for _, tc := range []struct {
		party, scopes, alias string
		known, read, write   bool
	}{
		{"cert-us", "read:us-cn/from-cn write:us-cn/from-cn", "from-cn", true, true, true},
		{"cert-us", "read:us-cn/from-cn", "from-cn", true, true, false},
		{"cert-us", "write:us-cn/*", "from-cn", true, false, true},
		{"cert-us", "read:*/* write:*/*", "from-cn", true, true, true},
		{"cert-us", "read:other/from-cn", "from-cn", true, false, false},
		{"cert-us", "admin", "from-cn", true, false, false},
		{"cert-us", "", "from-cn", true, false, false},
		{"cert-us", "read:*/* write:*/*", "write-only", true, false, true},
		{"cert-cn", "read:*/* write:*/*", "write-only", true, true, false},
		{"cert-third", "read:*/* write:*/* admin", "from-cn", false, false, false},
	} {
		root, err := w.service.Root(w.as(tc.party, tc.scopes), "us-cn")
		if err != nil {
			t.Fatal(err)
		}
		v, err := root.View(tc.alias)
		switch {
		case !tc.known && !errors.Is(err, collections.ErrNotFound):
			t.Errorf("%s with %q: View(%q) = %v, want ErrNotFound", tc.party, tc.scopes, tc.alias, err)
		case tc.known && err != nil:
			t.Errorf("%s with %q: View(%q) = %v", tc.party, tc.scopes, tc.alias, err)
		case tc.known && (v.CanRead != tc.read || v.CanWrite != tc.write):
			t.Errorf("%s with %q in %q: read %v, write %v; want %v, %v", tc.party, tc.scopes, tc.alias, v.CanRead, v.CanWrite, tc.read, tc.write)
		case tc.known && (v.RequireRead() == nil) != tc.read, tc.known && (v.RequireWrite() == nil) != tc.write:
			t.Errorf("%s with %q in %q: the flags and what holds differ", tc.party, tc.scopes, tc.alias)
		}
	}
}

// P5: a root is shown to its parties only, and to a party's own issuer only in
// the agreement that declares it.
func TestRootIsShownToItsParties(t *testing.T) {
	w := newWorld(t)
	for _, party := range []string{"nobody", ""} {
		if _, err := w.service.Root(w.as(party, "read:*/*"), "us-cn"); !errors.Is(err, collections.ErrNotFound) {
			t.Errorf("Root as %q = %v, want ErrNotFound", party, err)
		}
	}
	if _, err := w.service.Root(t.Context(), "us-cn"); !errors.Is(err, collections.ErrUnauthenticated) {
		t.Errorf("Root without a caller = %v, want ErrUnauthenticated", err)
	}
}

// P4: each member is judged by itself, and says why.
func TestPushJudgesEachMember(t *testing.T) {
	w := newWorld(t)
	us := w.as("cert-us", "read:*/* write:*/*")
	activity := `,"extensions":{"extension-definition--afe29771-8065-4445-be99-ab77b492b790":{"extension_type":"property-extension","origin_territories":[%s]}}`
	for _, tc := range []struct {
		name, object, rule string // rule "" is accepted
	}{
		{"plain", indicator(1, t1, ""), ""},
		{"own identity", indicator(2, t1, `,"created_by_ref":"`+identityUS+`"`), ""},
		{"VER-08 another party's identity", indicator(3, t1, `,"created_by_ref":"`+identityCN+`"`), "VER-08"},
		{"a stranger's identity", indicator(4, t1, `,"created_by_ref":"identity--99999999-9999-4999-8999-999999999999"`), ""},
		{"CTX-ORIGIN the collection's own", indicator(5, t1, fmt.Sprintf(activity, `"CN","US"`)), ""},
		{"CTX-ORIGIN only others", indicator(6, t1, fmt.Sprintf(activity, `"US"`)), "CTX-ORIGIN"},
		{"TLP at the ceiling", indicator(7, t1, markedAs(string(stix.Amber.Marking()))), ""},
		{"TLP above the ceiling", indicator(8, t1, markedAs(string(stix.Red.Marking()))), "TLP-CEILING"},
		{"a STIX 2.0 object", strings.Replace(indicator(9, t1, ""), `"spec_version":"2.1",`, "", 1), "COM-02"},
		{"GEN-01 doubled name", indicator(10, t1, `,"lang":"en","lang":"zh"`), "GEN-01"},
		{"COM-05 modified before created", indicator(11, "2025-01-01T00:00:00.000Z", ""), "COM-05"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := w.push(us, "from-cn", tc.object).Status
			switch {
			case tc.rule == "" && (len(s.Successes) != 1 || len(s.Failures) != 0):
				t.Errorf("push of %s: %+v, want it taken", tc.object, s)
			case tc.rule != "" && (len(s.Failures) != 1 || !strings.HasPrefix(s.Failures[0].Message, tc.rule)):
				t.Errorf("push of %s: failures %+v, want one of %s", tc.object, s.Failures, tc.rule)
			}
		})
	}
}

// P4, TX-OBJ-POST-06: one bad object among many costs none of the others.
func TestPushKeepsTheOthers(t *testing.T) {
	w := newWorld(t)
	us := w.as("cert-us", "read:*/* write:*/*")
	var objects posted
	for i := range 2500 {
		objects = append(objects, indicator(i, t1, ""))
	}
	objects[1234] = `{"type":"indicator"}`
	pushed := w.push(us, "curated", objects...)
	if n := len(pushed.Versions); n != 2499 || len(pushed.Status.Failures) != 1 {
		t.Fatalf("%d successes and failures %+v; want 2499 and one", n, pushed.Status.Failures)
	}
	if f := pushed.Status.Failures[0]; f.ID != "objects[1234]" || f.Version != "unknown" || f.Message == "" {
		t.Errorf("failure %+v; want stand-ins for id and version (TX-STAT-09)", f)
	}
	root, _ := w.service.Root(us, "us-cn")
	saved, err := root.Status(us, pushed.Status.ID.String())
	if err != nil {
		t.Fatal(err)
	}
	details, err := root.Details(us, saved)
	if err != nil || len(details) != len(pushed.Versions) {
		t.Fatalf("Details = %d, %v; want %d", len(details), err, len(pushed.Versions))
	}
	for i, v := range details {
		if v != pushed.Versions[i] {
			t.Fatalf("detail %d is %+v when read back, was %+v", i, v, pushed.Versions[i])
		}
	}
}

// D-10, VER-05, TX-OBJ-POST-02/03/05/15: what is already there stays.
func TestPushOfWhatIsThere(t *testing.T) {
	addr := `{"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd","value":"198.51.100.3"%s}`
	plain := fmt.Sprintf(addr, "")
	for _, tc := range []struct {
		name            string
		objects         []string
		stored, refused int
	}{
		{"same bytes", []string{indicator(1, t1, ""), indicator(1, t1, "")}, 1, 0},
		{"a default written out", []string{indicator(1, t1, ""), indicator(1, t1, `,"revoked":false`)}, 1, 0},
		{"other content", []string{indicator(1, t1, ""), indicator(1, t1, `,"confidence":5`)}, 1, 1},
		{"same instant, other digits", []string{indicator(1, t1, ""), indicator(1, "2026-01-01T00:00:00.0000Z", `,"confidence":5`)}, 1, 1},
		{"an older version later", []string{indicator(1, t3, ""), indicator(1, t1, "")}, 2, 0},
		{"observable again", []string{plain, plain}, 1, 0},
		{"observable changed", []string{plain, fmt.Sprintf(addr, `,"defanged":true`)}, 2, 0},
		{"observable changed back", []string{plain, fmt.Sprintf(addr, `,"defanged":true`), plain}, 2, 0},
	} {
		for _, together := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/one push %v", tc.name, together), func(t *testing.T) {
				w := newWorld(t)
				us := w.as("cert-us", "read:*/* write:*/*")
				refused := 0
				if together {
					refused = len(w.push(us, "curated", tc.objects...).Status.Failures)
				} else {
					for _, o := range tc.objects {
						refused += len(w.push(us, "curated", o).Status.Failures)
					}
				}
				stored := w.read(us, "curated", collections.VersionFilter{All: true})
				if len(stored) != tc.stored || refused != tc.refused {
					t.Errorf("%d stored, %d refused; want %d, %d", len(stored), refused, tc.stored, tc.refused)
				}
				if stored[0] != tc.objects[0] {
					t.Errorf("the first one became %s", stored[0])
				}
			})
		}
	}
}

// P6: a caller's world is the records that its clearance admits; a hidden newer
// version supersedes nothing there.
func TestClearance(t *testing.T) {
	w := newWorld(t)
	us, cn := w.as("cert-us", "read:*/* write:*/*"), w.as("cert-cn", "read:*/* write:*/*")
	green, amber := markedAs(string(stix.Green.Marking())), markedAs(string(stix.Amber.Marking()))
	unknown := markedAs("marking-definition--44444444-4444-4444-8444-444444444444")
	said := markedAs(statement)
	definition := `{"type":"marking-definition","spec_version":"2.1","id":"` + statement + `","created":"2026-01-01T00:00:00.000Z","definition_type":"statement","definition":{"statement":"as agreed"}}`
	w.push(us, "from-cn",
		indicator(1, t1, green), indicator(1, t2, amber), // a newer version that cn may not see
		indicator(2, t1, ""),      // unmarked is clear
		indicator(3, t1, unknown), // counts as the ceiling
		indicator(4, t1, said),    // its definition comes later in the push
		definition)
	if got := len(w.read(us, "from-cn", collections.VersionFilter{})); got != 5 {
		t.Errorf("amber sees %d latest versions, want 5", got)
	}
	want := []string{indicator(1, t1, green), indicator(2, t1, ""), indicator(4, t1, said), definition}
	if got := w.read(cn, "from-cn", collections.VersionFilter{}); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("green sees\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	// A later push finds the definition in the collection.
	w.push(us, "from-cn", indicator(5, t1, said))
	if got := len(w.read(cn, "from-cn", collections.VersionFilter{})); got != 5 {
		t.Errorf("green sees %d after a push under a known statement, want 5", got)
	}
	// What is hidden is not hinted at by the words of a status.
	again, fresh := w.push(cn, "from-cn", indicator(3, t1, unknown)).Status, w.push(cn, "from-cn", indicator(6, t1, unknown)).Status
	if len(again.Successes) != 1 || again.Successes[0].Message != fresh.Successes[0].Message {
		t.Errorf("a duplicate of a hidden record: %+v, want a success as of a new one: %+v", again, fresh)
	}
	if again := w.push(cn, "from-cn", indicator(2, t1, "")).Status; len(again.Successes) != 1 || again.Successes[0].Message == "" {
		t.Errorf("a duplicate of a visible record: %+v, want a success that says so", again)
	}
}

// P5: deleting is for the party that stored the record and for curators.
func TestDelete(t *testing.T) {
	id := "indicator--00000000-0000-4000-8000-000000000001"
	at := func(ts ...stix.Timestamp) collections.VersionFilter { return collections.VersionFilter{At: ts} }
	for _, tc := range []struct {
		name, party, alias string
		filter             collections.VersionFilter
		kind               error
		left               int
	}{
		{"own, all versions", "cert-us", "from-cn", collections.VersionFilter{}, nil, 0},
		{"one version", "cert-us", "from-cn", at(t2), nil, 2},
		{"first", "cert-us", "from-cn", collections.VersionFilter{First: true}, nil, 2},
		{"first and last", "cert-us", "from-cn", collections.VersionFilter{First: true, Last: true}, nil, 1},
		{"a version never stored", "cert-us", "from-cn", at("2020-01-01T00:00:00.000Z"), collections.ErrNotFound, 3},
		{"2.0 copies only", "cert-us", "from-cn", collections.VersionFilter{SpecVersions: []string{"2.0"}}, collections.ErrNotFound, 3},
		{"another party's", "cert-cn", "from-cn", collections.VersionFilter{}, collections.ErrForbidden, 3},
		{"another party's, as curator", "cert-cn", "curated", collections.VersionFilter{}, nil, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			us := w.as("cert-us", "read:*/* write:*/*")
			w.push(us, tc.alias, indicator(1, t1, ""), indicator(1, t2, ""), indicator(1, t3, ""))
			ctx := w.as(tc.party, "read:*/* write:*/*")
			if err := w.view(ctx, tc.alias).Delete(ctx, id, tc.filter); !errors.Is(err, tc.kind) {
				t.Errorf("Delete = %v, want %v", err, tc.kind)
			}
			if left := len(w.read(us, tc.alias, collections.VersionFilter{All: true})); left != tc.left {
				t.Errorf("%d versions are left, want %d", left, tc.left)
			}
		})
	}
}

// P3, P2: the bytes that were posted are the bytes that are stored, and the
// record keeps their hash.
func TestPushKeepsBytes(t *testing.T) {
	w := newWorld(t)
	us := w.as("cert-us", "read:*/* write:*/*")
	odd := indicator(1, "2026-01-01T00:00:00.000000000001Z", `, "x_n" : 1.0, "x_big":12345678901234567890,"x_s":"<a&b> \u00e9 é 观测"`)
	w.push(us, "curated", odd)
	if got := w.read(us, "curated", collections.VersionFilter{}); len(got) != 1 || got[0] != odd {
		t.Errorf("read %q, posted %q", got, odd)
	}
	versions, err := w.view(us, "curated").Versions(us, "indicator--00000000-0000-4000-8000-000000000001")
	if err != nil || versions[0].Hash != sha256.Sum256([]byte(odd)) {
		t.Errorf("Versions = %+v, %v; want the hash of what was posted", versions, err)
	}
}
