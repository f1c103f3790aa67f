package server

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"

	"accord/taxii/conformance"
)

const (
	first = "X-TAXII-Date-Added-First"
	last  = "X-TAXII-Date-Added-Last"
)

// answerFaults are headers that are wrong.
var answerFaults = []fault{
	{name: "Content-Type with charset", ids: "TX-NEG-01", front: turnHeader("Content-Type", conformance.MediaType+"; charset=utf-8", always)},
	{name: "errors as application/json", ids: "TX-NEG-01", front: turnHeader("Content-Type", "application/json", isError)},
	{name: "Content-Type twice", ids: "TX-NEG-01", front: changeAnswer(func(_ *http.Request, a *answer) { a.header.Add("Content-Type", conformance.MediaType) })},
	{name: "no First", ids: "TX-HDR-01", front: turnHeader(first, "", always)},
	{name: "no Last", ids: "TX-HDR-01 TX-PAG-06", front: turnHeader(last, "", always)},
	{name: "no headers on versions", ids: "TX-HDR-01 TX-HDR-04", front: changeAnswer(func(r *http.Request, a *answer) {
		if asks(conformance.Versions)(r) {
			a.header.Del(first)
			a.header.Del(last)
		}
	})},
	{name: "headers with three digits", ids: "TX-HDR-02 TX-DT-05", front: changeAnswer(func(r *http.Request, a *answer) {
		if isPage(r, a) {
			a.header.Set(last, a.header.Get(last)[:23]+"Z")
		}
	})},
	{name: "First and Last swapped", ids: "TX-HDR-03", front: changeAnswer(func(r *http.Request, a *answer) {
		if isPage(r, a) {
			a.header[http.CanonicalHeaderKey(first)], a.header[http.CanonicalHeaderKey(last)] = a.header[http.CanonicalHeaderKey(last)], a.header[http.CanonicalHeaderKey(first)]
		}
	})},
	{name: "Last is the time of the answer", ids: "TX-HDR-03 TX-HDR-05 TX-PAG-06", front: turnHeader(last, "2999-01-01T00:00:00.000000Z", isPage)},
	{name: "First is the beginning of time", ids: "TX-HDR-05 TX-HDR-04", front: turnHeader(first, "1970-01-01T00:00:00.000000Z", isPage)},
	{name: "headers of an empty page say undefined", ids: "TX-HDR-02", front: turnHeader(last, "undefined", isEmpty)},
	{name: "date headers on a POST", ids: "TX-HDR-07", front: turnHeader(last, "2026-01-01T00:00:00.000000Z", by(http.MethodPost))},
	{name: "date headers on errors", ids: "TX-HDR-07", front: turnHeader(first, "2026-01-01T00:00:00.000000Z", isError)},
	{name: "401 without a challenge", ids: "TX-AUTH-02", front: turnHeader("WWW-Authenticate", "", always)},
	{name: "a challenge of no known scheme", ids: "TX-AUTH-02", front: turnHeader("WWW-Authenticate", "Token", isError)},
	{name: "405 without Allow", ids: "TX-MTH-01", front: turnHeader("Allow", "", always)},
	{name: "Allow lacks what is allowed", ids: "TX-MTH-01", front: turnHeader("Allow", "TRACE", func(_ *http.Request, a *answer) bool { return a.status == 405 })},
	{name: "answers may be cached", ids: "TX-SEC-06", front: turnHeader("Cache-Control", "public, max-age=60", always)},
	{name: "answers do not vary", ids: "TX-SEC-06", front: turnHeader("Vary", "", always)},
	{name: "no Date", ids: "TX-FLT-27", front: changeAnswer(func(_ *http.Request, a *answer) { a.header["Date"] = nil })},
	{name: "HEAD without the date headers", ids: "TX-MTH-02", front: turnHeader(last, "", by(http.MethodHead))},
	{name: "ranges are served", ids: "TX-PAG-10", front: turnStatus(200, 206, func(r *http.Request, _ *answer) bool { return r.Header.Get("Range") != "" })},
}

