package e2e

import (
	"encoding/json"
	"net/url"
	"slices"
	"testing"
)

// A poller reads all versions of a collection for ever, and keeps its position
// over restarts: next while there is more, if byNext, else the date of the
// header alone.
type poller struct {
	path, limit string
	byNext      bool

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

// newPollers are three that use added_after alone, and three that use next.
func newPollers() (pollers []*poller) {
	for _, byNext := range []bool{false, true} {
		pollers = append(pollers,
			&poller{path: objectsPath, limit: "40", byNext: byNext},
			&poller{path: objectsPath, limit: "1000", byNext: byNext},
			&poller{path: manifestPath, limit: "300", byNext: byNext})
	}
	return pollers
}

func (p *poller) run(t *testing.T, s *server, stop chan struct{}) {
	for !isClosed(stop) {
		p.page(t, s)
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
		p.query = url.Values{"limit": {p.limit}, "match[version]": {"all"}}
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
// in that order and each once, and all of what remains.
func (p *poller) check(t *testing.T, added, remain []sighting) {
	t.Helper()
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
	if p.byNext {
		return p.path + " by next, limit " + p.limit
	}
	return p.path + " by added_after, limit " + p.limit
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
