package server

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"accord/taxii/conformance"
)

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
	{name: "can_write is always true", ids: "TX-COL-10 TX-AUTH-13", front: replaceText(`"can_write":false`, `"can_write":true`, always)},
	{name: "can_read is always true", ids: "TX-COL-10 TX-AUTH-13", front: replaceText(`"can_read":false`, `"can_read":true`, always)},
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
	{name: "an empty list of records", ids: "TX-DT-04 TX-ENV-02 TX-MAN-02", front: replaceText(`{}`, `{"objects":[]}`, both(isEmpty, at(conformance.Manifest)))},
	{name: "DELETE answers with a body", ids: "TX-OBJ-DEL-01", front: changeAnswer(func(r *http.Request, a *answer) {
		if r.Method == http.MethodDelete && a.status == 200 {
			a.body = []byte("{}")
		}
	})},
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
