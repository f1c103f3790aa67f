package auth

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"accord/collections"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
)

const (
	issuerName = "https://id.cert.example"

	// euUS is a second agreement of cert-us, with a third party.
	euUS = `
agreement: eu-us
title: {en: Private}
parties:
  - {id: cert-us, name: {en: National CERT US}, territory: US, clearance: amber}
  - {id: cert-eu, name: {en: CERT EU}, territory: FR, clearance: amber}
collections:
  - {alias: shared, title: {en: Shared}, ceiling: amber, grants: {cert-us: [read, write], cert-eu: [read, write]}}
`
)

// testKeys are one key of each kind, by kid.
var testKeys = sync.OnceValue(func() map[string]crypto.Signer {
	_, ed, err1 := ed25519.GenerateKey(rand.Reader)
	ec, err2 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p384, err3 := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	rs, err4 := rsa.GenerateKey(rand.Reader, 2048)
	if err := (&[4]error{err1, err2, err3, err4}); *err != [4]error{} {
		panic(err)
	}
	return map[string]crypto.Signer{"ed": ed, "ec": ec, "p384": p384, "rsa": rs}
})

// member is the JWK of a key.
func member(kid string, key any) map[string]any {
	marshal := jwkset.JWKMarshalOptions{Private: true}
	k, err := jwkset.NewJWKFromKey(key, jwkset.JWKOptions{Marshal: marshal, Metadata: jwkset.JWKMetadataOptions{KID: kid}})
	if err != nil {
		panic(err)
	}
	text, err := json.Marshal(k.Marshal())
	if err != nil {
		panic(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		panic(err)
	}
	return fields
}

func keySetOf(members ...map[string]any) string {
	text, err := json.Marshal(map[string]any{"keys": append([]map[string]any{}, members...)}) // never null
	if err != nil {
		panic(err)
	}
	return string(text)
}

// allKeys is the set of all public test keys.
func allKeys() string {
	var members []map[string]any
	for kid, key := range testKeys() {
		members = append(members, member(kid, key.Public()))
	}
	return keySetOf(members...)
}

// An issuer is a party's own, with its key set behind a real TLS server.
type issuer struct {
	*httptest.Server
	asked  atomic.Int64
	answer atomic.Value // http.HandlerFunc
}

func newIssuer(t *testing.T) *issuer {
	i := &issuer{}
	i.serves(allKeys())
	i.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.asked.Add(1)
		i.answer.Load().(http.HandlerFunc)(w, r)
	}))
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) serves(keys string) {
	i.does(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, keys) })
}

func (i *issuer) does(answer http.HandlerFunc) { i.answer.Store(answer) }

// at is the issuer as an agreement declares it.
func (i *issuer) at() collections.Issuer {
	return collections.Issuer{Iss: issuerName, JWKSURL: i.URL + "/keys"}
}

// declare adds an issuer to cert-us in an agreement.
func declare(agreement string, issuer collections.Issuer) string {
	place := fmt.Sprintf("jwks_url: %q", issuer.JWKSURL)
	if issuer.JWKSFile != "" {
		place = fmt.Sprintf("jwks_file: %q", issuer.JWKSFile)
	}
	return strings.Replace(agreement, "territory: US,", fmt.Sprintf("territory: US, issuers: [{iss: %q, %s}],", issuer.Iss, place), 1)
}

// newIssuerWorld is a world in which cert-us has the issuer in us-cn, and
// eu-us declares none.
func newIssuerWorld(t *testing.T, i *issuer) *world {
	t.Helper()
	w := newWorld(t, declare(usCN, i.at()), euUS)
	w.trusts(i)
	return w
}

// trusts restarts the server so that it may ask the issuer, on loopback.
func (w *world) trusts(i *issuer) {
	roots := x509.NewCertPool()
	roots.AddCert(i.Certificate())
	w.start(Config{AllowPrivateIssuers: true, IssuerRoots: roots})
}

// foreign makes a token of the party's issuer.
func (w *world) foreign(changes jwt.MapClaims) string {
	w.Helper()
	return w.foreignBy("ed", jwt.SigningMethodEdDSA, changes)
}

