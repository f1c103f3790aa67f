package collections_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/collections"

	"github.com/google/uuid"
)

// access records one access of a party in a collection of the sample agreement,
// with everything set.
func (w world) access(party, alias string, action collections.Action) {
	w.Helper()
	kind, ok := w.service.AccessKindOf("us-cn", alias)
	if !ok {
		w.Fatalf("there is no collection %q", alias)
	}
	kind.Party, kind.Action = party, action
	err := w.service.Store.RecordAccesses(w.Context(), []collections.Access{{
		AccessKind: kind, Time: time.Now(), Unit: "unit", Officer: "officer", JTI: "jti", Remote: "192.0.2.1", RequestID: "R",
		Object: "indicator--x", First: 3, Last: 9, Count: 5, Status: 200,
	}})
	if err != nil {
		w.Fatal(err)
	}
}

// seen writes accesses one a line: who, where, what; then what is left of it.
func seen(accesses []collections.Access) string {
	var b strings.Builder
	for _, a := range accesses {
		fmt.Fprintf(&b, "%s %s %s", a.Party, a.Alias, a.Action)
		switch {
		case a.Officer+a.JTI+a.Remote == "":
			b.WriteString(" -who")
		case a.Officer == "", a.JTI == "", a.Remote == "":
			b.WriteString(" ?who") // one is left out, another is not
		}
		for _, lacks := range []struct {
			what string
			is   bool
		}{{"seq", a.First+a.Last == 0}, {"count", a.Count == 0}, {"object", a.Object == ""}, {"unit", a.Unit == ""}} {
			if lacks.is {
				b.WriteString(" -" + lacks.what)
			}
		}
		if a.Partial != (a.First == 0) {
			b.WriteString(" ?partial")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// TX-AUTH-14, P5, P6: who sees which accesses, and what of them.
func TestAccessesThatAPartySees(t *testing.T) {
	w := newWorld(t)
	for _, alias := range []string{"from-cn", "curated", "write-only", ""} {
		w.access("cert-us", alias, collections.ActionObject)
		w.access("cert-us", alias, collections.ActionPush)
		w.access("cert-cn", alias, collections.ActionObject)
		w.access("cert-cn", alias, collections.ActionDelete)
		w.access("cert-cn", alias, collections.ActionStatus)
		w.access("cert-third", alias, collections.ActionManifest)
	}
	all := func(alias string) string {
		return strings.ReplaceAll(`cert-us A object
cert-us A push
cert-cn A object
cert-cn A delete
cert-cn A status
cert-third A manifest
`, " A ", " "+alias+" ")
	}
	for _, tc := range []struct {
		name, party, scope, want string
	}{
		// Nobody curates from-cn, so who writes to it sees the accesses; us may
		// read all that it can hold, and of write-only nothing.
		{"all of one collection, part of another", "cert-us", "read:*/*", `cert-us from-cn object
cert-us from-cn push
cert-cn from-cn object -who
cert-cn from-cn delete -who
cert-cn from-cn status -who
cert-third from-cn manifest -who
cert-us write-only object -seq
cert-us write-only push -seq
cert-cn write-only object -who -seq -count -object
cert-third write-only manifest -who -seq -count -object
`},
		// The clearance of cn is below the ceilings; it curates one collection.
		{"P6: below the ceiling", "cert-cn", "read:*/*", `cert-us from-cn object -who -seq -count -object
cert-cn from-cn object -seq
cert-cn from-cn delete -seq
cert-cn from-cn status -seq
cert-third from-cn manifest -who -seq -count -object
cert-us curated object -who -seq -count -object
cert-cn curated object -seq
cert-cn curated delete -seq
cert-cn curated status -seq
cert-third curated manifest -who -seq -count -object
`},
		{"P5: one of them by scope", "cert-us", "read:us-cn/write-only", `cert-us write-only object -seq
cert-us write-only push -seq
cert-cn write-only object -who -seq -count -object
cert-third write-only manifest -who -seq -count -object
`},
		{"P5: no scope to read", "cert-us", "write:*/* search:* request:*", ""},
		{"P5: no grant", "cert-third", "read:*/* write:*/*", ""},
		{"admin", "cert-third", "admin", all("from-cn") + all("curated") + all("write-only") + all("")},
	} {
		got, more, err := w.service.Accesses(w.as(tc.party, tc.scope), collections.AccessFilter{Limit: 100})
		if err != nil || more {
			t.Errorf("%s: %v, %v", tc.name, more, err)
		}
		if text := seen(got); text != tc.want {
			t.Errorf("%s: %s with %q sees\n%s\nwant\n%s", tc.name, tc.party, tc.scope, text, tc.want)
		}
	}
	if _, _, err := w.service.Accesses(context.Background(), collections.AccessFilter{}); !errors.Is(err, collections.ErrUnauthenticated) {
		t.Errorf("without a caller: %v", err)
	}
}

// P5: a filter tells nobody of what he may not know; nor does a page of what is
// left out.
func TestAccessFilter(t *testing.T) {
	w := newWorld(t)
	for _, alias := range []string{"curated", "from-cn"} {
		for _, party := range []string{"cert-us", "cert-cn"} {
			w.access(party, alias, collections.ActionObjects)
			w.access(party, alias, collections.ActionPush)
		}
	}
	fromCN, _ := w.service.AccessKindOf("us-cn", "from-cn")
	type filter = collections.AccessFilter
	for _, tc := range []struct {
		name, party, scope string
		filter             filter
		want               int
		kind               error
	}{
		{"nothing", "cert-us", "read:*/*", filter{}, 4, nil},
		{"agreement", "cert-us", "read:*/*", filter{Agreement: "us-cn"}, 4, nil},
		{"collection", "cert-us", "read:*/*", filter{Collection: "us-cn/from-cn"}, 4, nil},
		{"collection by id", "cert-us", "read:*/*", filter{Collection: "us-cn/" + fromCN.Collection.String()}, 4, nil},
		{"party", "cert-us", "read:*/*", filter{Party: "cert-cn"}, 2, nil},
		{"a party that there is not", "cert-us", "read:*/*", filter{Party: "x"}, 0, nil},
		{"action", "cert-us", "read:*/*", filter{Action: collections.ActionPush}, 2, nil},
		{"party and action", "cert-us", "read:*/*", filter{Action: collections.ActionPush, Party: "cert-us"}, 1, nil},
		{"two that contradict", "cert-us", "read:*/* admin", filter{Collection: "us-cn/from-cn", Agreement: "other"}, 0, collections.ErrInvalid},
		{"two that contradict, without admin", "cert-us", "read:*/*", filter{Collection: "us-cn/from-cn", Agreement: "other"}, 0, collections.ErrInvalid},
		{"before", "cert-us", "read:*/*", filter{To: time.Now().AddDate(0, 0, -1)}, 0, nil},
		{"after", "cert-us", "read:*/*", filter{From: time.Now().AddDate(0, 0, 1)}, 0, nil},
		{"another agreement", "cert-us", "read:*/*", filter{Agreement: "eu-us"}, 0, collections.ErrNotFound},
		{"a collection of another agreement", "cert-us", "read:*/*", filter{Collection: "eu-us/from-cn"}, 0, collections.ErrNotFound},
		{"no agreement before the name", "cert-us", "read:*/*", filter{Collection: "from-cn"}, 0, collections.ErrInvalid},
		{"another's collection", "cert-us", "read:*/*", filter{Collection: "us-cn/curated"}, 0, collections.ErrForbidden},
		{"own, but for the scope", "cert-us", "read:us-cn/curated", filter{Collection: "us-cn/from-cn"}, 0, collections.ErrForbidden},
		{"not known", "cert-third", "read:*/*", filter{Collection: "us-cn/from-cn"}, 0, collections.ErrNotFound},
		{"not there", "cert-third", "read:*/*", filter{Collection: "us-cn/none"}, 0, collections.ErrNotFound},
		{"admin, no agreement before the name", "cert-us", "admin", filter{Collection: "/from-cn"}, 0, collections.ErrInvalid},
		{"admin", "cert-third", "admin", filter{Collection: "us-cn/curated"}, 4, nil},
		{"admin, not there", "cert-third", "admin", filter{Collection: "us-cn/none"}, 0, collections.ErrNotFound},
		{"admin, no agreement", "cert-third", "admin", filter{Agreement: "none"}, 0, collections.ErrNotFound},
	} {
		tc.filter.Limit = 100
		got, _, err := w.service.Accesses(w.as(tc.party, tc.scope), tc.filter)
		if len(got) != tc.want || !errors.Is(err, tc.kind) {
			t.Errorf("%s: %s sees %d, %v; want %d, %v", tc.name, tc.party, len(got), err, tc.want, tc.kind)
		}
	}
	// us may see the four of from-cn only: what lies between them makes no page.
	oldest, more, err := w.service.Accesses(w.as("cert-us", "read:*/*"), filter{Limit: 4})
	if err != nil || more || len(oldest) != 4 {
		t.Errorf("a page of all that us may see: %d, more %v, %v", len(oldest), more, err)
	}
	newest, more, err := w.service.Accesses(w.as("cert-us", "read:*/*"), filter{Limit: 3, NewestFirst: true})
	slices.Reverse(newest)
	if err != nil || !more || seen(newest) != seen(oldest[1:]) {
		t.Errorf("the newest three are\n%s\nmore %v, %v; want\n%s and more", seen(newest), more, err, seen(oldest[1:]))
	}
}

// P5: who has tried to read, and shares no agreement with the owner, is named to
// the operator alone; who has left the agreement is still named to the owner.
func TestAccessesOfAStranger(t *testing.T) {
	w := newWorld(t)
	w.access("cert-stranger", "from-cn", collections.ActionObjects)
	w.access("cert-third", "from-cn", collections.ActionObjects)
	left := regexp.MustCompile(`(?m)^.*cert-third.*\n`).ReplaceAllString(sampleAgreement, "")
	if _, err := w.service.Control.Apply(t.Context(), collections.Poster{Party: "*"}, []byte(left), collections.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ scope, of, want string }{
		{"read:*/*", "", "cert-third from-cn objects -who\n"},
		{"read:*/*", "cert-stranger", ""},
		{"admin", "", "cert-stranger from-cn objects\ncert-third from-cn objects\n"},
	} {
		got, _, err := w.service.Accesses(w.as("cert-us", tc.scope), collections.AccessFilter{Party: tc.of, Limit: 10})
		if err != nil || seen(got) != tc.want {
			t.Errorf("%s of %q sees %q, %v; want %q", tc.scope, tc.of, seen(got), err, tc.want)
		}
	}
}

// A collection that was dropped is remembered by its accesses, for the operator.
func TestAccessesOfADroppedCollection(t *testing.T) {
	w := newWorld(t)
	w.access("cert-us", "curated", collections.ActionObjects)
	id := w.view(w.as("cert-us", ""), "curated").ID
	cut, _, _ := strings.Cut(sampleAgreement, "  - alias: curated")
	src := cut + sampleAgreement[strings.Index(sampleAgreement, "  - alias: write-only"):]
	if _, err := w.service.Control.Apply(t.Context(), collections.Poster{Party: "*"}, []byte(src), collections.ApplyOptions{Drop: []string{"curated"}}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"us-cn/curated", "us-cn/" + id.String()} {
		got, _, err := w.service.AllAccesses(t.Context(), collections.AccessFilter{Collection: name, Limit: 10})
		if err != nil || len(got) != 1 || got[0].Collection != id {
			t.Errorf("accesses of %s: %+v, %v; want one", name, got, err)
		}
	}
	if _, _, err := w.service.Accesses(w.as("cert-us", "read:*/*"), collections.AccessFilter{Collection: "us-cn/curated"}); !errors.Is(err, collections.ErrNotFound) {
		t.Errorf("a party asks for it: %v", err)
	}
	if _, ok := w.service.AccessKindOf("us-cn", uuid.NewString()); ok {
		t.Error("an id that is none is a collection")
	}
}

// P6: what lies in a collection stays there when its ceiling is lowered, and is
// hidden from who could not read it before.
func TestLoweredCeilingHidesAsBefore(t *testing.T) {
	w := newWorld(t)
	w.access("cert-us", "from-cn", collections.ActionObjects)
	lowered := strings.Replace(sampleAgreement, "ceiling: amber", "ceiling: green", 1)
	if _, err := w.service.Control.Apply(t.Context(), collections.Poster{Party: "*"}, []byte(lowered), collections.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	ctx := w.as("cert-cn", "read:*/*")
	if r := w.view(ctx, "from-cn").Rights(); fmt.Sprint(r.Withheld) != "[amber]" {
		t.Errorf("withheld is %v; want amber, which the collection may hold from before", r.Withheld)
	}
	got, _, err := w.service.Accesses(ctx, collections.AccessFilter{Limit: 10})
	if err != nil || seen(got) != "cert-us from-cn objects -who -seq -count -object\n" {
		t.Errorf("cert-cn sees %q, %v; want no sequences", seen(got), err)
	}
}

func TestParseDays(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 12, d, 0, 0, 0, 0, time.UTC) }
	for _, tc := range []struct {
		first, last string
		from, to    time.Time
		fault       string
	}{
		{"", "", time.Time{}, time.Time{}, ""},
		{"2026-12-01", "", day(1), time.Time{}, ""},
		{"", "2026-12-01", time.Time{}, day(2), ""},
		{"2026-12-01", "2026-12-01", day(1), day(2), ""},
		{"2026-12-31", "2026-12-30", day(31), day(31), "after"},
		{"2026-12-1", "", time.Time{}, time.Time{}, "from"},
		{"", "2026-12-32", time.Time{}, time.Time{}, "to"},
		{"yesterday", "", time.Time{}, time.Time{}, "yesterday"},
		{"2026-12-01T00:00:00Z", "", time.Time{}, time.Time{}, "from"},
	} {
		from, to, err := collections.ParseDays(tc.first, tc.last)
		if tc.fault != "" {
			if !errors.Is(err, collections.ErrInvalid) || !strings.Contains(err.Error(), tc.fault) {
				t.Errorf("ParseDays(%q, %q): %v; want a fault that names %s", tc.first, tc.last, err, tc.fault)
			}
		} else if err != nil || !from.Equal(tc.from) || !to.Equal(tc.to) {
			t.Errorf("ParseDays(%q, %q) = %v, %v, %v; want %v, %v", tc.first, tc.last, from, to, err, tc.from, tc.to)
		}
	}
}

// P5, P6: what /v1/me tells of a collection is what holds there.
func TestRights(t *testing.T) {
	w := newWorld(t)
	for _, tc := range []struct{ party, scope, alias, want string }{
		{"cert-us", "read:*/* write:*/*", "from-cn", "{Read:true Write:true Delete:true Curate:false Search:false Grants:[read write] Scope:[read write] Withheld:[]}"},
		{"cert-us", "read:*/* search:us-cn", "from-cn", "{Read:true Write:false Delete:false Curate:false Search:true Grants:[read write] Scope:[read search] Withheld:[]}"},
		{"cert-us", "read:*/* write:*/*", "curated", "{Read:true Write:true Delete:true Curate:false Search:false Grants:[read write] Scope:[read write] Withheld:[amber+strict red]}"},
		{"cert-cn", "read:*/* write:*/*", "curated", "{Read:true Write:true Delete:true Curate:true Search:false Grants:[read write curate] Scope:[read write] Withheld:[amber amber+strict red]}"},
		{"cert-us", "read:*/* search:*", "write-only", "{Read:false Write:false Delete:false Curate:false Search:false Grants:[write] Scope:[read search] Withheld:[]}"},
		{"cert-us", "admin", "from-cn", "{Read:false Write:false Delete:false Curate:false Search:false Grants:[read write] Scope:[] Withheld:[]}"},
	} {
		v := w.view(w.as(tc.party, tc.scope), tc.alias)
		if got := fmt.Sprintf("%+v", v.Rights()); got != tc.want {
			t.Errorf("%s with %q in %s: %s; want %s", tc.party, tc.scope, tc.alias, got, tc.want)
		}
	}
}
