package auth

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/collections"

	"github.com/golang-jwt/jwt/v5"
)

func TestSchemes(t *testing.T) {
	w := newWorld(t, usCN)
	long := w.issue(Request{Party: "cert-us", Scope: "read:us-cn/*"}).Token
	short := w.issue(Request{Party: "cert-us", Scope: "read:us-cn/*", Short: true}).Token
	for _, tc := range []struct {
		name    string
		headers []string
		reason  string // "" for good ones
	}{
		{"Bearer", []string{"Bearer " + long}, ""},
		{"Token", []string{"Token " + long}, ""},
		{"TX-AUTH-01: Basic with the party", []string{basic("cert-us", long)}, ""},
		{"Basic without user", []string{basic("", long)}, ""},
		{"short Bearer", []string{"Bearer " + short}, ""},
		{"short Basic", []string{basic("cert-us", short)}, ""},
		{"TX-AUTH-07: scheme in any case", []string{"bEARER " + long}, ""},
		{"TX-AUTH-07: basic in any case", []string{strings.Replace(basic("", short), "Basic", "basic", 1)}, ""},

		{"Basic with another party", []string{basic("cert-cn", long)}, "user name"},
		{"Basic with any other name", []string{basic("admin", short)}, "user name"},
		{"TX-AUTH-07: user ends at the first colon", []string{basic("cert-us:", long)}, "token"},
		{"TX-AUTH-06: no Base64", []string{"Basic %%%"}, "not Base64"},
		{"TX-AUTH-06: no colon", []string{"Basic " + base64.StdEncoding.EncodeToString([]byte("cert-us"))}, "no colon"},
		{"TX-AUTH-06: no password", []string{basic("cert-us", "")}, "no token"},
		{"TX-AUTH-06: unknown scheme", []string{"Foo x"}, "unknown scheme"},
		{"TX-AUTH-06: empty", []string{""}, "unknown scheme"},
		{"TX-AUTH-06: scheme alone", []string{"Bearer"}, "no token"},
		{"two headers", []string{"Bearer " + long, "Bearer " + long}, "more than one"},
		{"oversized", []string{"Bearer " + strings.Repeat("a", maxToken+1)}, "too long"},
		{"oversized by far", []string{"Basic " + strings.Repeat("a", 1<<20)}, "too long"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			caller, err := w.ask(tc.headers...)
			if tc.reason != "" {
				checkRefused(t, caller, err, "not valid", tc.reason)
			} else if err != nil || caller.Party != "cert-us" {
				t.Errorf("caller %+v, %v; want cert-us", caller, err)
			}
		})
	}
	if _, err := w.ask(); !errors.Is(err, collections.ErrUnauthenticated) || len(w.auth.Challenges(err)) != 2 {
		t.Errorf("without credentials: %v, want ErrUnauthenticated", err)
	}
}