// statusFaults are answers with another status.
var statusFaults = []fault{
	{name: "404 for 403", ids: "TX-IOP-03 TX-IOP-04 TX-OBJ-DEL-06 TX-COL-09", front: turnStatus(403, 404, always)},
	{name: "403 for DELETE with neither right", ids: "TX-OBJ-DEL-06 TX-COL-09", front: turnStatus(404, 403, by(http.MethodDelete))},
	{name: "403 for 401", ids: "TX-AUTH-03 TX-AUTH-04 TX-AUTH-05 TX-AUTH-06", front: turnStatus(401, 403, always)},
	{name: "400 for bad credentials", ids: "TX-AUTH-06", front: turnStatus(401, 400, func(r *http.Request, _ *answer) bool { return r.Header.Get("Authorization") != "" })},
	{name: "what an outsider is told differs", ids: "TX-AUTH-12", front: inTurns(func(a *answer) {
		if a.status == 401 {
			a.body = []byte(`{"title":"No such collection"}`)
		}
	})},
	{name: "hidden collections are 403", ids: "TX-COL-06", front: turnStatus(404, 403, func(r *http.Request, _ *answer) bool { return r.Method == http.MethodGet })},
	{name: "200 for a POST", ids: "TX-OBJ-POST-01 TX-NEG-18", front: turnStatus(202, 200, always)},
	{name: "204 for an empty page", ids: "TX-NEG-18 TX-OBJ-GET-02", front: turnStatus(200, 204, isEmpty)},
	{name: "404 for an empty page", ids: "TX-OBJ-GET-02 TX-PAG-08", front: turnStatus(200, 404, isEmpty)},
	{name: "500 for a broken body", ids: "TX-ERR-04 TX-OBJ-POST-08", front: turnStatus(422, 500, always)},
	{name: "202 for a broken body", ids: "TX-OBJ-POST-08", front: turnStatus(422, 202, always)},
	{name: "500 for a malformed query", ids: "TX-FLT-01 TX-FLT-30 TX-ERR-04", front: turnStatus(400, 500, always)},
	{name: "malformed queries are ignored", ids: "TX-FLT-01 TX-FLT-05 TX-FLT-06 TX-FLT-24 TX-FLT-30 TX-MVR-03 TX-MVR-07 TX-MVR-08 TX-FLT-42", front: turnStatus(400, 200, by(http.MethodGet))},
	{name: "an unknown object is an empty envelope", ids: "TX-OBJ-ID-02 TX-OBJ-DEL-04", front: changeAnswer(func(r *http.Request, a *answer) {
		if a.status == 404 && asks(conformance.Object)(r) {
			a.status, a.body = 200, []byte("{}")
		}
	})},
	{name: "500 for an unknown object", ids: "TX-OBJ-ID-02 TX-OBJ-ID-05", front: turnStatus(404, 500, func(r *http.Request, _ *answer) bool { return asks(conformance.Object)(r) })},
	{name: "400 for unknown versions", ids: "TX-VER-04", front: turnStatus(404, 400, func(r *http.Request, _ *answer) bool { return asks(conformance.Versions)(r) })},
	{name: "500 for an unknown collection", ids: "TX-COL-05", front: turnStatus(404, 500, func(r *http.Request, _ *answer) bool { return asks(conformance.Collection)(r) })},
	{name: "403 for an unknown API root", ids: "TX-ROOT-03", front: turnStatus(404, 403, func(r *http.Request, _ *answer) bool { return asks(conformance.Elsewhere)(r) })},
	{name: "400 for an unknown status", ids: "TX-STAT-06", front: turnStatus(404, 400, func(r *http.Request, _ *answer) bool { return asks(conformance.Status)(r) })},
	{name: "400 for an unacceptable request", ids: "TX-NEG-07 TX-NEG-09 TX-NEG-15", front: turnStatus(406, 400, always)},
	{name: "409 for an unknown content type", ids: "TX-NEG-14 TX-NEG-17", front: turnStatus(415, 409, always)},
	{name: "400 for a body that is too large", ids: "TX-OBJ-POST-10", front: turnStatus(413, 400, always)},
	{name: "404 for a method", ids: "TX-MTH-01", front: turnStatus(405, 404, always)},
	{name: "500 for an unheard-of method", ids: "TX-MTH-04 TX-MTH-03", front: turnStatus(405, 500, always)},
	{name: "HEAD is refused", ids: "TX-MTH-02", front: refuseWhen(405, func(r *http.Request) bool { return r.Method == http.MethodHead })},
	{name: "a missing slash is redirected", ids: "TX-URL-05", front: refuseWhen(301, func(r *http.Request) bool { return !strings.HasSuffix(r.URL.Path, "/") })},
	{name: "repeated slashes fail", ids: "TX-URL-06", front: refuseWhen(500, func(r *http.Request) bool { return strings.Contains(r.URL.Path, "//") })},
	{name: "unknown paths fail", ids: "TX-URL-09", front: refuseWhen(500, func(r *http.Request) bool {
		return r.URL.Path == "/taxii/" || strings.HasSuffix(r.URL.Path, "/channels/")
	})},
	{name: "the alias is unknown", ids: "TX-COL-04", front: refuseWhen(404, func(r *http.Request) bool { return aliased.MatchString(r.URL.Path) })},
	{name: "an API root is missing", ids: "TX-URL-11 TX-URL-08 TX-URL-10", front: refuseWhen(404, asks(conformance.APIRoot))},
	{name: "versions are missing", ids: "TX-URL-08", front: refuseWhen(404, asks(conformance.Versions))},
	{name: "the status is missing", ids: "TX-STAT-04 TX-URL-08", front: refuseWhen(404, asks(conformance.Status))},
	{name: "chunked bodies are refused", ids: "TX-OBJ-POST-11", front: refuseWhen(411, func(r *http.Request) bool { return r.Method == http.MethodPost && r.ContentLength < 0 })},
	{name: "a body of the announced size is refused", ids: "TX-ROOT-02", front: refuseWhen(413, func(r *http.Request) bool { return r.ContentLength == 256<<10 })},
	{name: "a User-Agent is demanded", ids: "TX-AUTH-11 TX-IOP-07", front: refuseWhen(403, func(r *http.Request) bool { return r.Header.Get("User-Agent") == "" })},
	{name: "the scheme's case matters", ids: "TX-AUTH-07", front: refuseWhen(401, func(r *http.Request) bool {
		return strings.HasPrefix(r.Header.Get("Authorization"), "bearer") || strings.HasPrefix(r.Header.Get("Authorization"), "BEARER")
	})},
	{name: "a large limit is refused", ids: "TX-FLT-33", front: refuseWhen(400, func(r *http.Request) bool { return len(r.URL.Query().Get("limit")) > 6 })},
	{name: "a type of STIX is unknown", ids: "TX-MTY-02", front: refuseWhen(400, func(r *http.Request) bool { return strings.Contains(r.URL.RawQuery, "windows-registry-key") })},
	{name: "a year far off is refused", ids: "TX-FLT-26", front: refuseWhen(400, func(r *http.Request) bool { return strings.Contains(r.URL.RawQuery, "2999") })},
	{name: "added_after wants six digits", ids: "TX-FLT-23", front: refuseWhen(400, func(r *http.Request) bool {
		after := r.URL.Query().Get("added_after")
		return after != "" && len(after) != len("2020-01-01T00:00:00.000000Z")
	})},
	{name: "deep nesting breaks the server", ids: "TX-SEC-03", front: refuseWhen(500, func(r *http.Request) bool { return r.ContentLength > 190_000 && r.ContentLength < 250_000 })},
	{name: "long queries break the server", ids: "TX-SEC-02", front: refuseWhen(500, func(r *http.Request) bool { return len(r.URL.RawQuery) > 100_000 })},
}