func (w *world) foreignBy(kid string, method jwt.SigningMethod, changes jwt.MapClaims) string {
	w.Helper()
	claims := with(w.claims(), jwt.MapClaims{"iss": issuerName})
	return sign(w.T, method, kid, testKeys()[kid], with(claims, changes))
}

func TestIssuerAlgorithms(t *testing.T) {
	w := newIssuerWorld(t, newIssuer(t))
	for _, tc := range []struct {
		method jwt.SigningMethod
		kid    string
		reason string // "" for good ones
	}{
		{jwt.SigningMethodEdDSA, "ed", ""},
		{jwt.SigningMethodES256, "ec", ""},
		{jwt.SigningMethodRS256, "rsa", ""},
		{jwt.SigningMethodRS512, "rsa", "not allowed"},
		{jwt.SigningMethodPS256, "rsa", "not allowed"},
		{jwt.SigningMethodES384, "p384", "not allowed"},
	} {
		t.Run(tc.method.Alg(), func(t *testing.T) {
			world := *w
			world.T = t
			token := world.foreignBy(tc.kid, tc.method, nil)
			if tc.reason != "" {
				world.refuses(token, "not valid", tc.reason)
				return
			}
			caller := world.accepts(token)
			if caller.Party != "cert-us" || !slices.Equal(caller.Agreements, []string{"us-cn"}) {
				t.Errorf("caller = %+v, want cert-us in us-cn only", caller)
			}
		})
	}
}

// P5: a party's issuer speaks for that party, in the agreements that declare it,
// and never as admin.
func TestIssuerIsBounded(t *testing.T) {
	w := newIssuerWorld(t, newIssuer(t))
	for _, tc := range []struct {
		name    string
		changes jwt.MapClaims
		reason  string
	}{
		{"admin", jwt.MapClaims{"scope": "admin"}, "cannot give the scope admin"},
		{"admin among others", jwt.MapClaims{"scope": "read:*/* admin"}, "cannot give the scope admin"},
		{"another party", jwt.MapClaims{"sub": "cert-cn"}, "declares the issuer"},
		{"party of another agreement", jwt.MapClaims{"sub": "cert-eu"}, "declares the issuer"},
		{"unknown party", jwt.MapClaims{"sub": "cert-xx"}, "declares the issuer"},
		{"another issuer", jwt.MapClaims{"iss": "https://id.other.example"}, "declares the issuer"},
		{"in our name", jwt.MapClaims{"iss": w.auth.issuer()}, "servers have no key"},
		{"for another audience", jwt.MapClaims{"aud": "https://other.example"}, "aud"},
		{"unit of another agreement", jwt.MapClaims{"unit": "fsb"}, "no unit"},
		{"no jti", jwt.MapClaims{"jti": nil}, "jti"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			world := *w
			world.T = t
			world.refuses(world.foreign(tc.changes), "not valid", tc.reason)
		})
	}
	expired := w.foreign(nil)
	w.advance(time.Hour)
	w.refuses(expired, "expired", "expired")
}

// P5: whatever the scope says, the token opens no other agreement, even where
// its party has grants.
func TestIssuerScopeIsCut(t *testing.T) {
	w := newIssuerWorld(t, newIssuer(t))
	for _, tc := range []struct {
		scope string
		want  []string // aliases that can be read in us-cn
	}{
		{"read:*/* write:*/*", []string{"from-cn", "from-us"}},
		{"read:us-cn/from-cn read:eu-us/shared", []string{"from-cn"}},
		{"read:eu-us/shared", nil},
		{"openid profile https://other.example/read read:us-cn/from-us", []string{"from-us"}}, // said to others
	} {
		i := w.auth.Inspect(t.Context(), w.foreign(jwt.MapClaims{"scope": tc.scope}))
		if !i.Good || len(i.Rights) != 1 || i.Rights[0].Agreement != "us-cn" || !slices.Equal(i.Rights[0].Read, tc.want) {
			t.Errorf("scope %q: %+v; want %q in us-cn and nothing else", tc.scope, i, tc.want)
		}
	}
}

