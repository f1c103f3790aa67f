package auth

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"time"

	"accord/collections"

	"github.com/golang-jwt/jwt/v5"
)

func TestIssue(t *testing.T) {
	w := newWorld(t, usCN)
	issued := w.issue(Request{Party: "cert-us", Scope: "read:us-cn/from-cn  write:us-cn/from-cn", Officer: "王 Wang", Unit: "doj", TTL: DefaultTTL})
	if want := w.Now().Add(90 * 24 * time.Hour); !issued.Expires.Equal(want) || len(issued.Warnings) > 0 {
		t.Errorf("Issue = %+v, want no warnings and an end at %s", issued, want)
	}
	caller := w.accepts(issued.Token)
	if caller.Party != "cert-us" || caller.Unit != "doj" || caller.Officer != "王 Wang" || caller.JTI != issued.JTI || caller.Agreements != nil {
		t.Errorf("caller = %+v", caller)
	}
	if got, want := caller.Scopes.String(), "read:us-cn/from-cn write:us-cn/from-cn"; got != want {
		t.Errorf("scopes = %q, want %q", got, want)
	}
	read, err := readToken(issued.Token)
	if err != nil {
		t.Fatal(err)
	}
	if c := read.Claims; c.Issuer != "accord:"+w.control.StoreID().String() || len(c.Audience) != 1 || c.Audience[0] != w.control.StoreID().String() {
		t.Errorf("iss %q, aud %q, want both named after the store", c.Issuer, c.Audience)
	}
}

func TestIssueRefuses(t *testing.T) {
	w := newWorld(t, usCN)
	good := Request{Party: "cert-us", Scope: "read:us-cn/*", TTL: time.Hour}
	for _, tc := range []struct {
		name, reason string
		spoil        func(r *Request)
	}{
		{"unknown party", `"cert-xx"`, func(r *Request) { r.Party = "cert-xx" }},
		{"no party", "no agreement has", func(r *Request) { r.Party = "" }},
		{"unit of nobody", `"fsb"`, func(r *Request) { r.Unit = "fsb" }},
		{"unit of another party", `"cert"`, func(r *Request) { r.Party, r.Unit = "cert-cn", "cert" }},
		{"no time", "0s", func(r *Request) { r.TTL = 0 }},
		{"negative time", "-1h", func(r *Request) { r.TTL = -time.Hour }},
		{"an age", "at most", func(r *Request) { r.TTL = maxTTL + 1 }},
		{"no scope", "needs a scope", func(r *Request) { r.Scope = " " }},
		{"unknown verb", `"eat"`, func(r *Request) { r.Scope = "read:us-cn/* eat:us-cn" }},
		{"line break in officer", "officer", func(r *Request) { r.Officer = "a\nb" }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := good
			tc.spoil(&r)
			_, err := w.auth.Issue(t.Context(), r)
			if !errors.Is(err, collections.ErrInvalid) || !strings.Contains(err.Error(), tc.reason) {
				t.Errorf("Issue(%+v) = %v, want ErrInvalid naming %s", r, err, tc.reason)
			}
		})
	}
	if n := len(w.auth.Tokens()); n != 0 {
		t.Errorf("%d tokens were recorded, want none", n)
	}
}

// P5: a scope wider than the grants is issued with a warning, and Inspect shows
// that it has no effect.
func TestIssueWarns(t *testing.T) {
	w := newWorld(t, usCN)
	for _, tc := range []struct {
		scope string
		want  []string // what each warning names
	}{
		{"read:us-cn/from-cn write:us-cn/from-cn admin", nil},
		{"write:us-cn/from-us", []string{"no write in us-cn/from-us"}},
		{"read:*/*", []string{"no read in us-cn/inner"}},
		{"write:us-cn/* read:eu/x", []string{"us-cn/from-us, us-cn/inner", "reaches nothing"}},
		{"read:us-cn/nowhere", []string{"reaches nothing"}},
		{"request:us-cn search:us-cn", []string{"no request in us-cn"}},
	} {
		warnings := w.issue(Request{Party: "cert-us", Scope: tc.scope}).Warnings
		ok := len(warnings) == len(tc.want)
		for i := 0; ok && i < len(warnings); i++ {
			ok = strings.Contains(warnings[i], tc.want[i])
		}
		if !ok {
			t.Errorf("scope %q: warnings %q, want %q", tc.scope, warnings, tc.want)
		}
	}
}

