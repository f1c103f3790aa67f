package taxii

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/collections"
)

// fill stores n indicators, 1 to n, in one push.
func (w *world) fill(n int) {
	w.Helper()
	var all []string
	for i := range n {
		all = append(all, indicator(i+1, t1))
	}
	if s := w.push(pathObjects, all...); s.SuccessCount != n {
		w.Fatalf("%d of %d objects were stored: %+v", s.SuccessCount, n, s.Failures)
	}
}

// A page of any of the four endpoints that have pages.
type anyPage struct {
	more  bool
	next  string
	items []string
	last  string // X-TAXII-Date-Added-Last
}

// page reads a page, and checks what is promised of every page: TX-HDR-01,
// TX-HDR-02, TX-PAG-02, TX-PAG-03, TX-PAG-04.
func (w *world) page(path string, query url.Values) anyPage {
	w.Helper()
	a := w.status(http.StatusOK, call{path: path + "?" + query.Encode()})
	p := anyPage{last: a.Header.Get("X-TAXII-Date-Added-Last")}
	switch {
	case strings.HasSuffix(path, "/versions/"):
		v := decode[Versions](w, a)
		p.more, p.next, p.items = v.More, v.Next, v.Versions
	case strings.HasSuffix(path, "/manifest/"):
		m := decode[manifestPage](w, a)
		p.more, p.next = m.More, m.Next
		for _, record := range m.Objects {
			p.items = append(p.items, record.ID+" "+record.Version)
		}
	default:
		e := decode[envelope](w, a)
		p.more, p.next = e.More, e.Next
		for _, o := range e.Objects {
			o := decode[struct{ ID, Modified string }](w, answer{body: o})
			p.items = append(p.items, o.ID+" "+o.Modified)
		}
	}
	for _, header := range []string{"X-TAXII-Date-Added-First", "X-TAXII-Date-Added-Last"} {
		if !taxiiTime.MatchString(a.Header.Get(header)) {
			w.Errorf("%s?%s: %s is %q", path, query.Encode(), header, a.Header.Get(header))
		}
	}
	if p.more != (p.next != "") {
		w.Errorf("%s?%s: more %v, next %q", path, query.Encode(), p.more, p.next)
	}
	return p
}

// walk reads all pages from a query on, by next or by added_after.
func (w *world) walk(path string, query url.Values, byNext bool) (pages [][]string) {
	w.Helper()
	for {
		p := w.page(path, query)
		pages = append(pages, p.items)
		if !p.more {
			return pages
		}
		if len(pages) > 10_000 {
			w.Fatalf("%s: the walk does not end", path)
		}
		if byNext {
			query.Set("next", p.next)
		} else {
			query.Set("added_after", p.last)
		}
	}
}

// P1, TX-PAG-01, TX-PAG-02, TX-PAG-03, TX-PAG-04, TX-PAG-05, TX-PAG-06,
// TX-SORT-01, TX-SORT-04, TX-FLT-22, TX-FLT-35, TX-OBJ-GET-01, TX-OBJ-GET-03,
// IOP 3.14.1: walks by next and by added_after give everything once and in
// order, on all four endpoints.
func TestWalks(t *testing.T) {
	w := newWorld(t, func(h *Handler) { h.DefaultLimit = 100 })
	w.fill(1003)
	var versions []string
	for i := range 25 {
		versions = append(versions, indicator(5000, fmt.Sprintf("20%02d-01-01T00:00:00.000Z", i+10)))
	}
	w.push(pathObjects, versions...)
	object := pathObjects + indicatorID(5000) + "/"
	for _, tc := range []struct {
		path         string
		query        url.Values
		items, pages int
	}{
		{pathObjects, url.Values{}, 1004, 11},
		{pathManifest, url.Values{}, 1004, 11},
		{pathObjects, url.Values{"limit": {"251"}, "match[version]": {"all"}}, 1028, 5},
		{pathManifest, url.Values{"limit": {"251"}, "match[version]": {"all"}}, 1028, 5},
		{object, url.Values{"limit": {"7"}, "match[version]": {"all"}}, 25, 4},
		{object + "versions/", url.Values{"limit": {"7"}}, 25, 4},
	} {
		byNext := w.walk(tc.path, cloneValues(tc.query), true)
		byDate := w.walk(tc.path, cloneValues(tc.query), false)
		if len(byNext) != tc.pages || fmt.Sprint(byNext) != fmt.Sprint(byDate) {
			t.Errorf("%s?%s: %d pages by next, %d by added_after; want the same %d", tc.path, tc.query.Encode(), len(byNext), len(byDate), tc.pages)
		}
		items := slices.Concat(byNext...)
		if distinct := len(slices.Compact(slices.Sorted(slices.Values(items)))); len(items) != tc.items || distinct != tc.items {
			t.Errorf("%s?%s: %d items, %d different; want %d", tc.path, tc.query.Encode(), len(items), distinct, tc.items)
		}
	}
}

