package taxii

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"accord/collections"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
)

// countFetches counts how often bytes of objects are fetched.
func (w *world) countFetches() *atomic.Int64 {
	var n atomic.Int64
	w.store.set(func(s *faultyStore) { s.beforeObjects = func() error { n.Add(1); return nil } })
	return &n
}

// beside serves the same store by another server, with answers of its own.
func (w *world) beside() *world {
	other := *w
	other.server, other.handler = nil, w.newHandler(w.handler.Service)
	other.start()
	return &other
}

// A page is kept when it is asked for twice, and goes when the log moves,
// whoever moved it (P1); what was deleted goes at once.
func TestKeptPage(t *testing.T) {
	w := newWorld(t)
	w.fill(3)
	fetches := w.countFetches()
	want := string(w.status(200, call{path: pathObjects}).body)
	for range 3 {
		if got := w.status(200, call{path: pathObjects}); string(got.body) != want || got.Header.Get("Content-Length") != "" && got.ContentLength != int64(len(want)) {
			t.Errorf("asked again: %v %s; want %s", got.Header, got.body, want)
		}
	}
	if n := fetches.Load(); n != 2 {
		t.Errorf("four equal requests fetched %d times; want 2", n)
	}
	w.push(pathObjects, indicator(4, t1))
	for _, move := range []struct {
		name string
		by   *world
		do   func(*world)
		want int
	}{
		{"push", w, func(w *world) { w.push(pathObjects, indicator(5, t1)) }, 5},
		{"push to another server", w.beside(), func(w *world) { w.push(pathObjects, indicator(6, t1)) }, 6},
		{"delete", w, func(w *world) { w.status(200, call{method: "DELETE", path: pathObjects + indicatorID(5) + "/"}) }, 5},
		{"delete by another server", w.beside(), func(w *world) { w.status(200, call{method: "DELETE", path: pathObjects + indicatorID(6) + "/"}) }, 4},
	} {
		for range 3 {
			w.status(200, call{path: pathObjects})
		}
		if w.handler.answers.size == 0 {
			t.Errorf("before %s nothing is kept", move.name)
		}
		move.do(move.by)
		if n := w.handler.answers.size; move.name == "delete" && n > 0 {
			t.Errorf("after a delete %d bytes are kept", n)
		}
		for i := range 3 {
			if got := w.page(pathObjects, url.Values{}); len(got.items) != move.want {
				t.Errorf("request %d after %s: %d objects; want %d", i, move.name, len(got.items), move.want)
			}
		}
	}
}

// TX-AUTH-14: a page that was kept leaves the record of what it holds, as the
// one that was read did.
func TestAccessesOfKeptPages(t *testing.T) {
	w := newWorld(t)
	w.fill(5)
	for i := range 4 {
		a, _ := w.lastAccess(func() { w.status(200, call{path: pathObjects + "?limit=3"}) })
		if a.First != 1 || a.Last != 3 || a.Count != 3 || a.Status != http.StatusOK || a.BrokenOff {
			t.Errorf("request %d left %+v; want 3 records from 1 to 3", i, a)
		}
	}
	if w.handler.answers.size == 0 {
		t.Error("the page was not kept")
	}
}

