package taxii

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// endpoints are the paths of TX-URL-08, of things that are there.
func endpoints(w *world) map[string][]string {
	status := w.push(pathObjects, indicator(1, t1))
	object := pathObjects + indicatorID(1) + "/"
	get := []string{http.MethodGet, http.MethodHead}
	return map[string][]string{
		"/taxii2/":                             get,
		pathRoot:                               get,
		pathRoot + "status/" + status.ID + "/": get,
		pathRoot + "collections/":              get,
		pathC:                                  get,
		pathManifest:                           get,
		pathObjects:                            append(get[:2:2], http.MethodPost),
		object:                                 append(get[:2:2], http.MethodDelete),
		object + "versions/":                   get,
	}
}

// TX-URL-08, TX-MTH-01, TX-MTH-02, TX-MTH-03, TX-MTH-04: every endpoint with
// every method. POST and DELETE are tried elsewhere.
func TestMethods(t *testing.T) {
	w := newWorld(t)
	for path, methods := range endpoints(w) {
		for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "OPTIONS", "TRACE", "FOO", "POST", "DELETE"} {
			want := http.StatusMethodNotAllowed
			if allowed := strings.Join(methods, " "); strings.Contains(allowed, method) {
				if want = http.StatusOK; method == "POST" || method == "DELETE" {
					continue
				}
			}
			a := w.status(want, call{method: method, path: path})
			if got := a.Header.Get("Allow"); want == http.StatusMethodNotAllowed && got != strings.Join(methods, ", ") {
				t.Errorf("%s %s: Allow is %q; want %q", method, path, got, strings.Join(methods, ", "))
			}
		}
	}
}

// TX-AUTH-02, TX-AUTH-03, TX-AUTH-04, TX-AUTH-05, TX-AUTH-12, TX-ERR-07 step 3:
// without credentials every endpoint answers 401 to every method, whatever else
// is wrong, and alike for what exists and what does not.
func TestNobodyLearnsNothing(t *testing.T) {
	w := newWorld(t)
	var first string
	for path := range endpoints(w) {
		invented := strings.NewReplacer("api1", "api9", "6f3f5a51", "00000000").Replace(path)
		for _, path := range []string{path, path + "?limit=0", invented} {
			for _, method := range []string{"GET", "HEAD", "POST", "DELETE", "PUT", "FOO"} {
				a := w.status(http.StatusUnauthorized, call{user: "anon", method: method, path: path,
					header: http.Header{"Accept": {"text/html"}, "Content-Type": {"text/html"}}})
				if method != "GET" {
					continue
				}
				var e Error
				if err := json.Unmarshal(a.body, &e); err != nil {
					t.Fatal(err)
				}
				e.ErrorID = ""
				if text := fmt.Sprint(e); first == "" {
					first = text
				} else if text != first {
					t.Errorf("GET %s: %s; elsewhere %s", path, text, first)
				}
			}
		}
	}
}

// TX-AUTH-11, TX-IOP-07: whatever a client calls itself, or nothing, it is
// answered alike.
func TestUserAgent(t *testing.T) {
	w := newWorld(t)
	w.push(pathObjects, indicator(1, t1))
	want := string(w.status(200, call{path: pathObjects}).body)
	for _, name := range []string{"", "taxii2-client/2.3.0", "Mozilla/5.0 (compatible; MSIE 6.0)", "-", strings.Repeat("x", 10_000)} {
		a := w.status(200, call{path: pathObjects, header: http.Header{"User-Agent": {name}}})
		if string(a.body) != want {
			t.Errorf("User-Agent %.20q: %s; want %s", name, a.body, want)
		}
	}
}

// IOP 3.1.1, 3.1.2, TX-AUTH-06: unusable credentials are failed authentication.
func TestBadCredentials(t *testing.T) {
	w := newWorld(t)
	for _, authorization := range []string{"Basic %%%", "Basic", "Foo x", "Basic cnc6d3Jvbmc=", "Basic bm9jb2xvbg=="} {
		a := w.status(http.StatusUnauthorized, call{path: "/taxii2/", header: http.Header{"Authorization": {authorization}}})
		if n := len(a.Header.Values("WWW-Authenticate")); n != 2 {
			t.Errorf("%s: %d challenges; want both", authorization, n)
		}
	}
}

