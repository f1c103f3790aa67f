package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestKill kills the server at random moments under load (P1, P2,
// TX-OBJ-POST-16): whatever a
// status called a success is there afterwards, with its bytes and in its place;
// nothing that was refused is; and pollers that go on from where they were miss
// nothing and get nothing twice.
func TestKill(t *testing.T) {
	kills := 10
	if isLong() {
		kills = 50
	}
	dir, token := newData(t)
	load := &load{T: t, posted: map[string]string{}, succeeded: map[string]bool{}, refused: map[string]bool{}}
	byNext := &poller{name: "next", advance: func(p *poller, e envelope, _ string) {
		if e.More {
			p.query = url.Values{"limit": {"40"}, "next": {e.Next}}
			return
		}
		p.query = url.Values{"limit": {"40"}, "added_after": {p.last}}
	}}
	byDate := &poller{name: "added_after", advance: func(p *poller, _ envelope, last string) {
		p.query = url.Values{"limit": {"30"}, "added_after": {last}}
	}}
	for range kills {
		s := start(t, dir, token)
		ended := time.After(time.Duration(20+rand.IntN(400)) * time.Millisecond)
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { load.run(s, stop) })
		}
		for _, p := range []*poller{byNext, byDate} {
			wg.Go(func() { p.run(t, s, stop) })
		}
		<-ended
		s.kill()
		close(stop)
		wg.Wait()
	}

	s := start(t, dir, token)
	for _, p := range []*poller{byNext, byDate} {
		for p.page(t, s) > 0 {
		}
	}
	all := &poller{name: "afresh", advance: byDate.advance}
	for all.page(t, s) > 0 {
	}
	load.check(all)
	s.kill()
	checkSequences(t, dir, len(all.ids))
	for _, p := range []*poller{byNext, byDate} {
		if strings.Join(p.ids, " ") != strings.Join(all.ids, " ") {
			t.Errorf("the poller by %s got %d objects, one that starts afresh %d, and not the same in the same order", p.name, len(p.ids), len(all.ids))
		}
	}
	t.Logf("%d kills: %d posted, %d called a success, %d refused, %d stored", kills, len(load.posted), len(load.succeeded), len(load.refused), len(all.ids))
	if len(load.succeeded) == 0 || len(load.refused) == 0 {
		t.Error("the load did nothing, so nothing was shown")
	}
}

// A load posts objects, one in ten of them bad, and remembers what was said.
type load struct {
	*testing.T
	mu                 sync.Mutex
	n                  int
	posted             map[string]string // bytes by id
	succeeded, refused map[string]bool
}

func (l *load) run(s *server, stop chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		st, ok := s.push(l.objects()...)
		if !ok {
			continue
		}
		l.mu.Lock()
		for _, d := range st.Successes {
			l.succeeded[d.ID] = true
		}
		for _, d := range st.Failures {
			l.refused[d.ID] = true
		}
		l.mu.Unlock()
	}
}

// objects makes 1 to 50 new ones.
func (l *load) objects() (objects []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for range 1 + rand.IntN(50) {
		l.n++
		o, id := indicator(l.n), fmt.Sprintf("indicator--00000000-0000-4000-8000-%012d", l.n)
		if l.n%10 == 0 {
			o = strings.Replace(o, `"created":"2026-01-01T`, `"created":"2026-13-01T`, 1)
		}
		l.posted[id] = o
		objects = append(objects, o)
	}
	return objects
}

// check compares what is there with what was said.
func (l *load) check(all *poller) {
	l.Helper()
	there := map[string]bool{}
	for i, id := range all.ids {
		there[id] = true
		if all.raw[i] != l.posted[id] {
			l.Errorf("%s came back as %s, posted %s (P3)", id, all.raw[i], l.posted[id])
		}
		if l.refused[id] {
			l.Errorf("%s was refused and is there", id)
		}
	}
	for id := range l.succeeded {
		if !there[id] {
			l.Errorf("%s was called a success and is lost (P2)", id)
		}
	}
}

// A poller reads a collection for ever and keeps its cursor over restarts.
type poller struct {
	name    string
	query   url.Values
	last    string // X-TAXII-Date-Added-Last of the last page
	ids     []string
	raw     []string
	advance func(p *poller, e envelope, last string)
}

func (p *poller) run(t *testing.T, s *server, stop chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
			p.page(t, s)
		}
	}
}

// page reads one page and returns how many objects it held; a page that did not
// come whole counts as none and moves nothing.
func (p *poller) page(t *testing.T, s *server) int {
	e, last, ok := s.get(objectsPath + "?" + p.query.Encode())
	if !ok {
		return 0
	}
	if last <= p.last && len(e.Objects) > 0 {
		t.Errorf("poller by %s: date %s after %s (P1)", p.name, last, p.last)
	}
	for _, o := range e.Objects {
		p.ids = append(p.ids, idOf(t, o))
		p.raw = append(p.raw, string(json.RawMessage(o)))
	}
	if last != "" {
		p.last = max(p.last, last)
		p.advance(p, e, p.last)
	}
	return len(e.Objects)
}
