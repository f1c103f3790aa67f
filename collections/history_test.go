package collections_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"accord/collections"
	"accord/stix"
)

// judgedBy puts a profile in force in the collection curated.
func (w world) judgedBy(profile string) {
	w.Helper()
	src := strings.Replace(sampleAgreement, "alias: curated", "alias: curated\n    profile: "+profile, 1)
	if _, err := w.service.Control.Apply(w.Context(), operator, []byte(src), collections.ApplyOptions{}); err != nil {
		w.Fatal(err)
	}
}

// createdOn returns an object with another created.
func createdOn(created, object string) string {
	return strings.Replace(object, `"created":"2026-01-01T00:00:00.000Z"`, `"created":"`+created+`"`, 1)
}

const revoked = `,"revoked":true`

// VER-06, COM-04, P4: what must not stand beside the versions that are there is
// refused under the profiles that refuse it, and else stored with a warning, in
// one push and in several.
func TestVersionsBesideOthers(t *testing.T) {
	const earlier = "2025-12-31T00:00:00.000Z"
	for _, tc := range []struct {
		name    string
		there   []string
		then    string
		rule    string // "" is stored without a word
		refused string // by these profiles
	}{
		{"behind a revoked version", []string{indicator(1, t1, ""), indicator(1, t2, revoked)}, indicator(1, t3, ""), "VER-06 at /modified", "standard strict"},
		{"revoked once more", []string{indicator(1, t2, revoked)}, indicator(1, t3, revoked), "VER-06 at /modified", "standard strict"},
		{"behind it by a digit", []string{indicator(1, t2, revoked)}, indicator(1, "2026-01-02T00:00:00.0000001Z", ""), "VER-06 at /modified", "standard strict"},
		{"revoked before a version that is there", []string{indicator(1, t3, "")}, indicator(1, t2, revoked), "VER-06 at /revoked", "standard strict"},
		{"revoked between two", []string{indicator(1, t1, ""), indicator(1, t3, "")}, indicator(1, t2, revoked), "VER-06 at /revoked", "standard strict"},
		{"revoked before two versions", []string{indicator(1, t3, ""), indicator(1, t2, "")}, indicator(1, t1, revoked), "VER-06 at /revoked: version " + t2, "standard strict"},
		{"revoked behind all", []string{indicator(1, t2, ""), indicator(1, t1, "")}, indicator(1, t3, revoked), "", ""},
		{"an older version than the revoked one", []string{indicator(1, t2, revoked)}, indicator(1, t1, ""), "", ""},
		{"another object", []string{indicator(1, t2, revoked)}, indicator(2, t3, ""), "", ""},
		{"created differs", []string{indicator(1, t1, "")}, createdOn(earlier, indicator(1, t2, "")), "COM-04 at /created", "strict"},
		{"created differs from a later one", []string{indicator(1, t3, "")}, createdOn(earlier, indicator(1, t2, "")), "COM-04 at /created", "strict"},
		{"created in other digits", []string{indicator(1, t1, "")}, createdOn("2026-01-01T00:00:00.0000Z", indicator(1, t2, "")), "", ""},
	} {
		for _, profile := range []string{"standard", "strict", "open"} {
			for _, together := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s/%s/one push %v", tc.name, profile, together), func(t *testing.T) {
					w := newWorld(t)
					w.judgedBy(profile)
					us := w.as("cert-us", "read:*/* write:*/*")
					pushes := [][]string{tc.there, {tc.then}}
					if together {
						pushes = [][]string{append(slices.Clone(tc.there), tc.then)}
					}
					var s collections.Status
					for _, objects := range pushes {
						s = w.push(us, "curated", objects...).Status
					}
					refused := tc.refused != "" && strings.Contains(tc.refused, profile)
					if got := len(s.Failures) == 1; got != refused {
						t.Fatalf("push: %+v; refused %v, want %v", s, got, refused)
					}
					said := ""
					if refused {
						said = s.Failures[0].Message
					} else {
						said = s.Successes[len(s.Successes)-1].Message
					}
					if !strings.HasPrefix(said, tc.rule) || tc.rule == "" && said != "" {
						t.Errorf("push says %q, want %q", said, tc.rule)
					}
				})
			}
		}
	}
}

// A version that was deleted stands beside none.
func TestVersionsBesideDeletedOnes(t *testing.T) {
	for _, tc := range []struct{ name, deleted, then string }{
		{"behind a deleted revocation", indicator(1, t2, revoked), indicator(1, t3, "")},
		{"revoked before a deleted version", indicator(1, t3, ""), indicator(1, t2, revoked)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			us := w.as("cert-us", "read:*/* write:*/*")
			w.push(us, "curated", indicator(1, t1, ""), tc.deleted)
			if err := w.view(us, "curated").Delete(us, "indicator--00000000-0000-4000-8000-000000000001", collections.VersionFilter{Last: true}); err != nil {
				t.Fatal(err)
			}
			if s := w.push(us, "curated", tc.then).Status; len(s.Failures) != 0 {
				t.Errorf("push: %+v, want it taken", s.Failures)
			}
		})
	}
}