// P5, P6: what is kept for one party is no other's, and rights are decided
// before it is looked for.
func TestKeptPagesOfParties(t *testing.T) {
	w := newWorld(t)
	w.push(pathObjects, indicator(1, t1), indicator(2, t1), object(indicatorID(3), t1, red))
	bodies := map[string]string{}
	for i := range 4 {
		for _, user := range []string{"rw", "ro", "low"} {
			for _, query := range []string{"", "?limit=1", "?match[version]=all"} {
				a := w.status(200, call{user: user, path: pathObjects + query})
				if want, ok := bodies[user+query]; ok && want != string(a.body) {
					t.Errorf("%s%s, asked %d times: %s; want %s", user, query, i, a.body, want)
				}
				bodies[user+query] = string(a.body)
			}
		}
	}
	if strings.Contains(bodies["low"], indicatorID(3)) || !strings.Contains(bodies["ro"], indicatorID(3)) {
		t.Errorf("low got %s, ro %s", bodies["low"], bodies["ro"])
	}
	if bodies["rw?limit=1"] == bodies["ro?limit=1"] {
		t.Error("two parties got the same next token")
	}
	w.apply(strings.Replace(sampleAgreement, "{id: ro, name: {en: RO}, territory: CN, clearance: red}", "{id: ro, name: {en: RO}, territory: CN, clearance: green}", 1))
	if a := w.status(200, call{user: "ro", path: pathObjects}); strings.Contains(string(a.body), indicatorID(3)) {
		t.Errorf("after the clearance was lowered: %s", a.body)
	}
	w.apply(strings.Replace(sampleAgreement, "ro: [read], wo", "ro: [write], wo", 1))
	w.status(403, call{user: "ro", path: pathObjects})
	w.status(401, call{user: "anon", path: pathObjects})
}

// A page that breaks off, or whose collection changes while it is read, is not
// kept.
func TestPagesThatAreNotKept(t *testing.T) {
	w := newWorld(t)
	w.fill(firstFetch + 1)
	w.status(200, call{path: pathObjects})
	calls := 0
	w.store.set(func(s *faultyStore) {
		s.beforeObjects = func() error {
			if calls++; calls == 2 {
				return errSecret
			}
			return nil
		}
	})
	if _, err := w.try(call{path: pathObjects}); err == nil {
		t.Error("the page was not broken off")
	}
	w.store.set(func(s *faultyStore) {
		s.beforeObjects = func() error {
			w.store.set(func(s *faultyStore) { s.beforeObjects = nil })
			w.push(pathObjects, indicator(900, t1))
			return nil
		}
	})
	if got := w.page(pathObjects, url.Values{}); len(got.items) != firstFetch+1 {
		t.Errorf("%d objects; want %d", len(got.items), firstFetch+1)
	}
	if n := w.handler.answers.size; n != 0 {
		t.Errorf("%d bytes are kept", n)
	}
	if got := w.page(pathObjects, url.Values{}); len(got.items) != firstFetch+2 {
		t.Errorf("%d objects; want %d", len(got.items), firstFetch+2)
	}
}

// P1, P3: while four clients push and delete, by two servers, each sees at once
// what it did, however often it has asked before; and at the end all pages are
// as they are without anything kept.
func TestKeptPagesAreNeverOld(t *testing.T) {
	w := newWorld(t)
	servers := []*world{w, w.beside()}
	w.fill(20)
	var clients errgroup.Group
	for c := range 4 {
		clients.Go(func() error { return servers[c%2].pushAndLook(c, servers[c/2]) })
	}
	if err := clients.Wait(); err != nil {
		t.Fatal(err)
	}
	for i, query := range []string{"", "?limit=7", "?match[type]=indicator", "?match[version]=all"} {
		for _, path := range []string{pathObjects, pathManifest} {
			fresh := string(w.beside().status(200, call{path: path + query}).body)
			for range 3 {
				if got := string(w.status(200, call{path: path + query}).body); got != fresh {
					t.Errorf("query %d of %s: %.200s; want %.200s", i, path, got, fresh)
				}
			}
		}
	}
}

// pushAndLook pushes, deletes, and asks both servers for the same pages.
func (w *world) pushAndLook(client int, other *world) error {
	random := rand.New(rand.NewPCG(1, uint64(client)))
	there := map[int]bool{}
	for i := range 25 {
		n := 1000*(client+1) + random.IntN(5)
		c := call{method: "DELETE", path: pathObjects + indicatorID(n) + "/"}
		if !there[n] {
			c = post(envelopeOf(indicator(n, t1)))
		}
		if a, err := w.try(c); err != nil || a.StatusCode >= 300 {
			return fmt.Errorf("%s %d: %v %s", c.method, n, err, a.body)
		}
		there[n] = !there[n]
		for _, server := range []*world{w, w, other} {
			a, err := server.try(call{path: pathObjects})
			if err != nil || a.StatusCode != http.StatusOK {
				return fmt.Errorf("GET: %v %s", err, a.body)
			}
			for m, want := range there {
				if strings.Contains(string(a.body), indicatorID(m)) != want {
					return fmt.Errorf("client %d, step %d: object %d is there: %v; want %v", client, i, m, !want, want)
				}
			}
		}
	}
	return nil
}

