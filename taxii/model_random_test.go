package taxii

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// P1, P3, P6, TX-MAN-03, TX-PAG-05, TX-PAG-06, TX-PAG-11, TX-HDR-01, TX-HDR-03,
// TX-HDR-05, TX-HDR-06, TX-SORT-01, TX-SORT-03, TX-SORT-04, TX-SORT-05,
// TX-OBJ-POST-02, TX-OBJ-POST-03, TX-OBJ-POST-04, TX-OBJ-POST-05,
// TX-OBJ-POST-06, TX-OBJ-ID-03, TX-OBJ-DEL-02, TX-OBJ-DEL-03, TX-OBJ-DEL-05,
// TX-MSV-02, TX-MSV-08, TX-MVR-06, TX-MVR-11, TX-VER-05, TX-VER-06, TX-STAT-02,
// TX-FLT-43, TX-MTH-02:
// random posts and deletes by two parties against a model in memory; after each,
// random queries of three parties get what the model says, page for page and
// header for header. On failure rapid shows the shortest way to it.
func TestModel(t *testing.T) {
	if os.Getenv("ACCORD_TEST_LONG") != "" {
		checks := flag.Lookup("rapid.checks").Value.String()
		flag.Set("rapid.checks", "2000")
		defer flag.Set("rapid.checks", checks)
	}
	w := newWorld(t)
	cases := 0
	rapid.Check(t, func(t *rapid.T) {
		cases++
		id := uuid.New().String()
		w.apply(strings.NewReplacer("agreement: api1", fmt.Sprintf("agreement: m%d", cases),
			"id: 6f3f5a51-32c9-4b3a-9d5e-0e2f2f3a4b5c", "id: "+id, "id: 1f3f5a51-32c9-4b3a-9d5e-0e2f2f3a4b5c", "id: "+uuid.New().String(),
			"id: af3f5a51-32c9-4b3a-9d5e-0e2f2f3a4b5c", "id: "+uuid.New().String()).Replace(sampleAgreement))
		r := &modelRun{
			T: t, world: w, path: fmt.Sprintf("/taxii2/m%d/collections/%s/", cases, id),
			ids:      fewOf(t, "ids", modelIDs),
			instants: fewOf(t, "instants", modelInstants),
			markings: fewOf(t, "markings", modelMarkings),
		}
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			if len(r.versions) > 0 && rapid.IntRange(0, 3).Draw(t, "delete") == 0 {
				r.remove()
			} else {
				r.push()
			}
			r.learn()
			for range 4 {
				r.ask()
			}
		}
	})
	t.Logf("%d cases", cases)
}

// A modelRun is a collection of the server beside the model of it.
type modelRun struct {
	*rapid.T
	model
	world    *world
	path     string
	ids      []string // those that this case is about, and so on: few, so that they meet
	instants []string
	markings []modelMarking
}

// do sends a request and fails on an answer that the walker finds fault with.
func (r *modelRun) do(c call) answer {
	a, err := r.world.try(c)
	if err != nil {
		r.Fatalf("%s %s: %v", c.method, c.path, err)
	}
	for _, finding := range c.findings(a) {
		r.Fatalf("%s %s as %s: %d %s: %v", c.method, c.path, c.user, a.StatusCode, a.body, finding)
	}
	return a
}

func (r *modelRun) decode(a answer, v any) {
	if err := json.Unmarshal(a.body, v); err != nil {
		r.Fatalf("%s: %v", a.body, err)
	}
}

