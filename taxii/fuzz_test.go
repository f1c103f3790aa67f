package taxii

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// FuzzHandlers: whatever is asked of the router, it does not panic, it is at no
// fault of its own (5xx), and the walker finds nothing in the answer.
func FuzzHandlers(f *testing.F) {
	w := newWorld(f)
	w.fillFuzz()
	object := pathObjects + indicatorID(1) + "/"
	for _, path := range []string{"/taxii2/", pathRoot, pathRoot + "status/2d086da7-4bdc-4f91-900e-d77486753710/", pathRoot + "collections/",
		pathC, pathManifest, pathObjects, object, object + "versions/", pathEmpty + "objects", "//taxii2//api1/collections/%63/manifest", "/nope/"} {
		for _, method := range []string{"GET", "HEAD", "POST", "DELETE"} {
			f.Add(method, path, "", "", MediaType, MediaType, "rw", []byte(envelopeOf(indicator(1, t1))))
		}
	}
	next := w.page(pathObjects, url.Values{"limit": {"1"}}).next
	for _, query := range []string{"limit=2&next=" + next, "match[version]=first,last," + t1 + "&added_after=2026-01-01T00:00:00.000001Z", "match[spec_version]=2.0,2.1",
		"match[id]=" + indicatorID(1) + "&match[type]=indicator,tool", "limit=9007199254740991", "match%5Btype%5D=%ff;", "a=&&=b"} {
		f.Add("GET", pathObjects, query, "Range: items 0-1\nExpect: 100-continue\nX-Forwarded-Host: a", "*/*;q=0.5, text/html", "", "low", []byte(nil))
		f.Add("DELETE", object, query, "", "", "", "ro", []byte("{}"))
	}
	f.Add("POST", pathObjects, "", "Content-Encoding: gzip", "", "application/stix+json;version=2.0", "wo", []byte("\x1f\x8b\x08\x00"))
	f.Add("POST", pathObjects, "", "", "", "application/stix+json", "rw", []byte(indicator20(3, t2)))
	f.Fuzz(func(t *testing.T, method, path, query, headers, accept, contentType, user string, body []byte) {
		u, err := url.ParseRequestURI(path)
		if err != nil || u.Host != "" {
			t.Skip("net/http refuses such a target, or takes it apart first")
		}
		u.RawQuery = query
		req := (&http.Request{
			Method: method, URL: u, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Host: "accord.example",
			Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), RemoteAddr: "192.0.2.1:1", RequestURI: path,
		}).WithContext(t.Context())
		for line := range strings.SplitSeq(headers, "\n") {
			if name, value, ok := strings.Cut(line, ":"); ok {
				req.Header.Add(name, strings.TrimSpace(value))
			}
		}
		req.Header["Accept"], req.Header["Content-Type"] = []string{accept}, []string{contentType}
		req.SetBasicAuth(user, "secret")
		res := httptest.NewRecorder()
		res.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat)) // as net/http does
		w.mux.ServeHTTP(res, req)
		for _, finding := range (call{method: method, path: path + "?" + query}).findings(answer{res.Result(), res.Body.Bytes()}) {
			t.Errorf("%s %q?%q as %q: %d %.300s: %v", method, path, query, user, res.Code, res.Body, finding)
		}
	})
}

// fillFuzz stores something of every kind.
func (w *world) fillFuzz() {
	w.push(pathObjects, indicator(1, t1), indicator(1, t2), indicator20(1, t3), indicator20(2, t1),
		object(indicatorID(3), t1, red),
		`{"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--00000000-0000-4000-8000-000000000001","value":"192.0.2.1"}`)
}
