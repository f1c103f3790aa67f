package taxii

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"accord/collections"
)

func post(body string) call {
	return call{method: http.MethodPost, path: pathObjects, body: body}
}

// TX-STAT-02: the arithmetic that clients enforce.
func checkCounts(t *testing.T, name string, s Status, successes, failures int) {
	t.Helper()
	if s.SuccessCount != successes || s.FailureCount != failures || s.PendingCount != 0 || s.Status != "complete" ||
		s.TotalCount != successes+failures || len(s.Successes) != successes || len(s.Failures) != failures ||
		!uuidForm.MatchString(s.ID) || !taxiiTime.MatchString(s.RequestTimestamp) {
		t.Errorf("%s: %+v; want %d successes and %d failures", name, s, successes, failures)
	}
	for _, d := range slices.Concat(s.Successes, s.Failures) {
		if d.ID == "" || d.Version == "" {
			t.Errorf("%s: details without id or version: %+v", name, d)
		}
	}
	for _, d := range s.Failures {
		if d.Message == "" { // TX-STAT-10
			t.Errorf("%s: a failure without a message: %+v", name, d)
		}
	}
}

// TX-OBJ-POST-01, TX-OBJ-POST-06, TX-OBJ-POST-07, TX-OBJ-POST-09,
// TX-OBJ-POST-13, TX-OBJ-POST-14, TX-OBJ-POST-15, TX-STAT-04, TX-STAT-08,
// TX-STAT-09, TX-ENV-03, TX-CUS-02: what a sound body of any wrapper is counted as.
func TestPush(t *testing.T) {
	one := indicator(1, t1)
	for _, tc := range []struct {
		name                string
		contentType, body   string
		successes, failures int
	}{
		{"TX-OBJ-POST-01 one object", MediaType, envelopeOf(one), 1, 0},
		{"TX-OBJ-POST-06 one good, one bad", MediaType, envelopeOf(one, `{"type":"indicator"}`), 1, 1},
		{"TX-OBJ-POST-07 all bad", MediaType, envelopeOf(`{"type":"indicator"}`, `{}`), 0, 2},
		{"members that are no objects", MediaType, envelopeOf(`1`, `"x"`, `null`, `[]`, one), 1, 4},
		{"TX-ENV-03 a bundle as member", MediaType, envelopeOf(one, `{"type":"bundle","id":"bundle--00000000-0000-4000-8000-000000000001","objects":[]}`), 1, 1},
		{"TX-OBJ-POST-13 unknown members", MediaType, `{"x_acme_org_note":1,"objects":[` + one + `]}`, 1, 0},
		{"TX-OBJ-POST-13 a bundle", MediaType, `{"type":"bundle","id":"bundle--00000000-0000-4000-8000-000000000001","objects":[` + one + `]}`, 1, 0},
		{"TX-OBJ-POST-14 more and next", MediaType, `{"more":true,"next":"x","objects":[` + one + `]}`, 1, 0},
		{"TX-OBJ-POST-15 a duplicate within", MediaType, envelopeOf(one, one), 2, 0},
		{"TX-OBJ-POST-15 a conflict within", MediaType, envelopeOf(one, object(indicatorID(1), t1, `,"name":"other"`)), 1, 1},
		{"TX-NEG-13 charset", MediaType + "; charset=utf-8", envelopeOf(one), 1, 0},
		{"TX-NEG-19 a bundle as STIX", "application/stix+json; version=2.1", `{"type":"bundle","id":"bundle--00000000-0000-4000-8000-000000000001","objects":[` + one + `]}`, 1, 0},
		{"TX-NEG-19 one object as STIX", "application/stix+json", one, 1, 0},
		{"TX-NEG-19 an envelope as STIX 2.0", "application/stix+json;version=2.0", envelopeOf(indicator20(1, t1)), 1, 0},
		{"blanks everywhere", MediaType, " \n{ \"objects\" : [ " + one + " ] }\r\n ", 1, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			c := post(tc.body)
			c.header = http.Header{"Content-Type": {tc.contentType}}
			s := decode[Status](w, w.status(http.StatusAccepted, c))
			checkCounts(t, tc.name, s, tc.successes, tc.failures)
			again := get[Status](w, pathRoot+"status/"+s.ID+"/") // TX-STAT-04, TX-STAT-08
			if fmt.Sprint(again) != fmt.Sprint(s) {
				t.Errorf("GET status %+v; POST said %+v", again, s)
			}
			stored := 0
			if tc.successes > 0 {
				stored = 1
			}
			if n := len(get[envelope](w, pathObjects).Objects); n != stored {
				t.Errorf("%d objects are stored; want %d", n, stored)
			}
		})
	}
}