// P10: a handle stands for the stored token wherever a JWT does.
func TestHandle(t *testing.T) {
	w := newWorld(t, usCN)
	other := w.another()
	issued := w.issue(Request{Party: "cert-us", Scope: "read:us-cn/*", Unit: "cert", Short: true})
	if len(issued.Token) != 40 || !strings.HasPrefix(issued.Token, "accord_") {
		t.Fatalf("the handle %q is not recognisable", issued.Token)
	}
	for _, server := range []*world{w, other} {
		caller := server.accepts(issued.Token)
		if caller.Party != "cert-us" || caller.Unit != "cert" || caller.JTI != issued.JTI || caller.Scopes.String() != "read:us-cn/*" {
			t.Errorf("caller = %+v", caller)
		}
	}
	forged := issued.Token[:39] + "0" // no letter of base 32
	w.refuses(forged, "not valid", "no such handle")
	w.advance(time.Hour)
	w.refuses(issued.Token, "expired", "expired")
}

// P10: the control log keeps nothing that a token could be made from.
func TestTokensAreNotKept(t *testing.T) {
	w := newWorld(t, usCN)
	request := Request{Party: "cert-us", Scope: "read:us-cn/*"}
	long := w.issue(request).Token
	request.Short = true
	short := w.issue(request).Token
	for _, r := range w.controlLog() {
		for _, secret := range []string{short, short[len(handlePrefix):], long, long[strings.LastIndex(long, ".")+1:]} {
			if bytes.Contains(r.Raw, []byte(secret)) || strings.Contains(r.ID, secret) {
				t.Errorf("the %s record %d contains a token", r.Type, r.Sequence)
			}
		}
	}
	hash := sha256.Sum256([]byte(short))
	if _, ok := w.auth.log.byHandle(hash); !ok {
		t.Error("the hash of the handle is not kept")
	}
	if got := w.auth.Tokens(); len(got) != 2 || got[0].Short || !got[1].Short {
		t.Errorf("Tokens() = %+v, want a long one, then a short one", got)
	}
}

// P10: a revocation holds at once on its server, and on others after a refresh.
func TestRevoke(t *testing.T) {
	for _, tc := range []struct {
		name  string
		short bool
		by    func(Issued) string
	}{
		{"by token", false, func(i Issued) string { return i.Token }},
		{"by jti", false, func(i Issued) string { return i.JTI }},
		{"by handle", true, func(i Issued) string { return i.Token }},
		{"handle by jti", true, func(i Issued) string { return i.JTI }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, usCN)
			other := w.another()
			issued := w.issue(Request{Party: "cert-us", Scope: "read:us-cn/*", Short: tc.short})
			kept := w.issue(Request{Party: "cert-us", Scope: "read:us-cn/*", Short: tc.short})
			other.accepts(issued.Token)
			for range 2 {
				revoked, err := w.auth.Revoke(t.Context(), tc.by(issued))
				if want := (Revoked{JTI: issued.JTI, Issued: true}); err != nil || revoked != want {
					t.Fatalf("Revoke = %+v, %v; want %+v", revoked, err, want)
				}
			}
			w.refuses(issued.Token, "not valid", "is revoked")
			w.accepts(kept.Token)
			if err := other.control.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			other.refuses(issued.Token, "not valid", "is revoked")
			if records := w.recordsOf(typeRevocation); len(records) != 1 {
				t.Errorf("the log has %d revocations, want 1", len(records))
			}
			if tokens := w.auth.Tokens(); tokens[0].Revoked == nil || tokens[1].Revoked != nil {
				t.Errorf("Tokens() = %+v, want only the first revoked", tokens)
			}
		})
	}
}

func TestRevokeRefuses(t *testing.T) {
	w := newWorld(t, usCN)
	issued := w.issue(Request{Party: "cert-us", Scope: "read:us-cn/*"})
	flipped := issued.Token[:len(issued.Token)-3] + "AAA"
	for _, tc := range []struct {
		name, token string
		kind        error
	}{
		{"forged in our name", flipped, collections.ErrInvalid},
		{"broken", "eyJ.x.y", collections.ErrInvalid},
		{"no iss, to end another's", w.sign(with(w.claims(), jwt.MapClaims{"iss": nil, "jti": issued.JTI})), collections.ErrInvalid},
		{"cut off", issued.Token[:100], collections.ErrInvalid},
		{"unknown handle", newHandle(), collections.ErrNotFound},
		{"handle cut off", newHandle()[:30], collections.ErrNotFound},
		{"nothing", "", collections.ErrInvalid},
		{"two lines", "a\nb", collections.ErrInvalid},
	} {
		if _, err := w.auth.Revoke(t.Context(), tc.token); !errors.Is(err, tc.kind) {
			t.Errorf("%s: Revoke = %v, want %v", tc.name, err, tc.kind)
		}
	}
	if n := len(w.recordsOf(typeRevocation)); n != 0 {
		t.Errorf("the log has %d revocations, want none", n)
	}
	w.accepts(issued.Token)
	if revoked, err := w.auth.Revoke(t.Context(), "an-unknown-id"); err != nil || revoked.Issued {
		t.Errorf("an id that we did not give: Revoke = %+v, %v; want it done, and said to be unknown", revoked, err)
	}
}
