package server

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TX-COL-11, TX-PAG-08, TX-AUTH-13: what changes between two pages holds for the
// second: a deletion, a right that is withdrawn, a token that is revoked.
func TestChangesBetweenPages(t *testing.T) {
	p := startParties(t)
	token := p.issue(t, "rw", false)
	second := strings.Replace(lateIdentity, "8c6af861", "8c6af862", 1)
	third := strings.Replace(lateIdentity, "8c6af861", "8c6af863", 1)
	res := p.send(t, "POST", objectsPath, token, `{"objects":[`+strings.Join([]string{lateIdentity, second, third}, ",")+`]}`)
	if res.StatusCode != http.StatusAccepted {
		t.Fatalf("push: %d %s", res.StatusCode, res.body)
	}
	first := p.send(t, "GET", objectsPath+"?limit=1", token, "")
	_, rest, _ := strings.Cut(first.body, `"next":"`)
	next, _, _ := strings.Cut(rest, `"`)
	page := objectsPath + "?limit=1&next=" + url.QueryEscape(next)
	expect := func(why string, status int, want string) {
		t.Helper()
		if res := p.send(t, "GET", page, token, ""); res.StatusCode != status || !strings.Contains(res.body, want) {
			t.Errorf("%s: the next page is %d %s; want %d with %s", why, res.StatusCode, res.body, status, want)
		}
	}
	expect("nothing changed", 200, second)
	p.send(t, "DELETE", objectsPath+"identity--8c6af862-7b20-41ef-9b59-6344fd872a8f/", token, "")
	expect("the next object is deleted", 200, third)
	p.send(t, "DELETE", objectsPath+"identity--8c6af863-7b20-41ef-9b59-6344fd872a8f/", token, "")
	expect("all are deleted", 200, "{}")

	p.apply(t, "rw: [read, write]", "rw: [write]")
	expect("the right is withdrawn", 403, "may not read")
	p.apply(t, "rw: [read, write], ", "")
	expect("the grant is withdrawn", 404, "no collection")
	p.apply(t, "", "")
	expect("the right is back", 200, "{}")
	if _, err := p.auth.Revoke(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	expect("the token is revoked", 401, "not valid")
}
