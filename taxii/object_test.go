package taxii

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
)

// match reads objects with the given filters and returns "n@version" of each.
func (w *world) match(path, query string) []string {
	w.Helper()
	var got []string
	for _, o := range get[envelope](w, path+"?"+query).Objects {
		o := decode[struct{ ID, Modified, Spec_version string }](w, answer{body: o})
		name := map[string]string{t1: "t1", t2: "t2", t3: "t3"}[o.Modified]
		if o.Spec_version == "" {
			name += "/2.0"
		}
		got = append(got, o.ID[len(o.ID)-1:]+"@"+name)
	}
	return got
}

// TX-FLT-02, TX-FLT-03, TX-FLT-04, TX-FLT-07, TX-MID-01, TX-MID-02, TX-MTY-01,
// TX-MTY-04, TX-MSV-01, TX-MSV-02, TX-MSV-03, TX-MSV-04, TX-MSV-05, TX-MSV-08,
// TX-MVR-01, TX-MVR-02, TX-MVR-03, TX-MVR-04, TX-MVR-05, TX-MVR-06, TX-MVR-11:
// what each filter keeps.
func TestMatch(t *testing.T) {
	w := newWorld(t)
	w.push(pathObjects,
		indicator(1, t3), indicator(1, t1), indicator(1, t2), // arrived in another order
		indicator20(2, t3), indicator(2, t1), // older in the later specification version
		indicator20(3, t1), // in 2.0 only
		object("malware--00000000-0000-4000-8000-000000000004", t1, `,"name":"m","is_family":false`))
	one := "match[id]=" + indicatorID(1)
	two := "match[id]=" + indicatorID(2)
	for _, tc := range []struct {
		name, query string
		want        []string
	}{
		{"TX-FLT-02 TX-MVR-01 defaults", "", []string{"1@t3", "2@t1", "3@t1/2.0", "4@t1"}},
		{"TX-FLT-03 fields are ANDed", "match[type]=malware&" + one, nil},
		{"TX-FLT-04 TX-MTY-01 types are ORed", "match[type]=malware,tool", []string{"4@t1"}},
		{"TX-FLT-07 unknown fields", "match[colour]=red&foo=bar", []string{"1@t3", "2@t1", "3@t1/2.0", "4@t1"}},
		{"TX-MID-01 ids, one unknown", one + "," + indicatorID(9), []string{"1@t3"}},
		{"TX-MID-02 no prefix, no other case", "match[id]=indicator--00000000,INDICATOR--00000000-0000-4000-8000-000000000001", nil},
		{"TX-MTY-04 case of types", "match[type]=Indicator", nil},
		{"TX-MSV-01", "match[spec_version]=2.0", []string{"2@t3/2.0", "3@t1/2.0"}},
		{"TX-MSV-02 the latest specification version", two, []string{"2@t1"}},
		{"TX-MSV-03 with all", two + "&match[version]=all", []string{"2@t1"}},
		{"TX-MSV-04 both", two + "&match[version]=all&match[spec_version]=2.0,2.1", []string{"2@t3/2.0", "2@t1"}},
		{"TX-MSV-05 in 2.0 only", "match[id]=" + indicatorID(3), []string{"3@t1/2.0"}},
		{"TX-MSV-08 instants narrow first", two + "&match[version]=" + t3, []string{"2@t3/2.0"}},
		{"TX-MSV-08 keywords do not", two + "&match[version]=last", []string{"2@t1"}},
		{"TX-MVR-02 last by value", one + "&match[version]=last", []string{"1@t3"}},
		{"TX-MVR-02 first by value", one + "&match[version]=first", []string{"1@t1"}},
		{"TX-MVR-03 all", one + "&match[version]=all", []string{"1@t3", "1@t1", "1@t2"}},
		{"TX-MVR-04 an instant", one + "&match[version]=" + t2, []string{"1@t2"}},
		{"TX-MVR-04 a millisecond off", one + "&match[version]=2016-01-01T00:00:00.001Z", nil},
		{"TX-MVR-05 other spelling", one + "&match[version]=2016-01-01T00:00:00Z", []string{"1@t2"}},
		{"TX-MVR-06 union", one + "&match[version]=first,last," + t2, []string{"1@t3", "1@t1", "1@t2"}},
		{"TX-MVR-06 once each", "match[type]=malware&match[version]=first,last", []string{"4@t1"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := w.match(pathObjects, tc.query); !slices.Equal(got, tc.want) {
				t.Errorf("?%s: %v; want %v", tc.query, got, tc.want)
			}
		})
	}
	added := get[manifestPage](w, pathManifest+"?match[version]=all").Objects[0].DateAdded
	for version, want := range map[string][]string{"": nil, "&match[version]=all": {"1@t1", "1@t2"}} { // TX-MVR-11
		if got := w.match(pathObjects, one+version+"&added_after="+added); !slices.Equal(got, want) {
			t.Errorf("added after t3%s: %v; want %v", version, got, want)
		}
	}
}

