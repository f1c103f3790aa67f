package server

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"

	"accord/taxii/conformance"
)

// A front stands before a server and breaks one behaviour of it.
type front func(next http.Handler) http.Handler

// rewriteRoots is the server behind a front: its API roots bear the front's
// host, so that all requests come through it.
func rewriteRoots(s *running, h http.Handler, host string) http.Handler {
	return changeAnswer(func(_ *http.Request, a *answer) {
		a.body = bytes.ReplaceAll(a.body, []byte(s.URL()+"/"), []byte("http://"+host+"/"))
	})(h)
}

// An answer is what a server said, and what a front makes of it.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// changeAnswer is a front that changes answers.
func changeAnswer(change func(*http.Request, *answer)) front {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := httptest.NewRecorder()
			next.ServeHTTP(rec, r)
			a := &answer{rec.Code, rec.Header().Clone(), rec.Body.Bytes()}
			change(r, a)
			maps.Copy(w.Header(), a.header)
			w.Header().Del("Content-Length")
			w.WriteHeader(a.status)
			if r.Method != http.MethodHead {
				w.Write(a.body)
			}
		})
	}
}

// changeRequest is a front that changes requests.
func changeRequest(change func(*http.Request)) front {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r = r.Clone(r.Context())
			change(r)
			next.ServeHTTP(w, r)
		})
	}
}

// changeQuery is a front that changes the parameters of a request.
func changeQuery(change func(*http.Request, url.Values)) front {
	return changeRequest(func(r *http.Request) {
		q, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			return // malformed: not what this fault is about
		}
		if change(r, q); len(q) > 0 || r.URL.RawQuery != "" {
			r.URL.RawQuery = q.Encode()
		}
	})
}

// ignoreParam is a server that does not look at a parameter.
func ignoreParam(name string) front {
	return changeQuery(func(_ *http.Request, q url.Values) { q.Del(name) })
}

// turnHeader sets a header of answers, "" takes it away, wherever when says.
func turnHeader(name, value string, when func(*http.Request, *answer) bool) front {
	return changeAnswer(func(r *http.Request, a *answer) {
		if !when(r, a) {
			return
		}
		if a.header.Del(name); value != "" {
			a.header.Set(name, value)
		}
	})
}

// turnStatus turns one status into another, wherever when says.
func turnStatus(from, to int, when func(*http.Request, *answer) bool) front {
	return changeAnswer(func(r *http.Request, a *answer) {
		if a.status == from && when(r, a) {
			a.status = to
			if to >= 400 {
				a.body = []byte(`{"title":"` + http.StatusText(to) + `"}`)
			}
		}
	})
}

// changeMembers changes the resource in a body, wherever when says.
func changeMembers(when func(*http.Request, *answer) bool, change func(map[string]any)) front {
	return changeAnswer(func(r *http.Request, a *answer) {
		var resource map[string]any
		d := json.NewDecoder(bytes.NewReader(a.body))
		d.UseNumber()
		if !when(r, a) || d.Decode(&resource) != nil {
			return
		}
		change(resource)
		a.body, _ = json.Marshal(resource)
	})
}

// replaceText replaces text in bodies, wherever when says.
func replaceText(from, to string, when func(*http.Request, *answer) bool) front {
	return changeAnswer(func(r *http.Request, a *answer) {
		if when(r, a) {
			a.body = bytes.ReplaceAll(a.body, []byte(from), []byte(to))
		}
	})
}

// refuseWhen answers itself, wherever when says.
func refuseWhen(status int, when func(*http.Request) bool) front {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !when(r) {
				next.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Type", conformance.MediaType)
			w.WriteHeader(status)
			w.Write([]byte(`{"title":"Refused"}`))
		})
	}
}

// Which answers a fault is about.

func always(*http.Request, *answer) bool      { return true }
func isError(_ *http.Request, a *answer) bool { return a.status >= 400 }

func at(e conformance.Endpoint) func(*http.Request, *answer) bool {
	return func(r *http.Request, a *answer) bool { return a.status < 300 && asks(e)(r) }
}

// asks reports whether a request is for an endpoint.
func asks(e conformance.Endpoint) func(*http.Request) bool {
	return func(r *http.Request) bool {
		return conformance.EndpointOf(r.URL.EscapedPath(), "/taxii2/conformance/", "/taxii2/second/") == e
	}
}

func by(method string) func(*http.Request, *answer) bool {
	return func(r *http.Request, _ *answer) bool { return r.Method == method }
}

// both joins two conditions.
func both(a, b func(*http.Request, *answer) bool) func(*http.Request, *answer) bool {
	return func(r *http.Request, x *answer) bool { return a(r, x) && b(r, x) }
}

func isPage(r *http.Request, a *answer) bool {
	return a.status == http.StatusOK && a.header.Get("X-TAXII-Date-Added-Last") != ""
}

func isEmpty(r *http.Request, a *answer) bool { return isPage(r, a) && string(a.body) == "{}" }

// list changes the elements of a list in a resource.
func list(m map[string]any, name string, change func(map[string]any)) {
	elements, _ := m[name].([]any)
	for _, e := range elements {
		if o, ok := e.(map[string]any); ok {
			change(o)
		}
	}
}

// stringIn is a string in a resource.
func stringIn(m map[string]any, name string) string { s, _ := m[name].(string); return s }
