package server

import (
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TX-URL-02, TX-URL-03: a server has an API root or does not start, and two files
// for one root are refused; what it had served before is served again.
func TestRootsAreDistinct(t *testing.T) {
	p := startParties(t)
	cfg, token := p.cfg, p.issue(t, "rw", false)
	if err := p.end(); err != nil {
		t.Fatal(err)
	}
	none, twice := *cfg, *cfg
	none.Data, none.Store, none.Agreements = filepath.Join(t.TempDir(), "data"), testStore(t), nil
	twice.Agreements = append(twice.Agreements[:2:2], filepath.Join(t.TempDir(), "again.yaml"))
	writeFile(t, twice.Agreements[2], strings.Replace(secondRoot, "stranger", "outsider", 2))
	for _, tc := range []struct {
		cfg  *Config
		want string
	}{
		{&none, "no agreement is in force"},
		{&twice, "again.yaml: the agreement api2 stands in " + cfg.Agreements[1] + " too"},
	} {
		s, err := New(t.Context(), tc.cfg, slog.New(slog.DiscardHandler))
		if err == nil {
			s.Close()
			t.Fatal("New succeeded")
		}
		if !strings.Contains(err.Error(), tc.want) {
			t.Errorf("New = %v; want %q", err, tc.want)
		}
	}
	status, body := get(t, start(t, cfg).URL()+"/taxii2/", token)
	if status != http.StatusOK || strings.Count(body, `/taxii2/api1/"`) != 2 || strings.Count(body, `/taxii2/api2/"`) != 1 {
		t.Errorf("discovery = %d %s; want each root once, the first as the default too", status, body)
	}
}

// TX-URL-10: what the server serves besides TAXII shadows none of it, not even
// where a root has the name of another surface.
func TestOtherSurfacesShadowNothing(t *testing.T) {
	for _, name := range []string{"v1", "healthz", "readyz", "metrics", "taxii2"} {
		s := startParties(t, func(c *Config) {
			writeFile(t, c.Agreements[1], strings.Replace(secondRoot, "agreement: api2", "agreement: "+name, 1))
		})
		token := s.issue(t, "stranger", false)
		for path, want := range map[string]int{
			"/taxii2/": 200, "/taxii2/" + name + "/": 200, "/taxii2/" + name + "/collections/c/objects/": 200, "/taxii2/v1/rules/": 404,
		} {
			if status, body := get(t, s.URL()+path, token); status != want || body[0] != '{' {
				t.Errorf("GET %s = %d %s; want %d", path, status, body, want)
			}
		}
		if status, body := get(t, s.URL()+"/healthz", ""); status != http.StatusOK || body != "alive\n" {
			t.Errorf("GET /healthz = %d %s; want it alive", status, body)
		}
	}
}

// TX-AUTH-08: each root has its own authentication: the issuer that rw declares
// in the first one speaks there only, though rw is a party of both.
func TestRootsAuthenticateApart(t *testing.T) {
	p := startParties(t)
	ours, theirs := p.issue(t, "rw", false), p.foreign(t, time.Hour)
	for path, want := range map[string][2]int{
		"/taxii2/":      {200, 200},
		"/taxii2/api1/": {200, 200}, "/taxii2/api1/collections/c/objects/": {200, 200},
		"/taxii2/api2/": {200, 404}, "/taxii2/api2/collections/c/objects/": {200, 404},
	} {
		for i, token := range []string{ours, theirs} {
			if status, body := get(t, p.URL()+path, token); status != want[i] {
				t.Errorf("GET %s by issuer %d = %d %s; want %d", path, i, status, body, want[i])
			}
		}
	}
	if _, body := get(t, p.URL()+"/taxii2/", theirs); strings.Contains(body, "api2") {
		t.Errorf("discovery = %s; want no root in which the issuer does not speak", body)
	}
}

// TX-DT-03, TX-ROOT-01: the largest body that can be announced is the largest
// integer of TAXII; one more is a fault of the configuration.
func TestLargestContentLength(t *testing.T) {
	const most = 1<<53 - 1
	p := startParties(t, func(c *Config) { c.MaxContentLength = most })
	if status, body := get(t, p.URL()+"/taxii2/api1/", p.issue(t, "rw", false)); status != http.StatusOK || !strings.Contains(body, `"max_content_length":9007199254740991}`) {
		t.Errorf("the root = %d %s; want %d", status, body, most)
	}
	larger := *p.cfg
	larger.MaxContentLength = most + 1
	if err := larger.Validate(); err == nil || !strings.Contains(err.Error(), "max_content_length") {
		t.Errorf("Validate = %v; want max_content_length refused", err)
	}
}

// TX-AUTH-01, TX-AUTH-06, TX-AUTH-07: a scheme has its name in any case; a user
// name ends at the first colon, so that the rest is the password with all its
// colons; and credentials may be any text.
func TestAuthorizationHeader(t *testing.T) {
	p := startParties(t)
	token := p.issue(t, "rw", false)
	basic := func(text string) string { return "BASIC " + strings.TrimPrefix(basicAuth(text, ""), "Basic ") }
	for header, want := range map[string]int{
		basicAuth("rw", token): 200, strings.Replace(basicAuth("rw", token), "Basic", "bASIC", 1): 200, "bearer " + token: 200, "TOKEN " + token: 200,
		basicAuth("", token): 200, basicAuth("rw", token+":"): 401, basicAuth("rw:", token): 401, basicAuth("rw", "a:b:ü"): 401,
		basicAuth("ü", token): 401, basic("\xff\xfe"): 401, "Basic": 401, "Basic =": 401, "Bearer": 401, "Bearer " + token + " x": 401, "": 401,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL()+"/taxii2/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header["Authorization"], req.Header["X-Forwarded-For"] = []string{header}, []string{p.somebody()}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("Authorization %q: %d; want %d", header, res.StatusCode, want)
		}
	}
}
