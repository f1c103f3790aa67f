package server

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"

	"accord/taxii/conformance"
)

// requestFaults are parts of requests that are not looked at, or wrongly.
var requestFaults = []fault{
	{name: "match[type] is ignored", ids: "TX-MTY-01 TX-FLT-03 TX-FLT-10 TX-OBJ-GET-03", front: ignoreParam("match[type]")},
	{name: "match[id] is ignored", ids: "TX-MID-01 TX-OBJ-GET-02", front: ignoreParam("match[id]")},
	{name: "match[version] is ignored", ids: "TX-MVR-02 TX-MVR-03 TX-MVR-04 TX-MVR-06 TX-MVR-12 TX-OBJ-ID-04", front: ignoreParam("match[version]")},
	{name: "match[version] is ignored in DELETE", ids: "TX-OBJ-DEL-03 TX-OBJ-DEL-08", front: changeQuery(func(r *http.Request, q url.Values) {
		if r.Method == http.MethodDelete {
			q.Del("match[version]")
		}
	})},
	{name: "match[spec_version] is ignored", ids: "TX-MSV-01 TX-MSV-04", front: ignoreParam("match[spec_version]")},
	{name: "all spec versions by default", ids: "TX-MSV-02 TX-MSV-03", front: changeQuery(func(r *http.Request, q url.Values) {
		if asks(conformance.Objects)(r) && r.Method == http.MethodGet && !q.Has("match[spec_version]") {
			q.Set("match[spec_version]", "2.0,2.1")
		}
	})},
	{name: "all versions by default", ids: "TX-MVR-01 TX-OBJ-ID-01", front: changeQuery(func(r *http.Request, q url.Values) {
		if (asks(conformance.Objects)(r) || asks(conformance.Object)(r)) && r.Method == http.MethodGet && !q.Has("match[version]") {
			q.Set("match[version]", "all")
		}
	})},
	{name: "only the first of several values counts", ids: "TX-FLT-04 TX-MVR-06", front: changeQuery(func(_ *http.Request, q url.Values) {
		for _, name := range []string{"match[type]", "match[version]"} {
			if one, _, ok := strings.Cut(q.Get(name), ","); ok {
				q.Set(name, one)
			}
		}
	})},
	{name: "the first of two parameters counts", ids: "TX-FLT-05 TX-FLT-06", front: changeQuery(func(_ *http.Request, q url.Values) {
		for name := range q {
			q.Set(name, q.Get(name))
		}
	})},
	{name: "ids in capitals match", ids: "TX-MID-02", front: changeQuery(func(_ *http.Request, q url.Values) {
		if q.Has("match[id]") {
			q.Set("match[id]", strings.ToLower(q.Get("match[id]")))
		}
	})},
	{name: "types in capitals match", ids: "TX-MTY-04", front: changeQuery(func(_ *http.Request, q url.Values) {
		if q.Has("match[type]") {
			q.Set("match[type]", strings.ToLower(q.Get("match[type]")))
		}
	})},
	{name: "versions are compared as text", ids: "TX-MVR-05", front: changeQuery(func(_ *http.Request, q url.Values) {
		if v := q.Get("match[version]"); strings.HasSuffix(v, "00:00Z") || strings.HasSuffix(v, "00:00.000000Z") {
			q.Set("match[version]", "2001-01-01T00:00:00Z")
		}
	})},
	{name: "created is no version", ids: "TX-MVR-09", front: changeQuery(func(_ *http.Request, q url.Values) {
		if strings.HasPrefix(q.Get("match[id]"), "marking-definition--") && q.Has("match[version]") {
			q.Set("match[version]", "2001-01-01T00:00:00Z")
		}
	})},
	{name: "unknown parameters are refused", ids: "TX-FLT-07", front: refuseWhen(400, func(r *http.Request) bool { return r.URL.Query().Has("foo") })},
	{name: "a parameter of another endpoint is ignored", ids: "TX-FLT-08", front: changeQuery(func(r *http.Request, q url.Values) {
		if asks(conformance.Object)(r) {
			q.Del("match[type]")
		}
	})},
	{name: "empty values are ignored", ids: "TX-FLT-09", front: changeQuery(func(_ *http.Request, q url.Values) {
		for name := range q {
			if q.Get(name) == "" {
				q.Del(name)
			}
		}
	})},
	{name: "added_after is ignored", ids: "TX-FLT-20 TX-FLT-25 TX-FLT-26 TX-PAG-06", front: ignoreParam("added_after")},
	{name: "added_after is ignored on versions", ids: "TX-FLT-25 TX-VER-05", front: changeQuery(func(r *http.Request, q url.Values) {
		if asks(conformance.Versions)(r) {
			q.Del("added_after")
		}
	})},
	{name: "limit is ignored", ids: "TX-FLT-31", front: ignoreParam("limit")},
	{name: "limit is ignored on versions", ids: "TX-FLT-31", front: changeQuery(func(r *http.Request, q url.Values) {
		if asks(conformance.Versions)(r) {
			q.Del("limit")
		}
	})},
	{name: "one more than the limit", ids: "TX-FLT-31", front: changeQuery(func(_ *http.Request, q url.Values) {
		if q.Get("limit") == "3" {
			q.Set("limit", "4")
		}
	})},
	{name: "next is ignored", ids: "TX-FLT-40 TX-PAG-05 TX-FLT-42 TX-SEC-04", front: ignoreParam("next")},
	{name: "a broken next is the beginning", ids: "TX-FLT-42 TX-SEC-04", front: changeQuery(func(_ *http.Request, q url.Values) {
		if len(q.Get("next")) < 30 {
			q.Del("next")
		}
	})},
	{name: "a next is good once", ids: "TX-FLT-44", front: forgottenNext()},
	{name: "next remembers its limit", ids: "TX-FLT-43", front: changeQuery(func(_ *http.Request, q url.Values) {
		if q.Get("limit") == "2" && q.Has("next") {
			q.Set("limit", "3")
		}
	})},
	{name: "Accept is ignored", ids: "TX-NEG-07 TX-NEG-09 TX-NEG-15 TX-NEG-16", front: changeRequest(func(r *http.Request) { r.Header.Del("Accept") })},
	{name: "Accept is compared as text", ids: "TX-NEG-03 TX-NEG-04 TX-NEG-05 TX-NEG-06 TX-NEG-08", front: refuseWhen(406, func(r *http.Request) bool {
		return r.Header.Get("Accept") != conformance.MediaType && !strings.Contains(r.Header.Get("Accept"), "*")
	})},
	{name: "Accept must be there and name a type", ids: "TX-NEG-10 TX-NEG-11", front: refuseWhen(406, func(r *http.Request) bool {
		return r.Header.Get("Accept") == "" || strings.Contains(r.Header.Get("Accept"), "*")
	})},
	{name: "what can be accepted is refused", ids: "TX-NEG-02", front: refuseWhen(406, asks(conformance.APIRoot))},
	{name: "Content-Type is compared as text", ids: "TX-NEG-12 TX-NEG-13 TX-NEG-19", front: refuseWhen(415, func(r *http.Request) bool {
		return r.Method == http.MethodPost && r.Header.Get("Content-Type") != conformance.MediaType
	})},
	{name: "Content-Type is ignored", ids: "TX-NEG-14", front: changeRequest(func(r *http.Request) {
		if r.Method == http.MethodPost {
			r.Header.Set("Content-Type", conformance.MediaType)
		}
	})},
	{name: "POST is done and then refused", ids: "TX-NEG-15", front: afterwards(406, func(r *http.Request) bool {
		return r.Method == http.MethodPost && r.Header.Get("Accept") == "text/html"
	})},
	{name: "DELETE is done and then refused", ids: "TX-NEG-16", front: afterwards(406, func(r *http.Request) bool {
		return r.Method == http.MethodDelete && r.Header.Get("Accept") == "text/html"
	})},
	{name: "a query is not decoded", ids: "TX-URL-07", front: refuseWhen(400, func(r *http.Request) bool { return strings.Contains(r.URL.RawQuery, "%35") })},
	{name: "all or nothing", ids: "TX-OBJ-POST-06", front: changeAnswer(func(r *http.Request, a *answer) {
		if bytes.Contains(a.body, []byte(`"failures"`)) {
			a.status, a.body = 422, []byte(`{"title":"One of them is bad"}`)
		}
	})},
	{name: "DELETE does nothing", ids: "TX-OBJ-DEL-02 TX-OBJ-DEL-04", front: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodDelete {
				next.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Type", conformance.MediaType)
		})
	}},
	{name: "DELETE takes the last version only", ids: "TX-OBJ-DEL-02", front: changeQuery(func(r *http.Request, q url.Values) {
		if r.Method == http.MethodDelete && !q.Has("match[version]") {
			q.Set("match[version]", "last")
		}
	})},
	{name: "DELETE of nothing succeeds", ids: "TX-OBJ-DEL-05", front: changeAnswer(func(r *http.Request, a *answer) {
		if r.Method == http.MethodDelete && a.status == 404 {
			a.status, a.body = 200, nil
		}
	})},
	{name: "DELETE with a bad filter deletes", ids: "TX-OBJ-DEL-08", front: changeQuery(func(r *http.Request, q url.Values) {
		if r.Method == http.MethodDelete && q.Get("match[version]") == "lst" {
			q.Set("match[version]", "last")
		}
	})},
	{name: "member names without case", ids: "TX-DT-12", front: replaceSent(`"Objects"`, `"objects"`)},
	{name: "the envelope's other members are refused", ids: "TX-OBJ-POST-14", front: refusedBodies(422, `"next":"x"`)},
	{name: "a bundle as the envelope is refused", ids: "TX-OBJ-POST-13", front: refusedBodies(409, `"type":"bundle","id"`)},
}