func cloneValues(v url.Values) url.Values {
	clone := url.Values{}
	for name, values := range v {
		clone[name] = slices.Clone(values)
	}
	return clone
}

// TX-MAN-03, TX-FLT-10, TX-MVR-12: for any query the manifest describes what objects serve.
func TestManifestMatchesObjects(t *testing.T) {
	w := newWorld(t)
	w.push(pathObjects, indicator(1, t3), indicator(1, t1), indicator20(1, t3), indicator20(2, t1), indicator(3, t1), indicator(3, t2),
		object("malware--00000000-0000-4000-8000-000000000001", t2, `,"name":"m","is_family":false`))
	added := get[manifestPage](w, pathManifest+"?match[version]=all").Objects[1].DateAdded
	for _, id := range []string{"", indicatorID(1), indicatorID(1) + "," + indicatorID(3)} {
		for _, typ := range []string{"", "indicator", "malware,indicator"} {
			for _, version := range []string{"", "all", "first", "first,last", t2, t1 + "," + t3, "last," + t1} {
				for _, spec := range []string{"", "2.0", "2.0,2.1", "3.0"} {
					for _, after := range []string{"", added} {
						query := url.Values{"limit": {"2"}}
						for name, value := range map[string]string{"match[id]": id, "match[type]": typ, "match[version]": version, "match[spec_version]": spec, "added_after": after} {
							if value != "" {
								query.Set(name, value)
							}
						}
						objects, manifest := w.walk(pathObjects, cloneValues(query), true), w.walk(pathManifest, cloneValues(query), true)
						if fmt.Sprint(objects) != fmt.Sprint(manifest) {
							t.Errorf("%s: objects %v, manifest %v", query.Encode(), objects, manifest)
						}
					}
				}
			}
		}
	}
}

// TX-DT-05, TX-HDR-02, TX-HDR-03, TX-HDR-04, TX-HDR-05, TX-HDR-07: the headers are
// the dates of the first and last item of the page, as the manifest has them.
func TestDateAddedHeaders(t *testing.T) {
	w := newWorld(t)
	w.fill(25)
	w.push(pathObjects, indicator(1, t2), indicator(1, t3))
	records := get[manifestPage](w, pathManifest+"?match[version]=all").Objects
	for _, r := range records {
		if !taxiiTime.MatchString(r.DateAdded) {
			t.Errorf("date_added is %q", r.DateAdded)
		}
	}
	first := w.page(pathObjects, url.Values{"limit": {"10"}, "match[version]": {"all"}})
	versions := pathObjects + indicatorID(1) + "/versions/"
	for _, tc := range []struct {
		path        string
		first, last int
	}{
		{pathObjects + "?match[version]=all&limit=10&next=" + first.next, 10, 19},
		{pathManifest + "?match[version]=all&limit=10&next=" + first.next, 10, 19},
		{pathObjects + "?match[version]=all&limit=1", 0, 0},
		{versions, 0, 26},
		{versions + "?limit=2", 0, 25},
		{pathObjects + indicatorID(1) + "/", 26, 26},
	} {
		a := w.status(200, call{path: tc.path})
		if f, l := a.Header.Get("X-TAXII-Date-Added-First"), a.Header.Get("X-TAXII-Date-Added-Last"); f != records[tc.first].DateAdded || l != records[tc.last].DateAdded {
			t.Errorf("%s: %s to %s; want %s to %s", tc.path, f, l, records[tc.first].DateAdded, records[tc.last].DateAdded)
		}
	}
	if a := w.status(202, call{method: "POST", path: pathObjects, body: envelopeOf(indicator(1, t1))}); a.Header.Get("X-TAXII-Date-Added-Last") != "" {
		t.Error("TX-HDR-07: POST has X-TAXII headers")
	}
}

