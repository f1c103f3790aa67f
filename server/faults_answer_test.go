package server

import (
	"net/http"
	"regexp"
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
	{name: "an API root is missing", ids: "TX-URL-02 TX-URL-11 TX-URL-08 TX-URL-10", front: refuseWhen(404, asks(conformance.APIRoot))},
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
