package e2e

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"testing"
)

// A poller reads a collection for ever, all versions or the last ones, and keeps
// its position over restarts: next while there is more, if byNext, else the date
// of the header alone.
type poller struct {
	path, limit, versions string
	byNext                bool

	query url.Values
	last  string // X-TAXII-Date-Added-Last of the last page
	seen  []sighting
}

// A sighting is a version that a page showed, with its date where it is a page
// of the manifest.
type sighting struct {
	version
	added string
}

// newPollers are three that use added_after alone, and three that use next. Which
// versions they want is said for each three.
func newPollers(byDate, byNext string) []*poller {
	return []*poller{
		{path: objectsPath, limit: "40", versions: byDate},
		{path: objectsPath, limit: "1000", versions: byDate},
		{path: manifestPath, limit: "300", versions: byDate},
		{path: objectsPath, limit: "40", versions: byNext, byNext: true},
		{path: objectsPath, limit: "1000", versions: byNext, byNext: true},
		{path: manifestPath, limit: "300", versions: byNext, byNext: true},
	}
}

// run reads page after page, each from the server that pick returns.
func (p *poller) run(t *testing.T, pick func() *server, stop chan struct{}) {
	for !isClosed(stop) {
		p.page(t, pick())
	}
}

// finish reads until nothing more comes, on a server that stays.
func (p *poller) finish(t *testing.T, s *server) {
	for p.page(t, s) > 0 {
	}
}

// page reads one page and returns how many items it held; a page that did not
// come whole counts as none and moves nothing.
func (p *poller) page(t *testing.T, s *server) int {
	if p.query == nil {
		p.query = url.Values{"limit": {p.limit}, "match[version]": {p.versions}}
	}
	e, last, ok := s.get(p.path + "?" + p.query.Encode())
	if !ok {
		return 0
	}
	if last <= p.last && len(e.Objects) > 0 {
		t.Errorf("%s: date %s after %s (P1)", p, last, p.last)
	}
	for _, o := range e.Objects {
		p.seen = append(p.seen, readItem(t, o))
	}
	p.last = last
	if p.byNext && e.More {
		p.query.Set("next", e.Next)
	} else {
		p.query.Del("next")
		p.query.Set("added_after", last)
	}
	return len(e.Objects)
}

// readItem reads an object, which must be what was posted (P3), or a record of
// the manifest.
func readItem(t testing.TB, raw json.RawMessage) sighting {
	t.Helper()
	var item struct {
		ID, Type, Modified, Version string
		DateAdded                   string `json:"date_added"`
	}
	if err := json.Unmarshal(raw, &item); err != nil {
		t.Fatal(err)
	}
	v := parseVersion(t, item.ID, item.Modified+item.Version)
	if item.Type != "" && string(raw) != v.object() {
		t.Errorf("%v came back as %s, posted %s (P3)", v, raw, v.object())
	}
	return sighting{v, item.DateAdded}
}

// check compares what a poller saw with the log: nothing but what was added,
// in that order and each once, and all of what remains or, who wants the last
// versions, of those among it.
func (p *poller) check(t *testing.T, added, remain []sighting) {
	t.Helper()
	if p.versions == "last" {
		remain = lastVersions(remain)
	}
	if p.path == objectsPath {
		added, remain = undated(added), undated(remain)
	}
	if !isSubsequence(p.seen, added) {
		t.Errorf("%s: saw what was not added, or not in that order (P1)", p)
	}
	if !isSubsequence(remain, p.seen) {
		t.Errorf("%s: saw %d versions, and not all of the %d that remain (P1)", p, len(p.seen), len(remain))
	}
}

func (p *poller) String() string {
	by := "added_after"
	if p.byNext {
		by = "next"
	}
	return fmt.Sprintf("%s of %s by %s, limit %s", p.path, p.versions, by, p.limit)
}

// lastVersions are those of which there is no newer one.
func lastVersions(sightings []sighting) []sighting {
	last := map[int]int{}
	for _, s := range sightings {
		last[s.n] = max(last[s.n], s.day)
	}
	return slices.DeleteFunc(slices.Clone(sightings), func(s sighting) bool { return s.day < last[s.n] })
}

// undated is what a poller of objects sees.
func undated(sightings []sighting) []sighting {
	sightings = slices.Clone(sightings)
	for i := range sightings {
		sightings[i].added = ""
	}
	return sightings
}

// isSubsequence reports whether all of part stands in whole, in that order.
func isSubsequence(part, whole []sighting) bool {
	for _, s := range whole {
		if len(part) > 0 && part[0] == s {
			part = part[1:]
		}
	}
	return len(part) == 0
}
