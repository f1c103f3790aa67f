package server

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"testing"
	"time"

	"accord/taxii/conformance"
)

// walked hands every answer of h to the walker, whoever asked: also what our own
// tools are answered, whose connections no test holds. An answer that broke off
// is not judged. A 5xx is a fault unless it is provoked.
func walked(t testing.TB, h http.Handler, provoked bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &seenWriter{ResponseWriter: w, head: r.Method == http.MethodHead}
		h.ServeHTTP(seen, r)
		asked := r.Clone(r.Context())
		asked.URL.Scheme, asked.URL.Host = "http", r.Host
		if _, err := (&conformance.Transport{Base: seen, Provoked: provoked}).RoundTrip(asked); err != nil {
			t.Errorf("the walker: %v", err)
		}
	})
}

// A seenWriter keeps what is written.
type seenWriter struct {
	http.ResponseWriter
	head   bool // net/http drops the body
	status int
	header http.Header
	body   bytes.Buffer
}

// Unwrap is for http.ResponseController.
func (s *seenWriter) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func (s *seenWriter) WriteHeader(status int) {
	if s.status == 0 {
		s.status, s.header = status, s.Header().Clone()
	}
	s.ResponseWriter.WriteHeader(status)
}

func (s *seenWriter) Write(p []byte) (int, error) {
	if s.status == 0 {
		s.WriteHeader(http.StatusOK)
	}
	if !s.head {
		s.body.Write(p)
	}
	return s.ResponseWriter.Write(p)
}

// RoundTrip returns what was seen as an answer, with the date that net/http adds.
func (s *seenWriter) RoundTrip(*http.Request) (*http.Response, error) {
	s.header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	body := io.Reader(&s.body)
	if s.header.Get("Content-Encoding") == "gzip" && !s.head {
		unpacked, err := gzip.NewReader(body)
		if err != nil {
			return nil, err
		}
		body = unpacked
	}
	return &http.Response{StatusCode: s.status, Header: s.header, Body: io.NopCloser(body)}, nil
}
