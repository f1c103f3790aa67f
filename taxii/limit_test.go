package taxii

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"accord/collections/fair"
)

// TX-FLT-33, TX-SEC-01: what a page holds when nobody has said otherwise, and
// what it holds at most.
func TestDefaultLimits(t *testing.T) {
	w := newWorld(t)
	w.fill(10_001)
	for query, want := range map[string]int{"": 1_000, "?limit=10000": 10_000, "?limit=10001": 10_000} {
		if e := get[envelope](w, pathObjects+query); len(e.Objects) != want || !e.More {
			t.Errorf("%q: %d objects, more %v; want %d and more", query, len(e.Objects), e.More, want)
		}
	}
}

// TX-SEC-02: a large page waits for the turn of its party, whatever asks for it; a
// small one waits for nothing, and so does another party.
func TestLargePagesTakeTurns(t *testing.T) {
	processors := &fair.Gate{Each: 1}
	w := newWorld(t, func(h *Handler) { h.Service.Turns.Processors = processors })
	w.fill(300)
	ask := func(method, user, query string) int {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		req := httptest.NewRequest(method, pathObjects+query, nil).WithContext(ctx)
		req.SetBasicAuth(user, "secret")
		res := httptest.NewRecorder()
		w.server.Config.Handler.ServeHTTP(res, req)
		return res.Code
	}
	processors.Claim("rw")
	for _, c := range []struct {
		method, user, query string
		want                int
	}{
		{"GET", "rw", "?limit=300", http.StatusServiceUnavailable},
		{"HEAD", "rw", "?limit=300", http.StatusServiceUnavailable},
		{"GET", "rw", "?limit=1&match[version]=first", http.StatusServiceUnavailable},
		{"GET", "rw", "?limit=100", http.StatusOK},
		{"GET", "rw", "?limit=100&match[version]=all", http.StatusOK},
		{"GET", "ro", "?limit=300", http.StatusOK},
	} {
		if got := ask(c.method, c.user, c.query); got != c.want {
			t.Errorf("%s %s by %s: %d, want %d", c.method, c.query, c.user, got, c.want)
		}
	}
	processors.Leave("rw")
	if e := get[envelope](w, pathObjects+"?limit=300"); len(e.Objects) != 300 {
		t.Errorf("in its turn the page has %d objects", len(e.Objects))
	}
	if err := processors.Enter(t.Context(), "rw"); err != nil {
		t.Errorf("the page has kept its turn: %v", err)
	}
}
