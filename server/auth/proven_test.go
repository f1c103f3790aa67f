package auth

import (
	"crypto/ed25519"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// P10: that a signature was once good helps a token in nothing else. Expiry,
// revocation and a party that leaves are tried on tokens in use by TestExpired,
// TestRevoke and TestPartyLeavesTheAgreement.
func TestTokenInUseLosesItsKey(t *testing.T) {
	w := newWorld(t, usCN)
	token := w.issue(Request{Party: "cert-us", Scope: "read:us-cn/*"}).Token
	w.accepts(token)
	w.accepts(token)
	if err := w.auth.Retire(t.Context(), kidOf(t, token)); err != nil {
		t.Fatal(err)
	}
	w.refuses(token, "not valid", "is retired")
}

// P10: a party's issuer has another key under the same kid: what the old one
// signed is refused though it was in use, what the new one signs is good.
func TestTokenInUseUnderAnotherKey(t *testing.T) {
	i := newIssuer(t)
	w := newIssuerWorld(t, i)
	token := w.foreign(nil)
	w.accepts(token)
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	i.serves(keySetOf(member("ed", public)))
	w.advance(renewEvery * 6 / 5)
	w.renewed(i.at())
	w.refuses(token, "not valid", "verification error")
	renewed := with(w.claims(), jwt.MapClaims{"iss": issuerName, "exp": w.Now().Add(time.Hour).Unix()})
	w.accepts(sign(t, jwt.SigningMethodEdDSA, "ed", private, renewed))
}

// P10: nobody without a good token makes the server remember anything, what is
// remembered has a bound, and a token in use in another spelling is another.
func TestProvenIsBounded(t *testing.T) {
	w := newWorld(t, usCN)
	good := w.sign(w.claims())
	kept := func() int { return len(w.auth.proven.tokens) }
	w.refuses(w.sign(with(w.claims(), jwt.MapClaims{"aud": "x"})), "not valid", "aud")
	if kept() != 0 {
		t.Errorf("%d tokens that were refused are kept", kept())
	}
	w.accepts(good)
	w.accepts(good)
	if kept() != 1 {
		t.Errorf("one token in use: %d are kept", kept())
	}
	cut := strings.LastIndex(good, ".")
	w.refuses(good[:cut+1]+strings.Repeat("A", len(good)-cut-1), "not valid", "verification error")
	for n := range maxProven {
		w.auth.proven.keep(good+string(rune('A'+n)), &signedToken{})
	}
	if kept() > maxProven {
		t.Errorf("%d tokens are kept; at most %d", kept(), maxProven)
	}
	w.accepts(good)
}
