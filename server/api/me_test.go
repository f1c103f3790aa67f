package api

import (
	"bytes"
	"flag"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"accord/collections"
	"accord/collections/sqlite"
	"accord/schemas"

	"github.com/labstack/echo/v4"
)

var update = flag.Bool("update", false, "rewrite testdata/*.golden.json")

const agreements = `
agreement: us-cn
title: {en: Cyber cooperation, zh: 网络合作}
parties:
  - {id: cert-us, name: {en: National CERT US}, territory: US, clearance: green, units: [cert]}
  - {id: cert-cn, name: {en: National CERT CN}, territory: CN, clearance: red}
collections:
  - {alias: from-cn, id: 0f3f5a51-32c9-4b3a-9d5e-0e2f2f3a4b5c, title: {en: From CN}, ceiling: amber, grants: {cert-us: [read, write], cert-cn: [read]}}
  - {alias: curated, id: 1f3f5a51-32c9-4b3a-9d5e-0e2f2f3a4b5c, title: {en: Curated}, ceiling: red, grants: {cert-us: [read, write, curate]}}
  - {alias: drop-box, id: 2f3f5a51-32c9-4b3a-9d5e-0e2f2f3a4b5c, title: {en: Write only}, ceiling: clear, grants: {cert-us: [write]}}
  - {alias: hidden, id: 3f3f5a51-32c9-4b3a-9d5e-0e2f2f3a4b5c, title: {en: Hidden}, ceiling: red, grants: {cert-cn: [read, write]}}
cooperation:
  pairs: all
  acknowledge_within: {routine: 72h, urgent: 24h, emergency: 2h}
  respond_within: {routine: 30d, urgent: 7d, emergency: 24h}
---
agreement: eu-us
title: {en: Another}
parties:
  - {id: cert-us, name: {en: US-CERT}, territory: US, clearance: red}
collections:
  - {alias: shared, id: 4f3f5a51-32c9-4b3a-9d5e-0e2f2f3a4b5c, title: {en: Shared}, ceiling: red, grants: {cert-us: [read]}}
---
agreement: others
title: {en: Of others}
parties:
  - {id: cert-cn, name: {en: National CERT CN}, territory: CN, clearance: red}
collections:
  - {alias: shared, id: 5f3f5a51-32c9-4b3a-9d5e-0e2f2f3a4b5c, title: {en: Not to be known}, ceiling: red, grants: {cert-cn: [read]}}
`

// asking returns a function that asks an API on a store in which the agreements
// hold.
func asking(t *testing.T) (*collections.Service, func(caller collections.Caller, scope, path string) *httptest.ResponseRecorder) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "accord.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	control, err := collections.OpenControl(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	for src := range bytes.SplitSeq([]byte(agreements), []byte("---\n")) {
		if _, err := control.Apply(t.Context(), collections.Poster{Party: "*"}, src, collections.ApplyOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	var asks collections.Caller
	e := echo.New()
	e.HTTPErrorHandler = func(err error, c echo.Context) { t.Errorf("%v outside of the API", err) }
	service := &collections.Service{Store: store, Control: control, Validator: schemas.New(), Now: time.Now}
	(&Handler{
		Service:      service,
		Authenticate: func(*http.Request) (collections.Caller, error) { return asks, nil },
		Log:          slog.New(slog.DiscardHandler),
	}).Mount(e)
	return service, func(caller collections.Caller, scope, path string) *httptest.ResponseRecorder {
		t.Helper()
		if caller.Scopes, err = collections.ParseScopes(scope); err != nil {
			t.Fatal(err)
		}
		asks = caller
		w := httptest.NewRecorder()
		e.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Content-Type") == "" {
			t.Errorf("%s: headers %v; want no-store and a type", path, w.Header())
		}
		return w
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden.json")
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is\n%s\nwant\n%s", name, got, want)
	}
}

// P5, P6: what /v1/me says, with the rights of each kind of caller. Nothing that
// he may not know is named.
func TestMe(t *testing.T) {
	_, ask := asking(t)
	expires := time.Date(2026, 12, 31, 8, 0, 0, 0, time.FixedZone("", 8*60*60))
	us := collections.Caller{Party: "cert-us", Unit: "cert", Officer: "A. Officer", JTI: "jti-1", Expires: expires}
	issued := us
	issued.Agreements = []string{"us-cn"}
	for _, tc := range []struct {
		name   string
		caller collections.Caller
		scope  string
	}{
		{"me_wide", us, "read:*/* write:*/* search:* request:us-cn"},
		{"me_narrow", collections.Caller{Party: "cert-us", JTI: "jti-2", Expires: expires}, "read:us-cn/from-cn write:us-cn/drop-box"},
		{"me_admin", us, "admin"},
		{"me_issuer", issued, "read:*/*"},
		{"me_nothing", collections.Caller{Party: "cert-us", JTI: "jti-3", Expires: expires, Agreements: []string{}}, ""},
	} {
		res := ask(tc.caller, tc.scope, "/v1/me")
		if res.Code != http.StatusOK {
			t.Errorf("%s: %d %s", tc.name, res.Code, res.Body)
		}
		for _, secret := range []string{"idden", "thers", "known", "CN}", "cert-cn"} {
			if bytes.Contains(res.Body.Bytes(), []byte(secret)) {
				t.Errorf("%s names %q: %s", tc.name, secret, res.Body)
			}
		}
		golden(t, tc.name, indented(t, res.Body.Bytes()))
	}
	if res := ask(us, "", "/v1/me?lang=zh"); res.Code != http.StatusBadRequest {
		t.Errorf("with a parameter: %d %s", res.Code, res.Body)
	}
}