// forgottenNext refuses a next that was used before.
func forgottenNext() front {
	used := make(chan map[string]bool, 1)
	used <- map[string]bool{}
	return changeQuery(func(_ *http.Request, q url.Values) {
		next := q.Get("next")
		if next == "" {
			return
		}
		seen := <-used
		if seen[next] {
			q.Set("added_after", "2999-01-01T00:00:00Z")
		}
		seen[next] = true
		used <- seen
	})
}

// afterwards carries a request out as if its Accept were good, and then answers
// with a refusal.
func afterwards(status int, when func(*http.Request) bool) front {
	return func(next http.Handler) http.Handler {
		done := changeRequest(func(r *http.Request) { r.Header.Del("Accept") })(next)
		refused := changeAnswer(func(_ *http.Request, a *answer) { a.status, a.body = status, []byte(`{"title":"Too late"}`) })(done)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if when(r) {
				refused.ServeHTTP(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// replaceSent replaces text in the bodies of requests.
func replaceSent(from, to string) front {
	return changeRequest(func(r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		body = bytes.ReplaceAll(body, []byte(from), []byte(to))
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	})
}

// refusedBodies refuses requests whose body holds a text.
func refusedBodies(status int, text string) front {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			holds := func(*http.Request) bool { return bytes.Contains(body, []byte(text)) }
			refuseWhen(status, holds)(next).ServeHTTP(w, r)
		})
	}
}