// TX-MTY-02: no STIX 2.1 type is an error.
func TestEveryType(t *testing.T) {
	w := newWorld(t)
	for _, typ := range []string{"attack-pattern", "campaign", "course-of-action", "grouping", "identity", "incident", "indicator",
		"infrastructure", "intrusion-set", "location", "malware", "malware-analysis", "note", "observed-data", "opinion", "report",
		"threat-actor", "tool", "vulnerability", "relationship", "sighting", "language-content", "marking-definition",
		"extension-definition", "artifact", "autonomous-system", "directory", "domain-name", "email-addr", "email-message", "file",
		"ipv4-addr", "ipv6-addr", "mac-addr", "mutex", "network-traffic", "process", "software", "url", "user-account",
		"windows-registry-key", "x509-certificate"} {
		if a := w.status(200, call{path: pathEmpty + "objects/?match[type]=" + typ}); string(a.body) != "{}" {
			t.Errorf("match[type]=%s: %s", typ, a.body)
		}
	}
}

// TX-OBJ-ID-01, TX-OBJ-ID-02, TX-OBJ-ID-03, TX-OBJ-ID-04, IOP 3.8.1, 3.8.2.
func TestObjectByID(t *testing.T) {
	w := newWorld(t)
	w.push(pathObjects, indicator(1, t1), indicator(1, t3), indicator(1, t2), indicator(2, t1))
	path := pathObjects + indicatorID(1) + "/"
	for query, want := range map[string][]string{
		"":                                 {"1@t3"},
		"match[version]=all":               {"1@t1", "1@t3", "1@t2"},
		"match[version]=" + t2:             {"1@t2"},
		"match[spec_version]=2.0":          nil,
		"added_after=2999-01-01T00:00:00Z": nil,
	} {
		if got := w.match(path, query); !slices.Equal(got, want) {
			t.Errorf("by id ?%s: %v; want %v", query, got, want)
		}
	}
	w.status(404, call{path: pathObjects + indicatorID(9) + "/"})
	w.status(404, call{path: path + "?match[version]=2015-01-01T00:00:00Z"})
	w.status(404, call{path: pathEmpty + "objects/" + indicatorID(1) + "/"})
	w.status(400, call{path: path + "?match[type]=indicator"})
}

// TX-OBJ-ID-05: what is wrong with a request for an object is told by the code
// that the standard lists for it.
func TestObjectByIDRefuses(t *testing.T) {
	w := newWorld(t)
	w.push(pathObjects, indicator(1, t1))
	path := pathObjects + indicatorID(1) + "/"
	for _, tc := range []struct {
		want int
		call call
	}{
		{400, call{path: path + "?limit=0"}},
		{401, call{path: path, user: "anon"}},
		{403, call{path: path, user: "wo"}},
		{403, call{path: path, user: "no"}},
		{404, call{path: pathObjects + indicatorID(2) + "/"}},
		{404, call{path: pathHidden + "objects/" + indicatorID(1) + "/"}},
		{406, call{path: path, header: http.Header{"Accept": {"text/html"}}}},
	} {
		w.status(tc.want, tc.call)
	}
}

