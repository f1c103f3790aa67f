package conformance

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

const (
	goodStatus     = `{"id":"2d086da7-4bdc-4f91-900e-d77486753710","status":"complete","total_count":1,"success_count":1,"failure_count":0,"pending_count":0}`
	goodCollection = `{"id":"2d086da7-4bdc-4f91-900e-d77486753710","title":"C","can_read":true,"can_write":false,"media_types":["application/stix+json;version=2.1"]}`
	goodRecord     = `{"id":"indicator--1","date_added":"2026-01-02T03:04:05.000001Z","version":"2010-01-01T00:00:00.000Z","media_type":"application/stix+json;version=2.1"}`
	laterRecord    = `{"id":"indicator--2","date_added":"2026-01-02T03:04:05.000002Z","version":"2010-01-01T00:00:00.000Z","media_type":"application/stix+json;version=2.1"}`
	added1         = "2026-01-02T03:04:05.000001Z"
	added2         = "2026-01-02T03:04:05.000002Z"
)

// header of a sound answer, changed by pairs of name and value; the value ""
// takes the name away.
func headerWith(pairs ...string) http.Header {
	h := http.Header{"Content-Type": {MediaType}, "Cache-Control": {"no-store"}, "Vary": {"Accept, Authorization"}, "Date": {"Fri, 02 Jan 2026 03:04:05 GMT"}}
	for i := 0; i < len(pairs); i += 2 {
		if h.Del(pairs[i]); pairs[i+1] != "" {
			h.Set(pairs[i], pairs[i+1])
		}
	}
	return h
}

func pageHeader(first, last string) http.Header {
	return headerWith(headerFirst, first, headerLast, last)
}

// asked is a GET of an endpoint.
func asked(e Endpoint) Question { return Question{Method: http.MethodGet, Endpoint: e} }

