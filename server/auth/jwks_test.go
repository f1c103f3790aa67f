package auth

import (
	"crypto/rand"
	"crypto/rsa"
	"strings"
	"testing"
)

// P10: keys that cannot be used are refused one by one; the others are read.
func TestParseJWKS(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	ed := testKeys()["ed"].Public()
	change := func(m map[string]any, name string, value any) map[string]any {
		m[name] = value
		return m
	}
	for _, tc := range []struct {
		name, reason string // "" for good ones
		members      []map[string]any
	}{
		{"good", "", []map[string]any{member("k", ed)}},
		{"good, with a use and an alg", "", []map[string]any{change(change(member("k", ed), "use", "sig"), "alg", "EdDSA")}},
		{"x5u is not fetched", "", []map[string]any{change(member("k", ed), "x5u", "https://198.51.100.1/cert.pem")}},
		{"two with one kid", "two keys with this kid", []map[string]any{member("k", ed), member("k", testKeys()["ec"].Public())}},
		{"three with one kid", "two keys with this kid", []map[string]any{member("k", ed), member("k", ed), member("k", ed)}},
		{"one with the kid of a useless one", "two keys with this kid", []map[string]any{change(member("k", ed), "use", "enc"), member("k", ed)}},
		{"a useless one with the kid of another", "two keys with this kid", []map[string]any{member("k", ed), change(member("k", ed), "x", 7)}},
		{"for encryption", `use is "enc"`, []map[string]any{change(member("k", ed), "use", "enc")}},
		{"for another algorithm", `alg is "RS512"`, []map[string]any{change(member("k", testKeys()["rsa"].Public()), "alg", "RS512")}},
		{"for HMAC", `alg is "HS256"`, []map[string]any{change(member("k", ed), "alg", "HS256")}},
		{"private", "secret half", []map[string]any{member("k", testKeys()["ed"])}},
		{"shared secret", "secret half", []map[string]any{{"kty": "oct", "kid": "k", "k": "AAAA"}}},
		{"RSA of 1024 bits", "no key for", []map[string]any{member("k", small.Public())}},
		{"P-384", "no key for", []map[string]any{member("k", testKeys()["p384"].Public())}},
		{"not on its curve", "invalid", []map[string]any{change(member("k", testKeys()["ec"].Public()), "x", "AAAA")}},
		{"too short", "32 bytes", []map[string]any{change(member("k", ed), "x", "AAAA")}},
		{"of an unknown kind", "unsupported", []map[string]any{{"kty": "PQ", "kid": "k"}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set, err := parseJWKS([]byte(keySetOf(append(tc.members, member("other", ed))...)))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := set.key("other"); err != nil {
				t.Errorf("the key beside it: %v", err)
			}
			_, err = set.key("k")
			if tc.reason == "" && err != nil || tc.reason != "" && (err == nil || !strings.Contains(err.Error(), tc.reason)) {
				t.Errorf("key = %v, want %q", err, tc.reason)
			}
		})
	}
	set, err := parseJWKS([]byte(keySetOf(member("", ed))))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := set.key(""); err == nil {
		t.Error("a key without kid is used")
	}
}

// FuzzParseJWKS: whatever an issuer serves, each key that is used has exactly
// one of our algorithms.
func FuzzParseJWKS(f *testing.F) {
	f.Add([]byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","use":"sig","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"RSA","kid":"a","n":"AQAB","e":"AQAB"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"EC","crv":"P-256","kid":"a","x":"AA","y":"AA"}, 7]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		set, err := parseJWKS(text)
		if err != nil {
			return
		}
		for kid, key := range set.keys {
			if _, err := methodOf(key); err != nil || kid == "" {
				t.Errorf("the key %q is used: %v", kid, err)
			}
			if _, refused := set.refused[kid]; refused {
				t.Errorf("the key %q is both used and refused", kid)
			}
		}
	})
}