// TX-OBJ-POST-08, TX-DT-11, TX-DT-12, TX-SEC-03: bodies that are no envelope
// store nothing, wherever the fault stands, and say where it is.
func TestHostileBodies(t *testing.T) {
	w := newWorld(t)
	one := indicator(1, t1)
	for _, body := range []string{
		"", " ", "{", "[]", "{}", "null", "1", `"x"`, `{"objects":{}}`, `{"objects":[]}`, `{"objects":null}`, `{"Objects":[` + one + `]}`,
		envelopeOf(one) + "x", envelopeOf(one) + envelopeOf(one), envelopeOf(one)[:len(one)], `{"objects":[` + one + `],}`, `{"objects":[` + one + `,]}`,
		`{"objects":[` + one + `],"objects":[` + one + `]}`, `{"objects":[` + one + `],"x":"` + "\xff" + `"}`, "\xef\xbb\xbf" + envelopeOf(one),
		`{"objects":[` + one + `],"x":` + strings.Repeat("[", 100_000), strings.Repeat("[", 100_000), strings.Repeat(`{"objects":`, 100_000),
		`{"objects":[` + one + `,` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `]}`,
		`{"objects":[` + one + ` ` + one + `]}`, "\x00", "garbage",
	} {
		a := w.status(http.StatusUnprocessableEntity, post(body))
		if d := decode[Error](w, a).Description; d == "" {
			t.Errorf("%.50q: no description", body)
		}
	}
	if a := w.status(200, call{path: pathObjects}); string(a.body) != "{}" {
		t.Errorf("a body that was refused has stored %s", a.body)
	}
	nested := `{"type":"indicator","id":"` + indicatorID(2) + `","x":` + strings.Repeat("[", 5_000) + strings.Repeat("]", 5_000) + `}`
	checkCounts(t, "5,000 nested lists", w.push(pathObjects, one, nested), 1, 1)
}

// TX-ROOT-02, TX-OBJ-POST-10, TX-OBJ-POST-11: the size that counts is that of
// the bytes that come.
func TestContentLength(t *testing.T) {
	for _, size := range []int{1000, 3 * 1 << 20} {
		w := newWorld(t, func(h *Handler) { h.MaxContentLength = int64(size) })
		padded := func(n int) string {
			body := envelopeOf(indicator(1, t1))
			return body + strings.Repeat(" ", n-len(body))
		}
		for n, want := range map[int]int{size - 1: 202, size: 202, size + 1: 413} {
			w.status(want, post(padded(n)))
			w.status(want, call{method: "POST", path: pathObjects, stream: strings.NewReader(padded(n))})
		}
		if n := get[APIRoot](w, pathRoot).MaxContentLength; n != int64(size) {
			t.Errorf("max_content_length is %d; want %d", n, size)
		}
	}
}

// TX-OBJ-POST-10: a body that announces itself as too large is not asked for.
func TestTooLargeIsRefusedUnread(t *testing.T) {
	w := newWorld(t, func(h *Handler) { h.MaxContentLength = 1000 })
	unread := iotest.ErrReader(fmt.Errorf("the body was read"))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+pathObjects, io.NopCloser(unread))
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = 1001
	req.SetBasicAuth("rw", "secret")
	req.Header.Set("Content-Type", MediaType)
	req.Header.Set("Expect", "100-continue")
	a, err := w.send(req)
	if err != nil {
		t.Fatal(err)
	}
	if a.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d; want 413", a.StatusCode)
	}
}

