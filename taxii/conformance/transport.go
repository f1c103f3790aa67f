package conformance

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// A Transport judges every answer that passes through it, for tests that ask a
// server about something else. An answer with a fault comes back as a FaultError.
// API roots are taken to be one segment below /taxii2/, and what lies elsewhere
// passes unjudged. Answers are read to their end before they are handed on.
type Transport struct {
	Base http.RoundTripper // nil for http.DefaultTransport

	// Provoked tells that the test breaks something behind the server, so that
	// a 5xx is no fault.
	Provoked bool
}

// A FaultError is an answer that breaks requirements, those included that the
// standard leaves to the server.
type FaultError struct {
	Answer   string // request, status and the beginning of the body
	Findings []Finding
}

func (e *FaultError) Error() string {
	var text strings.Builder
	text.WriteString(e.Answer)
	for _, f := range e.Findings {
		text.WriteString("; " + f.String())
	}
	return text.String()
}

var (
	taxiiForm = regexp.MustCompile(`^/+taxii2(/|$)`)
	rootForm  = regexp.MustCompile(`^/+taxii2/+[^/]+`)
)

// RoundTrip returns an error where there is no answer and where there is a bad
// one.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	base := t.Base
	if base == nil {
		base = http.DefaultTransport
	}
	res, err := base.RoundTrip(req)
	if err != nil || !taxiiForm.MatchString(req.URL.Path) {
		return res, err
	}
	body, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil { // broken off: what reads it is to see that
		res.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failing{err}))
		return res, nil
	}
	if err := t.judge(req, res, body); err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

func (t *Transport) judge(req *http.Request, res *http.Response, body []byte) error {
	path := req.URL.Path
	root := slashes.ReplaceAllString(rootForm.FindString(path)+"/", "/")
	query, _ := url.ParseQuery(req.URL.RawQuery) // what cannot be read asks for nothing
	findings := CheckAnswer(
		Question{Method: req.Method, Endpoint: EndpointOf(path, root), Query: query, PlainHTTP: req.URL.Scheme == "http", Provoked: t.Provoked},
		Answer{Status: res.StatusCode, Header: res.Header, Body: body},
	)
	if len(findings) == 0 {
		return nil
	}
	return &FaultError{fmt.Sprintf("%s %s: %d %.200s", req.Method, req.URL, res.StatusCode, body), findings}
}

// CloseIdleConnections closes those of Base, for http.Client.
func (t *Transport) CloseIdleConnections() {
	(&http.Client{Transport: t.Base}).CloseIdleConnections()
}

// failing reads nothing and fails.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
