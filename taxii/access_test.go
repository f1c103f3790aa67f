package taxii

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"accord/collections"

	"github.com/google/uuid"
)

// newRecorder keeps the accesses of a test, and fails it if one is lost.
func newRecorder(t testing.TB, store collections.AccessStore) *collections.Recorder {
	r := collections.NewRecorder(store, slog.New(slog.DiscardHandler), func(n int) { t.Errorf("%d accesses were lost", n) })
	t.Cleanup(r.Close)
	return r
}

// accesses returns the accesses so far. All are there whose answers have ended.
func (w *world) accesses() []collections.Access {
	w.Helper()
	w.handler.Service.Recorder.Close() // what comes later is written at once
	got, err := w.store.Accesses(w.Context(), collections.AccessQuery{Limit: 1 << 20})
	if err != nil {
		w.Fatal(err)
	}
	return got
}

// lastAccess returns the access that a request leaves, and whether it left one.
func (w *world) lastAccess(do func()) (collections.Access, bool) {
	w.Helper()
	before := len(w.accesses())
	do()
	all := w.accesses()
	if len(all) > before+1 {
		w.Errorf("one request left %d accesses", len(all)-before)
	}
	return all[len(all)-1], len(all) > before
}

// TX-AUTH-14: each read and each write of what is in a collection leaves one
// record: who, what, in which collection, from which sequence to which, and the
// outcome; refusals too. What is about no collection that exists leaves none.
func TestAccesses(t *testing.T) {
	w := newWorld(t)
	w.fill(3) // 1, 2, 3
	c, hidden := "6f3f5a51-32c9-4b3a-9d5e-0e2f2f3a4b5c", "af3f5a51-32c9-4b3a-9d5e-0e2f2f3a4b5c"
	status := w.push(pathObjects, indicator(4, t1))
	object := pathObjects + indicatorID(2) + "/"
	type want struct {
		action             collections.Action
		collection         string
		status             int
		first, last, count int64
	}
	for _, tc := range []struct {
		name string
		call call
		want want // the zero want is no record
	}{
		{"a page", call{path: pathObjects + "?limit=2"}, want{"objects", c, 200, 1, 2, 2}},
		{"by alias", call{path: pathRoot + "collections/c/objects/?match[id]=" + indicatorID(3)}, want{"objects", c, 200, 3, 3, 1}},
		{"nothing new", call{path: pathObjects + "?added_after=2100-01-01T00:00:00Z"}, want{"objects", c, 200, 0, 0, 0}},
		{"a head", call{method: "HEAD", path: pathObjects}, want{"objects", c, 200, 0, 0, 0}},
		{"a manifest", call{path: pathManifest, user: "ro"}, want{"manifest", c, 200, 1, 4, 4}},
		{"one object", call{path: object}, want{"object", c, 200, 2, 2, 1}},
		{"its versions", call{path: object + "versions/"}, want{"versions", c, 200, 2, 2, 1}},
		{"the head of its versions", call{method: "HEAD", path: object + "versions/"}, want{"versions", c, 200, 0, 0, 0}},
		{"an object that is not there", call{path: pathObjects + indicatorID(9) + "/"}, want{"object", c, 404, 0, 0, 0}},
		{"a push", post(envelopeOf(indicator(5, t1), indicator(6, t1), `{"type":"indicator"}`)), want{"push", c, 202, 5, 6, 2}},
		{"a push of no envelope", post("{}"), want{"push", c, 422, 0, 0, 0}},
		{"a status", call{path: pathRoot + "status/" + status.ID + "/"}, want{"status", c, 200, 0, 0, 0}},
		{"a status that is not there", call{path: pathRoot + "status/" + uuid.NewString() + "/"}, want{"status", uuid.Nil.String(), 404, 0, 0, 0}},
		{"a delete", call{method: "DELETE", path: object}, want{"delete", c, 200, 0, 0, 0}},
		{"read without the right", call{path: pathObjects, user: "wo"}, want{"objects", c, 403, 0, 0, 0}},
		{"write without the right", call{method: "POST", path: pathObjects, user: "ro", body: "{}"}, want{"push", c, 403, 0, 0, 0}},
		{"P5: without a grant", call{path: pathHidden + "objects/"}, want{"objects", hidden, 404, 0, 0, 0}},
		{"P5: of no party", call{path: pathObjects, user: "stranger"}, want{"objects", c, 404, 0, 0, 0}},
		{"a filter that is none", call{path: pathObjects + "?limit=x"}, want{"objects", c, 400, 0, 0, 0}},
		{"a media type that is none", call{path: pathObjects, header: http.Header{"Accept": {"text/html"}}}, want{"objects", c, 406, 0, 0, 0}},

		{"no credentials", call{path: pathObjects, user: "anon"}, want{}},
		{"no such collection", call{path: pathRoot + "collections/none/objects/"}, want{}},
		{"no such root", call{path: "/taxii2/none/collections/c/objects/"}, want{}},
		{"no such method", call{method: "PUT", path: pathObjects}, want{}},
		{"discovery", call{path: "/taxii2/"}, want{}},
		{"a root", call{path: pathRoot}, want{}},
		{"the collections", call{path: pathRoot + "collections/"}, want{}},
		{"a collection", call{path: pathC}, want{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var res answer
			got, left := w.lastAccess(func() { res = w.do(tc.call) })
			if !left {
				got = collections.Access{}
			}
			id := got.Collection.String()
			if !left && tc.want == (want{}) {
				return
			}
			if (want{got.Action, id, got.Status, got.First, got.Last, got.Count}) != tc.want || got.Status != res.StatusCode {
				t.Errorf("%d leaves %+v; want %+v", res.StatusCode, got, tc.want)
			}
			user := tc.call.user
			if user == "" {
				user = "rw"
			}
			if got.Party != user || got.Agreement != "api1" || got.Remote != "127.0.0.1" || got.RequestID != res.Header.Get("X-Request-Id") || got.BrokenOff {
				t.Errorf("%+v; want party %s, agreement api1, this machine, the request's id, and a whole answer", got, user)
			}
			if path := tc.call.path; strings.Contains(path, "objects/indicator--") != (got.Object != "") || !strings.Contains(path, got.Object) {
				t.Errorf("%s leaves the object %q", path, got.Object)
			}
		})
	}
}

