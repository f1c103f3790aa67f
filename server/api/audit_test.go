package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"accord/collections"
)

func indented(t *testing.T, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, body, "", "  "); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return b.Bytes()
}

// TX-AUTH-14, P5, P6: an answer of /v1/audit as it is sent, of a party that sees
// part of it and of who sees all. What is asked wrongly is named.
func TestAudit(t *testing.T) {
	service, ask := asking(t)
	at := time.Date(2026, 12, 1, 2, 3, 4, 5000, time.UTC)
	for _, a := range []struct {
		alias, party string
		access       collections.Access
	}{
		{"from-cn", "cert-cn", collections.Access{First: 3, Last: 900, Count: 17, Status: 200, BrokenOff: true}},
		{"from-cn", "cert-us", collections.Access{First: 4, Last: 4, Count: 1, Status: 200, Object: "indicator--<1>"}},
		{"hidden", "cert-cn", collections.Access{First: 1, Last: 1, Count: 1, Status: 200}},
		{"", "cert-cn", collections.Access{Status: 404}},
	} {
		at = at.Add(time.Hour)
		x := a.access
		x.AccessKind, _ = service.AccessKindOf("us-cn", a.alias)
		x.Party, x.Action, x.Time = a.party, collections.ActionObjects, at
		x.Unit, x.Officer, x.JTI, x.Remote, x.RequestID = "cert", "Officer of "+a.party, "jti of "+a.party, "192.0.2.1", "R1"
		if err := service.Store.RecordAccesses(t.Context(), []collections.Access{x}); err != nil {
			t.Fatal(err)
		}
	}
	us := collections.Caller{Party: "cert-us"}
	for name, scope := range map[string]string{"audit": "read:*/*", "audit_admin": "admin", "audit_nothing": "write:*/*"} {
		res := ask(us, scope, "/v1/audit?order=oldest")
		if res.Code != http.StatusOK {
			t.Errorf("%s: %d", name, res.Code)
		}
		golden(t, name, indented(t, res.Body.Bytes()))
	}
	for query, want := range map[string]string{
		"fly=1": "fly", "action=fly": "fly", "from=soon": "soon", "to=2026-13-01": "2026-13-01", "order=none": "none", "limit=0": "limit",
		"limit=x": "limit", "next=x": "next", "next=AAAAAAAAAAB": "next", "next=AAAAAAAAAAA=": "next", "collection=x": "AGREEMENT/ALIAS",
		"from=2026-01-02&to=2026-01-01": "after", "party=a&party=b": "party", "party=%": "decoded",
	} {
		res := ask(us, "read:*/*", "/v1/audit?"+query)
		if res.Code != http.StatusBadRequest || !strings.Contains(res.Body.String(), want) {
			t.Errorf("%s: %d %s; want 400 that names %s", query, res.Code, res.Body, want)
		}
	}
}

// FuzzAccessCursor: what is taken as a token has one spelling.
func FuzzAccessCursor(f *testing.F) {
	f.Add(accessCursor(time.UnixMicro(0)))
	f.Add(accessCursor(time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)))
	f.Add("AAAAAAAAAAB")
	f.Add("AAAAA\nAAAAAA") // a line break was read over
	f.Fuzz(func(t *testing.T, token string) {
		if at, ok := parseAccessCursor(token); ok && accessCursor(at) != token {
			t.Errorf("%q is read as %v, which is written %q", token, at, accessCursor(at))
		}
	})
}
