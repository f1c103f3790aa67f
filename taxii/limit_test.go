package taxii

import "testing"

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
