package conformance

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A Transport hands on what is well, and makes an error of what is not: here of
// a page with an empty list, which TX-DT-04 forbids.
func TestTransport(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Type", MediaType)
		header.Set("Cache-Control", "no-store")
		header.Set("Vary", "Accept, Authorization")
		switch r.URL.Path {
		case "/taxii2/r/collections/c/objects/":
			header.Set("X-TAXII-Date-Added-First", "1970-01-01T00:00:00.000000Z")
			header.Set("X-TAXII-Date-Added-Last", "1970-01-01T00:00:00.000000Z")
			io.WriteString(w, r.URL.Query().Get("say"))
		case "/taxii2/r/collections/":
			header.Set("Content-Length", "10")
			io.WriteString(w, "{")
		default:
			w.WriteHeader(http.StatusNotFound)
			io.WriteString(w, "not TAXII")
		}
	}))
	defer server.Close()
	client := http.Client{Transport: &Transport{}}
	for _, tc := range []struct{ path, body, fault string }{
		{"/taxii2/r/collections/c/objects/?say={}", "{}", ""},
		{`/taxii2/r/collections/c/objects/?say={"objects":[]}`, "", "TX-DT-04"},
		{"//taxii2/r/nowhere/", "", "TX-"},
		{"/taxii2/r/collections/", "{", "unexpected EOF"},
		{"/v1/rules", "not TAXII", ""},
	} {
		var body []byte
		res, err := client.Get(server.URL + tc.path)
		if err == nil {
			body, err = io.ReadAll(res.Body)
			res.Body.Close()
		}
		if string(body) != tc.body || (err == nil) != (tc.fault == "") || err != nil && !strings.Contains(err.Error(), tc.fault) {
			t.Errorf("%s: %q, %v; want %q and the fault %q", tc.path, body, err, tc.body, tc.fault)
		}
	}
}