// TX-HDR-06, TX-ENV-02, TX-MAN-02, TX-VER-03, TX-OBJ-GET-02, TX-FLT-26,
// TX-MID-03, TX-PAG-08: an empty page is {} and moves nobody forward.
func TestEmptyPages(t *testing.T) {
	w := newWorld(t)
	w.fill(3)
	page := w.page(pathObjects, url.Values{"limit": {"2"}})
	w.status(200, call{method: "DELETE", path: pathObjects + indicatorID(3) + "/"})
	const future, start = "2999-01-01T00:00:00.000000Z", "1970-01-01T00:00:00.000000Z"
	for _, tc := range []struct{ path, want string }{
		{pathEmpty + "objects/", start},
		{pathEmpty + "manifest/", start},
		{pathObjects + "?match[id]=foo", start}, // TX-MID-03
		{pathObjects + "?match[spec_version]=3.0", start},
		{pathObjects + "?added_after=" + future, future},
		{pathManifest + "?added_after=2999-01-01T00:00:00Z", future},
		{pathObjects + indicatorID(1) + "/?added_after=" + future, future}, // TX-OBJ-ID-03
		{pathObjects + indicatorID(1) + "/versions/?added_after=" + future, future},
		{pathObjects + "?next=" + page.next, page.last}, // TX-PAG-08
		{pathObjects + "?next=" + page.next + "&added_after=1990-01-01T00:00:00Z", page.last},
	} {
		a := w.status(200, call{path: tc.path})
		first, last := a.Header.Get("X-TAXII-Date-Added-First"), a.Header.Get("X-TAXII-Date-Added-Last")
		if string(a.body) != "{}" || first != tc.want || last != tc.want {
			t.Errorf("%s: %s, %s to %s; want {} at %s", tc.path, a.body, first, last, tc.want)
		}
	}
}

// TX-FLT-31, TX-FLT-32, TX-FLT-33, TX-SEC-01: no page is larger than the client or the
// server allows, and what fits is there.
func TestLimits(t *testing.T) {
	w := newWorld(t, func(h *Handler) { h.DefaultLimit, h.MaxLimit = 5, 8 })
	w.fill(10)
	for limit, want := range map[string]int{"": 5, "1": 1, "8": 8, "9": 8, "100000": 8, "9007199254740991": 8} {
		query := url.Values{}
		if limit != "" {
			query.Set("limit", limit)
		}
		if p := w.page(pathObjects, query); len(p.items) != want || !p.more {
			t.Errorf("limit %q: %d items, more %v; want %d and more", limit, len(p.items), p.more, want)
		}
	}
	if p := w.page(pathObjects, url.Values{"limit": {"5"}, "match[id]": {indicatorID(1) + "," + indicatorID(2) + "," + indicatorID(3) + "," + indicatorID(4) + "," + indicatorID(5)}}); len(p.items) != 5 || p.more {
		t.Errorf("five of five: %d, more %v", len(p.items), p.more)
	}
}

// TX-FLT-40, TX-FLT-41, TX-FLT-42, TX-FLT-43, TX-FLT-44, TX-AUTH-13, TX-COL-11,
// TX-SEC-04: a token is a position for its party in its collection, and the
// request decides the rest.
func TestNext(t *testing.T) {
	w := newWorld(t)
	w.fill(20)
	start := w.page(pathObjects, url.Values{"limit": {"10"}, "added_after": {"1999-01-01T00:00:00Z"}})

	seven := w.page(pathObjects, url.Values{"limit": {"7"}, "next": {start.next}})
	if len(seven.items) != 7 || !strings.HasPrefix(seven.items[0], indicatorID(11)) {
		t.Errorf("the next 7 are %v", seven.items)
	}
	filtered := w.page(pathObjects, url.Values{"next": {start.next}, "match[id]": {indicatorID(1) + "," + indicatorID(15)}})
	if len(filtered.items) != 1 || !strings.HasPrefix(filtered.items[0], indicatorID(15)) {
		t.Errorf("filters after the position leave %v", filtered.items)
	}
	query := url.Values{"next": {start.next}}
	before := w.page(pathObjects, query)
	w.start() // a restart
	if again := w.page(pathObjects, query); fmt.Sprint(again) != fmt.Sprint(before) {
		t.Errorf("the same token gave %v, then %v", before, again)
	}

	next := "?next=" + start.next
	w.status(400, call{path: pathEmpty + "objects/" + next})
	w.status(400, call{path: pathC2 + "objects/" + next})
	w.status(400, call{user: "ro", path: pathObjects + next})
	w.status(403, call{user: "no", path: pathObjects + next})
	w.status(400, call{path: pathObjects + "?next=garbage"})
	flipped := []byte(start.next)
	flipped[10] ^= 1
	w.status(400, call{path: pathObjects + "?next=" + string(flipped)})

	w.apply(strings.Replace(sampleAgreement, "grants: {rw: [read, write], ro: [read], wo", "grants: {rw: [write], ro: [read], wo", 1))
	w.status(403, call{path: pathObjects + next})
}

