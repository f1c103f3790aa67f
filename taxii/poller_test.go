package taxii

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/collections"
	"accord/stix"

	"github.com/google/uuid"
)

// P1, P6, TX-PAG-05 to -07, TX-PAG-09, TX-FLT-43, TX-SORT-05, TX-MVR-11: no
// poller misses an object, while 20 writers push versions newer and older of
// partly the same objects, others delete, and the clock steps back by an hour.
func TestPollersMissNothing(t *testing.T) {
	w := newWorld(t)
	pollers := []*poller{
		{world: w, user: "rw", path: pathManifest, limit: "25", all: true},
		{world: w, user: "ro", path: pathObjects, limit: "100", all: true},
		{world: w, user: "low", path: pathManifest, limit: "31", all: true},
		{world: w, user: "rw", path: pathManifest, limit: "25", all: true, byNext: true},
		{world: w, user: "ro", path: pathObjects, limit: "100", all: true, byNext: true},
		{world: w, user: "low", path: pathObjects, limit: "31", all: true, byNext: true},
		{world: w, user: "ro", path: pathManifest, limit: "20"},
		{world: w, user: "low", path: pathManifest, limit: "50", byNext: true},
	}
	pushes := 5
	if os.Getenv("ACCORD_TEST_LONG") != "" {
		pushes = 40
	}
	over := make(chan struct{})
	var writing, polling sync.WaitGroup
	for i := range 20 {
		writing.Go(func() { w.write(i, pushes) })
	}
	for range 2 {
		writing.Go(func() { w.remove(5 * pushes) })
	}
	for _, p := range pollers {
		polling.Go(func() { p.follow(over) })
	}
	writing.Wait()
	close(over)
	polling.Wait()

	log := w.follow()
	for _, p := range pollers {
		p.check(log)
	}
	t.Logf("%d records", len(log))
}

// write makes pushes of 1 to 50 objects that other writers push too, in the
// same or another version. The first writer loses an hour half way.
func (w *world) write(writer, pushes int) {
	for i := range pushes {
		var objects []string
		for range 1 + rand.IntN(50) {
			objects = append(objects, stressed(rand.IntN(60*pushes), rand.IntN(9)))
		}
		c := call{method: http.MethodPost, path: pathObjects, body: envelopeOf(objects...)}
		a, err := w.try(c)
		for err == nil && a.StatusCode == http.StatusTooManyRequests { // 20 writers are one party
			a, err = w.try(c)
		}
		if err != nil || a.StatusCode != http.StatusAccepted {
			w.Errorf("a push: %v %s", err, a.body)
			return
		}
		if s := decode[Status](w, a); s.SuccessCount != len(objects) {
			w.Errorf("of %d objects %d were stored: %v", len(objects), s.SuccessCount, s.Failures)
		}
		w.clock.advance(time.Millisecond)
		if writer == 0 && i == pushes/2 {
			w.clock.advance(-time.Hour)
		}
	}
}

// stressed is one version of an object; of some only red readers know.
func stressed(n, version int) string {
	more := `,"name":"An address"`
	if version%4 == 3 {
		more += `,"object_marking_refs":["marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"]`
	}
	return object(indicatorID(n), fmt.Sprintf("201%d-01-01T00:00:00.000Z", version), more)
}

// remove deletes objects, whole or in one version, as far as they are there.
func (w *world) remove(n int) {
	for range n {
		filter := []string{"", "?match[version]=last", "?match[version]=first"}[rand.IntN(3)]
		path := pathObjects + indicatorID(rand.IntN(12*n)) + "/" + filter
		a, err := w.try(call{method: http.MethodDelete, path: path})
		if err != nil || a.StatusCode != http.StatusOK && a.StatusCode != http.StatusNotFound {
			w.Errorf("DELETE %s: %v %s", path, err, a.body)
			return
		}
	}
}

// follow is all that was ever added.
func (w *world) follow() (log []collections.Record) {
	w.Helper()
	id := uuid.MustParse("6f3f5a51-32c9-4b3a-9d5e-0e2f2f3a4b5c")
	for after := int64(0); ; {
		records, err := w.store.Follow(w.Context(), id, after, 1000)
		if err != nil {
			w.Fatal(err)
		}
		if len(records) == 0 {
			break
		}
		after = records[len(records)-1].Sequence
		log = append(log, records...)
	}
	return slices.DeleteFunc(log, func(r collections.Record) bool { return r.Op != collections.OpAdd })
}

// A poller reads a collection for ever. What it knows is the position after its
// last page: next while there is more, if byNext, else the date of the header.
type poller struct {
	*world
	user, path, limit string
	all, byNext       bool // else the latest version, else by added_after alone

	query url.Values
	last  string   // X-TAXII-Date-Added-Last
	seen  []string // as key writes them
}