// TX-OBJ-DEL-01, TX-OBJ-DEL-02, TX-OBJ-DEL-03, TX-OBJ-DEL-04, TX-OBJ-DEL-05,
// TX-OBJ-DEL-08, TX-OBJ-DEL-09, TX-OBJ-DEL-10.
func TestDelete(t *testing.T) {
	path := pathObjects + indicatorID(1) + "/"
	for _, tc := range []struct {
		name, query string
		left        []string
	}{
		{"TX-OBJ-DEL-02 all of it", "", nil},
		{"TX-OBJ-DEL-03 one version", "match[version]=" + t2, []string{"1@t1", "1@t3", "1@t3/2.0"}},
		{"TX-OBJ-DEL-03 two versions", "match[version]=" + t1 + "," + t2, []string{"1@t3", "1@t3/2.0"}},
		{"TX-OBJ-DEL-03 first", "match[version]=first", []string{"1@t3", "1@t2", "1@t3/2.0"}},
		{"TX-OBJ-DEL-10 last", "match[version]=last", []string{"1@t1", "1@t2", "1@t3/2.0"}},
		{"TX-OBJ-DEL-03 all", "match[version]=all", nil},
		{"TX-OBJ-DEL-03 one specification version", "match[spec_version]=2.0", []string{"1@t1", "1@t3", "1@t2"}},
		{"TX-OBJ-DEL-03 the other", "match[spec_version]=2.1", []string{"1@t3/2.0"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			w.push(pathObjects, indicator(1, t1), indicator(1, t3), indicator(1, t2), indicator20(1, t3), indicator(2, t1))
			remove := call{method: "DELETE", path: path + "?" + tc.query}
			if a := w.status(200, remove); a.Header.Get("Content-Length") != "0" {
				t.Errorf("Content-Length is %q; want 0", a.Header.Get("Content-Length"))
			}
			everything := "?match[version]=all&match[spec_version]=2.0,2.1"
			want := slices.Concat(tc.left, []string{"2@t1"})
			if got := w.match(pathObjects, everything[1:]); !slices.Equal(got, want) {
				t.Errorf("left are %v; want %v", got, want)
			}
			if n := len(get[manifestPage](w, pathManifest+everything).Objects); n != len(want) {
				t.Errorf("%d manifest records; want %d", n, len(want))
			}
			if tc.left == nil { // TX-OBJ-DEL-04, TX-OBJ-DEL-05
				w.status(404, call{path: path + everything})
				w.status(404, call{path: path + "versions/"})
				w.status(404, remove)
			}
		})
	}
}

func TestDeleteRefuses(t *testing.T) {
	w := newWorld(t)
	w.push(pathObjects, indicator(1, t1), indicator(1, t2))
	path := pathObjects + indicatorID(1) + "/"
	for query, want := range map[string]int{
		"?match[version]=lst":                  400, // TX-OBJ-DEL-08
		"?match[type]=malware":                 400, // TX-FLT-08
		"?limit=1":                             400,
		"?added_after=2999-01-01T00:00:00Z":    400,
		"?match[version]=2015-01-01T00:00:00Z": 404, // TX-OBJ-DEL-05
		"?match[spec_version]=2.0":             404,
	} {
		w.status(want, call{method: "DELETE", path: path + query})
	}
	w.status(404, call{method: "DELETE", path: pathObjects + indicatorID(9) + "/"})
	w.status(403, call{user: "low", method: "DELETE", path: path}) // another party's record
	if got := w.match(path, "match[version]=all"); len(got) != 2 {
		t.Errorf("left are %v; want both", got)
	}
	w.status(200, call{method: "DELETE", path: path + "?match[version]=" + t2})
	w.status(404, call{path: path + "?match[version]=" + t2}) // TX-OBJ-DEL-04
	if got := w.match(path, ""); !slices.Equal(got, []string{"1@t1"}) {
		t.Errorf("TX-OBJ-DEL-10: the last version is %v", got)
	}
}