// TX-NEG-17: gzip is read, within the same bound on both sides of it.
func TestContentEncoding(t *testing.T) {
	w := newWorld(t, func(h *Handler) { h.MaxContentLength = 10_000 })
	zip := func(s string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		io.WriteString(z, s)
		z.Close()
		return b.String()
	}
	good := zip(envelopeOf(indicator(1, t1)))
	for _, tc := range []struct {
		name, coding, body string
		want               int
	}{
		{"gzip", "gzip", good, 202},
		{"identity", "identity", envelopeOf(indicator(1, t1)), 202},
		{"another", "br", good, 415},
		{"twice", "gzip, gzip", good, 415},
		{"no gzip at all", "gzip", envelopeOf(indicator(1, t1)), 422},
		{"cut short", "gzip", good[:len(good)-3], 422},
		{"wrong checksum", "gzip", good[:len(good)-8] + "AAAAAAAA", 422},
		{"a bomb", "gzip", zip(strings.Repeat(" ", 10_001)), 413},
		{"many empty parts", "gzip", strings.Repeat(zip(""), 1000), 413},
	} {
		c := post(tc.body)
		c.header = http.Header{"Content-Encoding": {tc.coding}}
		if a := w.do(c); a.StatusCode != tc.want {
			t.Errorf("%s: %d %s; want %d", tc.name, a.StatusCode, a.body, tc.want)
		}
	}
}

// A body that breaks off stores nothing.
func TestBrokenUpload(t *testing.T) {
	w := newWorld(t)
	body := io.MultiReader(strings.NewReader(envelopeOf(indicator(1, t1))), iotest.ErrReader(io.ErrUnexpectedEOF))
	if a, err := w.try(call{method: "POST", path: pathObjects, stream: body}); err == nil {
		t.Errorf("the upload did not break: %d", a.StatusCode)
	}
	if a := w.status(200, call{path: pathObjects}); string(a.body) != "{}" {
		t.Errorf("half a body stored %s", a.body)
	}
}

// P3, TX-ENV-04, TX-DT-06, TX-MVR-05, TX-MTY-03: bytes in, bytes out.
func TestFidelity(t *testing.T) {
	w := newWorld(t)
	posted := []string{
		object(indicatorID(1), "2017-01-27T13:49:53.9353Z", `,"x_n":12345678901234567890,"x_f":1.0,"x_e":1E+2,"x_s":"<a&b> \u00e9 é 🛰 \/"`),
		"{ \"type\" : \"x-acme-thing\",\n\t\"id\":\"x-acme-thing--00000000-0000-4000-8000-000000000001\",\"spec_version\":\"2.1\",\"created\":\"" + t1 + "\",\"modified\":\"" + t1 + "\" }",
	}
	w.push(pathObjects, posted...)
	want := `{"objects":[` + strings.Join(posted, ",") + `]}`
	if got := string(w.status(200, call{path: pathObjects}).body); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if got := get[Versions](w, pathObjects+indicatorID(1)+"/versions/").Versions; !slices.Equal(got, []string{"2017-01-27T13:49:53.9353Z"}) {
		t.Errorf("versions are %v", got)
	}
	for version, n := range map[string]int{"2017-01-27T13:49:53.935300Z": 1, "2017-01-27T13:49:53.935Z": 0} {
		if got := len(get[envelope](w, pathObjects+"?match[version]="+version).Objects); got != n {
			t.Errorf("match[version]=%s: %d; want %d", version, got, n)
		}
	}
	if got := get[envelope](w, pathObjects+"?match[type]=x-acme-thing").texts(); !slices.Equal(got, posted[1:]) { // TX-MTY-03
		t.Errorf("the custom object is %v", got)
	}
}

