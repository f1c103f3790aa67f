package conformance

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// A server that a test makes up. What it does not answer is a page of nothing.
type madeUp func(*http.Request) (status int, body string)

const (
	fakeURL  = "http://127.0.0.1:1/" // where nobody listens
	fakeRoot = "/taxii2/r/"
	fakePath = fakeRoot + "collections/c0ffee00-0000-4000-8000-000000000000/"
)

func (s madeUp) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	status, body := s(req)
	if status == 0 {
		status, body = http.StatusOK, map[string]string{
			"/taxii2/":                `{"title":"t","api_roots":["/taxii2/r/"]}`,
			fakeRoot:                  `{"title":"t","versions":["application/taxii+json;version=2.1"],"max_content_length":1000000}`,
			fakeRoot + "collections/": `{"collections":[{"id":"c0ffee00-0000-4000-8000-000000000000","title":"t","can_read":true,"can_write":true}]}`,
		}[req.URL.Path]
		if body == "" {
			body = "{}"
		}
	}
	header := http.Header{"Content-Type": {MediaType}}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

func (s madeUp) run(t *testing.T, cfg Config) *Report {
	t.Helper()
	cfg.URL, cfg.Transport = fakeURL, s
	r, err := Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Without Write nothing is sent that a server could store, or that could take
// something away from one with methods of its own.
func TestRunWithoutWriteChangesNothing(t *testing.T) {
	for _, rights := range []string{`"can_read":true,"can_write":true`, `"can_read":true,"can_write":false`, `"can_read":false,"can_write":true`} {
		list := `{"collections":[{"id":"c0ffee00-0000-4000-8000-000000000000","title":"t",` + rights + `}]}`
		madeUp(func(req *http.Request) (int, string) {
			thing := req.URL.Path == fakeRoot || req.URL.Path == fakePath || req.URL.Path == fakePath+"objects/"
			switch req.Method {
			case http.MethodPut, http.MethodPatch, http.MethodDelete:
				if thing {
					t.Errorf("%s %s", req.Method, req.URL.Path)
				}
			case http.MethodPost:
				if body, _ := io.ReadAll(req.Body); strings.Contains(string(body), "objects") {
					t.Errorf("POST %s of %s", req.URL.Path, body)
				}
			}
			if req.URL.Path == fakeRoot+"collections/" {
				return http.StatusOK, list
			}
			return 0, ""
		}).run(t, Config{})
	}
}