// P10: every claim is checked, of tokens that our own key signed.
func TestClaims(t *testing.T) {
	w := newWorld(t, usCN)
	if err := w.control.Set(t.Context(), collections.Operator, SettingPublicURL, "https://accord.example/"); err != nil {
		t.Fatal(err)
	}
	now := w.Now()
	for _, tc := range []struct {
		name    string
		changes jwt.MapClaims
		reason  string // "" for good ones
	}{
		{"as issued", nil, ""},
		{"aud is the public URL", jwt.MapClaims{"aud": "https://accord.example"}, ""},
		{"one aud of several", jwt.MapClaims{"aud": []string{"x", "https://accord.example/"}}, ""},
		{"iat within the leeway", jwt.MapClaims{"iat": now.Add(time.Minute).Unix()}, ""},
		{"no scope", jwt.MapClaims{"scope": nil}, ""},
		{"admin", jwt.MapClaims{"scope": "admin"}, ""},

		{"another store's iss", jwt.MapClaims{"iss": "accord:6f3f5a51-0000-4000-8000-000000000000"}, "declares the issuer"},
		{"no iss", jwt.MapClaims{"iss": nil}, "declares the issuer"},
		{"another store's aud", jwt.MapClaims{"aud": "6f3f5a51-0000-4000-8000-000000000000"}, "aud"},
		{"a part of the public URL", jwt.MapClaims{"aud": "https://accord"}, "aud"},
		{"empty aud", jwt.MapClaims{"aud": ""}, "aud"},
		{"no aud", jwt.MapClaims{"aud": nil}, "aud"},
		{"no sub", jwt.MapClaims{"sub": nil}, "sub"},
		{"unknown sub", jwt.MapClaims{"sub": "cert-xx"}, "no agreement has the party"},
		{"no jti", jwt.MapClaims{"jti": nil}, "jti"},
		{"jti with a line break", jwt.MapClaims{"jti": "a\nb"}, "jti"},
		{"jti too long", jwt.MapClaims{"jti": strings.Repeat("a", 257)}, "jti"},
		{"no exp", jwt.MapClaims{"exp": nil}, "exp is missing"},
		{"exp is text", jwt.MapClaims{"exp": "tomorrow"}, "JSON"},
		{"exp before iat", jwt.MapClaims{"exp": now.Add(-time.Hour).Unix()}, "exp is not within"},
		{"exp for ever", jwt.MapClaims{"exp": 1e300}, "exp is not within"},
		{"no iat", jwt.MapClaims{"iat": nil}, "iat is missing"},
		{"iat in the future", jwt.MapClaims{"iat": now.Add(61 * time.Second).Unix()}, "iat is in the future"},
		{"nbf in the future", jwt.MapClaims{"nbf": now.Add(61 * time.Second).Unix()}, "nbf is in the future"},
		{"unknown scope", jwt.MapClaims{"scope": "everything"}, "scope"},
		{"unit of nobody", jwt.MapClaims{"unit": "fsb"}, "no unit"},
		{"officer with a line break", jwt.MapClaims{"officer": "a\nb"}, "officer"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			world := *w
			world.T = t
			token := world.sign(with(world.claims(), tc.changes))
			if tc.reason == "" {
				world.accepts(token)
			} else {
				world.refuses(token, "not valid", tc.reason)
			}
		})
	}
}

// P10: expired is expired, at the second; a token that is wrong besides is only said
// to be not valid.
func TestExpired(t *testing.T) {
	w := newWorld(t, usCN)
	good := w.sign(w.claims())
	wrong := w.sign(with(w.claims(), jwt.MapClaims{"aud": "x"}))
	w.advance(time.Hour - time.Second)
	w.accepts(good)
	w.advance(time.Second)
	w.refuses(good, "expired", "expired")
	w.refuses(wrong, "not valid", "aud")
}