// push posts some members, sound and unsound, and compares the status.
func (r *modelRun) push() {
	party := rapid.SampledFrom([]string{"rw", "low"}).Draw(r.T, "poster")
	var bodies, successes, failures []string
	for i := range rapid.IntRange(1, 5).Draw(r.T, "members") {
		if rapid.IntRange(0, 9).Draw(r.T, "unsound") == 0 {
			bodies, failures = append(bodies, `{"type":"indicator"}`), append(failures, fmt.Sprintf("objects[%d]", i))
			continue
		}
		v := r.draw(party)
		bodies = append(bodies, v.raw)
		switch outcome := r.post(v); outcome {
		case outcomeConflict:
			failures = append(failures, v.id)
		default:
			successes = append(successes, v.id+" "+outcome)
		}
	}
	c := call{user: party, method: http.MethodPost, path: r.path + "objects/", body: envelopeOf(bodies...)}
	a := r.do(c)
	var s Status
	r.decode(a, &s)
	var stored, refused []string
	for _, d := range s.Successes {
		outcome := outcomeStored
		if strings.HasPrefix(d.Message, outcomeThere) {
			outcome = outcomeThere
		}
		stored = append(stored, d.ID+" "+outcome)
	}
	for _, d := range s.Failures {
		refused = append(refused, d.ID)
	}
	if a.StatusCode != 202 || !slices.Equal(stored, successes) || !slices.Equal(refused, failures) {
		r.Fatalf("POST %s: %d %s; want the successes %v and the failures %v", c.body, a.StatusCode, a.body, successes, failures)
	}
}

func (r *modelRun) remove() {
	party := rapid.SampledFrom([]string{"rw", "low"}).Draw(r.T, "deleter")
	id := rapid.SampledFrom(r.ids).Draw(r.T, "id to delete")
	f := modelFilter{specs: r.some("specs", "2.0", "2.1"), versions: r.someVersions()}
	want := r.delete(party, id, f)
	if a := r.do(call{user: party, method: http.MethodDelete, path: r.path + "objects/" + id + "/?" + f.values().Encode()}); a.StatusCode != want {
		r.Fatalf("DELETE %s?%s as %s: %d %s; want %d", id, f.values().Encode(), party, a.StatusCode, a.body, want)
	}
}

// learn compares the whole manifest with what must be there, and takes the dates
// of what is new: later than all others, and never changed again.
func (r *modelRun) learn() {
	var page manifestPage
	r.decode(r.do(call{user: "ro", path: r.path + "manifest/?match[version]=all&match[spec_version]=2.0,2.1"}), &page)
	here := filterVersions(r.versions, func(v *modelVersion) bool { return !v.removed })
	if len(page.Objects) != len(here) {
		r.Fatalf("the manifest has %d records; want %d: %+v", len(page.Objects), len(here), page.Objects)
	}
	last := ""
	for i, v := range here {
		got := page.Objects[i]
		if v.added == "" {
			if v.added = got.DateAdded; v.unstated {
				v.version, v.instant = v.added, instant(v.added)
			}
		}
		if want := (ManifestRecord{v.id, v.added, v.version, "application/stix+json;version=" + v.spec}); got != want || got.DateAdded <= last {
			r.Fatalf("record %d is %+v after %s; want %+v", i, got, last, want)
		}
		last = got.DateAdded
	}
	for _, v := range r.versions {
		if v.added == "" {
			r.Fatalf("%s was posted and is not there", v.raw)
		}
	}
}

// ask walks one endpoint with a random filter, by next or by added_after, and
// the manifest beside the objects.
func (r *modelRun) ask() {
	party := rapid.SampledFrom([]string{"rw", "ro", "low"}).Draw(r.T, "reader")
	f := modelFilter{specs: r.some("specs", "2.0", "2.1", "3.0")}
	if len(r.versions) > 0 && rapid.IntRange(0, 2).Draw(r.T, "from a date") == 0 {
		f.addedAfter = rapid.SampledFrom(r.versions).Draw(r.T, "added after").added
	}
	limit := rapid.IntRange(1, 6).Draw(r.T, "limit")
	byNext := rapid.Bool().Draw(r.T, "by next")
	id := rapid.SampledFrom(append(r.ids, indicatorID(9))).Draw(r.T, "object")
	switch rapid.IntRange(0, 2).Draw(r.T, "endpoint") {
	case 0:
		f.ids, f.types, f.versions = r.some("ids", modelIDs...), r.some("types", "indicator", "ipv4-addr", "malware"), r.someVersions()
		want := r.query(party, f)
		r.walk(party, r.path+"objects/", f, limit, byNext, want, 200)
		r.walk(party, r.path+"manifest/", f, limit, byNext, want, 200)
	case 1:
		f.versions = r.someVersions()
		want, status := r.object(party, id, f)
		r.walk(party, r.path+"objects/"+id+"/", f, limit, byNext, want, status)
	case 2:
		want, status := r.list(party, id, f)
		r.walk(party, r.path+"objects/"+id+"/versions/", f, limit, byNext, want, status)
	}
}