// follow polls until nothing more comes although the writers had finished.
func (p *poller) follow(over chan struct{}) {
	p.query = url.Values{"limit": {p.limit}}
	if p.all {
		p.query.Set("match[version]", "all")
	}
	for {
		finished := false
		select {
		case <-over:
			finished = true
		default:
		}
		if n := p.page(); p.Failed() || n == 0 && finished {
			return
		}
	}
}

// page reads one page, moves on, and returns how many items it held.
func (p *poller) page() int {
	c := call{user: p.user, path: p.path + "?" + p.query.Encode()}
	a, err := p.try(c)
	if err != nil || a.StatusCode != http.StatusOK {
		p.Errorf("%s: %v %s", c.path, err, a.body)
		return 0
	}
	p.checkAnswer(c, a)
	var page struct {
		More    bool
		Next    string
		Objects []item
	}
	if err := json.Unmarshal(a.body, &page); err != nil {
		p.Errorf("%s: %v", c.path, err)
		return 0
	}
	first, last := a.Header.Get("X-TAXII-Date-Added-First"), a.Header.Get("X-TAXII-Date-Added-Last")
	if len(page.Objects) > 0 && (first <= p.last || last < first) {
		p.Errorf("%s: %s to %s follows %s", c.path, first, last, p.last)
	}
	for _, o := range page.Objects {
		p.seen = append(p.seen, o.key())
	}
	p.last = last
	if p.byNext && page.More {
		p.query.Set("next", page.Next) // added_after stays, as OpenCTI has it
	} else {
		p.query.Del("next")
		p.query.Set("added_after", last)
	}
	return len(page.Objects)
}

// An item is an object, or the manifest's record of one.
type item struct {
	ID, Version, Modified string
	DateAdded             string `json:"date_added"`
}

// key tells versions apart, and in manifests those that were deleted and
// posted again too.
func (i item) key() string {
	return strings.Join([]string{i.ID, i.Version + i.Modified, i.DateAdded}, " ")
}

// keyOf is the key that a poller sees of a record.
func (p *poller) keyOf(r collections.Record) string {
	if p.path == pathObjects {
		return item{ID: r.ID, Modified: string(r.Version)}.key()
	}
	return item{ID: r.ID, Version: string(r.Version), DateAdded: collections.FormatDateAdded(r.DateAdded)}.key()
}

// check compares what a poller saw with the log. It saw nothing but what was
// added, in that order and each record once; and of what remains it saw
// everything. Who follows the latest versions is not told of one that a
// delete made the latest again, and never gets an older version than it has
// (TX-MVR-11).
func (p *poller) check(log []collections.Record) {
	p.Helper()
	name := fmt.Sprintf("%s by %s, next %v, all versions %v", p.path, p.user, p.byNext, p.all)
	var added, remain []string
	removed := map[string]bool{} // objects of which some version is gone
	for _, r := range log {
		if p.user == "low" && r.Rank > stix.Green {
			continue
		}
		added = append(added, p.keyOf(r))
		if removed[r.ID] = removed[r.ID] || r.Removed; !r.Removed {
			remain = append(remain, p.keyOf(r))
		}
	}
	if !isSubsequence(p.seen, added) {
		p.Errorf("%s: saw what was not added, or not in that order", name)
	}
	fresh := &poller{world: p.world, user: p.user, path: p.path, limit: "10000", all: p.all}
	over := make(chan struct{})
	close(over)
	fresh.follow(over)
	if !p.all {
		p.checkLatest(name, fresh.seen, removed)
		return
	}
	if !slices.Equal(fresh.seen, remain) {
		p.Errorf("%s: the collection shows %d versions, and %d remain in the store", name, len(fresh.seen), len(remain))
	}
	if !isSubsequence(remain, p.seen) {
		p.Errorf("%s: saw %d versions, and not all of the %d that remain", name, len(p.seen), len(remain))
	}
}

func (p *poller) checkLatest(name string, latest []string, removed map[string]bool) {
	p.Helper()
	held := map[string]string{} // version by object
	for _, key := range p.seen {
		id, version, _ := strings.Cut(key, " ")
		if version <= held[id] && !removed[id] {
			p.Errorf("%s: got %s after %s", name, key, held[id])
		}
		held[id] = version
	}
	for _, key := range latest {
		id, version, _ := strings.Cut(key, " ")
		if held[id] != version && !removed[id] {
			p.Errorf("%s: ended with %q of %s; want %s", name, held[id], id, version)
		}
	}
}

// isSubsequence reports whether all of part stands in whole, in that order.
func isSubsequence(part, whole []string) bool {
	for _, s := range whole {
		if len(part) > 0 && part[0] == s {
			part = part[1:]
		}
	}
	return len(part) == 0
}
