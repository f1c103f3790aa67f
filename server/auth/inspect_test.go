package auth

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// P5: what a token can do is grant ∩ scope, by collection.
func TestInspect(t *testing.T) {
	w := newWorld(t, usCN, euUS)
	for _, tc := range []struct {
		scope string
		want  []Rights
	}{
		{"read:*/* write:*/* search:*", []Rights{
			{Agreement: "eu-us", Read: []string{"shared"}, Write: []string{"shared"}, Search: true},
			{Agreement: "us-cn", Read: []string{"from-cn", "from-us"}, Write: []string{"from-cn"}, Search: true},
		}},
		{"write:us-cn/from-us request:us-cn", []Rights{{Agreement: "eu-us"}, {Agreement: "us-cn"}}},
	} {
		for _, short := range []bool{false, true} {
			i := w.auth.Inspect(t.Context(), w.issue(Request{Party: "cert-us", Scope: tc.scope, Short: short}).Token)
			if !i.Good || i.Reason != "" || i.Claims.Subject != "cert-us" || !reflect.DeepEqual(i.Rights, tc.want) {
				t.Errorf("scope %q: %+v, want the rights %+v", tc.scope, i, tc.want)
			}
		}
	}
}

// The operator is told what the client is not.
func TestInspectSaysWhyNot(t *testing.T) {
	w := newWorld(t, usCN)
	issued := w.issue(Request{Party: "cert-us", Scope: "read:us-cn/*"})
	if _, err := w.auth.Revoke(t.Context(), issued.JTI); err != nil {
		t.Fatal(err)
	}
	expired := w.issue(Request{Party: "cert-us", Scope: "read:us-cn/*", TTL: time.Second, Short: true}).Token
	w.advance(time.Second)
	for _, tc := range []struct {
		name, token, reason string
		readable            bool
	}{
		{"revoked", issued.Token, "is revoked", true},
		{"expired", expired, "expired", true},
		{"of another store", w.sign(with(w.claims(), jwt.MapClaims{"aud": "x"})), "aud names neither", true},
		{"no token", "x", "segments", false},
		{"unknown handle", newHandle(), "no such handle", false},
	} {
		i := w.auth.Inspect(t.Context(), tc.token)
		if i.Good || !strings.Contains(i.Reason, tc.reason) || i.Rights != nil || (i.Claims != nil) != tc.readable {
			t.Errorf("%s: %+v, want %q", tc.name, i, tc.reason)
		}
	}
}
