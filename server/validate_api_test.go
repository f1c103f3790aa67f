package server

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/server/api"
	"accord/server/auth"
	"accord/stix"
)

// A v1Request is one to /v1/; the zero values of its fields are left out.
type v1Request struct {
	method, path, token, mediaType, coding, body string
}

func (r v1Request) do(t *testing.T, s *running) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), r.method, s.URL()+r.path, strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"Authorization": r.token, "Content-Type": r.mediaType, "Content-Encoding": r.coding} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

// apiAgreement has a collection of each kind that matters to validation.
const apiAgreement = `
agreement: us-cn
title: {en: For tests}
parties:
  - {id: cert-us, name: {en: US}, territory: US, clearance: amber}
  - {id: cert-cn, name: {en: CN}, territory: CN, clearance: amber}
collections:
  - {alias: shared, title: {en: Shared}, ceiling: amber, grants: {cert-us: [read, write]}}
  - {alias: from-cn, title: {en: Origin}, origin: [CN], ceiling: green, grants: {cert-us: [write]}}
  - {alias: strict, title: {en: Strict}, ceiling: amber, profile: strict, grants: {cert-us: [read]}}
  - {alias: own, title: {en: Own}, ceiling: amber, schemas: {campaign: objective.json}, grants: {cert-us: [write]}}
  - {alias: old, title: {en: Old}, ceiling: amber, stix_versions: ["2.1", "2.0"], grants: {cert-us: [write]}}
  - {alias: hidden, title: {en: Hidden}, ceiling: amber, grants: {cert-cn: [read, write]}}
`