// TX-OBJ-POST-02, TX-OBJ-POST-03, TX-OBJ-POST-04, TX-OBJ-POST-05, TX-SORT-05,
// TX-MVR-10: what is there already.
func TestDuplicates(t *testing.T) {
	w := newWorld(t)
	const marking = `{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--00000000-0000-4000-8000-000000000001",` +
		`"created":"` + t1 + `","definition_type":"statement","definition":{"statement":"%s"}}`
	const address = `{"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--00000000-0000-4000-8000-000000000001","value":"192.0.2.1"%s}`
	first := w.push(pathObjects, indicator(1, t1), fmt.Sprintf(marking, "one"), fmt.Sprintf(address, ""))
	checkCounts(t, "first", first, 3, 0)
	before := w.status(200, call{path: pathManifest}).body
	w.clock.advance(time.Hour)

	reordered := `{"revoked":false,` + indicator(1, t1)[1:]
	again := w.push(pathObjects, reordered, fmt.Sprintf(marking, "one"), fmt.Sprintf(address, ""))
	checkCounts(t, "again", again, 3, 0)
	if again.Successes[0].Message == "" {
		t.Error("TX-OBJ-POST-02: nothing says that the object was there")
	}
	if after := w.status(200, call{path: pathManifest}).body; !bytes.Equal(after, before) {
		t.Errorf("manifest %s; want %s", after, before)
	}
	if got := get[envelope](w, pathObjects+"?match[type]=indicator").texts(); !slices.Equal(got, []string{indicator(1, t1)}) {
		t.Errorf("the first copy is %v", got)
	}
	checkCounts(t, "conflicts", w.push(pathObjects, object(indicatorID(1), t1, `,"name":"other"`), fmt.Sprintf(marking, "two")), 0, 2)
	checkCounts(t, "an observable changes", w.push(pathObjects, fmt.Sprintf(address, `,"x_label":1`)), 1, 0)
	versions := get[manifestPage](w, pathManifest+"?match[type]=ipv4-addr&match[version]=all").Objects
	if len(versions) != 2 || versions[0].Version != versions[0].DateAdded { // TX-MVR-10
		t.Fatalf("versions of the observable: %+v", versions)
	}
	if last := get[envelope](w, pathObjects+"?match[type]=ipv4-addr").texts(); len(last) != 1 || !strings.Contains(last[0], "x_label") {
		t.Errorf("the last version of the observable is %v", last)
	}
	if old := get[envelope](w, pathObjects+"?match[version]="+versions[0].Version).texts(); !slices.Equal(old, []string{fmt.Sprintf(address, "")}) {
		t.Errorf("its first version is %v", old)
	}
}

// TX-OBJ-POST-02, TX-OBJ-POST-03: "exact" compares JSON values, of which a
// timestamp is a string: another spelling of an instant is the same version
// (TX-MVR-05) with other content, and the first copy stays as it was sent.
func TestTimestampInOtherDigits(t *testing.T) {
	w := newWorld(t)
	w.push(pathObjects, indicator(1, t1))
	for _, other := range []string{
		indicator(1, strings.Replace(t1, ".000Z", ".000000Z", 1)),
		strings.Replace(indicator(1, t1), `"valid_from":"2001-01-01T00:00:00Z"`, `"valid_from":"2001-01-01T00:00:00.0Z"`, 1),
	} {
		s := w.push(pathObjects, other)
		checkCounts(t, other, s, 0, 1)
		w.names(other, s.Failures[0].Message, "VER-05", "already there with other content")
	}
	if got := get[envelope](w, pathObjects+"?match[version]=all").texts(); !slices.Equal(got, []string{indicator(1, t1)}) {
		t.Errorf("stored are %v; want the first copy", got)
	}
}

// TX-OBJ-POST-09: STIX 2.0 does not enter a collection of STIX 2.1, and the
// member that brings it is told of the media type.
func TestUnsupportedContent(t *testing.T) {
	w := newWorld(t)
	s := w.push(pathEmpty+"objects/", indicator20(1, t1), indicator(2, t1))
	checkCounts(t, "one of each", s, 1, 1)
	w.names("the failure", s.Failures[0].Message, "spec_version", "2.1")
	if got := get[envelope](w, pathEmpty+"objects/").texts(); !slices.Equal(got, []string{indicator(2, t1)}) {
		t.Errorf("stored are %v", got)
	}
}