// TestCheckAnswer breaks one thing at a time: exactly the requirements about it
// are found.
func TestCheckAnswer(t *testing.T) {
	get, post := http.MethodGet, http.MethodPost
	empty := pageHeader(added1, added1)
	for _, tc := range []struct {
		name   string
		q      Question
		status int
		header http.Header
		body   string
		want   string
	}{
		{"discovery", asked(Discovery), 200, headerWith(), `{"title":"T","default":"https://a.example/r/","api_roots":["https://a.example/r/"]}`, ""},
		{"api root", asked(APIRoot), 200, headerWith(), `{"title":"T","versions":["application/taxii+json;version=2.1"],"max_content_length":9007199254740991}`, ""},
		{"status", asked(Status), 200, headerWith(), goodStatus, ""},
		{"posted", Question{Method: post, Endpoint: Objects}, 202, headerWith(), goodStatus, ""},
		{"collections", asked(Collections), 200, headerWith(), `{"collections":[` + goodCollection + `]}`, ""},
		{"no collections", asked(Collections), 200, headerWith(), `{}`, ""},
		{"collection", asked(Collection), 200, headerWith(), goodCollection, ""},
		{"manifest", asked(Manifest), 200, pageHeader(added1, added2), `{"objects":[` + goodRecord + `,` + laterRecord + `]}`, ""},
		{"envelope", asked(Objects), 200, pageHeader(added1, added1), `{"more":true,"next":"n","objects":[{"type":"x-a","id":"x-a--1","labels":[],"a":1,"a":1}]}`, ""},
		{"empty page", asked(Object), 200, empty, `{}`, ""},
		{"versions", asked(Versions), 200, pageHeader(added1, added1), `{"versions":["2010-01-01T00:00:00.000Z"]}`, ""},
		{"deleted", Question{Method: http.MethodDelete, Endpoint: Object}, 200, headerWith(), ``, ""},
		{"head", Question{Method: http.MethodHead, Endpoint: Objects}, 200, empty, ``, ""},
		{"error", asked(Elsewhere), 404, headerWith(), `{"title":"Not Found","http_status":"404","details":{"a":1}}`, ""},
		{"plain root on loopback", Question{Method: get, Endpoint: Discovery, PlainHTTP: true}, 200, headerWith(), `{"title":"T","api_roots":["http://127.0.0.1/r/"]}`, ""},
		{"provoked", Question{Method: get, Endpoint: Objects, Provoked: true}, 500, headerWith(), `{"title":"Oh"}`, ""},

		{"charset", asked(Collection), 200, headerWith("Content-Type", MediaType+"; charset=utf-8"), goodCollection, "TX-NEG-01"},
		{"two Content-Types", asked(Collection), 200, http.Header{"Content-Type": {MediaType, MediaType}, "Cache-Control": {"no-store"}, "Vary": {"Accept", "Authorization"}, "Date": {"x"}}, goodCollection, "TX-NEG-01"},
		{"cached", asked(Collection), 200, headerWith("Cache-Control", "max-age=60"), goodCollection, "TX-SEC-06"},
		{"Vary lacks one", asked(Collection), 200, headerWith("Vary", "Accept"), goodCollection, "TX-SEC-06"},
		{"no Date", asked(Collection), 200, headerWith("Date", ""), goodCollection, "TX-FLT-27"},
		{"no content", asked(Objects), 204, empty, ``, "TX-NEG-18 TX-NEG-18"},
		{"no body", asked(Collection), 200, headerWith(), ``, "TX-NEG-18"},
		{"POST as 200", Question{Method: post, Endpoint: Objects}, 200, headerWith(), goodStatus, "TX-NEG-18"},
		{"range", asked(Objects), 206, empty, `{}`, "TX-PAG-10"},
		{"redirect that keeps the method", asked(Objects), 308, headerWith("Location", "/x/", "Content-Type", "text/html"), `<html>`, "TX-URL-05"},
		{"redirect", asked(Objects), 301, headerWith("Location", "/x/"), ``, "TX-URL-05"},
		{"fault of the server", asked(Objects), 500, headerWith(), `{"title":"Oh"}`, "TX-ERR-04"},
		{"422 to a GET", asked(Manifest), 422, headerWith(), `{"title":"Oh"}`, "TX-ERR-04"},
		{"415 to discovery", asked(Discovery), 415, headerWith(), `{"title":"Oh"}`, "TX-DISC-06"},
		{"413 to an object", asked(Object), 413, headerWith(), `{"title":"Oh"}`, "TX-OBJ-ID-05"},
		{"503 without Retry-After", Question{Method: get, Endpoint: Objects, Provoked: true}, 503, headerWith(), `{"title":"Oh"}`, "TX-ERR-08"},
		{"405 without Allow", Question{Method: post, Endpoint: Manifest}, 405, headerWith(), `{"title":"Oh"}`, "TX-MTH-01"},
		{"401 without challenge", asked(Objects), 401, headerWith(), `{"title":"Oh"}`, "TX-AUTH-02"},
		{"401 with a made up scheme", asked(Objects), 401, headerWith("WWW-Authenticate", "Secret"), `{"title":"Oh"}`, "TX-AUTH-02"},
		{"page without headers", asked(Objects), 200, headerWith(), `{"objects":[{"type":"x-a","id":"x-a--1"}]}`, "TX-HDR-01 TX-HDR-01"},
		{"empty page without headers", asked(Objects), 200, headerWith(), `{}`, "TX-HDR-06 TX-HDR-06"},
		{"header with three digits", asked(Objects), 200, pageHeader("2026-01-02T03:04:05.001Z", added1), `{}`, "TX-DT-05 TX-HDR-02 TX-HDR-03"},
		{"header undefined", asked(Objects), 200, pageHeader("undefined", "undefined"), `{}`, "TX-DT-05 TX-DT-05 TX-HDR-02 TX-HDR-02"},
		{"headers swapped", asked(Objects), 200, pageHeader(added2, added1), `{}`, "TX-HDR-03"},
		{"one item, two headers", asked(Versions), 200, pageHeader(added1, added2), `{"versions":["v"]}`, "TX-HDR-05"},
		{"headers of another page", asked(Manifest), 200, pageHeader(added1, added1), `{"objects":[` + goodRecord + `,` + laterRecord + `]}`, "TX-HDR-03"},
		{"headers on a collection", asked(Collection), 200, pageHeader(added1, added1), goodCollection, "TX-HDR-07 TX-HDR-07"},
		{"headers on an error", asked(Objects), 404, pageHeader(added1, ""), `{"title":"Oh"}`, "TX-HDR-07"},
		{"body to HEAD", Question{Method: http.MethodHead, Endpoint: Objects}, 200, empty, `{}`, "TX-MTH-02"},
		{"body to a failed HEAD", Question{Method: http.MethodHead, Endpoint: Objects}, 404, headerWith(), `{}`, "TX-ERR-03"},
		{"body to DELETE", Question{Method: http.MethodDelete, Endpoint: Object}, 200, headerWith(), `{}`, "TX-OBJ-DEL-01"},
		{"error in HTML", asked(Objects), 404, headerWith(), `<html>`, "TX-ERR-01"},
		{"error without title", asked(Objects), 404, headerWith(), `{"http_status":"404"}`, "TX-DT-09 TX-ERR-01"},
		{"status as a number", asked(Objects), 404, headerWith(), `{"title":"Oh","http_status":404}`, "TX-DT-10 TX-ERR-01 TX-ERR-02"},
		{"status of another error", asked(Objects), 404, headerWith(), `{"title":"Oh","http_status":"400"}`, "TX-ERR-02"},
		{"stack trace", asked(Objects), 404, headerWith(), `{"title":"Oh","description":"goroutine 7 [running]"}`, "TX-ERR-05"},
		{"member twice", asked(Objects), 404, headerWith(), `{"title":"Oh","title":"Oh"}`, "TX-DT-11"},
		{"byte-order mark", asked(Objects), 200, empty, "\ufeff{}", "TX-DT-11 TX-ENV-01"},
		{"two values", asked(Objects), 200, empty, "{}{}", "TX-DT-11 TX-ENV-01"},
		{"no UTF-8", asked(Objects), 200, empty, "{\"next\":\"\xff\"}", "TX-DT-11 TX-ENV-01"},
		{"OPTIONS", Question{Method: http.MethodOptions, Endpoint: Objects}, 200, headerWith("Content-Type", ""), ``, ""},
		{"empty list", asked(Objects), 200, empty, `{"objects":[]}`, "TX-DT-04 TX-ENV-02"},
		{"empty list of records", asked(Manifest), 200, empty, `{"objects":[]}`, "TX-DT-04 TX-ENV-02 TX-MAN-02"},
		{"empty page that says so", asked(Objects), 200, empty, `{"more":false}`, "TX-ENV-02"},
		{"bundle", asked(Objects), 200, empty, `{"type":"bundle","objects":[]}`, "TX-DT-04 TX-ENV-01"},
		{"bundle inside", asked(Objects), 200, empty, `{"objects":[{"type":"bundle","id":"bundle--1"}]}`, "TX-DT-10 TX-ENV-01 TX-ENV-03"},
		{"over the limit", Question{Method: get, Endpoint: Versions, Query: url.Values{"limit": {"1"}}}, 200, empty, `{"versions":["a","b"]}`, "TX-FLT-31"},
		{"more without next", asked(Objects), 200, empty, `{"more":true,"objects":[{"type":"x-a","id":"x-a--1"}]}`, "TX-PAG-03"},
		{"more without next on versions", asked(Versions), 200, empty, `{"more":true,"versions":["a"]}`, "TX-PAG-04"},
		{"next without more", asked(Objects), 200, empty, `{"next":"n","objects":[{"type":"x-a","id":"x-a--1"}]}`, "TX-PAG-03"},
		{"next as a number", asked(Versions), 200, empty, `{"more":true,"next":1,"versions":["a"]}`, "TX-DT-10 TX-PAG-03 TX-VER-01"},
		{"more as a string", asked(Versions), 200, empty, `{"more":"false","versions":["a"]}`, "TX-DT-01 TX-DT-10 TX-VER-01"},
		{"records out of order", asked(Manifest), 200, pageHeader(added1, added2), `{"objects":[` + laterRecord + `,` + goodRecord + `]}`, "TX-HDR-03 TX-SORT-01"},
		{"tie", asked(Manifest), 200, pageHeader(added1, added1), `{"objects":[` + goodRecord + `,` + goodRecord + `]}`, "TX-SORT-04"},
		{"record without media_type", asked(Manifest), 200, pageHeader(added1, added1), `{"objects":[{"id":"a","date_added":"` + added1 + `","version":"v"}]}`, "TX-MAN-04"},
		{"record with three digits", asked(Manifest), 200, pageHeader(added1, added1), `{"objects":[{"id":"a","date_added":"2026-01-02T03:04:05.001Z","version":"v","media_type":"a/b"}]}`, "TX-DT-05 TX-DT-10 TX-HDR-03 TX-MAN-01"},
		{"no title", asked(Discovery), 200, headerWith(), `{}`, "TX-DISC-01 TX-DT-09"},
		{"default elsewhere", asked(Discovery), 200, headerWith(), `{"title":"T","default":"https://a.example/r","api_roots":["https://a.example/r/"]}`, "TX-DISC-02"},
		{"roots that are none", asked(Discovery), 200, headerWith(), `{"title":"T","api_roots":["//a/","../a/","http://a.example/","https://a.example/?a/"]}`, "TX-DISC-03 TX-DISC-03 TX-DISC-03 TX-DISC-03"},
		{"no roots", asked(Discovery), 200, headerWith(), `{"title":"T","api_roots":[]}`, "TX-DISC-04 TX-DT-04"},
		{"relative root", asked(Discovery), 200, headerWith(), `{"title":"T","api_roots":["/a/"]}`, "TX-DISC-05"},
		{"root without slash", asked(Discovery), 200, headerWith(), `{"title":"T","api_roots":["https://a.example/r"]}`, "TX-URL-04"},
		{"root twice", asked(Discovery), 200, headerWith(), `{"title":"T","api_roots":["https://a.example/r/","https://a.example/r/"]}`, "TX-URL-03"},
		{"other case", asked(Discovery), 200, headerWith(), `{"title":"T","apiRoots":["https://a.example/r/"]}`, "TX-DT-08"},
		{"custom property", asked(Discovery), 200, headerWith(), `{"title":"T","x_Acme":1}`, "TX-CUS-01 TX-IOP-05"},
		{"versions without a version", asked(APIRoot), 200, headerWith(), `{"title":"T","versions":["taxii-2.1"],"max_content_length":1}`, "TX-ROOT-01"},
		{"no room at all", asked(APIRoot), 200, headerWith(), `{"title":"T","versions":["application/taxii+json;version=2.1"],"max_content_length":0}`, "TX-ROOT-01"},
		{"beyond the integers", asked(APIRoot), 200, headerWith(), `{"title":"T","versions":["application/taxii+json;version=2.1"],"max_content_length":9007199254740993}`, "TX-DT-03 TX-DT-10 TX-ROOT-01"},
		{"id of no UUID", asked(Collection), 200, headerWith(), strings.Replace(goodCollection, "4f91", "1f91", 1), "TX-COL-02 TX-DT-02 TX-DT-10"},
		{"flag as text", asked(Collection), 200, headerWith(), strings.Replace(goodCollection, "true", `"true"`, 1), "TX-COL-02 TX-DT-01 TX-DT-10"},
		{"media types left out", asked(Collection), 200, headerWith(), goodCollection[:strings.Index(goodCollection, `,"media`)] + "}", "TX-COL-07"},
		{"collections out of order", asked(Collections), 200, headerWith(), `{"collections":[` + goodCollection + `,` + strings.Replace(goodCollection, "2d", "1d", 1) + `]}`, "TX-IOP-01"},
		{"alias twice", asked(Collections), 200, headerWith(), `{"collections":[` + strings.Replace(goodCollection, `"title"`, `"alias":"a","title"`, 1) + `,` + strings.Replace(strings.Replace(goodCollection, "2d", "3d", 1), `"title"`, `"alias":"a","title"`, 1) + `]}`, "TX-COL-03"},
		{"Complete", asked(Status), 200, headerWith(), strings.Replace(goodStatus, "complete", "Complete", 1), "TX-DT-08 TX-DT-10 TX-STAT-01"},
		{"counts that do not add up", asked(Status), 200, headerWith(), strings.Replace(goodStatus, `"total_count":1`, `"total_count":2`, 1), "TX-STAT-02"},
		{"complete and pending", asked(Status), 200, headerWith(), strings.NewReplacer(`"success_count":1`, `"success_count":0`, `"pending_count":0`, `"pending_count":1`).Replace(goodStatus), "TX-STAT-03"},
		{"list of another length", asked(Status), 200, headerWith(), strings.Replace(goodStatus, `"failure`, `"successes":[{"id":"a","version":"b"},{"id":"c","version":"d"}],"failure`, 1), "TX-STAT-02"},
		{"failure without a word", asked(Status), 200, headerWith(), strings.NewReplacer(`"success_count":1`, `"success_count":0`, `"failure_count":0`, `"failure_count":1,"failures":[{"id":"a","version":"b"}]`).Replace(goodStatus), "TX-STAT-10"},
		{"detail without version", asked(Status), 200, headerWith(), strings.Replace(goodStatus, `"failure`, `"successes":[{"id":"a"}],"failure`, 1), "TX-DT-09 TX-STAT-01"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			findings := CheckAnswer(tc.q, Answer{tc.status, tc.header, []byte(tc.body)})
			for _, f := range findings {
				got = append(got, f.ID)
				if _, ok := Lookup(f.ID); !ok || f.Detail == "" {
					t.Errorf("the finding %q has no such requirement, or no words", f)
				}
			}
			slices.Sort(got)
			if strings.Join(got, " ") != tc.want {
				t.Errorf("findings %v; want %q", findings, tc.want)
			}
		})
	}
}