// P10, TX-AUTH-06: tokens that nobody of us signed.
func TestForged(t *testing.T) {
	w := newWorld(t, usCN)
	kid, key := w.key()
	public := key.Public().(ed25519.PublicKey)
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := w.sign(w.claims())
	parts := strings.Split(good, ".")
	encode := base64.RawURLEncoding.EncodeToString
	for _, tc := range []struct{ name, token, reason string }{
		{"by another key", sign(t, jwt.SigningMethodEdDSA, kid, stranger, w.claims()), "signature"},
		{"by an unknown kid", sign(t, jwt.SigningMethodEdDSA, thumbprint(stranger.Public().(ed25519.PublicKey)), stranger, w.claims()), "have no key"},
		{"by a key that it brings along", signWith(t, jwt.SigningMethodEdDSA, stranger, map[string]any{
			"kid": "x", "jwk": newJWK(stranger.Public().(ed25519.PublicKey)),
		}, w.claims()), "have no key"},
		{"none", signWith(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, map[string]any{"kid": kid}, w.claims()), `"none" is not allowed`},
		{"None", encode([]byte(`{"alg":"None","kid":"`+kid+`"}`)) + "." + parts[1] + ".", "signing method"},
		{"our public key as a shared secret", sign(t, jwt.SigningMethodHS256, kid, []byte(public), w.claims()), `"HS256" is not allowed`},
		{"algorithm of another key", encode([]byte(`{"alg":"RS256","kid":"`+kid+`"}`)) + "." + parts[1] + "." + parts[2], "signature"},
		{"no kid", signWith(t, jwt.SigningMethodEdDSA, key, nil, w.claims()), "no kid"},
		{"kid is no text", signWith(t, jwt.SigningMethodEdDSA, key, map[string]any{"kid": 7}, w.claims()), "no kid"},
		{"kid is a path", sign(t, jwt.SigningMethodEdDSA, "../../etc/passwd", key, w.claims()), "have no key"},
		{"crit", signWith(t, jwt.SigningMethodEdDSA, key, map[string]any{"kid": kid, "crit": []string{"b64"}}, w.claims()), "crit"},
		{"other claims under our signature", parts[0] + "." + encode([]byte(`{"iss":"`+w.auth.issuer()+`","sub":"cert-cn"}`)) + "." + parts[2], "signature"},
		{"signature cut off", parts[0] + "." + parts[1] + ".", "signature"},
		{"one part", "abc", "segments"},
		{"four parts", good + ".x", "segments"},
		{"no Base64", "!." + parts[1] + "." + parts[2], "base64"},
		{"stray bits at the end", strayBits(good), "base64"},
		{"no JSON", encode([]byte("x")) + "." + parts[1] + "." + parts[2], "JSON"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			world := *w
			world.T = t
			world.refuses(tc.token, "not valid", tc.reason)
		})
	}
	w.accepts(good)
}

// strayBits changes a bit of the last letter that Base64 does not use: 64 bytes
// are 86 letters, and the last one has four bits too many.
func strayBits(token string) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := len(token) - 1
	return token[:last] + string(letters[strings.IndexByte(letters, token[last])^1])
}

// The answer's kind is ErrUnauthenticated alone, whatever the cause was.
func TestCauseHasNoKind(t *testing.T) {
	w := newWorld(t, usCN)
	_, err := w.ask("Bearer " + w.sign(with(w.claims(), jwt.MapClaims{"scope": "everything"})))
	if errors.Is(err, collections.ErrInvalid) || !errors.Is(err, collections.ErrUnauthenticated) {
		t.Errorf("%v is of kind ErrInvalid too", err)
	}
}

func TestChallenges(t *testing.T) {
	basic, bearer := `Basic realm="accord", charset="UTF-8"`, `Bearer realm="accord"`
	for _, tc := range []struct {
		name string
		err  error
		want []string
	}{
		{"no credentials", collections.Errorf(collections.ErrUnauthenticated, "no credentials"), []string{basic, bearer}},
		{"expired", unauthenticated(errExpired), []string{basic, bearer + `, error="invalid_token", error_description="expired"`}},
		{"anything else", unauthenticated(errors.New("secret")), []string{basic, bearer + `, error="invalid_token", error_description="not valid"`}},
		{"not ours", errors.New("x"), []string{basic, bearer}},
	} {
		if got := New(Config{}).Challenges(tc.err); !slices.Equal(got, tc.want) {
			t.Errorf("%s: Challenges = %q, want %q", tc.name, got, tc.want)
		}
	}
}

// P5: a party that an apply leaves out has no voice any more.
func TestPartyLeavesTheAgreement(t *testing.T) {
	w := newWorld(t, usCN)
	token := w.issue(Request{Party: "cert-cn", Scope: "read:us-cn/*"}).Token
	w.accepts(token)
	alone := strings.ReplaceAll(usCN, "  - {id: cert-cn, name: {en: National CERT CN}, territory: CN, clearance: green}\n", "")
	alone = strings.NewReplacer(", cert-cn: [read]", "", ", cert-cn: [read, write]", "", "cert-cn: [read, write]", "cert-us: [read]").Replace(alone)
	w.apply(alone)
	w.refuses(token, "not valid", "no agreement has the party")
}
