package collections_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"accord/collections"
	"accord/stix"

	"github.com/google/uuid"
)

const author = `,"created_by_ref":"` + identityUS + `"`

// VER-08, P5: only the party that made an object makes versions of it; leaving
// its name out does not revoke what it said.
func TestOnlyTheAuthorMakesVersions(t *testing.T) {
	stranger := `,"created_by_ref":"identity--99999999-9999-4999-8999-999999999999"`
	for _, tc := range []struct {
		name, first, then string
		refused           bool
	}{
		{"without author", indicator(1, t1, author), indicator(1, t2, `,"revoked":true`), true},
		{"with another author", indicator(1, t1, author), indicator(1, t2, stranger), true},
		{"an older version", indicator(1, t2, author), indicator(1, t1, ""), true},
		{"a stranger's object", indicator(1, t1, stranger), indicator(1, t2, stranger), false},
		{"an object of nobody", indicator(1, t1, ""), indicator(1, t2, ""), false},
		{"the same version", indicator(1, t1, author), indicator(1, t1, author), true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			us, cn := w.as("cert-us", "read:*/* write:*/*"), w.as("cert-cn", "read:*/* write:*/*")
			w.push(us, "curated", tc.first)
			s := w.push(cn, "curated", tc.then).Status
			refused := len(s.Failures) == 1 && strings.HasPrefix(s.Failures[0].Message, "VER-08")
			if refused != tc.refused {
				t.Errorf("the other party's push: %+v; refused by VER-08 %v, want %v", s, refused, tc.refused)
			}
			if s := w.push(us, "curated", indicator(1, t3, author)).Status; len(s.Failures) != 0 {
				t.Errorf("the author's own next version: %+v, want it taken", s.Failures)
			}
		})
	}
}

// P4: a version of STIX that nobody knows costs its own object and no other,
// under every profile.
func TestUnknownSpecVersion(t *testing.T) {
	w := newWorld(t)
	open := strings.Replace(sampleAgreement, "alias: curated", "alias: curated\n    profile: open", 1)
	if _, err := w.service.Control.Apply(t.Context(), collections.Poster{Party: "*"}, []byte(open), collections.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	us := w.as("cert-us", "read:*/* write:*/*")
	for _, spec := range []string{"9.9", "2.2", "2.10", strings.Repeat("2", 5000)} {
		odd := strings.Replace(indicator(1, t1, ""), `"2.1"`, `"`+spec+`"`, 1)
		s := w.push(us, "curated", odd, indicator(2, t1, "")).Status
		if len(s.Failures) != 1 || !strings.HasPrefix(s.Failures[0].Message, "COM-02") || len(s.Successes) != 1 {
			t.Errorf("push with spec_version %.20q: %+v, want one failure of COM-02 and one success", spec, s)
		}
	}
}

// P6: to push what a hidden record says already tells nothing of that record:
// neither its words nor its date.
func TestPushOfWhatIsHidden(t *testing.T) {
	red := markedAs(string(stix.Red.Marking()))
	address := `{"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd","value":"198.51.100.3"` + red + `}`
	warned := indicator(1, t1, red+`,"x_note":"drawn to attention"`)
	for _, object := range []string{address, warned} {
		hidden, fresh := newWorld(t), newWorld(t)
		first := hidden.push(hidden.as("cert-us", "read:*/* write:*/*"), "curated", object).Versions[0]
		again := hidden.push(hidden.as("cert-cn", "read:*/* write:*/*"), "curated", object)
		alone := fresh.push(fresh.as("cert-cn", "read:*/* write:*/*"), "curated", object)
		if got, want := again.Status.Successes[0].Message, alone.Status.Successes[0].Message; got != want {
			t.Errorf("push of hidden %s: message %q, want %q as if it were new", object, got, want)
		}
		if v := again.Versions[0]; v.Timestamp != "" && v.Sequence != first.Sequence {
			t.Errorf("push of hidden %s: stored once more as %d", object, v.Sequence)
		}
		if v := again.Versions[0]; v.Timestamp == "" && v.Value() == first.Value() {
			t.Errorf("push of hidden %s: version %s, which is when the hidden one was added", object, v.Value())
		}
	}
}

// TX-SEC-02: many contents under one id without a version are taken in time
// that grows with their number only; compared by value with one another they
// would stop all other writers for minutes.
func TestManyUnversionedContents(t *testing.T) {
	w := newWorld(t)
	us := w.as("cert-us", "read:*/* write:*/*")
	objects := make([]string, 3000)
	for i := range objects {
		objects[i] = fmt.Sprintf(`{"type":"mutex","spec_version":"2.1","id":"mutex--eba44954-d4e4-5d3b-814c-2b17dd8de300","name":"m","x_n":%d}`, i)
	}
	w.push(us, "curated", objects...)
	compared := 0
	w.service.Store = countingStore{w.service.Store, &compared}
	w.push(us, "curated", strings.Replace(objects[0], `"m"`, `"n"`, 1))
	if compared > 1 {
		t.Errorf("one more content read %d stored ones, want the newest alone", compared)
	}
	if got := len(w.read(us, "curated", collections.VersionFilter{All: true})); got != 1000 {
		t.Errorf("a page of %d, want 1000", got)
	}
}

// A countingStore counts the objects that decisions read.
type countingStore struct {
	collections.Store
	objects *int
}

func (s countingStore) Append(ctx context.Context, log uuid.UUID, decide collections.Decide) ([]collections.Record, error) {
	return s.Store.Append(ctx, log, func(ctx context.Context, state collections.State) (collections.Decision, error) {
		return decide(ctx, countingState{state, s.objects})
	})
}

type countingState struct {
	collections.State
	objects *int
}

func (s countingState) Object(ctx context.Context, seq int64) ([]byte, error) {
	*s.objects++
	return s.State.Object(ctx, seq)
}

// P4, TX-SEC-02: a status is bounded: what breaks many rules is named by the
// first of them, and what has no sound id by its place.
func TestStatusIsBounded(t *testing.T) {
	w := newWorld(t)
	us := w.as("cert-us", "read:*/* write:*/*")
	name, halves := strings.Repeat("n", 900), strings.Repeat(`"\ud800",`, 19)+`"\ud800"`
	bad := fmt.Sprintf(`{"id":"%s","created":"%[1]s","%[1]s":[%s]}`, name, halves)
	objects := make([]string, 12_000)
	for i := range objects {
		objects[i] = bad
	}
	failures := w.push(us, "curated", objects...).Status.Failures
	if len(failures) != len(objects) {
		t.Fatalf("%d failures, want %d", len(failures), len(objects))
	}
	for i, f := range failures {
		if most := 2000; i < 5000 && len(f.Message) > most || i >= 5000 && len(f.Message) > 250 {
			t.Fatalf("failure %d has a message of %d bytes", i, len(f.Message))
		}
		if f.ID != fmt.Sprintf("objects[%d]", i) || f.Version != "unknown" || !strings.HasPrefix(f.Message, "GEN-01 at /"+name[:100]) {
			t.Fatalf("failure %d is %.400v", i, f)
		}
	}
}
