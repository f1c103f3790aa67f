package server

import (
	"net/http"
	"net/url"
	"strings"
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
}

// onPages is a front that changes the parameters of GET objects and manifest.
func onPages(change func(url.Values)) front {
	return changeQuery(func(r *http.Request, q url.Values) {
		if r.Method == http.MethodGet && (asks(conformance.Objects)(r) || asks(conformance.Manifest)(r)) {
			change(q)
		}
	})
}