// P5: one issuer that two agreements declare speaks in both.
func TestIssuerOfTwoAgreements(t *testing.T) {
	i := newIssuer(t)
	w := newWorld(t, declare(usCN, i.at()), declare(euUS, i.at()))
	w.trusts(i)
	caller := w.accepts(w.foreign(nil))
	if want := []string{"eu-us", "us-cn"}; !slices.Equal(caller.Agreements, want) {
		t.Errorf("agreements = %q, want %q", caller.Agreements, want)
	}
	if caller := w.accepts(w.foreign(jwt.MapClaims{"unit": "doj"})); !slices.Equal(caller.Agreements, []string{"us-cn"}) {
		t.Errorf("a unit of us-cn speaks in %q", caller.Agreements)
	}
	w.apply(euUS)
	if caller := w.accepts(w.foreign(nil)); !slices.Equal(caller.Agreements, []string{"us-cn"}) {
		t.Errorf("after eu-us has dropped the issuer its token speaks in %q", caller.Agreements)
	}
	w.apply(usCN)
	w.refuses(w.foreign(nil), "not valid", "declares the issuer")
}

// P5: two agreements that declare one party with different issuers are not applied,
// so nobody has to guess whose token it is.
func TestIssuersThatDiffer(t *testing.T) {
	one, two := newIssuer(t), newIssuer(t)
	w := newWorld(t, declare(usCN, one.at()))
	_, err := w.control.Apply(t.Context(), collections.Operator, []byte(declare(euUS, two.at())), collections.ApplyOptions{})
	if !errors.Is(err, collections.ErrConflict) || !strings.Contains(err.Error(), `party "cert-us": its issuers are others in the agreement "us-cn"; declare the same in both`) {
		t.Errorf("Apply = %v, want ErrConflict that names party, agreement and way out", err)
	}
}

func TestRevokeForeign(t *testing.T) {
	w := newIssuerWorld(t, newIssuer(t))
	byToken, byJTI, kept := w.foreign(jwt.MapClaims{"jti": "7"}), w.foreign(jwt.MapClaims{"jti": "8"}), w.foreign(jwt.MapClaims{"jti": "9"})
	ours := w.sign(with(w.claims(), jwt.MapClaims{"jti": "7"}))
	for _, token := range []string{byToken, "8"} {
		if revoked, err := w.auth.Revoke(t.Context(), token); err != nil || revoked.Issued {
			t.Fatalf("Revoke = %+v, %v; want it done, of an issuer's", revoked, err)
		}
	}
	w.refuses(byToken, "not valid", "is revoked")
	w.refuses(byJTI, "not valid", "is revoked")
	w.accepts(kept)
	w.accepts(ours) // the same jti of another issuer
}

// P10: what a key source must not do to us.
func TestBadSources(t *testing.T) {
	var redirected atomic.Bool
	elsewhere := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		redirected.Store(true)
		fmt.Fprint(w, allKeys())
	}))
	defer elsewhere.Close()
	for _, tc := range []struct {
		name, reason string
		answer       http.HandlerFunc
	}{
		{"redirects", "redirects are not followed", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusFound)
		}},
		{"redirects home", "redirects are not followed", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/keys" {
				http.Redirect(w, r, "/other", http.StatusMovedPermanently)
				return
			}
			fmt.Fprint(w, allKeys())
		}},
		{"fails", "500", func(w http.ResponseWriter, r *http.Request) { http.Error(w, allKeys(), 500) }},
		{"too large", "more than", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, allKeys(), strings.Repeat(" ", maxKeySet))
		}},
		{"a page", "not a JWK set", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "<html>") }},
		{"another JSON", "keys is missing", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "{}") }},
		{"breaks off", "unexpected EOF", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100000")
			fmt.Fprint(w, allKeys())
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			i := newIssuer(t)
			i.does(tc.answer)
			w := newIssuerWorld(t, i)
			w.refuses(w.foreign(nil), "not valid", tc.reason)
		})
	}
	if redirected.Load() {
		t.Error("a redirect was followed")
	}
}