// TX-ERR-07: each request has several faults, and the first of them in the
// order of judgement answers.
func TestOrderOfJudgement(t *testing.T) {
	w := newWorld(t, func(h *Handler) { h.MaxContentLength = 64 })
	html := http.Header{"Accept": {"text/html"}, "Content-Type": {"text/html"}}
	typed := http.Header{"Content-Type": {"text/html"}}
	big := strings.Repeat("x", 65)
	for _, tc := range []struct {
		name string
		want int
		call call
	}{
		{"2 path before credentials", 404, call{user: "anon", path: "/taxii2/api1/channels/", header: html}},
		{"3 credentials before root", 401, call{user: "anon", path: "/taxii2/api9/", header: html}},
		{"4 root before method", 404, call{method: "PUT", path: "/taxii2/api9/", header: html}},
		{"4 collection before method", 404, call{method: "PUT", path: pathHidden + "objects/", header: html}},
		{"5 method before rights", 405, call{user: "no", method: "PUT", path: pathObjects, header: html}},
		{"6 rights before Accept", 403, call{user: "wo", path: pathObjects + "?limit=0", header: html}},
		{"TX-OBJ-POST-12 rights before body", 403, call{user: "ro", method: "POST", path: pathObjects, body: big, header: html}},
		{"TX-NEG-15 Accept before Content-Type", 406, call{method: "POST", path: pathObjects, body: big, header: html}},
		{"8 Content-Type before size", 415, call{method: "POST", path: pathObjects + "?limit=0", body: big, header: typed}},
		{"TX-NEG-17 Content-Encoding before size", 415, call{method: "POST", path: pathObjects, body: big, header: http.Header{"Content-Encoding": {"br"}}}},
		{"9 size before query", 413, call{method: "POST", path: pathObjects + "?limit=0", body: big}},
		{"9 size of a stream before query", 413, call{method: "POST", path: pathObjects + "?limit=0", stream: strings.NewReader(big)}},
		{"10 query before body", 400, call{method: "POST", path: pathObjects + "?limit=1", body: "garbage"}},
		{"10 query before a body that is no gzip", 400, call{method: "POST", path: pathObjects + "?limit=1", body: "garbage", header: http.Header{"Content-Encoding": {"gzip"}}}},
		{"11 body that is no gzip", 422, call{method: "POST", path: pathObjects, body: "garbage", header: http.Header{"Content-Encoding": {"gzip"}}}},
		{"11 body", 422, call{method: "POST", path: pathObjects, body: "garbage"}},
		{"10 query before object", 400, call{path: pathObjects + "x/?limit=0"}},
		{"12 object", 404, call{path: pathObjects + "x/"}},
		{"TX-NEG-16 DELETE negotiates", 406, call{method: "DELETE", path: pathObjects + "x/", header: html}},
	} {
		t.Run(tc.name, func(t *testing.T) { w.status(tc.want, tc.call) })
	}
}

// TX-URL-09, TX-ERR-06: what the router refuses has TAXII's shape, for anyone,
// and says where TAXII is.
func TestUnknownPaths(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/", "/nope/", "/taxii/", pathRoot + "channels/", pathC + "object/", pathC + "object/" + indicatorID(1) + "/",
		pathRoot + "status/", pathObjects + "x/versions/y/", "/taxii2/api1%2Fcollections/", "/taxii2/../"} {
		for _, user := range []string{"rw", "anon"} {
			if path == "/taxii2/../" || strings.Contains(path, "%2F") {
				user = "rw" // fits the pattern of an API root
			}
			a := w.status(http.StatusNotFound, call{user: user, path: path})
			if user == "anon" && !strings.Contains(string(a.body), "begins at /taxii2/") {
				t.Errorf("%s: %s does not say where TAXII begins", path, a.body)
			}
			w.status(http.StatusNotFound, call{user: user, path: path, method: http.MethodHead}) // TX-ERR-03
		}
	}
}

