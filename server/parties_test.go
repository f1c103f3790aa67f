package server

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"accord/collections"
	"accord/server/auth"

	"github.com/golang-jwt/jwt/v5"
)

// The parties of the TAXII checklist: rw, ro, wo and no have those rights in the
// collection c; hidden is of nobody but other; stranger is a party of the second
// root only. The party rw has an issuer of its own, in the first root only.
const firstRoot = `
agreement: api1
title: {en: The first root}
parties:
  - {id: rw, name: {en: RW}, territory: US, clearance: red, issuers: [{iss: "https://id.cert.example", jwks_file: %q}]}
  - {id: ro, name: {en: RO}, territory: CN, clearance: red}
  - {id: wo, name: {en: WO}, territory: FR, clearance: red}
  - {id: "no", name: {en: "NO"}, territory: DE, clearance: red}
  - {id: other, name: {en: OTHER}, territory: IT, clearance: red}
collections:
  - {alias: c, id: 6f3f5a51-32c9-4b3a-9d5e-0e2f2f3a4b5c, title: {en: C}, ceiling: red, grants: {rw: [read, write], ro: [read], wo: [write], "no": [read, write]}}
  - {alias: hidden, id: af3f5a51-32c9-4b3a-9d5e-0e2f2f3a4b5c, title: {en: Hidden}, ceiling: red, grants: {other: [read, write]}}
`

const secondRoot = `
agreement: api2
title: {en: The second root}
parties:
  - {id: stranger, name: {en: S}, territory: BR, clearance: red}
  - {id: rw, name: {en: RW}, territory: US, clearance: red}
collections:
  - {alias: c, id: 2f3f5a51-32c9-4b3a-9d5e-0e2f2f3a4b5c, title: {en: Another}, ceiling: red, grants: {stranger: [read, write], rw: [read, write]}}
`

const (
	collectionID = "6f3f5a51-32c9-4b3a-9d5e-0e2f2f3a4b5c"
	hiddenID     = "af3f5a51-32c9-4b3a-9d5e-0e2f2f3a4b5c"
	objectID     = "identity--8c6af861-7b20-41ef-9b59-6344fd872a8f" // of lateIdentity
	objectsPath  = "/taxii2/api1/collections/c/objects/"
)

// A parties is a running server with both roots, and the key of rw's issuer.
type parties struct {
	*running
	issuer  ed25519.PrivateKey
	clients atomic.Int64
}

func startParties(t testing.TB, change ...func(*Config)) *parties {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg := testConfig(t)
	dir := filepath.Dir(cfg.Agreements[0])
	cfg.TrustedProxies = []string{"127.0.0.0/8"}
	write := func(name, text string) string { return writeFile(t, filepath.Join(dir, name), text) }
	keys := write("keys.json", fmt.Sprintf(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","x":%q}]}`, base64.RawURLEncoding.EncodeToString(public)))
	cfg.Agreements = []string{write("api1.yaml", fmt.Sprintf(firstRoot, keys)), write("api2.yaml", secondRoot)}
	for _, f := range change {
		f(cfg)
	}
	s := start(t, cfg)
	s.guesses.free = 1e9 // what these tests try is never answered late
	return &parties{running: s, issuer: private}
}

// issue makes a token of the server, or a handle. Its scope is wider than any
// grant, but that of no, who may nothing.
func (p *parties) issue(t testing.TB, party string, short bool) string {
	t.Helper()
	scope := "read:*/* write:*/*"
	if party == "no" {
		scope = "search:*"
	}
	issued, err := p.auth.Issue(t.Context(), auth.Request{Party: party, Scope: scope, TTL: time.Hour, Short: short})
	if err != nil {
		t.Fatal(err)
	}
	return issued.Token
}

// foreign makes a token by rw's own issuer that ends after the given time.
func (p *parties) foreign(t *testing.T, ends time.Duration) string {
	t.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{
		"iss": "https://id.cert.example", "sub": "rw", "aud": p.control.StoreID().String(), "jti": "1", "scope": "read:*/* write:*/*",
		"iat": time.Now().Add(ends - 2*time.Hour).Unix(), "exp": time.Now().Add(ends).Unix(),
	})
	token.Header["kid"] = "k"
	signed, err := token.SignedString(p.issuer)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// somebody is the address of a client that nobody has seen before: failures of
// others are not his.
func (p *parties) somebody() string {
	n := p.clients.Add(1)
	return fmt.Sprintf("2001:db8:%x:%x::1", n>>16, n&0xffff)
}

func basicAuth(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

func writeFile(t testing.TB, name, text string) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// apply brings the first root into force with one text replaced by another.
func (p *parties) apply(t *testing.T, old, new string) {
	t.Helper()
	source, err := os.ReadFile(p.cfg.Agreements[0])
	if err == nil {
		source = []byte(strings.Replace(string(source), old, new, 1))
		_, err = p.control.Apply(t.Context(), collections.Operator, source, collections.ApplyOptions{})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (p *parties) send(t *testing.T, method, path, token, body string) rawAnswer {
	t.Helper()
	res := answerTo(t, http.DefaultClient, request(t, method, p.URL()+path, token, strings.NewReader(body)))
	return rawAnswer{res, read(t, res)}
}