// TX-MSV-07: an object without spec_version is of STIX 2.1 where the property is
// optional there, else of STIX 2.0; what it has decides.
func TestSpecVersionOfObjects(t *testing.T) {
	w := newWorld(t)
	const address = `{"type":"ipv4-addr","id":"ipv4-addr--00000000-0000-4000-8000-000000000001","value":"192.0.2.1"}`
	checkCounts(t, "all", w.push(pathObjects, address, indicator20(1, t1), indicator(2, t1)), 3, 0)
	for i, r := range get[manifestPage](w, pathManifest).Objects {
		if want := "application/stix+json;version=" + []string{"2.1", "2.0", "2.1"}[i]; r.MediaType != want {
			t.Errorf("%s is %s; want %s", r.ID, r.MediaType, want)
		}
	}
}

// TX-OBJ-POST-17: an older version may come after a newer one.
func TestOlderVersionAfterNewer(t *testing.T) {
	w := newWorld(t)
	for _, version := range []string{t3, t1} {
		checkCounts(t, version, w.push(pathObjects, indicator(1, version)), 1, 0)
	}
	if got := w.match(pathObjects, "match[version]=all"); fmt.Sprint(got) != "[1@t3 1@t1]" {
		t.Errorf("stored are %v; want both", got)
	}
	if got := w.match(pathObjects, "match[version]=last"); fmt.Sprint(got) != "[1@t3]" {
		t.Errorf("the last is %v; want t3", got)
	}
}

// TX-OBJ-POST-18, TX-OBJ-DEL-07: a collection is its own world.
func TestCollectionsAreApart(t *testing.T) {
	w := newWorld(t)
	w.push(pathObjects, indicator(1, t1))
	w.push(pathEmpty+"objects/", indicator(1, t1))
	w.status(200, call{method: "DELETE", path: pathObjects + indicatorID(1) + "/"})
	if n := len(get[envelope](w, pathEmpty+"objects/").Objects); n != 1 {
		t.Errorf("%d objects are left in the other collection; want 1", n)
	}
}

// TX-STAT-03, TX-STAT-05, TX-STAT-06, TX-STAT-07, TX-IOP-02: who sees a status,
// and how long.
func TestStatus(t *testing.T) {
	w := newWorld(t)
	s := decode[Status](w, w.status(202, call{user: "wo", method: "POST", path: pathObjects, body: envelopeOf(indicator(1, t1), `{}`)}))
	path := pathRoot + "status/" + s.ID + "/"
	before := w.status(200, call{user: "wo", path: path}).body
	for name, c := range map[string]call{
		"another party":   {user: "rw", path: path},
		"another root":    {user: "stranger", path: strings.Replace(path, "api1", "api2", 1)},
		"never existed":   {user: "wo", path: pathRoot + "status/2d086da7-4bdc-4f91-900e-d77486753710/"},
		"no UUID":         {user: "wo", path: pathRoot + "status/not-a-uuid/"},
		"in upper case":   {user: "wo", path: pathRoot + "status/" + strings.ToUpper(s.ID) + "x/"},
		"with the braces": {user: "wo", path: pathRoot + "status/%7B" + s.ID + "%7D/"},
	} {
		if a := w.do(c); a.StatusCode != 404 {
			t.Errorf("%s: %d; want 404", name, a.StatusCode)
		}
	}
	w.clock.advance(24*time.Hour - time.Minute)
	if after := w.status(200, call{user: "wo", path: path}).body; !bytes.Equal(after, before) {
		t.Errorf("the status was %s and is %s", before, after)
	}
	w.clock.advance(30 * 24 * time.Hour)
	w.status(404, call{user: "wo", path: path})
}

// A status that names more successes than there are records is a fault of ours
// and is not shown with counts that lie.
func TestStatusWithoutItsVersions(t *testing.T) {
	s := collections.Status{Successes: []collections.Success{{Sequence: 1, Count: 2}}}
	if got, err := newStatus(s, make([]collections.Version, 1)); err == nil {
		t.Errorf("newStatus = %+v; want an error", got)
	}
}