// VER-11: the rules of versions are not for observables, nor for objects that do
// not say what they are about.
func TestVersionsThatAreNotCompared(t *testing.T) {
	address := `{"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--8dded90c-40c0-545a-8027-5b212bb37e8e","value":"192.0.2.1","created":%q,"modified":%q%s}`
	withoutCreated := func(object string) string { return strings.Replace(object, `"created":"`+t1+`",`, "", 1) }
	for _, tc := range []struct{ name, there, then string }{
		{"a revoked observable", fmt.Sprintf(address, t1, t2, revoked), fmt.Sprintf(address, t1, t3, "")},
		{"an observable with another created", fmt.Sprintf(address, t1, t2, ""), fmt.Sprintf(address, t2, t3, "")},
		{"a stored version without created", withoutCreated(indicator(1, t2, "")), indicator(1, t3, "")},
		{"a version without created", indicator(1, t2, ""), withoutCreated(indicator(1, t3, ""))},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			w.judgedBy("open")
			us := w.as("cert-us", "read:*/* write:*/*")
			w.push(us, "curated", tc.there)
			s := w.push(us, "curated", tc.then).Status
			if len(s.Successes) != 1 {
				t.Fatalf("push: %+v, want it taken", s)
			}
			if said := s.Successes[0].Message; strings.Contains(said, "VER-06") || strings.Contains(said, "COM-04") {
				t.Errorf("push says %q, want nothing of other versions", said)
			}
		})
	}
}

// P6: a version that the poster's clearance hides says nothing by a rule, be it
// another version or the pushed one itself; one of his own party does.
func TestHiddenVersionsAreNotHintedAt(t *testing.T) {
	red := markedAs(string(stix.Red.Marking()))
	const earlier = "2025-12-31T00:00:00.000Z"
	for _, tc := range []struct {
		name   string
		hidden string
		mine   []string // of cert-cn, stored before
		push   string
		own    bool // the party that stored the hidden one pushes
		rule   string
	}{
		{"behind a hidden revocation", indicator(1, t2, red+revoked), nil, indicator(1, t3, ""), false, ""},
		{"revoked before a hidden version", indicator(1, t3, red), nil, indicator(1, t2, revoked), false, ""},
		{"created differs from the hidden one", indicator(1, t1, red), nil, createdOn(earlier, indicator(1, t2, "")), false, ""},
		{"behind one's own revocation", indicator(1, t2, red+revoked), nil, indicator(1, t3, ""), true, "VER-06"},
		{"a hidden version once more, behind a revocation", indicator(1, t3, red), []string{indicator(1, t2, revoked)}, indicator(1, t3, red), false, "VER-06"},
		{"a hidden version once more, created differs", createdOn(earlier, indicator(1, t3, red)), []string{indicator(1, t2, "")}, createdOn(earlier, indicator(1, t3, red)), false, "COM-04"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			us, cn := w.as("cert-us", "read:*/* write:*/*"), w.as("cert-cn", "read:*/* write:*/*")
			w.push(us, "curated", tc.hidden)
			w.push(cn, "curated", tc.mine...)
			poster := cn
			if tc.own {
				poster = us
			}
			s := w.push(poster, "curated", tc.push).Status
			said := ""
			if len(s.Failures) > 0 {
				said = s.Failures[0].Message
			} else {
				said = s.Successes[0].Message
			}
			if !strings.HasPrefix(said, tc.rule) || tc.rule == "" && said != "" {
				t.Errorf("push says %q, want %q", said, tc.rule)
			}
		})
	}
}

// P9: a version costs one look at its neighbour, an object that is new none.
func TestVersionsCostOneRead(t *testing.T) {
	w := newWorld(t)
	us := w.as("cert-us", "read:*/* write:*/*")
	read := 0
	w.service.Store = countingStore{w.service.Store, &read}
	var objects []string
	for i := range 100 {
		objects = append(objects, indicator(i, t1, ""))
	}
	w.push(us, "curated", objects...)
	if read != 0 {
		t.Errorf("100 new objects read %d stored ones, want none", read)
	}
	w.push(us, "curated", indicator(1, t2, ""))
	w.push(us, "curated", indicator(1, t3, ""))
	if read != 2 {
		t.Errorf("a second and a third version read %d stored ones, want one each", read)
	}
}