// P5, P6: a page that is kept for a clearance stays so when something hidden comes
// or goes, since one that came later than others would tell of it; and what was
// deleted goes at once for all.
func TestKeptPageTellsOfNothingHidden(t *testing.T) {
	w := newWorld(t)
	w.fill(3)
	for range 2 {
		w.status(200, call{user: "low", path: pathObjects})
	}
	fetches := w.countFetches()
	for _, step := range []struct {
		name string
		do   call
		want int64
	}{
		{"a hidden push", post(envelopeOf(object(indicatorID(4), t1, red))), 0},
		{"a hidden delete", call{method: "DELETE", path: pathObjects + indicatorID(4) + "/"}, 0},
		{"a push", post(envelopeOf(indicator(5, t1))), 1},
	} {
		if a := w.do(step.do); a.StatusCode >= 300 {
			t.Fatalf("%s: %d %s", step.name, a.StatusCode, a.body)
		}
		before := fetches.Load()
		w.status(200, call{user: "low", path: pathObjects})
		if n := fetches.Load() - before; n != step.want {
			t.Errorf("after %s the page was fetched %d times; want %d", step.name, n, step.want)
		}
	}
	for range 2 {
		w.status(200, call{user: "low", path: pathObjects})
		w.status(200, call{path: pathObjects})
	}
	w.status(200, call{method: "DELETE", path: pathObjects + indicatorID(5) + "/"})
	if n := w.handler.answers.size; n != 0 {
		t.Errorf("after a delete %d bytes are kept", n)
	}
}

// TX-SEC-02: what the readers of one party hold of kept pages has a bound, however
// many there are; another party has its own.
func TestSlowReadersHoldLittle(t *testing.T) {
	var a answers
	keep := func(party string, n int) answerKey {
		k := answerKey{party: party, query: fmt.Sprint(n)}
		a.keep(&keptPage{key: k, body: make([]byte, maxAnswer-2<<10)})
		return k
	}
	var taken []*keptPage
	for n := range 5 {
		for range 3 {
			if p, _ := a.find(keep("slow", n)); p != nil {
				taken = append(taken, p)
			}
		}
	}
	if len(taken) != 3*maxTaken/maxAnswer {
		t.Errorf("three readers of each page hold %d; want three times %d", len(taken), maxTaken/maxAnswer)
	}
	if p, _ := a.find(keep("other", 1)); p == nil {
		t.Error("another party does not get what was kept for it")
	}
	for _, p := range taken {
		a.left(p)
	}
	if n := a.taken["slow"]; n != 0 {
		t.Errorf("after all have left they hold %d bytes", n)
	}
}

// TX-SEC-02: a page is copied when it is asked for again, at most one of a party
// and not those of all at once; one that is too large is copied once.
func TestCopying(t *testing.T) {
	var a answers
	key := func(party, query string) answerKey { return answerKey{party: party, query: query} }
	ask := func(k answerKey) bool {
		_, wanted := a.find(k)
		return wanted
	}
	for party := range maxCopying {
		for _, query := range []string{"1", "2"} {
			if k := key(fmt.Sprint(party), query); ask(k) || ask(k) != (query == "1") {
				t.Errorf("page %s of party %d is copied when it is asked for once, or beside another", query, party)
			}
		}
	}
	for range 2 {
		if ask(key("more", "1")) {
			t.Errorf("%d pages are copied at once", maxCopying+1)
		}
	}
	a.refuse(key("0", "1"))
	a.copied(key("0", "1"))
	if ask(key("0", "1")) || !ask(key("more", "1")) {
		t.Error("a page that was too large is copied again, or another is not")
	}
}