// walk reads page after page and compares each with its part of what is wanted.
// On the way by next the limit changes and added_after may be left out: a token
// is a position (TX-FLT-43).
func (r *modelRun) walk(party, path string, f modelFilter, limit int, byNext bool, want []*modelVersion, status int) {
	query := f.values()
	query.Set("limit", strconv.Itoa(limit))
	for {
		c := call{user: party, path: path + "?" + query.Encode()}
		a := r.do(c)
		if a.StatusCode != status {
			r.Fatalf("GET %s as %s: %d %s; want %d", c.path, party, a.StatusCode, a.body, status)
		}
		if status != 200 {
			return
		}
		here := want[:min(limit, len(want))]
		want = want[len(here):]
		next := r.comparePage(c, a, f, here, len(want) > 0)
		if rapid.IntRange(0, 3).Draw(r.T, "HEAD") == 0 {
			r.compareHead(c, a)
		}
		if len(want) == 0 {
			return
		}
		if byNext {
			query.Set("next", next)
			limit = rapid.IntRange(1, 6).Draw(r.T, "next limit")
			query.Set("limit", strconv.Itoa(limit))
			if rapid.Bool().Draw(r.T, "without added_after") {
				query.Del("added_after")
			}
		} else {
			query.Set("added_after", a.Header.Get("X-TAXII-Date-Added-Last"))
		}
	}
}

// comparePage compares one page with the versions that it must hold, and
// returns its next.
func (r *modelRun) comparePage(c call, a answer, f modelFilter, want []*modelVersion, more bool) string {
	page, items := r.items(c.path, a)
	var wanted []string
	first, last := "1970-01-01T00:00:00.000000Z", "1970-01-01T00:00:00.000000Z"
	if f.addedAfter != "" {
		first, last = f.addedAfter, f.addedAfter
	}
	for i, v := range want {
		if last = v.added; i == 0 {
			first = v.added
		}
		wanted = append(wanted, v.item(c.path))
	}
	got := [2]string{a.Header.Get("X-TAXII-Date-Added-First"), a.Header.Get("X-TAXII-Date-Added-Last")}
	if !slices.Equal(items, wanted) || page.More != more || got != [2]string{first, last} {
		r.Fatalf("GET %s as %s, %s to %s:\n%s\nwant %s to %s, more %v:\n%s", c.path, c.user, got[0], got[1], a.body, first, last, more, strings.Join(wanted, "\n"))
	}
	return page.Next
}

// compareHead asks for the headers of a page that was read (TX-MTH-02).
func (r *modelRun) compareHead(c call, got answer) {
	c.method = http.MethodHead
	head := r.do(c)
	for _, name := range []string{"X-TAXII-Date-Added-First", "X-TAXII-Date-Added-Last"} {
		if head.StatusCode != got.StatusCode || head.Header.Get(name) != got.Header.Get(name) {
			r.Fatalf("HEAD %s as %s: %d %v; GET says %d %v", c.path, c.user, head.StatusCode, head.Header, got.StatusCode, got.Header)
		}
	}
}

type modelPage struct {
	More              bool
	Next              string
	Objects, Versions []json.RawMessage
}

func (r *modelRun) items(path string, a answer) (page modelPage, items []string) {
	r.decode(a, &page)
	for _, raw := range slices.Concat(page.Objects, page.Versions) {
		items = append(items, string(raw))
	}
	return page, items
}

// item is how a version stands on a page.
func (v *modelVersion) item(path string) string {
	switch {
	case strings.Contains(path, "/manifest/"):
		return fmt.Sprintf(`{"id":%q,"date_added":%q,"version":%q,"media_type":"application/stix+json;version=%s"}`, v.id, v.added, v.version, v.spec)
	case strings.Contains(path, "/versions/"):
		return strconv.Quote(v.version)
	}
	return v.raw
}