// TX-PAG-07: what is added during a walk comes at its end.
func TestAddedDuringWalk(t *testing.T) {
	w := newWorld(t)
	w.fill(4)
	first := w.page(pathObjects, url.Values{"limit": {"2"}})
	w.push(pathObjects, indicator(9, t1))
	rest := slices.Concat(w.walk(pathObjects, url.Values{"limit": {"2"}, "next": {first.next}}, true)...)
	if want := []string{indicatorID(3) + " " + t1, indicatorID(4) + " " + t1, indicatorID(9) + " " + t1}; !slices.Equal(rest, want) {
		t.Errorf("the rest of the walk is %v; want %v", rest, want)
	}
}

// TX-PAG-11: pages are filled after filtering.
func TestPagesAreFull(t *testing.T) {
	w := newWorld(t)
	var all []string
	for i := range 2000 {
		if all = append(all, indicator(i, t1)); i%100 == 50 {
			all = append(all, object(fmt.Sprintf("malware--00000000-0000-4000-8000-%012d", i), t1, `,"is_family":false,"name":"m"`))
		}
	}
	w.push(pathObjects, all...)
	for i, page := range w.walk(pathObjects, url.Values{"match[type]": {"malware"}, "limit": {"5"}}, true) {
		if len(page) != 5 || i > 3 {
			t.Errorf("page %d has %d items; want four full ones of 5", i, len(page))
		}
	}
}

// TX-FLT-21: added_after is about the server's date, here of 2026, not about
// those of the object, which are of 2001 and 2010.
func TestAddedAfterIsOfTheServer(t *testing.T) {
	w := newWorld(t)
	w.push(pathObjects, indicator(1, t1))
	for after, want := range map[string]string{"2020-01-01T00:00:00Z": "[1@t1]", "2026-06-01T00:00:00Z": "[]"} {
		for _, path := range []string{pathObjects, pathObjects + indicatorID(1) + "/"} {
			if got := fmt.Sprint(w.match(path, "added_after="+after)); got != want {
				t.Errorf("%s?added_after=%s: %s; want %s", path, after, got, want)
			}
		}
	}
}

// TX-FLT-20, TX-FLT-23, TX-FLT-25: added_after is strict, to the microsecond.
func TestAddedAfter(t *testing.T) {
	w := newWorld(t)
	w.fill(2)
	w.push(pathObjects, indicator(1, t2))
	records := get[manifestPage](w, pathManifest+"?match[version]=all").Objects
	first, second := records[0].DateAdded, records[1].DateAdded
	before, err := time.Parse(time.RFC3339, first)
	if err != nil {
		t.Fatal(err)
	}
	justBefore := collections.FormatDateAdded(before.Add(-time.Microsecond))
	object := pathObjects + indicatorID(1) + "/"
	for _, tc := range []struct {
		path, after string
		want        int
	}{
		{pathObjects, justBefore, 3}, {pathObjects, first, 2}, {pathObjects, second, 1},
		{pathManifest, justBefore, 3}, {pathManifest, first, 2},
		{object, justBefore, 2}, {object, first, 1},
		{object + "versions/", justBefore, 2}, {object + "versions/", first, 1}, {object + "versions/", records[2].DateAdded, 0},
		{pathObjects, strings.Replace(first, "Z", "999Z", 1), 2}, // within the same microsecond
	} {
		query := url.Values{"added_after": {tc.after}}
		if !strings.HasSuffix(tc.path, "versions/") {
			query.Set("match[version]", "all")
		}
		if p := w.page(tc.path, query); len(p.items) != tc.want {
			t.Errorf("%s?added_after=%s: %v; want %d items", tc.path, tc.after, p.items, tc.want)
		}
	}
}
