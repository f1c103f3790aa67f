package taxii

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// P3, TX-SEC-06: a packed answer holds the same bytes, first asked for and kept
// alike, and says that it depends on what the client takes.
func TestPackedAnswers(t *testing.T) {
	w := newWorld(t)
	w.fill(200)
	var versions []string
	for i := range 100 {
		versions = append(versions, indicator(5000, fmt.Sprintf("2010-01-01T00:00:00.%03dZ", i)))
	}
	w.push(pathObjects, versions...)
	for path, packed := range map[string]bool{
		pathObjects: true, pathManifest: true, pathObjects + indicatorID(5000) + "/versions/": true,
		pathObjects + "?limit=150": true, pathRoot + "collections/": false,
		pathObjects + indicatorID(1) + "/": false, pathRoot: false, pathEmpty + "objects/": false,
	} {
		want := w.status(200, call{path: path})
		for i := range 4 {
			a, err := w.try(call{path: path, header: http.Header{"Accept-Encoding": {"deflate, gzip"}}})
			if err != nil || a.StatusCode != http.StatusOK {
				t.Fatalf("%s: %d, %v", path, a.StatusCode, err)
			}
			if got := a.Header.Get("Content-Encoding") == "gzip"; got != packed {
				t.Errorf("%s: packed %v; want %v", path, got, packed)
			}
			if got := unpack(t, a); got != string(want.body) {
				t.Errorf("%s, asked %d times: %.300s; want %.300s", path, i, got, want.body)
			}
			for _, name := range []string{"Content-Type", "Vary", "Cache-Control", "X-TAXII-Date-Added-First", "X-TAXII-Date-Added-Last"} {
				if got := a.Header.Get(name); got != want.Header.Get(name) {
					t.Errorf("%s: %s is %q; want %q", path, name, got, want.Header.Get(name))
				}
			}
		}
	}
}

func unpack(t *testing.T, a answer) string {
	t.Helper()
	if a.Header.Get("Content-Encoding") == "" {
		return string(a.body)
	}
	r, err := gzip.NewReader(bytes.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

// A packed page that breaks off does not look whole either.
func TestPackedBrokenMiddle(t *testing.T) {
	w := newWorld(t)
	w.fill(firstFetch + 1)
	calls := 0
	w.store.set(func(s *faultyStore) {
		s.beforeObjects = func() error {
			if calls++; calls%2 == 0 { // the client tries again when it has got no byte
				return errSecret
			}
			return nil
		}
	})
	if a, err := w.try(call{path: pathObjects, header: http.Header{"Accept-Encoding": {"gzip"}}}); err == nil {
		t.Errorf("%d, %d bytes; want the connection broken", a.StatusCode, len(a.body))
	}
}

// TX-MTH-02: HEAD reads no object, and says of a page what GET says.
func TestHeadReadsNoBytes(t *testing.T) {
	w := newWorld(t)
	w.fill(20)
	fetches := w.countFetches()
	for _, path := range []string{pathObjects, pathObjects + "?limit=7", pathObjects + indicatorID(3) + "/", pathObjects + "?match[id]=" + indicatorID(99)} {
		before := fetches.Load()
		head := w.status(200, call{path: path, method: http.MethodHead})
		if fetches.Load() != before {
			t.Errorf("HEAD %s fetched objects", path)
		}
		got := w.status(200, call{path: path})
		for name := range head.Header {
			if head.Header.Get(name) != got.Header.Get(name) && !strings.Contains("Date X-Request-Id Content-Length", name) {
				t.Errorf("%s: %s is %q for HEAD, %q for GET", path, name, head.Header.Get(name), got.Header.Get(name))
			}
		}
	}
}