func TestEndpointOf(t *testing.T) {
	for address, want := range map[string]Endpoint{
		"/taxii2/":                              Discovery,
		"https://a.example/taxii2":              Discovery,
		"/r/":                                   APIRoot,
		"//r//status/x?limit=1":                 Status,
		"/r/collections/":                       Collections,
		"/r/collections/c":                      Collection,
		"/r/collections/c/manifest/":            Manifest,
		"/r/collections/c/objects/?next=a/b":    Objects,
		"/r/collections/c/objects/o/":           Object,
		"/r/collections/c/objects/o/versions/":  Versions,
		"/r/collections/c/object/o/":            Elsewhere,
		"/s/collections/":                       Elsewhere,
		"/rr/":                                  Elsewhere,
		"/r/collections/c/objects/a%2Fb/":       Object,
		"/r/collections/c/objects/o/versions/x": Elsewhere,
	} {
		if got := EndpointOf(address, "/r/"); got != want {
			t.Errorf("EndpointOf(%q) = %s; want %s", address, got, want)
		}
	}
}

// FuzzCheckAnswer: whatever a server answers is judged, and by known requirements.
func FuzzCheckAnswer(f *testing.F) {
	endpoints := append(slices.Sorted(maps.Keys(resources)), Elsewhere)
	f.Add(uint8(3), 200, added1, `{"collections":[`+goodCollection+`]}`)
	f.Add(uint8(0), 401, "undefined", `{"objects":[[[]]],"more":{}}`)
	f.Fuzz(func(t *testing.T, endpoint uint8, status int, header, body string) {
		q := asked(endpoints[int(endpoint)%len(endpoints)])
		for _, finding := range CheckAnswer(q, Answer{status, pageHeader(header, added1), []byte(body)}) {
			if _, ok := Lookup(finding.ID); !ok {
				t.Errorf("no requirement %q", finding.ID)
			}
		}
	})
}