// TX-AUTH-14: an answer that is cut says so, and how much of it can have
// arrived; a panic is a 500.
func TestAccessOfWhatBreaks(t *testing.T) {
	w := newWorld(t)
	big := `,"x_pad":"` + strings.Repeat("x", 600_000) + `"`
	w.push(pathObjects, object(indicatorID(1), t1, big), object(indicatorID(2), t1, big), object(indicatorID(3), t1, big))
	chunks := 0
	w.store.set(func(s *faultyStore) {
		s.beforeObjects = func() error {
			if chunks++; chunks > 1 {
				return errSecret
			}
			return nil
		}
	})
	got, _ := w.lastAccess(func() { w.try(call{path: pathObjects}) })
	if got.Status != 200 || !got.BrokenOff || got.First != 1 || got.Last < 1 || got.Last > 2 || got.Count != got.Last {
		t.Errorf("%+v; want a 200 that broke off after the first chunk", got)
	}
	w.store.set(func(s *faultyStore) { s.beforePage = func() error { return errSecret } })
	if got, _ = w.lastAccess(func() { w.status(500, call{path: pathObjects}) }); got.Status != 500 || got.BrokenOff {
		t.Errorf("%+v; want a whole 500", got)
	}
	w.store.set(func(s *faultyStore) { s.beforePage = func() error { panic(errSecret) } })
	if got, _ = w.lastAccess(func() { w.status(500, call{path: pathObjects}) }); got.Status != 500 || got.BrokenOff {
		t.Errorf("%+v; want a 500 of a panic", got)
	}
}

