package server

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzHandlers: whatever is asked of the server's other surfaces, it does not
// panic, it is at no fault of its own (5xx), a refusal under /v1/ is a problem
// document, and what says that it is JSON is that.
func FuzzHandlers(f *testing.F) {
	p := startParties(f, func(c *Config) { c.MaxContentLength = 1 << 20 })
	token := "Bearer " + p.issue(f, "rw", false)
	for _, path := range []string{"/v1/validate", "/v1/extensions", "/v1/extensions/examples", "/v1/extensions/x", "/v1/rules",
		"/v1/schemas/indicator", "/v1/openapi.json", "/v1/me", "/v1/audit", "/v1/nope", "/v1/../healthz", "/v1/%2e%2e/", "/healthz", "/readyz", "/"} {
		f.Add("GET", path, "", "", "application/json", "", []byte(nil))
		f.Add("POST", path, "collection=api1/c&profile=strict&lang=zh", "Content-Encoding: gzip", "", "application/json", []byte(`{"objects":[`+lateIdentity+`]}`))
		f.Add("HEAD", path, "limit=1&a=%zz", "If-None-Match: *\nAuthorization: Basic x", "*/*", "application/taxii+json;version=2.1", []byte("[1]"))
	}
	f.Add("POST", "/v1/validate", "collection=api1/c", "", "", "application/stix+json;version=2.0", []byte(lateIdentity))
	f.Add("POST", "/v1/validate", "profile=open", "", "", "application/json", []byte("["+poison+","+lateIdentity+"]"))
	f.Fuzz(func(t *testing.T, method, path, query, headers, accept, contentType string, body []byte) {
		u, err := url.ParseRequestURI(path)
		if err != nil || u.Host != "" {
			t.Skip("net/http refuses such a target, or takes it apart first")
		}
		u.RawQuery = query
		req := (&http.Request{
			Method: method, URL: u, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Host: "accord.example",
			Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), RemoteAddr: "[" + p.somebody() + "]:1", RequestURI: path,
		}).WithContext(t.Context())
		req.Header["Accept"], req.Header["Content-Type"], req.Header["Authorization"] = []string{accept}, []string{contentType}, []string{token}
		for line := range strings.SplitSeq(headers, "\n") {
			if name, value, ok := strings.Cut(line, ":"); ok {
				req.Header.Set(name, strings.TrimSpace(value))
			}
		}
		res := httptest.NewRecorder()
		p.http.Handler.ServeHTTP(res, req)
		kind, text := res.Header().Get("Content-Type"), res.Body.Bytes()
		switch {
		case res.Code >= 500:
			t.Errorf("%s %q?%q: %d %.300s", method, path, query, res.Code, text)
		case strings.HasPrefix(u.Path, "/v1/") && res.Code >= 400 && kind != "application/problem+json":
			t.Errorf("%s %q?%q: %d as %q; want a problem document", method, path, query, res.Code, kind)
		case strings.Contains(kind, "json") && method != http.MethodHead && len(text) > 0 && !json.Valid(text):
			t.Errorf("%s %q?%q: %d %.300q is no JSON", method, path, query, res.Code, text)
		}
	})
}
