package taxii

import (
	"bytes"
	"errors"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"accord/collections"
)

var update = flag.Bool("update", false, "rewrite testdata/*.golden.json")

var (
	uuidForm  = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`) // TX-DT-02
	taxiiTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$`)                              // TX-DT-05
	// Ids of statuses and of requests are random, and the words of a finding
	// are not ours.
	notOurs = regexp.MustCompile(`(?:"(id|error_id)":"(?:[0-9a-f-]{36}|[0-9A-Za-z]{32})"|"(message)":"[A-Z]+-[0-9]+(?:[^"\\]|\\.)*")`)
)

// TX-DT-01, TX-DT-08, TX-DT-09, TX-DT-10: every resource as it is sent.
// TX-DISC-01, TX-ROOT-01, TX-COL-01, TX-COL-02, TX-COL-07, TX-MAN-01,
// TX-MAN-04, TX-ENV-01, TX-VER-01, TX-STAT-01, TX-ERR-01.
func TestGolden(t *testing.T) {
	w := newWorld(t)
	posted := w.status(202, call{method: "POST", path: pathObjects, body: envelopeOf(
		indicator(1, t1), indicator(1, t2), indicator20(2, t1), `{"type":"indicator"}`, indicator(1, t1),
		`{"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--8dded90c-40c0-545a-8027-5b212bb37e8e","value":"192.0.2.1"}`)})
	status := decode[Status](w, posted)
	golden(t, "posted", posted.body)
	for name, c := range map[string]call{
		"discovery":         {path: "/taxii2/"},
		"discovery_nobody":  {user: "unheard-of", path: "/taxii2/"},
		"apiroot":           {path: pathRoot},
		"collections":       {path: pathRoot + "collections/"},
		"collection":        {path: pathC},
		"collection_no":     {user: "no", path: pathC},
		"status":            {path: pathRoot + "status/" + status.ID + "/"},
		"manifest":          {path: pathManifest + "?match[version]=all"},
		"manifest_page":     {path: pathManifest + "?limit=1"},
		"objects":           {path: pathObjects},
		"objects_page":      {path: pathObjects + "?limit=1"},
		"object":            {path: pathObjects + indicatorID(1) + "/"},
		"versions":          {path: pathObjects + indicatorID(1) + "/versions/"},
		"versions_page":     {path: pathObjects + indicatorID(1) + "/versions/?limit=1"},
		"empty_objects":     {path: pathEmpty + "objects/"},
		"empty_manifest":    {path: pathEmpty + "manifest/"},
		"error_bad_request": {path: pathObjects + "?limit=0"},
		"error_not_found":   {path: pathRoot + "collections/nowhere/"},
		"error_credentials": {user: "anon", path: "/taxii2/"},
	} {
		golden(t, name, w.do(c).body)
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	got = append(notOurs.ReplaceAll(got, []byte(`"$1$2":"…"`)), '\n')
	file := filepath.Join("testdata", name+".golden.json")
	if *update {
		if err := os.WriteFile(file, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
	}
}

// TX-DISC-02, TX-DISC-03, TX-DISC-04, TX-DISC-05, TX-AUTH-09, TX-URL-04,
// TX-ROOT-03: the roots that a caller sees, by the public address of the server
// whatever the request says of its host.
func TestDiscovery(t *testing.T) {
	w := newWorld(t, func(h *Handler) { h.PublicURL = func() string { return "https://accord.example/" } })
	const url1, url2 = "https://accord.example/taxii2/api1/", "https://accord.example/taxii2/api2/"
	for user, want := range map[string][]string{"rw": {url1, url2}, "ro": {url1}, "stranger": {url2}, "unheard-of": nil} {
		d := decode[Discovery](w, w.status(200, call{user: user, path: "/taxii2/", header: http.Header{"X-Forwarded-Host": {"other.example"}}}))
		if strings.Join(d.APIRoots, " ") != strings.Join(want, " ") {
			t.Errorf("%s sees the roots %v; want %v", user, d.APIRoots, want)
		}
		if len(want) > 0 && d.Default != want[0] || len(want) == 0 && d.Default != "" {
			t.Errorf("%s is given the default %q of %v", user, d.Default, want)
		}
		for _, url := range d.APIRoots {
			if !strings.HasSuffix(url, "/") || strings.Contains(url, "?") {
				t.Errorf("the root %s does not end in a slash", url)
			}
			w.status(200, call{user: user, path: strings.TrimPrefix(url, "https://accord.example")})
		}
	}
	w.status(404, call{path: "/taxii2/api3/"}) // TX-ROOT-03
}

// TX-DISC-06: what discovery answers besides 200.
func TestDiscoveryRefuses(t *testing.T) {
	w := newWorld(t)
	w.status(401, call{user: "anon", path: "/taxii2/"})
	w.status(404, call{path: "/taxii/"})
	w.status(405, call{method: "POST", path: "/taxii2/"})
	w.status(406, call{path: "/taxii2/", header: http.Header{"Accept": {"text/html"}}})
}

// TX-URL-01, TX-URL-11, TX-URL-08: an API root is an absolute URL below
// /taxii2/, and whoever follows nothing but URLs and ids that he was given
// reaches every endpoint of it.
func TestFollowingURLs(t *testing.T) {
	w := newWorld(t)
	status := w.push(pathObjects, indicator(1, t1))
	root, ok := strings.CutPrefix(get[Discovery](w, "/taxii2/").Default, "https://accord.example")
	if !ok || !strings.HasPrefix(root, "/taxii2/") {
		t.Fatalf("the default root is %q", root)
	}
	get[APIRoot](w, root)
	if again := get[Status](w, root+"status/"+status.ID+"/"); again.ID != status.ID {
		t.Errorf("the status is %+v; want %+v", again, status)
	}
	found := 0
	for _, c := range get[Collections](w, root+"collections/").Collections {
		at := root + "collections/" + c.ID + "/"
		if one := get[Collection](w, at); one.ID != c.ID {
			t.Errorf("%s is the collection %s", at, one.ID)
		}
		for _, record := range get[manifestPage](w, at+"manifest/").Objects {
			get[envelope](w, at+"objects/"+record.ID+"/")
			get[Versions](w, at+"objects/"+record.ID+"/versions/")
			found++
		}
	}
	if found != 1 {
		t.Errorf("%d objects were found; want 1", found)
	}
}

// TX-DT-02, TX-DT-04, TX-DT-05, TX-DT-09, TX-DT-10, TX-NEG-18, TX-FLT-27,
// TX-HDR-02, TX-STAT-10, TX-CUS-01, TX-IOP-05, TX-SEC-06: what the walker says of
// every answer it says of one from each endpoint and of its refusals: required
// properties, their types, no empty list, and no property of our own, whose name
// would need a form and a UUID.
func TestEveryResource(t *testing.T) {
	w := newWorld(t)
	for path := range endpoints(w) {
		w.status(200, call{path: path})
		w.status(400, call{path: path + "?limit=0"})
		w.status(406, call{path: path, header: http.Header{"Accept": {"text/html"}}})
	}
	checkCounts(t, "a push", w.push(pathObjects, `{}`, indicator(2, t1)), 1, 1)
}

// TX-COL-03: two collections of a root have neither one alias nor one id, and no
// alias looks like an id: an agreement that wants it is refused, and the root
// stays as it is.
func TestAliasesAreDistinct(t *testing.T) {
	w := newWorld(t)
	before := w.status(200, call{path: pathRoot + "collections/"}).body
	for _, alias := range []string{"c", "6f3f5a51-32c9-4b3a-9d5e-0e2f2f3a4b5c"} {
		twice := strings.Replace(sampleAgreement, "alias: empty", "alias: "+alias, 1)
		if _, err := w.control.Apply(t.Context(), collections.Poster{Party: "*"}, []byte(twice), collections.ApplyOptions{}); !errors.Is(err, collections.ErrInvalid) {
			t.Errorf("a second alias %s: %v; want it refused", alias, err)
		}
	}
	if after := w.status(200, call{path: pathRoot + "collections/"}).body; !bytes.Equal(after, before) {
		t.Errorf("the collections were %s and are %s", before, after)
	}
}

// TX-COL-01, TX-COL-06, TX-COL-08, TX-SORT-02, TX-IOP-01, TX-AUTH-13, TX-DT-07.
func TestCollections(t *testing.T) {
	w := newWorld(t)
	for user, want := range map[string]string{"rw": "empty c", "ro": "empty c", "wo": "c hidden", "no": "c"} {
		list := decode[Collections](w, w.status(200, call{user: user, path: pathRoot + "collections/"}))
		var aliases []string
		last := ""
		for _, entry := range list.Collections {
			aliases = append(aliases, entry.Alias)
			if entry.ID <= last || !uuidForm.MatchString(entry.ID) {
				t.Errorf("%s: id %q after %q", user, entry.ID, last)
			}
			last = entry.ID
			one := decode[Collection](w, w.status(200, call{user: user, path: pathRoot + "collections/" + entry.ID + "/"}))
			if strings.Join(one.MediaTypes, " ") != strings.Join(entry.MediaTypes, " ") || one.CanRead != entry.CanRead ||
				one.CanWrite != entry.CanWrite || one.Title != entry.Title || one.Alias != entry.Alias {
				t.Errorf("%s: %+v in the list, %+v alone", user, entry, one)
			}
		}
		if got := strings.Join(aliases, " "); got != want {
			t.Errorf("%s sees %q; want %q", user, got, want)
		}
	}
	body := w.status(200, call{user: "rw", path: pathC}).body
	if !bytes.Contains(body, []byte(`"title":"Überwachung 観測 🛰"`)) { // TX-DT-07
		t.Errorf("the title is not as it was written: %s", body)
	}
}

// TX-SEC-05, TX-COL-01: a party without any collection gets {}.
func TestNoCollections(t *testing.T) {
	w := newWorld(t)
	w.apply(strings.Replace(secondAgreement, "stranger: [read, write], ", "", 1))
	a := w.status(http.StatusOK, call{user: "stranger", path: pathRoot2 + "collections/"})
	if string(a.body) != "{}" {
		t.Errorf("no collections are %s; want {}", a.body)
	}
}