// P10: without the switch no address within the house is dialled, whatever the
// agreement says.
func TestPrivateAddresses(t *testing.T) {
	i := newIssuer(t)
	w := newWorld(t, declare(usCN, i.at()))
	w.start(Config{})
	w.refuses(w.foreign(nil), "not valid", "not a public address")
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"} {
		place := collections.Issuer{JWKSURL: strings.Replace(i.URL, "127.0.0.1", host, 1)}
		if _, err := w.auth.issuers.load(t.Context(), place); err == nil || !strings.Contains(err.Error(), "not a public address") {
			t.Errorf("load from %s = %v, want it refused", host, err)
		}
	}
	if n := i.asked.Load(); n != 0 {
		t.Errorf("the issuer was asked %d times", n)
	}
	for _, address := range []string{"http://id.cert.example/keys", "file:///etc/passwd", "https:///keys", "https://u:p@id.cert.example/"} {
		if _, err := w.auth.issuers.load(t.Context(), collections.Issuer{JWKSURL: address}); err == nil || !strings.Contains(err.Error(), "must be https") {
			t.Errorf("load from %s = %v, want it refused", address, err)
		}
	}
}

func TestIsPublic(t *testing.T) {
	for address, want := range map[string]error{
		"8.8.8.8:443": nil, "[2606:4700::1111]:443": nil,
		"10.1.2.3:443": errExpired, "172.16.0.1:443": errExpired, "192.168.1.1:443": errExpired,
		"127.0.0.1:443": errExpired, "169.254.169.254:443": errExpired, "100.64.0.1:443": errExpired,
		"0.0.0.0:443": errExpired, "255.255.255.255:443": errExpired, "224.0.0.1:443": errExpired, "198.18.0.1:443": errExpired,
		"[::1]:443": errExpired, "[::]:443": errExpired, "[fe80::1%lo]:443": errExpired, "[fd00::1]:443": errExpired,
		"[::ffff:10.1.2.3]:443": errExpired, "[64:ff9b::a01:203]:443": errExpired, "[2002:a01:203::]:443": errExpired,
		"[::10.1.2.3]:443": errExpired, "nonsense": errExpired,
	} {
		if err := onlyPublic("tcp", address, nil); (err == nil) != (want == nil) {
			t.Errorf("onlyPublic(%s) = %v", address, err)
		}
	}
}

// P10: a slow source holds nobody up for long, and nobody at all whose key is known.
func TestSlowSource(t *testing.T) {
	i := newIssuer(t)
	release := make(chan struct{})
	defer close(release)
	hang := func(http.ResponseWriter, *http.Request) { <-release }
	i.does(hang)
	w := newIssuerWorld(t, i)
	began := time.Now()
	w.refuses(w.foreign(nil), "not valid", "did not come in time")
	if took := time.Since(began); took >= fetchTimeout {
		t.Errorf("a request waited %s for a slow source, want about %s", took, patience)
	}

	known := newIssuer(t)
	w = newIssuerWorld(t, known)
	w.accepts(w.foreign(nil))
	known.does(hang)
	w.advance(renewEvery * 2)
	w.auth.issuers.renew(t.Context(), w.control.Agreements())
	began = time.Now()
	w.accepts(w.foreign(nil))
	if took := time.Since(began); took >= patience {
		t.Errorf("a request with a known key waited %s", took)
	}
}

// P10: known keys go on while their source is gone, until their age limit.
func TestSourceGone(t *testing.T) {
	i := newIssuer(t)
	w := newIssuerWorld(t, i)
	w.accepts(w.foreign(nil))
	i.does(func(w http.ResponseWriter, r *http.Request) { http.Error(w, "gone", http.StatusGone) })
	w.advance(12 * time.Hour)
	w.renewed(i.at())
	w.accepts(w.foreign(nil))
	w.advance(12 * time.Hour)
	w.accepts(w.foreign(nil))
	w.advance(time.Second)
	w.refuses(w.foreign(nil), "not valid", "410 Gone")
	if _, err := w.ask("Bearer " + w.foreign(nil)); !errors.Is(err, ErrNoKeys) {
		t.Errorf("a token whose keys are gone: %v; want %v", err, ErrNoKeys)
	}
	i.serves(allKeys())
	if _, err := w.ask("Bearer x"); errors.Is(err, ErrNoKeys) {
		t.Errorf("no token at all: %v; want another reason", err)
	}
	w.advance(urlPause)
	w.accepts(w.foreign(nil))
}