// An id that no object can have is kept in part.
func TestAccessOfALongName(t *testing.T) {
	w := newWorld(t)
	got, left := w.lastAccess(func() { w.do(call{path: pathObjects + strings.Repeat("%E7%BD%91", 2000) + "/"}) })
	if !left || got.Object != strings.Repeat("网", 100) {
		t.Errorf("the object is kept as %q; want its first %d bytes", got.Object, collections.MaxAccessObject)
	}
}

// TX-AUTH-14, P5: where there is no room for a record nothing is read or
// written, and what is hidden waits as what is missing does.
func TestNothingWithoutRoomForItsRecord(t *testing.T) {
	w := newWorld(t)
	w.fill(1)
	stuck := stuckStore{make(chan struct{})}
	recorder := collections.NewRecorder(stuck, slog.New(slog.DiscardHandler), func(int) {})
	t.Cleanup(recorder.Close)
	t.Cleanup(func() { close(stuck.goOn) })
	for full := false; !full; {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		if full = recorder.Enter(ctx) != nil; !full {
			recorder.Leave(&collections.Access{})
		}
		cancel()
	}
	w.handler.Service.Recorder = recorder
	w.store.set(func(s *faultyStore) {
		touched := func() error { t.Error("the store was asked"); return nil }
		s.beforePage, s.beforeAppend = touched, touched
	})
	for _, c := range []call{{path: pathObjects}, post(envelopeOf(indicator(2, t1))), {path: pathHidden + "objects/"}, {path: pathRoot + "collections/none/objects/"}} {
		w.waits(c)
	}
	w.status(200, call{path: pathRoot}) // leaves no record
}

// waits sends a request as rw that must wait until its client has gone.
func (w *world) waits(c call) {
	w.Helper()
	gone, cancel := context.WithTimeout(w.Context(), 20*time.Millisecond)
	defer cancel()
	req := httptest.NewRequest(cmp.Or(c.method, http.MethodGet), c.path, strings.NewReader(c.body)).WithContext(gone)
	req.SetBasicAuth("rw", "secret")
	res := httptest.NewRecorder()
	w.mux.ServeHTTP(res, req)
	if res.Code != http.StatusServiceUnavailable {
		w.Errorf("%s %s: %d %s; want that it waits until its client has gone", c.method, c.path, res.Code, res.Body)
	}
}

// A stuckStore keeps nothing until it may go on.
type stuckStore struct{ goOn chan struct{} }

func (s stuckStore) RecordAccesses(context.Context, []collections.Access) error {
	<-s.goOn
	return nil
}

// TX-SEC-02: a party whose answers are taken slowly keeps those of its own from
// being begun, and none of another party.
func TestSlowAccessesOfOneParty(t *testing.T) {
	w := newWorld(t, func(h *Handler) { h.Service.Turns.MaxAccesses = 1 })
	w.fill(1)
	begun, goOn := make(chan bool), make(chan bool)
	w.store.set(func(s *faultyStore) {
		s.beforeObjects = func() error {
			w.store.set(func(s *faultyStore) { s.beforeObjects = nil })
			begun <- true
			<-goOn
			return nil
		}
	})
	slow := make(chan answer, 1)
	go func() {
		a, err := w.try(call{path: pathObjects})
		if err != nil {
			t.Error(err)
		}
		slow <- a
	}()
	select {
	case <-begun:
	case a := <-slow:
		t.Fatalf("the slow one did not wait: %d", a.StatusCode)
	}
	w.status(200, call{path: pathObjects, user: "ro"})
	w.waits(call{path: pathObjects})
	close(goOn)
	if got := <-slow; got.StatusCode != 200 {
		t.Errorf("the slow one: %d", got.StatusCode)
	}
}