// startAPI serves apiAgreement and returns a token of cert-us as it is sent.
func startAPI(t *testing.T) (*running, string) {
	t.Helper()
	cfg := testConfig(t)
	cfg.MaxContentLength = 1 << 20
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(filepath.Dir(cfg.Agreements[0]), name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("us-cn.yaml", apiAgreement)
	write("objective.json", `{"$schema":"http://json-schema.org/draft-07/schema#","required":["objective"]}`)
	s := start(t, cfg)
	issued, err := s.auth.Issue(t.Context(), auth.Request{Party: "cert-us", Scope: "read:*/* write:*/*", TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return s, "Bearer " + issued.Token
}

func packed(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// POST /v1/validate judges a body as a push would, and answers as accord
// validate -o json does.
func TestAPIValidate(t *testing.T) {
	s, token := startAPI(t)
	const (
		asJSON  = "application/json"
		taxii   = "application/taxii+json;version=2.1"
		content = "application/stix+json;version=2.1"
		id      = `"index":0,"id":"campaign--3d1a6c7e-9b42-4f0e-8c55-2b7d90e4a1f6","type":"campaign"`
	)
	envelope := `{"objects":[` + validateCampaign + `]}`
	custom := strings.Replace(envelope, `"name"`, `"x_sensor":7,"name"`, 1)
	stix20 := strings.Replace(envelope, `"spec_version":"2.1",`, "", 1)
	red := strings.Replace(envelope, `"name"`, `"object_marking_refs":["`+string(stix.Red.Marking())+`"],"name"`, 1)
	fromUS := strings.Replace(envelope, `"name"`, `"created_by_ref":"identity--1","extensions":{"`+string(stix.ActivityContext)+
		`":{"extension_type":"property-extension","origin_territories":["US"]}},"name"`, 1)
	accepted, refused := `{"objects":1,"accepted":1,"refused":0,"verdicts":[`, `{"objects":1,"accepted":0,"refused":1,"verdicts":[`
	for _, tc := range []struct {
		name, query, mediaType, body string
		want                         []string
	}{
		{"envelope", "", taxii, envelope, []string{accepted, `{"file":"",` + id + `,"accepted":true,"findings":[]}`}},
		{"one object", "", content, validateCampaign, []string{accepted}},
		{"list", "", asJSON, "[" + validateCampaign + "]", []string{accepted}},
		{"UTF-8", "", asJSON + `; charset="UTF-8"`, validateCampaign, []string{accepted}},
		{"TX-MSV STIX 2.0 content", "", "application/stix+json;version=2.0", stix20, []string{refused, `"rule":"COM-02"`, "STIX 2.0"}},
		{"no JSON", "", asJSON, "<html>", []string{refused, `"index":-1`, `"rule":"GEN-01"`}},
		{"nothing", "", asJSON, "", []string{refused, `"rule":"GEN-01"`}},
		{"let through", "", taxii, custom, []string{accepted, `"level":"warning"`}},
		{"strict", "?profile=strict", taxii, custom, []string{refused, `"level":"error"`}},
		{"in Chinese", "?lang=zh", asJSON, "<html>", []string{refused, "第 1 行"}},
		{"a collection's profile", "?collection=us-cn/strict", taxii, custom, []string{refused, `"level":"error"`}},
		{"a collection's own schema", "?collection=us-cn/own", taxii, envelope, []string{refused, `"rule":"AGREEMENT-SCHEMA"`}},
		{"a collection by its profile alone", "?collection=us-cn/shared", taxii, custom, []string{accepted}},
		{"COM-02 a collection without STIX 2.0", "?collection=us-cn/shared", taxii, stix20, []string{refused, `"rule":"COM-02"`, "STIX 2.0"}},
		{"COM-02 in Chinese", "?collection=us-cn/shared&lang=zh", taxii, stix20, []string{refused, "该对象属于 STIX 2.0"}},
		{"TLP-CEILING", "?collection=us-cn/from-cn", taxii, red, []string{refused, `"rule":"TLP-CEILING"`, "at most TLP:GREEN"}},
		{"TLP-CEILING in Chinese", "?collection=us-cn/from-cn&lang=zh", taxii, red, []string{refused, "最高只收录 TLP:GREEN"}},
		{"CTX-ORIGIN beside what else is wrong", "?collection=us-cn/from-cn", taxii, fromUS, []string{refused, `"rule":"CTX-ORIGIN"`, `"rule":"IDN-01"`}},
		{"CTX-ORIGIN without a collection", "", taxii, fromUS, []string{refused, `"findings":[{"rule":"IDN-01"`}},
		{"COM-02 a collection with STIX 2.0", "?collection=us-cn/old", taxii, stix20, []string{accepted}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, coding := range []string{"", "gzip"} {
				r := v1Request{"POST", "/v1/validate" + tc.query, token, tc.mediaType, coding, tc.body}
				if coding == "gzip" {
					r.body = packed(t, tc.body)
				}
				res, body := r.do(t, s)
				if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != asJSON || !json.Valid([]byte(body)) || !noSniffing(res) {
					t.Errorf("%s: %d %s %s", coding, res.StatusCode, res.Header.Get("Content-Type"), body)
				}
				for _, want := range tc.want {
					if !strings.Contains(body, want) {
						t.Errorf("%s: the answer lacks %s:\n%s", coding, want, body)
					}
				}
			}
		})
	}
	if _, body := get(t, s.URL()+"/taxii2/us-cn/collections/shared/objects/", strings.TrimPrefix(token, "Bearer ")); body != "{}" {
		t.Errorf("the collection holds %s after validation; want nothing", body)
	}
}

func noSniffing(res *http.Response) bool {
	return res.Header.Get("X-Content-Type-Options") == "nosniff"
}

// P5: what the caller may do in a collection is grant ∩ scope, so a token that
// reaches neither for reading nor for writing gets the answer that a push gets.
func TestAPIValidateAsksForScope(t *testing.T) {
	s, _ := startAPI(t)
	const none, closed = http.StatusNotFound, http.StatusForbidden
	for _, tc := range []struct {
		scope, alias string
		want         int
	}{
		{"read:us-cn/shared", "shared", 200},
		{"write:us-cn/shared", "shared", 200},
		{"read:us-cn/shared", "strict", closed},
		{"write:us-cn/shared", "strict", closed},
		{"read:us-cn/shared", "hidden", none},
		{"read:us-cn/strict", "strict", 200},
		{"write:us-cn/strict", "strict", closed}, // the grant is to read
		{"read:us-cn/old", "old", closed},        // the grant is to write
		{"write:us-cn/old", "old", 200},
		{"read:other/*", "shared", closed},
		{"read:us-cn/*", "hidden", none},
		{"search:us-cn", "shared", closed},
		{"read:*/* write:*/*", "old", 200},
	} {
		issued, err := s.auth.Issue(t.Context(), auth.Request{Party: "cert-us", Scope: tc.scope, TTL: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		token := "Bearer " + issued.Token
		res, body := v1Request{"POST", "/v1/validate?collection=us-cn/" + tc.alias, token, "application/json", "", "[]"}.do(t, s)
		if res.StatusCode != tc.want {
			t.Errorf("%s at %s: %d %s; want %d", tc.scope, tc.alias, res.StatusCode, body, tc.want)
		}
		push, _ := v1Request{"POST", "/taxii2/us-cn/collections/" + tc.alias + "/objects/", token, "application/taxii+json;version=2.1", "", `{"objects":[` + validateCampaign + `]}`}.do(t, s)
		if tc.want != http.StatusOK && push.StatusCode != tc.want {
			t.Errorf("%s at %s: %d, but a push gets %d", tc.scope, tc.alias, tc.want, push.StatusCode)
		}
		if res, _ := (v1Request{"POST", "/v1/validate", token, "application/json", "", "[]"}).do(t, s); res.StatusCode != http.StatusOK {
			t.Errorf("%s without a collection: %d; want 200", tc.scope, res.StatusCode)
		}
	}
}

// A definition that the caller could push against is known: of the body, or
// stored where he may read.
func TestAPIValidateKnowsDefinitions(t *testing.T) {
	s, token := startAPI(t)
	const definition = `{"type":"extension-definition","spec_version":"2.1","id":"extension-definition--4c3b2a19-8f7e-4d6c-9b5a-0a1b2c3d4e5f",` +
		`"created_by_ref":"identity--8c6af861-7b20-41ef-9b59-6344fd872a8f","created":"2026-01-02T03:04:05.678Z","modified":"2026-01-02T03:04:05.678Z",` +
		`"name":"Sensor","description":"Which sensor saw it","schema":"sensor is a string","version":"1.0.0","extension_types":["property-extension"]}`
	user := strings.Replace(validateCampaign, `"name"`, `"extensions":{"extension-definition--4c3b2a19-8f7e-4d6c-9b5a-0a1b2c3d4e5f":{"extension_type":"property-extension","sensor":"7"}},"name"`, 1)
	known := func(query, objects string) bool {
		r := v1Request{"POST", "/v1/validate" + query, token, "application/json", "", "[" + objects + "]"}
		_, body := r.do(t, s)
		if !strings.Contains(body, `"refused":0`) {
			t.Errorf("%s: %s", query, body)
		}
		return !strings.Contains(body, "EXT-10")
	}
	if known("?collection=us-cn/shared", user) {
		t.Error("a definition that nobody has is known")
	}
	if !known("", user+","+definition) || !known("?collection=us-cn/shared", user+","+definition) {
		t.Error("a definition in the body is not known")
	}
	red := strings.Replace(definition, `"name"`, `"object_marking_refs":["`+string(stix.Red.Marking())+`"],"name"`, 1)
	if _, body := (v1Request{"POST", "/v1/validate?collection=us-cn/shared", token, "application/json", "", "[" + user + "," + red + "]"}).do(t, s); !strings.Contains(body, "EXT-10") {
		t.Errorf("a definition above the ceiling is known: %s", body)
	}
	push := v1Request{"POST", "/taxii2/us-cn/collections/shared/objects/", token, "application/taxii+json;version=2.1", "", `{"objects":[` + definition + `]}`}
	if res, body := push.do(t, s); res.StatusCode != http.StatusAccepted || !strings.Contains(body, `"success_count":1`) {
		t.Fatalf("push of a definition: %d %s", res.StatusCode, body)
	}
	if known("", user) {
		t.Error("a stored definition is known without a collection")
	}
	if !known("?collection=us-cn/strict", user) {
		t.Error("a definition stored in the agreement is not known")
	}
}

// Every failure is a problem document, and tells no more than it may.
func TestAPIProblems(t *testing.T) {
	s, token := startAPI(t)
	const asJSON = "application/json"
	for _, tc := range []struct {
		name string
		r    v1Request
		code int
		want string // in the detail
	}{
		{"no token", v1Request{"POST", "/v1/validate", "", asJSON, "", "[]"}, 401, "no credentials"},
		{"a bad token", v1Request{"POST", "/v1/validate", token[:len(token)-4] + "AAAA", asJSON, "", "[]"}, 401, "not valid"},
		{"no token, hidden collection", v1Request{"POST", "/v1/validate?collection=us-cn/hidden", "", asJSON, "", "[]"}, 401, ""},
		{"P5 hidden collection", v1Request{"POST", "/v1/validate?collection=us-cn/hidden", token, asJSON, "", "[]"}, 404, `no collection "hidden"`},
		{"P5 no collection", v1Request{"POST", "/v1/validate?collection=us-cn/nope", token, asJSON, "", "[]"}, 404, `no collection "nope"`},
		{"P5 no agreement", v1Request{"POST", "/v1/validate?collection=nope/shared", token, asJSON, "", "[]"}, 404, `no API root "nope"`},
		{"collection without agreement", v1Request{"POST", "/v1/validate?collection=shared", token, asJSON, "", "[]"}, 400, "AGREEMENT/ALIAS"},
		{"collection and profile", v1Request{"POST", "/v1/validate?collection=us-cn/shared&profile=open", token, asJSON, "", "[]"}, 400, "not both"},
		{"profile", v1Request{"POST", "/v1/validate?profile=lenient", token, asJSON, "", "[]"}, 400, "standard, strict, open"},
		{"profile twice", v1Request{"POST", "/v1/validate?profile=open&profile=strict", token, asJSON, "", "[]"}, 400, "2 times"},
		{"lang", v1Request{"POST", "/v1/validate?lang=fr", token, asJSON, "", "[]"}, 400, "en, zh"},
		{"parameter", v1Request{"POST", "/v1/validate?limit=1", token, asJSON, "", "[]"}, 400, `no parameter "limit"`},
		{"half a query", v1Request{"POST", "/v1/validate?profile=open;lang=zh", token, asJSON, "", "[]"}, 400, "semicolon"},
		{"no query", v1Request{"GET", "/v1/rules?%zz", "", "", "", ""}, 400, "%zz"},
		{"another charset", v1Request{"POST", "/v1/validate", token, asJSON + ";charset=iso-8859-1", "", "[]"}, 415, "UTF-8"},
		{"another charset of STIX", v1Request{"POST", "/v1/validate", token, "application/stix+json;charset=utf-16", "", "[]"}, 415, "UTF-8"},
		{"JSON of some kind", v1Request{"POST", "/v1/validate", token, asJSON + ";version=2.0", "", "[]"}, 415, "version=2.0"},
		{"media type", v1Request{"POST", "/v1/validate", token, "text/plain", "", "[]"}, 415, "text/plain"},
		{"no media type", v1Request{"POST", "/v1/validate", token, "", "", "[]"}, 415, ""},
		{"coding", v1Request{"POST", "/v1/validate", token, asJSON, "br", "[]"}, 415, "br"},
		{"no gzip", v1Request{"POST", "/v1/validate", token, asJSON, "gzip", "[]"}, 422, "gzip"},
		{"gzip that breaks off", v1Request{"POST", "/v1/validate", token, asJSON, "gzip", packed(t, strings.Repeat(validateCampaign, 99))[:40]}, 422, "gzip"},
		{"too large", v1Request{"POST", "/v1/validate", token, asJSON, "", strings.Repeat(" ", 2<<20)}, 413, "1048576"},
		{"too large inside", v1Request{"POST", "/v1/validate", token, asJSON, "gzip", packed(t, strings.Repeat(" ", 2<<20))}, 413, "1048576"},
		{"method", v1Request{"GET", "/v1/validate", token, "", "", ""}, 405, ""},
		{"no such place", v1Request{"GET", "/v1/nope", "", "", "", ""}, 404, "/v1/openapi.json describes"},
		{"no such extension", v1Request{"GET", "/v1/extensions/extension-definition--0", "", "", "", ""}, 404, "extension-definition--0"},
		{"no such schema", v1Request{"GET", "/v1/schemas/nope", "", "", "", ""}, 404, "nope"},
		{"no way out of the schemas", v1Request{"GET", "/v1/schemas/..%2Frule", "", "", "", ""}, 404, ""},
		{"parameter of a list", v1Request{"GET", "/v1/extensions?x=1", "", "", "", ""}, 400, "nor any other"},
		{"rules in French", v1Request{"GET", "/v1/rules?lang=fr", "", "", "", ""}, 400, "en, zh"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			res, body := tc.r.do(t, s)
			var problem api.Problem
			if err := json.Unmarshal([]byte(body), &problem); err != nil || res.Header.Get("Content-Type") != "application/problem+json" || !noSniffing(res) {
				t.Fatalf("%d %s %s; want a problem document", res.StatusCode, res.Header.Get("Content-Type"), body)
			}
			if res.StatusCode != tc.code || problem.Status != tc.code || problem.Type != "about:blank" || !strings.Contains(problem.Detail, tc.want) {
				t.Errorf("%d %s; want %d with %q", res.StatusCode, body, tc.code, tc.want)
			}
			if problem.ErrorID != res.Header.Get("X-Request-Id") {
				t.Errorf("error_id %q is not the id of the request", problem.ErrorID)
			}
			if challenged := res.Header.Get("WWW-Authenticate") != ""; challenged != (tc.code == 401) {
				t.Errorf("%d with the challenges %q", tc.code, res.Header.Values("WWW-Authenticate"))
			}
		})
	}
	if res, _ := (v1Request{method: "GET", path: "/nope"}).do(t, s); res.Header.Get("Content-Type") != "application/taxii+json;version=2.1" {
		t.Errorf("outside of /v1/ a failure has the type %s", res.Header.Get("Content-Type"))
	}
}

// What objects are judged by is told to everybody.
func TestAPIPublishes(t *testing.T) {
	s, token := startAPI(t)
	const activity = "extension-definition--afe29771-8065-4445-be99-ab77b492b790"
	for _, tc := range []struct{ path, mediaType, want string }{
		{"/v1/extensions", "application/stix+json;version=2.1", activity},
		{"/v1/extensions/examples", "application/stix+json;version=2.1", `"assistance-request"`},
		{"/v1/extensions/" + activity, "application/stix+json;version=2.1", `"extension-definition"`},
		{"/v1/rules", "application/json", `{"rules":[{"id":`},
		{"/v1/rules?lang=zh&profile=strict", "application/json", "须为 2.1"},
		{"/v1/schemas/indicator", "application/schema+json", "http://json-schema.org/draft-07/schema#"},
		{"/v1/openapi.json", "application/json", `"openapi": "3.1.0"`},
	} {
		res, body := (v1Request{method: "GET", path: tc.path}).do(t, s)
		if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != tc.mediaType || !noSniffing(res) || !json.Valid([]byte(body)) || !strings.Contains(body, tc.want) {
			t.Errorf("GET %s = %d %s %.300s; want %q", tc.path, res.StatusCode, res.Header.Get("Content-Type"), body, tc.want)
		}
		head, _ := (v1Request{method: "HEAD", path: tc.path}).do(t, s)
		if head.StatusCode != http.StatusOK || head.ContentLength != int64(len(body)) {
			t.Errorf("HEAD %s = %d with %d bytes announced; want %d", tc.path, head.StatusCode, head.ContentLength, len(body))
		}
	}
	checkMatching(t, s, "/v1/schemas/indicator")
	for _, path := range []string{"/v1/extensions", "/v1/extensions/examples"} {
		_, bundle := (v1Request{method: "GET", path: path}).do(t, s)
		_, body := v1Request{"POST", "/v1/validate?profile=strict", token, "application/stix+json", "", bundle}.do(t, s)
		if !strings.Contains(body, `"objects":3,`) || !strings.Contains(body, `"refused":0`) || strings.Contains(body, `"rule"`) {
			t.Errorf("what stands at %s, judged: %s", path, body)
		}
	}
}

// checkMatching asks once more for what it has, and for what it has not.
func checkMatching(t *testing.T, s *running, path string) {
	t.Helper()
	res, _ := (v1Request{method: "GET", path: path}).do(t, s)
	tag := res.Header.Get("ETag")
	if len(tag) != 2+64 {
		t.Errorf("GET %s: ETag is %s; want a hash", path, tag)
	}
	for named, want := range map[string]int{
		tag: 304, "W/" + tag: 304, `"other", ` + tag: 304, "*": 304, `"other"`: 200, strings.Trim(tag, `"`): 200,
	} {
		for _, method := range []string{"GET", "HEAD"} {
			req, err := http.NewRequestWithContext(t.Context(), method, s.URL()+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("If-None-Match", named)
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil || res.StatusCode != want || res.Header.Get("ETag") != tag || res.Header.Get("Cache-Control") == "" || !noSniffing(res) || want == 304 && len(body) > 0 {
				t.Errorf("%s %s, If-None-Match %s = %d %v with %d bytes; want %d", method, path, named, res.StatusCode, res.Header, len(body), want)
			}
		}
	}
}

// D-20: a method that a place does not have is 405 there, and Allow names those
// that it has; OPTIONS is none.
func TestAPIMethods(t *testing.T) {
	s, token := startAPI(t)
	for path, allow := range map[string]string{
		"/v1/validate": "POST", "/v1/extensions": "GET, HEAD", "/v1/extensions/examples": "GET, HEAD", "/v1/extensions/x": "GET, HEAD",
		"/v1/rules": "GET, HEAD", "/v1/schemas/note": "GET, HEAD", "/v1/openapi.json": "GET, HEAD",
	} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"} {
			if slices.Contains(strings.Split(allow, ", "), method) {
				continue
			}
			res, body := v1Request{method: method, path: path, token: token}.do(t, s)
			if res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != allow || res.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s %s = %d, Allow %q, %s; want 405 and %q", method, path, res.StatusCode, res.Header.Get("Allow"), body, allow)
			}
		}
	}
	if res, _ := (v1Request{method: "OPTIONS", path: "/v1/nope"}).do(t, s); res.StatusCode != http.StatusNotFound {
		t.Errorf("OPTIONS of what is not there: %d; want 404", res.StatusCode)
	}
}
