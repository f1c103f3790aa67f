package taxii

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// P3, TX-NEG-17, TX-PAG-05: ATT&CK for ICS, 1,826 objects and 3.5 MB, goes in as
// one bundle and comes out byte for byte, in the order it went in.
func TestATTACK(t *testing.T) {
	data := os.Getenv("ACCORD_TEST_DATA")
	if data == "" {
		data = filepath.Join("..", "..", "shared", "data")
	}
	file := filepath.Join(data, "attack", "ics-attack-18.1.json.gz")
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is not there; ACCORD_TEST_DATA names the folder of real data", file)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := bundleObjects(t, f)
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	s := decode[Status](w, w.status(http.StatusAccepted, call{method: http.MethodPost, path: pathObjects, stream: f,
		header: http.Header{"Content-Encoding": {"gzip"}, "Content-Type": {"application/stix+json;version=2.1"}}}))
	checkCounts(t, "ATT&CK", s, len(want)-len(s.Failures), len(s.Failures))
	refused := map[string]bool{}
	for _, failure := range s.Failures {
		refused[failure.ID] = true
		t.Log(failure)
	}
	want = slices.DeleteFunc(want, func(o json.RawMessage) bool {
		return refused[decode[struct{ ID string }](w, answer{body: o}).ID]
	})
	got := 0
	for query := (url.Values{"limit": {"500"}}); ; {
		page := get[envelope](w, pathObjects+"?"+query.Encode())
		for _, o := range page.Objects {
			if string(o) != string(want[got]) {
				t.Fatalf("object %d is %s; want %s", got, o, want[got])
			}
			got++
		}
		if query.Set("next", page.Next); !page.More {
			break
		}
	}
	if got != len(want) {
		t.Errorf("%d objects came back; want %d", got, len(want))
	}
}

func bundleObjects(t *testing.T, f io.Reader) []json.RawMessage {
	t.Helper()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var bundle struct{ Objects []json.RawMessage }
	if err := json.NewDecoder(z).Decode(&bundle); err != nil {
		t.Fatal(err)
	}
	return bundle.Objects
}