// TX-COL-09, TX-COL-10, TX-IOP-03, TX-IOP-04, TX-OBJ-DEL-06: what each party
// may do, and that the flags say so.
func TestRights(t *testing.T) {
	w := newWorld(t)
	w.push(pathObjects, indicator(1, t1))
	object, unknown := pathObjects+indicatorID(1)+"/", pathObjects+indicatorID(9)+"/"
	for _, tc := range []struct {
		user                            string
		canRead, canWrite               bool
		read, write, remove, removeNone int
	}{
		{"wo", false, true, 403, 202, 403, 403},
		{"ro", true, false, 200, 403, 403, 403},
		{"no", false, false, 403, 403, 404, 404},
		{"rw", true, true, 200, 202, 200, 404},
	} {
		t.Run(tc.user, func(t *testing.T) {
			col := decode[Collection](w, w.status(200, call{user: tc.user, path: pathC}))
			if col.CanRead != tc.canRead || col.CanWrite != tc.canWrite {
				t.Errorf("can_read %v, can_write %v; want %v, %v", col.CanRead, col.CanWrite, tc.canRead, tc.canWrite)
			}
			for _, path := range []string{pathManifest, pathObjects, object, object + "versions/"} {
				w.status(tc.read, call{user: tc.user, path: path})
				w.status(tc.read, call{user: tc.user, method: "HEAD", path: path})
			}
			w.status(tc.write, call{user: tc.user, method: "POST", path: pathObjects, body: envelopeOf(indicator(2, t1))})
			w.status(tc.remove, call{user: tc.user, method: "DELETE", path: object})
			w.status(tc.removeNone, call{user: tc.user, method: "DELETE", path: unknown})
		})
	}
	for _, path := range []string{pathHidden, pathHidden + "objects/", pathHidden + "manifest/", pathRoot + "collections/xyz/", pathC2} {
		w.status(404, call{user: "ro", path: path}) // TX-COL-05, TX-COL-06
	}
	w.status(404, call{user: "stranger", path: pathRoot})
}

// TX-MTH-02: HEAD has the headers of GET, but for the length of a page, which
// is not known before it has been read (RFC 7231 §4.3.2).
func TestHead(t *testing.T) {
	w := newWorld(t)
	for path := range endpoints(w) {
		got, head := w.status(200, call{path: path}), w.status(200, call{path: path, method: http.MethodHead})
		for _, a := range []answer{got, head} {
			a.Header.Del("Date")
			a.Header.Del("X-Request-Id")
			if a.Header.Get("X-TAXII-Date-Added-Last") != "" {
				a.Header.Del("Content-Length")
			}
		}
		if fmt.Sprint(got.Header) != fmt.Sprint(head.Header) {
			t.Errorf("%s:\nGET  %v\nHEAD %v", path, got.Header, head.Header)
		}
	}
}

// TX-URL-05, TX-URL-06, TX-URL-07, TX-AUTH-11, TX-PAG-10, TX-COL-04: all that
// names the same place is served in place.
func TestForgivingPaths(t *testing.T) {
	w := newWorld(t)
	for i, path := range []string{
		pathC + "objects", "/" + pathObjects, strings.ReplaceAll(pathObjects, "/objects/", "//objects//"),
		pathRoot + "collections/c/objects/", strings.Replace(pathObjects, "api1", "%61pi1", 1),
	} {
		if s := w.push(path, indicator(i, t1)); s.SuccessCount != 1 {
			t.Errorf("POST %s: %+v", path, s)
		}
	}
	want := string(w.status(200, call{path: pathObjects}).body)
	for _, tc := range []call{
		{path: pathC + "objects"},
		{path: pathRoot + "collections/c/objects/"},
		{path: pathObjects + "?match%5Btype%5D=indicator%2Cmalware"},
		{path: pathObjects, header: http.Header{"User-Agent": {""}, "Range": {"items 0-1"}}},
	} {
		if got := string(w.status(200, tc).body); got != want {
			t.Errorf("GET %s: %s; want %s", tc.path, got, want)
		}
	}
	if n := strings.Count(want, `"id"`); n != 5 {
		t.Errorf("%d objects are stored; want each of 5 once", n)
	}
	w.status(200, call{path: "/taxii2"})
	manifest := get[manifestPage](w, pathRoot+"collections/c/manifest/")
	versions := get[Versions](w, pathRoot+"collections/c/objects/"+indicatorID(0)+"/versions/")
	if len(manifest.Objects) != 5 || len(versions.Versions) != 1 || get[Collection](w, pathRoot+"collections/c/").ID == "c" {
		t.Errorf("by alias: %v, %v", manifest, versions)
	}
	w.status(200, call{method: "DELETE", path: pathRoot + "collections/c/objects/" + indicatorID(0) + "/"})
}