// resourceFaults are bodies that are wrong.
var resourceFaults = []fault{
	{name: "more is inverted", ids: "TX-PAG-01 TX-PAG-02", front: changeMembers(isPage, func(m map[string]any) {
		if m["objects"] != nil || m["versions"] != nil {
			m["more"] = m["more"] != true
		}
	})},
	{name: "more is left out", ids: "TX-PAG-01 TX-PAG-03", front: changeMembers(isPage, func(m map[string]any) { delete(m, "more") })},
	{name: "next is left out", ids: "TX-PAG-03 TX-PAG-04", front: changeMembers(isPage, func(m map[string]any) { delete(m, "next") })},
	{name: "next is a number", ids: "TX-PAG-03 TX-DT-10", front: changeMembers(isPage, func(m map[string]any) {
		if m["next"] != nil {
			m["next"] = 7
		}
	})},
	{name: "more is a string", ids: "TX-DT-01 TX-DT-10", front: replaceText(`"more":true`, `"more":"true"`, isPage)},
	{name: "empty lists", ids: "TX-DT-04 TX-ENV-02", front: replaceText(`{}`, `{"objects":[]}`, isEmpty)},
	{name: "an empty page says more: false", ids: "TX-ENV-02", front: replaceText(`{}`, `{"more":false}`, isEmpty)},
	{name: "bundles for envelopes", ids: "TX-ENV-01", front: changeMembers(at(conformance.Objects), func(m map[string]any) { m["type"] = "bundle" })},
	{name: "bare objects", ids: "TX-ENV-01 TX-ENV-03", front: replaceText(`"type":"indicator"`, `"type":"bundle"`, at(conformance.Object))},
	{name: "flags as strings", ids: "TX-DT-01 TX-COL-02", front: replaceText(`"can_read":true`, `"can_read":"true"`, at(conformance.Collection))},
	{name: "status ids are no UUIDs", ids: "TX-DT-02 TX-STAT-01", front: changeMembers(by(http.MethodPost), func(m map[string]any) {
		if m["id"] != nil {
			m["id"] = "1"
		}
	})},
	{name: "errors without title", ids: "TX-ERR-01 TX-DT-09", front: changeMembers(isError, func(m map[string]any) { delete(m, "title") })},
	{name: "http_status is a number", ids: "TX-ERR-02", front: changeMembers(isError, func(m map[string]any) { m["http_status"] = 404 })},
	{name: "http_status is another", ids: "TX-ERR-02", front: changeMembers(isError, func(m map[string]any) { m["http_status"] = "418" })},
	{name: "errors in HTML", ids: "TX-ERR-01 TX-ERR-06", front: changeAnswer(func(r *http.Request, a *answer) {
		if isError(r, a) {
			a.body = []byte("<html>")
		}
	})},
	{name: "errors with a stack trace", ids: "TX-ERR-05", front: changeMembers(isError, func(m map[string]any) { m["description"] = "goroutine 7 [running]:\nserver.go:12" })},
	{name: "a member twice", ids: "TX-DT-11", front: replaceText(`{"title"`, `{"title":"x","title"`, always)},
	{name: "names in camel case", ids: "TX-DT-08 TX-DT-09", front: replaceText(`"max_content_length"`, `"maxContentLength"`, at(conformance.APIRoot))},
	{name: "date_added with three digits", ids: "TX-DT-05 TX-MAN-01", front: changeMembers(at(conformance.Manifest), func(m map[string]any) {
		list(m, "objects", func(o map[string]any) { o["date_added"] = stringIn(o, "date_added")[:23] + "Z" })
	})},
	{name: "versions in six digits", ids: "TX-DT-06", front: changeMembers(at(conformance.Manifest), func(m map[string]any) {
		list(m, "objects", func(o map[string]any) { o["version"] = strings.TrimSuffix(stringIn(o, "version"), "Z") + "000Z" })
	})},
	{name: "records without media_type", ids: "TX-MAN-04", front: changeMembers(at(conformance.Manifest), func(m map[string]any) {
		list(m, "objects", func(o map[string]any) { delete(o, "media_type") })
	})},
	{name: "media types of another collection", ids: "TX-COL-07", front: replaceText(`application/stix+json;version=2.1`, `application/stix+json;version=3.0`, at(conformance.Manifest))},
	{name: "the manifest leaves one out", ids: "TX-MAN-03", front: changeMembers(at(conformance.Manifest), func(m map[string]any) {
		if all, ok := m["objects"].([]any); ok && len(all) > 1 {
			m["objects"] = all[1:]
		}
	})},
	{name: "total_count counts too many", ids: "TX-STAT-02 TX-OBJ-POST-01", front: changeMembers(by(http.MethodPost), func(m map[string]any) { m["total_count"] = 99 })},
	{name: "Complete", ids: "TX-DT-08 TX-STAT-01", front: replaceText(`"complete"`, `"Complete"`, by(http.MethodPost))},
	{name: "complete with something pending", ids: "TX-STAT-03", front: changeMembers(by(http.MethodPost), func(m map[string]any) { m["pending_count"] = 1 })},
	{name: "a status that changes", ids: "TX-STAT-03 TX-STAT-08", front: changeMembers(at(conformance.Status), func(m map[string]any) { m["request_timestamp"] = "2020-01-01T00:00:00.000000Z" })},
	{name: "pending_count is left out", ids: "TX-DT-09 TX-STAT-01", front: changeMembers(at(conformance.Status), func(m map[string]any) { delete(m, "pending_count") })},
	{name: "failures without a message", ids: "TX-STAT-10", front: changeMembers(by(http.MethodPost), func(m map[string]any) {
		list(m, "failures", func(o map[string]any) { delete(o, "message") })
	})},
	{name: "failures without an id", ids: "TX-STAT-09 TX-DT-09", front: changeMembers(by(http.MethodPost), func(m map[string]any) {
		list(m, "failures", func(o map[string]any) { delete(o, "id") })
	})},
	{name: "default is no root", ids: "TX-DISC-02", front: changeMembers(at(conformance.Discovery), func(m map[string]any) { m["default"] = "https://nowhere.example/" })},
	{name: "a root with a query", ids: "TX-DISC-03", front: changeMembers(at(conformance.Discovery), func(m map[string]any) { m["api_roots"] = append(m["api_roots"].([]any), "https://a.example/?x=1/") })},
	{name: "a relative root", ids: "TX-DISC-05", front: changeMembers(at(conformance.Discovery), func(m map[string]any) { m["api_roots"] = append(m["api_roots"].([]any), "/taxii2/conformance/") })},
	{name: "a root twice", ids: "TX-URL-03", front: changeMembers(at(conformance.Discovery), func(m map[string]any) { m["api_roots"] = append(m["api_roots"].([]any), m["api_roots"].([]any)[0]) })},
	{name: "a root without its slash", ids: "TX-URL-04", front: changeMembers(at(conformance.Discovery), func(m map[string]any) { m["api_roots"] = append(m["api_roots"].([]any), "https://a.example/x") })},
	{name: "discovery without a title", ids: "TX-DISC-01 TX-DT-09", front: changeMembers(at(conformance.Discovery), func(m map[string]any) { delete(m, "title") })},
	{name: "the version is not named", ids: "TX-ROOT-01", front: replaceText(`;version=2.1`, ``, at(conformance.APIRoot))},
	{name: "max_content_length beyond the integers", ids: "TX-DT-03 TX-ROOT-01", front: replaceText(`262144`, `9007199254740993`, at(conformance.APIRoot))},
	{name: "collections backwards", ids: "TX-IOP-01", front: changeMembers(at(conformance.Collections), func(m map[string]any) { slices.Reverse(m["collections"].([]any)) })},
	{name: "collections in changing order", ids: "TX-SORT-02", front: shuffledCollections()},
	{name: "aliases that are not unique", ids: "TX-COL-03", front: changeMembers(at(conformance.Collections), func(m map[string]any) {
		list(m, "collections", func(o map[string]any) { o["alias"] = "both" })
	})},
	{name: "the list tells less than the collection", ids: "TX-COL-08", front: changeMembers(at(conformance.Collection), func(m map[string]any) { m["description"] = "More" })},
	{name: "can_write is always true", ids: "TX-COL-10", front: replaceText(`"can_write":false`, `"can_write":true`, always)},
	{name: "can_read is always true", ids: "TX-COL-10", front: replaceText(`"can_read":false`, `"can_read":true`, always)},
	{name: "numbers through floating point", ids: "TX-ENV-04", front: replaceText(`12345678901234567890`, `12345678901234567000`, always)},
	{name: "text through ASCII", ids: "TX-ENV-04 TX-DT-07", front: replaceText(`観測`, `??`, always)},
	{name: "custom properties in capitals", ids: "TX-CUS-01 TX-IOP-05", front: changeMembers(at(conformance.Discovery), func(m map[string]any) { m["x_Vendor"] = 1 })},
	{name: "only the last version is listed", ids: "TX-VER-01 TX-VER-05", front: changeMembers(at(conformance.Versions), func(m map[string]any) {
		if all, ok := m["versions"].([]any); ok {
			m["versions"] = all[len(all)-1:]
		}
	})},
	{name: "versions backwards", ids: "TX-SORT-03", front: changeMembers(at(conformance.Versions), func(m map[string]any) {
		if all, ok := m["versions"].([]any); ok {
			slices.Reverse(all)
		}
	})},
	{name: "empty versions are told", ids: "TX-VER-03 TX-DT-04", front: replaceText(`{}`, `{"versions":[]}`, both(isEmpty, at(conformance.Versions)))},
	{name: "an empty list of records", ids: "TX-DT-04 TX-ENV-02", front: replaceText(`{}`, `{"objects":[]}`, both(isEmpty, at(conformance.Manifest)))},
	{name: "DELETE answers with a body", ids: "TX-OBJ-DEL-01", front: changeAnswer(func(r *http.Request, a *answer) {
		if r.Method == http.MethodDelete && a.status == 200 {
			a.body = []byte("{}")
		}
	})},
}

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
	{name: "POST stores nothing", ids: "TX-OBJ-POST-16 TX-OBJ-POST-11", front: acceptedOnly()},
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