// TX-OBJ-DEL-09: what comes back comes as new.
func TestPostAfterDelete(t *testing.T) {
	w := newWorld(t)
	w.push(pathObjects, indicator(1, t1), indicator(2, t1))
	after := url.Values{"added_after": {w.page(pathObjects, nil).last}}
	w.status(200, call{method: "DELETE", path: pathObjects + indicatorID(1) + "/"})
	w.push(pathObjects, indicator(1, t1))
	if p := w.page(pathObjects, after); len(p.items) != 1 || p.items[0] != indicatorID(1)+" "+t1 {
		t.Errorf("the poller gets %v", p.items)
	}
}

// TX-VER-01, TX-VER-02, TX-VER-04, TX-VER-05, TX-VER-06, TX-SORT-03, TX-MVR-09.
func TestVersions(t *testing.T) {
	w := newWorld(t)
	const marking = "marking-definition--00000000-0000-4000-8000-000000000001"
	w.push(pathObjects, indicator(1, t2), indicator(1, t1), indicator20(1, t2), indicator20(1, t3),
		`{"type":"marking-definition","spec_version":"2.1","id":"`+marking+`","created":"`+t1+`","definition_type":"statement","definition":{"statement":"x"}}`)
	path := pathObjects + indicatorID(1) + "/versions/"
	for query, want := range map[string][]string{
		path:                                  {t2, t1},
		path + "?match[spec_version]=2.0":     {t2, t3},
		path + "?match[spec_version]=2.0,2.1": {t2, t1, t3},
		path + "?match[spec_version]=3.0":     nil,
		path + "?limit=1":                     {t2},
		pathObjects + marking + "/versions/":  {t1},
	} {
		if got := get[Versions](w, query).Versions; !slices.Equal(got, want) {
			t.Errorf("%s: %v; want %v", query, got, want)
		}
	}
	w.status(404, call{path: pathObjects + indicatorID(9) + "/versions/"})
	w.status(400, call{path: path + "?match[version]=all"})
	if got := w.match(pathObjects, "match[type]=marking-definition&match[version]="+t1); len(got) != 1 {
		t.Errorf("the marking by its created: %v", got)
	}
}

// P6: a hidden version is not there for a party with a lower clearance: not in
// a page, a count, a header or a token, and it supersedes nothing.
func TestClearance(t *testing.T) {
	w := newWorld(t)
	w.push(pathObjects, indicator(1, t1), object(indicatorID(1), t2, red), object(indicatorID(2), t1, red), indicator(3, t1))
	low := func(path string) answer { return w.do(call{user: "low", path: path}) }
	var got []string
	for _, o := range decode[envelope](w, low(pathObjects)).Objects {
		o := decode[struct{ ID, Modified string }](w, answer{body: o})
		got = append(got, o.ID+" "+o.Modified)
	}
	if want := []string{indicatorID(1) + " " + t1, indicatorID(3) + " " + t1}; !slices.Equal(got, want) {
		t.Errorf("low sees %v; want %v", got, want)
	}
	if v := decode[Versions](w, low(pathObjects+indicatorID(1)+"/versions/")); !slices.Equal(v.Versions, []string{t1}) {
		t.Errorf("low sees the versions %v", v.Versions)
	}
	hidden, missing := low(pathObjects+indicatorID(2)+"/"), low(pathObjects+indicatorID(9)+"/")
	if hidden.StatusCode != 404 || missing.StatusCode != 404 {
		t.Errorf("a hidden object is %d, a missing one %d; want 404", hidden.StatusCode, missing.StatusCode)
	}
	last := low(pathObjects + "?limit=1&match[id]=" + indicatorID(3))
	if m := decode[envelope](w, last); m.More {
		t.Error("a hidden object counts as more")
	}
	if got := fmt.Sprint(low(pathObjects + indicatorID(1) + "/?match[version]=" + t2).StatusCode); got != "404" {
		t.Errorf("a hidden version is %s; want 404", got)
	}
}
