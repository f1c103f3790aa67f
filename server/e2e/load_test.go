package e2e

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// A version is one version of an object. What it holds follows from it, so that
// versions can be told right from wrong without keeping their bytes.
type version struct{ n, day int }

func (v version) id() string       { return fmt.Sprintf("indicator--00000000-0000-4000-8000-%012d", v.n) }
func (v version) modified() string { return fmt.Sprintf("2026-01-%02dT00:00:00.000Z", v.day) }

// isBad reports whether the object breaks a rule: one in ten does.
func (v version) isBad() bool { return v.n%10 == 0 }

func (v version) object() string {
	o := strings.Replace(indicator(v.n), `"modified":"2026-01-01T00:00:00.000Z"`, `"modified":"`+v.modified()+`"`, 1)
	if v.isBad() {
		o = strings.Replace(o, `"created":"2026-01-01T`, `"created":"2026-13-01T`, 1)
	}
	return o
}

// parseVersion is the version of an id and a timestamp.
func parseVersion(t testing.TB, id, modified string) (v version) {
	t.Helper()
	fmt.Sscanf(strings.TrimLeft(id[strings.LastIndex(id, "-")+1:], "0"), "%d", &v.n)
	fmt.Sscanf(modified, "2026-01-%02dT", &v.day)
	if v.id() != id || v.modified() != modified {
		t.Errorf("%s of %s was never posted", id, modified)
	}
	return v
}

// A load pushes and deletes, and remembers what was said.
type load struct {
	mu       sync.Mutex
	own      int                // the last number of an object that only one writer posts
	claims   map[version]string // called a success; date_added as read then, or ""
	deletes  map[version]bool   // what writers began to delete; true when that was answered
	statuses map[string]string  // by id, as they came
	refused  int
}

// shared is how many objects all writers push, in nine versions each.
const shared = 2000

func newLoad() *load {
	return &load{own: shared, claims: map[version]string{}, deletes: map[version]bool{}, statuses: map[string]string{}}
}

// run is one writer, who takes for each round the server that pick returns.
func (l *load) run(pick func() *server, stop chan struct{}) {
	for !isClosed(stop) {
		s, versions := pick(), l.versions()
		if !l.push(s, versions) {
			continue
		}
		l.readDates(s, versions[:min(10, len(versions))])
		if v := versions[0]; !v.isBad() && rand.IntN(2) == 0 {
			l.delete(s, v)
		}
	}
}

// versions are 1 to 50 in random order, or at times more than the server
// appends in one step; the first is of an object that nobody else posts.
func (l *load) versions() (versions []version) {
	l.mu.Lock()
	defer l.mu.Unlock()
	size := 1 + rand.IntN(50)
	if rand.IntN(100) == 0 {
		size = 2500
	}
	for range size {
		if len(versions) > 0 && size <= 50 && rand.IntN(2) == 0 {
			versions = append(versions, version{1 + rand.IntN(shared), 1 + rand.IntN(9)})
			continue
		}
		l.own++
		versions = append(versions, version{l.own, 1})
	}
	return versions
}

// push reports whether the answer came, which says of every object what is so.
func (l *load) push(s *server, versions []version) bool {
	var objects []string
	good := map[string]bool{} // by id
	for _, v := range versions {
		objects = append(objects, v.object())
		good[v.id()] = !v.isBad()
	}
	st, ok := s.push(objects...)
	if !ok {
		return false
	}
	if st.Total != len(versions) || len(st.Successes)+len(st.Failures) != len(versions) {
		s.Errorf("the status of %d objects counts %d, %d and %d", len(versions), st.Total, len(st.Successes), len(st.Failures))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.statuses[st.ID] = st.raw
	l.refused += len(st.Failures)
	for _, d := range st.Failures {
		if good[d.ID] {
			s.Errorf("%s was refused: %s", d.ID, d.Message)
		}
	}
	for _, d := range st.Successes {
		if !good[d.ID] {
			s.Errorf("%s was called a success", d.ID)
		}
		v := parseVersion(s, d.ID, d.Version)
		if _, known := l.claims[v]; !known {
			l.claims[v] = "" // until it is read
		}
	}
	return true
}

// readDates remembers the dates of what was called a success, as far as the
// server still lives; they must be what they were.
func (l *load) readDates(s *server, versions []version) {
	var ids []string
	for _, v := range versions {
		ids = append(ids, v.id())
	}
	query := url.Values{"match[id]": {strings.Join(ids, ",")}, "match[version]": {"all"}}
	e, _, ok := s.get(manifestPath + "?" + query.Encode())
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, raw := range e.Objects {
		seen := readItem(s, raw)
		if known := l.claims[seen.version]; known != "" && known != seen.added {
			s.Errorf("%v was added at %s, and later at %s", seen.version, known, seen.added)
		}
		if _, claimed := l.claims[seen.version]; claimed { // else its own push goes on
			l.claims[seen.version] = seen.added
		}
	}
}

// delete deletes an object of which there is one version.
func (l *load) delete(s *server, v version) {
	l.mu.Lock()
	l.deletes[v] = false
	l.mu.Unlock()
	code, _, answer, err := s.do(http.MethodDelete, objectsPath+v.id()+"/", nil)
	if err != nil {
		return
	}
	if code != http.StatusOK {
		s.Errorf("DELETE %s: %d %s", v.id(), code, answer)
	}
	l.mu.Lock()
	l.deletes[v] = true
	l.mu.Unlock()
}

// check compares what is there with what was said.
func (l *load) check(s *server, remain []sighting) {
	s.Helper()
	there := map[version]string{}
	for _, r := range remain {
		there[r.version] = r.added
		if r.isBad() {
			s.Errorf("%v was refused and is there", r.version)
		}
	}
	for v, added := range l.claims {
		asked, deleted := false, false
		if deleted, asked = l.deletes[v]; deleted && there[v] != "" {
			s.Errorf("%v was deleted and is there", v)
		}
		switch {
		case !asked && there[v] == "":
			s.Errorf("%v was called a success and is lost (P2)", v)
		case added != "" && there[v] != "" && there[v] != added:
			s.Errorf("%v was added at %s, and now at %s", v, added, there[v])
		}
	}
	for id, want := range l.statuses {
		code, _, answer, err := s.do(http.MethodGet, rootPath+"status/"+id+"/", nil)
		if err != nil || code != http.StatusOK || string(answer) != want {
			s.Errorf("status %s is now %d %.200s, %v; it was %.200s", id, code, answer, err, want)
		}
	}
	if len(l.claims) == 0 || len(l.deletes) == 0 || l.refused == 0 {
		s.Error("the load did nothing, so nothing was shown")
	}
}
