package server

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"accord/taxii/conformance"
)

// oddFaults are wrong in corners: one value, one endpoint, one kind of object.
var oddFaults = []fault{
	{name: "no headers on an empty page", ids: "TX-HDR-06", front: turnHeader(last, "", isEmpty)},
	{name: "objects fail", ids: "TX-OBJ-GET-01 TX-ERR-04", front: turnStatus(200, 500, at(conformance.Objects))},
	{name: "collections is no list", ids: "TX-COL-01 TX-DT-10", front: changeMembers(at(conformance.Collections), func(m map[string]any) { m["collections"] = "none" })},
	{name: "discovery answers 415", ids: "TX-DISC-06", front: turnStatus(406, 415, func(r *http.Request, _ *answer) bool { return asks(conformance.Discovery)(r) })},
	{name: "the query is judged before the right", ids: "TX-ERR-07", front: turnStatus(403, 400, func(r *http.Request, _ *answer) bool { return r.URL.Query().Get("limit") == "0" })},
	{name: "the body is judged before the right", ids: "TX-OBJ-POST-12 TX-IOP-04 TX-SEC-05 TX-COL-09", front: turnStatus(403, 422, by(http.MethodPost))},
	{name: "only indicators by default", ids: "TX-FLT-02 TX-MID-01", front: onPages(func(q url.Values) {
		if !q.Has("match[type]") {
			q.Set("match[type]", "indicator")
		}
	})},
	{name: "added_after is about the object's dates", ids: "TX-FLT-21", front: onPages(func(q url.Values) {
		if strings.HasPrefix(q.Get("added_after"), "2023-") {
			q.Set("added_after", "2999-01-01T00:00:00Z")
		}
	})},
	{name: "a limit beyond the integers breaks the server", ids: "TX-FLT-34", front: refuseWhen(500, func(r *http.Request) bool { return len(r.URL.Query().Get("limit")) > 17 })},
	{name: "an id of no form breaks the server", ids: "TX-MID-03", front: refuseWhen(500, func(r *http.Request) bool { return r.URL.Query().Get("match[id]") == "foo" })},
	{name: "an unknown spec version breaks the server", ids: "TX-MSV-06", front: refuseWhen(500, func(r *http.Request) bool { return r.URL.Query().Get("match[spec_version]") == "3.0" })},
	{name: "an unknown version breaks the server", ids: "TX-OBJ-ID-03", front: refuseWhen(500, func(r *http.Request) bool {
		return r.Method == http.MethodGet && strings.HasPrefix(r.URL.Query().Get("match[version]"), "2001-")
	})},
	{name: "STIX 2.1 only by default", ids: "TX-MSV-05 TX-MSV-08", front: onPages(func(q url.Values) {
		if !q.Has("match[spec_version]") {
			q.Set("match[spec_version]", "2.1")
		}
	})},
	{name: "all is STIX 2.1", ids: "TX-MSV-07 TX-MAN-04", front: replaceText("version=2.0", "version=2.1", at(conformance.Manifest))},
	{name: "observables have no version", ids: "TX-MVR-10", front: changeMembers(at(conformance.Manifest), func(m map[string]any) {
		list(m, "objects", func(o map[string]any) {
			if strings.HasPrefix(stringIn(o, "id"), "ipv4-addr--") {
				o["version"] = "2000-01-01T00:00:00.000Z"
			}
		})
	})},
	{name: "created is not listed", ids: "TX-VER-02", front: changeMembers(func(r *http.Request, a *answer) bool {
		return at(conformance.Versions)(r, a) && strings.Contains(r.URL.Path, "marking-definition--")
	}, func(m map[string]any) { m["versions"] = []any{"2000-01-01T00:00:00.000Z"} })},
	{name: "versions come twice", ids: "TX-VER-01 TX-VER-06", front: changeMembers(at(conformance.Versions), func(m map[string]any) {
		if all, ok := m["versions"].([]any); ok {
			m["versions"] = append(all, all...)
		}
	})},
	{name: "date_added is the time of the answer", ids: "TX-SORT-05 TX-HDR-03", front: changeMembers(at(conformance.Manifest), func(m map[string]any) {
		list(m, "objects", func(o map[string]any) { o["date_added"] = time.Now().UTC().Format("2006-01-02T15:04:05.000000Z") })
	})},
	{name: "an envelope of bad objects is a conflict", ids: "TX-OBJ-POST-07", front: changeAnswer(func(r *http.Request, a *answer) {
		if r.Method == http.MethodPost && a.status == 202 && strings.Contains(string(a.body), `"success_count":0`) {
			a.status, a.body = 409, []byte(`{"title":"Conflict"}`)
		}
	})},
	{name: "custom properties are a conflict", ids: "TX-CUS-02 TX-OBJ-POST-13", front: refusedBodies(409, `{"x_conformance_`)},
	{name: "custom types are not found", ids: "TX-MTY-03", front: onPages(func(q url.Values) {
		if strings.HasPrefix(q.Get("match[type]"), "x-") {
			q.Set("match[type]", "indicator")
		}
	})},
	{name: "Basic is for discovery only", ids: "TX-AUTH-01", front: refuseWhen(401, func(r *http.Request) bool {
		return strings.HasPrefix(r.Header.Get("Authorization"), "Basic ") && asks(conformance.Manifest)(r)
	})},
	{name: "discovery is elsewhere", ids: "TX-URL-01", path: "/taxii2/conformance/", front: refuseWhen(404, asks(conformance.Discovery))},
	{name: "an error to HEAD has a body", ids: "TX-ERR-03", front: bodyToHead(isError)},
	{name: "a page to HEAD has a body", ids: "TX-MTH-02", front: bodyToHead(isPage)},
	{name: "the last version is the last that was added", ids: "TX-MVR-11", front: onPages(func(q url.Values) {
		if q.Has("added_after") && !q.Has("match[version]") {
			q.Set("match[version]", "all")
		}
	})},
	{name: "STIX 2.0 is announced where it is not taken, and nowhere else", ids: "TX-OBJ-POST-09", front: changeMembers(at(conformance.Collections), func(m map[string]any) {
		list(m, "collections", func(o map[string]any) {
			types := []string{"application/stix+json;version=2.1", "application/stix+json;version=2.0"}
			if all, ok := o["media_types"].([]any); ok && len(all) == 2 {
				types = types[:1]
			}
			o["media_types"] = types
		})
	})},
	{name: "a status is anybody's", ids: "TX-STAT-07", front: sharedStatuses()},
	{name: "next opens another collection", ids: "TX-FLT-41 TX-SEC-04", front: sharedNext()},
	{name: "a walk ends when something is posted", ids: "TX-PAG-07", front: brokenWalks()},
}

