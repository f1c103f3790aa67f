package taxii

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"accord/collections"
	"accord/stix"
)

// TX-NEG-01, TX-NEG-02, TX-NEG-03, TX-NEG-04, TX-NEG-05, TX-NEG-06, TX-NEG-07,
// TX-NEG-08, TX-NEG-09, TX-NEG-10, TX-NEG-11: what a client takes, and what it
// is answered on every endpoint that it can read.
func TestNegotiate(t *testing.T) {
	w := newWorld(t)
	w.push(pathObjects, indicator(1, t1))
	paths := []string{"/taxii2/", pathRoot, pathRoot + "collections/", pathC, pathManifest, pathObjects,
		pathObjects + indicatorID(1) + "/", pathObjects + indicatorID(1) + "/versions/"}
	for _, tc := range []struct {
		name   string
		accept []string
		ok     bool
	}{
		{"TX-NEG-02 the media type itself", []string{"application/taxii+json;version=2.1"}, true},
		{"TX-NEG-03 without a version", []string{"application/taxii+json"}, true},
		{"TX-NEG-04 anywhere in a list", []string{"application/taxii+json;version=2.0, text/html, application/taxii+json;version=2.1"}, true},
		{"TX-NEG-05 both ranges of the manifest", []string{"application/taxii+json;version=2.1,application/stix+json;version=2.1"}, true},
		{"TX-NEG-06 case, blanks, quotes, q", []string{`Application/TAXII+JSON ; VERSION="2.1" ;q=0.5`}, true},
		{"TX-NEG-06 further parameters", []string{"application/taxii+json;version=2.1;charset=utf-8"}, true},
		{"TX-NEG-06 a comma in quotes", []string{`text/html;x="a,b\",", application/taxii+json`}, true},
		{"TX-NEG-07 q=0", []string{"application/taxii+json;version=2.1;q=0"}, false},
		{"TX-NEG-07 q=0.000", []string{"application/taxii+json;q=0.000"}, false},
		{"TX-NEG-07 the closest range decides", []string{"*/*, application/taxii+json;version=2.1;q=0"}, false},
		{"TX-NEG-07 wherever it stands", []string{"application/*;q=0, application/taxii+json"}, true},
		{"TX-NEG-08 two lines", []string{"text/html", "application/taxii+json;version=2.1"}, true},
		{"TX-NEG-09 a page", []string{"text/html"}, false},
		{"TX-NEG-09 plain JSON", []string{"application/json"}, false},
		{"TX-NEG-09 TAXII 2.0", []string{"application/vnd.oasis.taxii+json;version=2.0"}, false},
		{"TX-NEG-09 version 2.0", []string{"application/taxii+json;version=2.0"}, false},
		{"TX-NEG-09 version 3.0", []string{"application/taxii+json;version=3.0"}, false},
		{"TX-NEG-09 content without its wrapper", []string{"application/stix+json;version=2.1"}, false},
		{"TX-NEG-10 wildcard in a list", []string{"application/json, text/plain, */*"}, true},
		{"TX-NEG-10 any application", []string{"application/*"}, true},
		{"TX-NEG-11 no header", nil, true},
		{"TX-NEG-11 an empty one", []string{""}, true},
		{"a parameter given twice", []string{"application/taxii+json;version=2.1;version=2.0"}, false},
		{"a weight that is none", []string{"application/taxii+json;q=NaN"}, false},
		{"only commas", []string{",,"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := negotiate(http.Header{"Accept": tc.accept})
			if tc.ok && err != nil || !tc.ok && !errors.Is(err, collections.ErrNotAcceptable) {
				t.Errorf("negotiate(%q) = %v; want ok = %v", tc.accept, err, tc.ok)
			}
			want := http.StatusNotAcceptable
			if tc.ok {
				want = http.StatusOK
			}
			for _, path := range paths {
				w.status(want, call{path: path, header: http.Header{"Accept": tc.accept}})
			}
		})
	}
}

// TX-NEG-12, TX-NEG-13, TX-NEG-14, TX-NEG-19: what a body may say that it is. The
// collection empty takes STIX 2.1 only, c also 2.0.
func TestContentWrapper(t *testing.T) {
	w := newWorld(t)
	only21, both := []string{"2.1"}, []string{"2.1", "2.0"}
	for _, tc := range []struct {
		name  string
		types []string
		takes []string
		want  stix.Wrapper
		ok    bool
	}{
		{"TX-NEG-12 with the version", []string{"application/taxii+json;version=2.1"}, only21, stix.Envelope, true},
		{"TX-NEG-12 without", []string{"application/taxii+json"}, only21, stix.Envelope, true},
		{"TX-NEG-13 parsed, not compared", []string{`Application/TAXII+json; version="2.1"; charset=utf-8`}, only21, stix.Envelope, true},
		{"TX-NEG-14 plain JSON", []string{"application/json"}, both, 0, false},
		{"TX-NEG-14 other version", []string{"application/taxii+json;version=2.0"}, both, 0, false},
		{"TX-NEG-14 a long one", []string{strings.Repeat("\xff", 10_000)}, both, 0, false},
		{"TX-NEG-14 none", nil, both, 0, false},
		{"TX-NEG-14 empty", []string{""}, both, 0, false},
		{"TX-NEG-14 two", []string{"application/taxii+json", "text/plain"}, both, 0, false},
		{"TX-NEG-14 version twice", []string{"application/taxii+json;version=2.1;version=2.0"}, both, 0, false},
		{"TX-NEG-19 STIX 2.1", []string{"application/stix+json; version=2.1"}, only21, stix.Content, true},
		{"TX-NEG-19 STIX without a version", []string{"application/stix+json"}, only21, stix.Content, true},
		{"TX-NEG-19 STIX 2.0 where it is taken", []string{"application/stix+json;version=2.0"}, both, stix.Content, true},
		{"TX-NEG-19 STIX 2.0 where it is not", []string{"application/stix+json;version=2.0"}, only21, 0, false},
		{"TX-NEG-19 STIX of no known version", []string{"application/stix+json;version=3.0"}, []string{"3.0"}, 0, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := contentWrapper(http.Header{"Content-Type": tc.types}, tc.takes)
			if err != nil && len(err.Error()) > 1000 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
			if got != tc.want || tc.ok && err != nil || !tc.ok && !errors.Is(err, collections.ErrMediaType) {
				t.Errorf("contentWrapper(%q) = %v, %v; want %v, ok = %v", tc.types, got, err, tc.want, tc.ok)
			}
			path, want := pathEmpty+"objects/", http.StatusUnsupportedMediaType
			if len(tc.takes) > 1 {
				path = pathObjects
			}
			if tc.ok {
				want = http.StatusAccepted
			}
			w.status(want, call{method: http.MethodPost, path: path, body: envelopeOf(indicator(1, t1)), header: http.Header{"Content-Type": tc.types}})
		})
	}
}
