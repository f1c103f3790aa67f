package client

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const (
	token        = "secret-token"
	collectionID = "6f3f5a51-0c5c-4a5e-9d1a-0b6d0c1f2a3b"
	objectsPath  = "/taxii2/us-cn/collections/" + collectionID + "/objects/"
)

// A fakeServer is a TAXII server of one collection, in memory so that waits
// take no time in a synctest bubble. A test replaces the handlers it is about.
type fakeServer struct {
	*http.ServeMux
	requests []*http.Request
	bodies   [][]byte // of the pushes
}

func newFakeServer() *fakeServer {
	s := &fakeServer{ServeMux: http.NewServeMux()}
	s.answer("GET /taxii2/", `{"title":"t","api_roots":["https://taxii.example/taxii2/us-cn/","/taxii2/private/"]}`)
	s.answer("GET /taxii2/us-cn/", `{"title":"t","versions":["application/taxii+json;version=2.1"],"max_content_length":200}`)
	s.answer("GET /taxii2/us-cn/collections/", `{"collections":[
		{"id":"`+collectionID+`","alias":"activity-from-cn","title":"t","can_read":true,"can_write":true},
		{"id":"11111111-1111-4111-8111-111111111111","title":"u","can_read":false,"can_write":false}]}`)
	return s
}

// answer serves one resource at one path.
func (s *fakeServer) answer(pattern, body string) {
	s.HandleFunc(pattern+"{$}", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, body) })
}

func (s *fakeServer) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	s.requests = append(s.requests, r)
	if r.Method == http.MethodPost {
		body, _ := io.ReadAll(r.Body)
		s.bodies = append(s.bodies, body)
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	res := rec.Result()
	if res.Header.Get("X-Break-Off") != "" {
		res.Body = io.NopCloser(io.MultiReader(res.Body, brokenReader{}))
	}
	res.Request = r
	return res, nil
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func newClient(t *testing.T, s *fakeServer, server string) *Client {
	t.Helper()
	c, err := New(Config{Server: server, Token: token, Transport: s})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func open(t *testing.T, s *fakeServer) *Collection {
	t.Helper()
	c, err := newClient(t, s, "https://taxii.example").Collection(t.Context(), "us-cn/activity-from-cn")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// An endless reader gives a text and then blanks for ever.
type endless struct{ text string }

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.text)
	if e.text = e.text[n:]; n == 0 {
		n = copy(p, strings.Repeat(" ", len(p)))
	}
	return n, nil
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
