package taxii

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"accord/collections"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
)

// TX-ERR-04, TX-ERR-05, TX-ERR-08: a broken store shows an id to look up in the
// log, and nothing else, wherever it breaks.
func TestBrokenStore(t *testing.T) {
	for _, tc := range []struct {
		name string
		err  error
		want int
	}{
		{"a fault of ours", errSecret, 500},
		{"an engine that is gone", &collections.Error{Kind: collections.ErrUnavailable, Detail: "the store is busy", Err: errSecret}, 503},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			w.fill(1)
			w.store.set(func(s *faultyStore) {
				s.beforePage = func() error { return tc.err }
				s.beforeAppend = func() error { return tc.err }
			})
			for _, c := range []call{{path: pathObjects}, {path: pathManifest}, {path: pathObjects + indicatorID(1) + "/"},
				post(envelopeOf(indicator(2, t1))), {method: "DELETE", path: pathObjects + indicatorID(1) + "/"}, {method: "HEAD", path: pathObjects}} {
				a := w.status(tc.want, c)
				if strings.Contains(string(a.body), "secret") {
					t.Errorf("%s %s shows its cause: %s", c.method, c.path, a.body)
				}
				if !strings.Contains(w.log.String(), a.Header.Get("X-Request-Id")) {
					t.Errorf("%s %s: the log knows nothing of %s", c.method, c.path, a.Header.Get("X-Request-Id"))
				}
				if retry := a.Header.Get("Retry-After"); (tc.want == 503) != (retry != "") {
					t.Errorf("%s %s: Retry-After is %q", c.method, c.path, retry)
				}
			}
			if !strings.Contains(w.log.String(), errSecret.Error()) {
				t.Error("the cause is not in the log")
			}
		})
	}
}

// TX-ERR-08, and middleware that server gives to Mount: it stands before all
// judgement, and its failures have TAXII's shape.
func TestMiddlewareRefuses(t *testing.T) {
	w := newWorld(t)
	w.start(func(echo.HandlerFunc) echo.HandlerFunc {
		return func(echo.Context) error { return collections.Errorf(collections.ErrBusy, "too many requests") }
	})
	if a := w.status(http.StatusTooManyRequests, call{path: "/taxii2/"}); a.Header.Get("Retry-After") != "5" {
		t.Errorf("Retry-After is %q; want 5", a.Header.Get("Retry-After"))
	}
}

// A store that breaks in the middle of an envelope must not make it look whole.
func TestBrokenMiddle(t *testing.T) {
	w := newWorld(t)
	big := `,"x_pad":"` + strings.Repeat("x", 600_000) + `"`
	w.push(pathObjects, object(indicatorID(1), t1, big), object(indicatorID(2), t1, big), object(indicatorID(3), t1, big))
	calls := 0
	w.store.set(func(s *faultyStore) {
		s.beforeObjects = func() error {
			if calls++; calls > 1 {
				return errSecret
			}
			return nil
		}
	})
	if a, err := w.try(call{path: pathObjects}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%d, %d bytes, %v; want the connection broken", a.StatusCode, len(a.body), err)
	}
	if calls != 2 {
		t.Errorf("the objects came in %d chunks; the test wants two", calls)
	}
}

// TX-HDR-05, TX-PAG-11: what is deleted between the positions of a page and its
// bytes leaves an envelope that is full, with headers of its own, and a walk
// that goes on.
func TestVanishingPage(t *testing.T) {
	w := newWorld(t)
	w.fill(5)
	vanish := func(ids ...int) {
		w.store.set(func(s *faultyStore) {
			s.beforeObjects = func() error {
				w.store.set(func(s *faultyStore) { s.beforeObjects = nil })
				for _, id := range ids {
					w.status(http.StatusOK, call{method: "DELETE", path: pathObjects + indicatorID(id) + "/"})
				}
				return nil
			}
		})
	}
	vanish(2)
	if got := w.match(pathObjects, "limit=2"); fmt.Sprint(got) != "[1@t1 3@t1]" {
		t.Errorf("after the last of two vanished: %v", got)
	}
	vanish(1)
	if got := w.match(pathObjects, "limit=2"); fmt.Sprint(got) != "[3@t1 4@t1]" {
		t.Errorf("after the first of two vanished: %v", got)
	}
	vanish(3, 4)
	if got := w.match(pathObjects, "limit=2"); fmt.Sprint(got) != "[5@t1]" {
		t.Errorf("after all of the page vanished: %v", got)
	}
	vanish(5)
	if a := w.status(200, call{path: pathObjects}); string(a.body) != "{}" {
		t.Errorf("after all vanished: %s", a.body)
	}
}

// TX-ERR-06: a panic is answered like any other fault.
func TestPanic(t *testing.T) {
	w := newWorld(t)
	w.store.set(func(s *faultyStore) { s.beforePage = func() error { panic(errSecret) } })
	if a := w.status(500, call{path: pathObjects}); strings.Contains(string(a.body), "secret") {
		t.Errorf("the answer shows the panic: %s", a.body)
	}
}

// A blankStore has positions, but lost the bytes there.
type blankStore struct{ collections.Store }

func (blankStore) Objects(context.Context, uuid.UUID, []int64) ([]collections.StoredObject, error) {
	return nil, nil
}

func (s blankStore) Page(ctx context.Context, log uuid.UUID, q collections.Query) (collections.Page, error) {
	q.Objects = 0
	return s.Store.Page(ctx, log, q)
}

// TX-ERR-04: a store that has lost bytes is an error, neither an empty page, which
// clients take for the end, nor an answer that never comes.
func TestLostBytes(t *testing.T) {
	w := newWorld(t, func(h *Handler) { h.Service.Store = blankStore{h.Service.Store} })
	w.fill(3)
	w.status(http.StatusServiceUnavailable, call{path: pathObjects})
}