// onPages is a front that changes the parameters of GET objects and manifest.
func onPages(change func(url.Values)) front {
	return changeQuery(func(r *http.Request, q url.Values) {
		if r.Method == http.MethodGet && (asks(conformance.Objects)(r) || asks(conformance.Manifest)(r)) {
			change(q)
		}
	})
}

// bodyToHead sends a body after the header of an answer to HEAD, which net/http
// does not do by itself.
func bodyToHead(when func(*http.Request, *answer) bool) front {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := httptest.NewRecorder()
			next.ServeHTTP(rec, r)
			if r.Method != http.MethodHead || !when(r, &answer{rec.Code, rec.Header(), nil}) {
				maps.Copy(w.Header(), rec.Header())
				w.WriteHeader(rec.Code)
				w.Write(rec.Body.Bytes())
				return
			}
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(err) // the tests speak HTTP/1, whose connections can be taken over
			}
			defer conn.Close()
			rec.Header().Set("Content-Length", "2")
			rec.Header().Set("Connection", "close")
			fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\n", rec.Code, http.StatusText(rec.Code))
			rec.Header().Write(conn)
			io.WriteString(conn, "\r\n{}")
		})
	}
}

// sharedStatuses shows a status under any API root to everybody.
func sharedStatuses() front {
	var statuses sync.Map // bodies, by id
	return changeAnswer(func(r *http.Request, a *answer) {
		var s struct{ ID string }
		if json.Unmarshal(a.body, &s) == nil && r.Method == http.MethodPost && a.status == http.StatusAccepted {
			statuses.Store(s.ID, a.body)
		}
		if body, ok := statuses.Load(path.Base(r.URL.Path)); ok && asks(conformance.Status)(r) {
			a.status, a.body = http.StatusOK, body.([]byte)
		}
	})
}

// sharedNext goes on where a next was made, whatever collection is asked.
func sharedNext() front {
	var paths sync.Map // by next
	return func(next http.Handler) http.Handler {
		return changeRequest(func(r *http.Request) {
			if p, ok := paths.Load(r.URL.Query().Get("next")); ok {
				r.URL.Path = p.(string)
			}
		})(changeAnswer(func(r *http.Request, a *answer) {
			var page struct{ Next string }
			if json.Unmarshal(a.body, &page) == nil && page.Next != "" {
				paths.Store(page.Next, r.URL.Path)
			}
		})(next))
	}
}

// brokenWalks finds nothing behind a next that is older than the last push.
func brokenWalks() front {
	var pushes atomic.Int64
	var made sync.Map // how many pushes there were, by next
	return changeAnswer(func(r *http.Request, a *answer) {
		if r.Method == http.MethodPost {
			pushes.Add(1)
		}
		if then, ok := made.Load(r.URL.Query().Get("next")); ok && then != pushes.Load() {
			a.body = []byte("{}")
		}
		var page struct{ Next string }
		if json.Unmarshal(a.body, &page) == nil && page.Next != "" {
			made.Store(page.Next, pushes.Load())
		}
	})
}