// renewed runs what Watch does, and waits for the fetch.
func (w *world) renewed(i collections.Issuer) {
	w.auth.issuers.renew(w.Context(), w.control.Agreements())
	<-w.auth.issuers.source(i).fetch(w.Context())
}

// P10: a key that its issuer has withdrawn ends with the next renewal.
func TestWithdrawnKey(t *testing.T) {
	i := newIssuer(t)
	w := newIssuerWorld(t, i)
	w.accepts(w.foreign(nil))
	i.serves(keySetOf())
	w.renewed(i.at())
	w.accepts(w.foreign(nil)) // not due yet
	w.advance(renewEvery * 6 / 5)
	w.renewed(i.at())
	w.refuses(w.foreign(nil), "not valid", `has no key "ed"`)
}

// P10: an unknown kid makes us ask the source again, but not each time.
func TestUnknownKID(t *testing.T) {
	i := newIssuer(t)
	i.serves(keySetOf())
	w := newIssuerWorld(t, i)
	for range 10 {
		w.refuses(w.foreign(nil), "not valid", `has no key "ed"`)
	}
	i.serves(allKeys())
	w.refuses(w.foreign(nil), "not valid", `has no key "ed"`)
	if n := i.asked.Load(); n != 1 {
		t.Errorf("the issuer was asked %d times, want once", n)
	}
	w.advance(urlPause)
	w.accepts(w.foreign(nil))
	if n := i.asked.Load(); n != 2 {
		t.Errorf("the issuer was asked %d times, want twice", n)
	}
}

// Many who wait for one source share its answer.
func TestFetchIsShared(t *testing.T) {
	i := newIssuer(t)
	w := newIssuerWorld(t, i)
	token := w.foreign(nil)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := w.ask("Bearer " + token); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := i.asked.Load(); n != 1 {
		t.Errorf("the issuer was asked %d times, want once", n)
	}
}

// Watch fetches before anybody asks, and ends with its context.
func TestWatch(t *testing.T) {
	i := newIssuer(t)
	asked := make(chan struct{}, 1)
	i.does(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, allKeys())
		asked <- struct{}{}
	})
	w := newIssuerWorld(t, i)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.auth.Watch(ctx)
	}()
	<-asked
	cancel()
	<-done
}

// renew forgets issuers that nobody declares.
func TestRenewForgets(t *testing.T) {
	i := newIssuer(t)
	w := newIssuerWorld(t, i)
	w.accepts(w.foreign(nil))
	w.apply(usCN)
	w.auth.issuers.renew(t.Context(), w.control.Agreements())
	if n := len(w.auth.issuers.sources); n != 0 {
		t.Errorf("%d sources are kept, want none", n)
	}
}

func TestJWKSFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys.json")
	write(t, file, keySetOf())
	w := newWorld(t, declare(usCN, collections.Issuer{Iss: issuerName, JWKSFile: file}))
	w.refuses(w.foreign(nil), "not valid", `has no key "ed"`)
	write(t, file, allKeys())
	w.advance(filePause)
	w.accepts(w.foreign(nil))
	write(t, file, keySetOf())
	w.advance(filePause)
	w.refuses(w.foreign(nil), "not valid", `has no key "ed"`)

	write(t, file, allKeys())
	w.advance(filePause)
	w.accepts(w.foreign(nil))
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	w.advance(24 * time.Hour)
	w.accepts(w.foreign(nil))
	w.advance(time.Second)
	w.refuses(w.foreign(nil), "not valid", "no such file")
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := readFile(file); err == nil || !strings.Contains(err.Error(), "not a file") {
		t.Errorf("readFile of a folder = %v", err)
	}
}