// aliased is a path with an alias for the collection's id.
var aliased = regexp.MustCompile(`/collections/(both|second|read-only|write-only)/`)

// inTurns changes every other answer.
func inTurns(change func(*answer)) front {
	var n atomic.Int64
	return changeAnswer(func(_ *http.Request, a *answer) {
		if n.Add(1)%2 == 0 {
			change(a)
		}
	})
}

// shuffledCollections turns the list round in every other answer.
func shuffledCollections() front {
	var n atomic.Int64
	return changeMembers(at(conformance.Collections), func(m map[string]any) {
		if n.Add(1)%2 == 0 {
			slices.Reverse(m["collections"].([]any))
		}
	})
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

// acceptedOnly answers each POST as if it had been carried out.
func acceptedOnly() front {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodPost {
				next.ServeHTTP(w, r)
				return
			}
			var envelope struct{ Objects []json.RawMessage }
			_ = json.NewDecoder(r.Body).Decode(&envelope)
			n := len(envelope.Objects)
			w.Header().Set("Content-Type", conformance.MediaType)
			w.WriteHeader(http.StatusAccepted)
			_ = json.NewEncoder(w).Encode(map[string]any{"id": "2d086da7-4bdc-4f91-900e-d77486753710", "status": "complete",
				"total_count": n, "success_count": n, "failure_count": 0, "pending_count": 0})
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
