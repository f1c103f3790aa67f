package e2e

import (
	"cmp"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"accord/stix"
)

// realPushes are the files that go into each collection of testdata/real.yaml,
// each in one push.
var realPushes = map[string][]string{
	"enterprise": {"attack/enterprise-attack-18.1.json.gz"},
	"ics":        {"attack/ics-attack-8.2.json.gz", "attack/ics-attack-12.1.json.gz", "attack/ics-attack-16.1.json.gz", "attack/ics-attack-18.1.json.gz"},
	"indicators": {"feeds/unit42-stix21.json.gz"},
	"report":     {"reports/apt1-full-cjk.json"},
}

// dataFolder is where real data lie, if there are any.
func dataFolder() string {
	return cmp.Or(os.Getenv("ACCORD_TEST_DATA"), filepath.Join("..", "..", "..", "shared", "data"))
}

// Every object of a real push comes back byte for byte, in the order of the
// push, or the status names it (P3, P4).
func TestRealDataComesBack(t *testing.T) {
	folder := dataFolder()
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("no real data: set ACCORD_TEST_DATA to a folder of STIX files (%v)", err)
	}
	dir := filepath.Join(t.TempDir(), "data")
	newStore(t, dir)
	accordOn(t, dir, "agreement", "apply", filepath.Join("testdata", "real.yaml"))
	s := start(t, dir, issue(t, dir))
	for collection, files := range realPushes {
		t.Run(collection, func(t *testing.T) {
			r := roundTrip{t: t, server: s, url: s.base + "/taxii2/real/collections/" + collection + "/objects/", posted: map[objectVersion][]string{}, refused: map[objectVersion]bool{}}
			for _, file := range files {
				r.push(filepath.Join(folder, file))
			}
			r.poll()
		})
	}
}

// An objectVersion names an object version as the object itself does.
type objectVersion struct{ id, version string }

type roundTrip struct {
	t       *testing.T
	server  *server
	url     string
	order   []objectVersion // as first posted
	posted  map[objectVersion][]string
	refused map[objectVersion]bool
}

// push posts a file as it is, in one piece.
func (r *roundTrip) push(file string) {
	r.t.Helper()
	f, err := os.Open(file)
	if err != nil {
		r.t.Fatal(err)
	}
	defer f.Close()
	content := io.Reader(f)
	if strings.HasSuffix(file, ".gz") {
		if content, err = gzip.NewReader(f); err != nil {
			r.t.Fatal(err)
		}
	}
	// What is posted is read at the same time by the test itself.
	reading, writing := io.Pipe()
	read := make(chan error, 1)
	go func() { read <- r.note(reading) }()
	var status struct {
		Total    int `json:"total_count"`
		Failures []struct{ ID, Version, Message string }
	}
	r.do(http.MethodPost, r.url, io.TeeReader(content, writing), &status)
	writing.Close()
	if err := <-read; err != nil {
		r.t.Fatal(err)
	}
	for _, f := range status.Failures {
		if f.Version == "unknown" {
			f.Version = ""
		}
		r.refused[objectVersion{f.ID, f.Version}] = true
	}
	r.t.Logf("%s: %d objects, %d refused", filepath.Base(file), status.Total, len(status.Failures))
}

// note remembers each object of a file.
func (r *roundTrip) note(file io.Reader) error {
	objects := stix.NewReader(file, stix.File, stix.Limits{})
	for {
		raw, err := objects.Next()
		if err == io.EOF {
			_, err = io.Copy(io.Discard, file)
			return err
		}
		if err != nil {
			return err
		}
		v := versionOf(raw)
		if r.posted[v] == nil {
			r.order = append(r.order, v)
		}
		r.posted[v] = append(r.posted[v], string(raw))
	}
}

func versionOf(raw []byte) objectVersion {
	o, _ := stix.ReadObject(raw, stix.Limits{})
	return objectVersion{string(o.ID), string(o.Version())}
}

// poll walks the collection and compares.
func (r *roundTrip) poll() {
	var order []objectVersion
	for query := (url.Values{"match[version]": {"all"}, "limit": {"1000"}}); ; {
		var page struct {
			More    bool
			Next    string
			Objects []json.RawMessage
		}
		r.do(http.MethodGet, r.url+"?"+query.Encode(), nil, &page)
		for _, raw := range page.Objects {
			v := versionOf(raw)
			order = append(order, v)
			if !slices.Contains(r.posted[v], string(raw)) {
				r.t.Errorf("%v came back as %s; posted was %s", v, raw, r.posted[v])
			}
			delete(r.refused, v) // another one of that version was refused
		}
		if !page.More {
			break
		}
		query.Set("next", page.Next)
	}
	want := slices.DeleteFunc(slices.Clone(r.order), func(v objectVersion) bool { return r.refused[v] })
	if !slices.Equal(order, want) {
		r.t.Errorf("%d versions came back; want the %d posted ones in their order", len(order), len(want))
	}
}

// do sends a request that must succeed and decodes the answer.
func (r *roundTrip) do(method, url string, body io.Reader, into any) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, url, body)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.server.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/taxii+json;version=2.1")
	}
	res, err := r.server.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	if res.StatusCode/100 != 2 {
		r.t.Fatalf("%s %s = %d %s", method, url, res.StatusCode, answer)
	}
	if err := json.Unmarshal(answer, into); err != nil {
		r.t.Fatalf("%s %s: %v", method, url, err)
	}
}