// A page that is too large is sent whole as often as it is asked for, and copied
// once.
func TestLargePage(t *testing.T) {
	w := newWorld(t)
	for n := range 5 {
		w.push(pathObjects, object(indicatorID(n), t1, `,"x_pad":"`+strings.Repeat("x", maxAnswer/5)+`"`))
	}
	for range 3 {
		if got := w.page(pathObjects, url.Values{}); len(got.items) != 5 {
			t.Errorf("%d objects; want 5", len(got.items))
		}
	}
	for _, s := range w.handler.answers.shelves {
		for k, fits := range s.asked {
			if fits {
				t.Errorf("%+v is to be copied again", k)
			}
		}
	}
}

// What is remembered of a question is no more than its text, however long the
// line was that it stood in.
func TestQuestionsHoldNoLines(t *testing.T) {
	w := newWorld(t)
	w.fill(1)
	const line = 1 << 19
	path := "/taxii2/" + strings.Repeat("/", line) + strings.TrimPrefix(pathObjects, "/taxii2/")
	ask := func(n int) { w.status(200, call{path: fmt.Sprintf("%s?limit=%d", path, n)}) }
	held := func() uint64 {
		runtime.GC()
		runtime.GC() // what lay in pools goes with the second
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	ask(1)
	before := held()
	for n := range 40 {
		ask(n + 2)
	}
	if after := held(); after > before+10*line {
		t.Errorf("40 questions in lines of %d bytes hold %d bytes", line, after-before)
	}
}

// What is kept has a bound, what was asked for last stays longest, a state that
// has passed gets no shelf, and what is asked for once leaves no more than a
// trace.
func TestAnswersAreBounded(t *testing.T) {
	var a answers
	key := func(n int, last int64) answerKey {
		return answerKey{world: collections.World{Collection: uuid.Nil, Last: last}, query: fmt.Sprint(n)}
	}
	find := func(k answerKey) bool {
		p, _ := a.find(k)
		if p != nil {
			a.left(p)
		}
		return p != nil
	}
	for n := range 10 {
		find(key(n, 5))
		a.keep(&keptPage{key: key(n, 5), body: make([]byte, maxAnswer)})
		find(key(0, 5))
	}
	if a.size > maxAnswers {
		t.Errorf("%d bytes are kept", a.size)
	}
	for n, want := range map[int]bool{0: true, 1: false, 9: true} {
		if found := find(key(n, 5)); found != want {
			t.Errorf("page %d is kept: %v; want %v", n, !want, want)
		}
	}
	a.keep(&keptPage{key: key(0, 4), body: []byte("old")})
	if p, wanted := a.find(key(0, 4)); p != nil || wanted {
		t.Error("a page of a state that has passed is kept, or wanted")
	}
	for n := range 5 * maxAsked {
		a.find(key(n, 6))
	}
	if s := a.shelves[collections.World{}]; a.size != 0 || len(s.asked) > maxAsked || a.recent.Len() != 0 {
		t.Errorf("of a state that has passed %d bytes are kept, and %d questions", a.size, len(s.asked))
	}
	for n := range maxAnswers / 1000 { // each is more than its body of three bytes
		a.keep(&keptPage{key: key(n, 7), body: []byte("few")})
	}
	if n := a.recent.Len(); n > maxAnswers/1024 {
		t.Errorf("%d small pages are kept", n)
	}
	a.shelf(collections.World{Last: 8})
	if a.size != 0 {
		t.Errorf("none is kept, and they have %d bytes", a.size)
	}
	long := key(0, 8)
	long.query = strings.Repeat("x", maxQuery+1)
	a.find(long)
	if _, wanted := a.find(long); wanted {
		t.Error("a question of any length is remembered")
	}
}
