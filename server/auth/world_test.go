package auth

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/collections"
	"accord/collections/mongo"
	"accord/collections/mongo/mongotest"
	"accord/collections/sqlite"

	"github.com/golang-jwt/jwt/v5"
)

const usCN = `
agreement: us-cn
title: {en: Cyber cooperation}
parties:
  - {id: cert-us, name: {en: National CERT US}, territory: US, units: [cert, doj], clearance: amber}
  - {id: cert-cn, name: {en: National CERT CN}, territory: CN, clearance: green}
collections:
  - {alias: from-cn, title: {en: From CN}, ceiling: amber, grants: {cert-us: [read, write], cert-cn: [read]}}
  - {alias: from-us, title: {en: From US}, ceiling: amber, grants: {cert-us: [read], cert-cn: [read, write]}}
  - {alias: inner, title: {en: Of CN alone}, ceiling: amber, grants: {cert-cn: [read, write]}}
`

// A clock stands still until a test moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// A world is one server on a store of its own or, by another, on the same.
type world struct {
	*testing.T
	*clock
	store   collections.Store
	control *collections.Control
	auth    *Authenticator
}

// newWorld starts a server in which the agreements hold.
func newWorld(t *testing.T, agreements ...string) *world {
	t.Helper()
	w := &world{T: t, store: openStore(t), clock: &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}}
	w.start(Config{})
	for _, agreement := range agreements {
		w.apply(agreement)
	}
	return w
}

// openStore opens a new store, on SQLite unless the run is one on MongoDB.
func openStore(t *testing.T) (store collections.Store) {
	t.Helper()
	var err error
	if mongotest.Chosen() {
		store, err = mongo.Open(t.Context(), mongotest.Database(t), mongo.Options{})
	} else {
		store, err = sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "accord.db"), sqlite.Options{})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

// P8: tokens, keys and revocations hold on MongoDB as they do on SQLite.
func TestOnMongoDB(t *testing.T) { mongotest.Again(t, "^Test") }

// another is a second server on the same store, with keys of its own.
func (w *world) another() *world {
	other := *w
	other.start(Config{})
	return &other
}

// start makes the world's server one of that config.
func (w *world) start(cfg Config) {
	w.Helper()
	if cfg.KeyDir == "" {
		cfg.KeyDir = filepath.Join(w.TempDir(), "keys")
	}
	cfg.Now, cfg.Log = w.clock.Now, slog.New(slog.DiscardHandler)
	w.auth = New(cfg)
	control, err := collections.OpenControl(w.Context(), w.store, w.auth.Fold)
	if err != nil {
		w.Fatal(err)
	}
	w.control = control
	if err := w.auth.Start(w.Context(), control); err != nil {
		w.Fatal(err)
	}
}

func (w *world) apply(agreement string) {
	w.Helper()
	if _, err := w.control.Apply(w.Context(), collections.Operator, []byte(agreement), collections.ApplyOptions{}); err != nil {
		w.Fatal(err)
	}
}

func (w *world) issue(r Request) Issued {
	w.Helper()
	if r.TTL == 0 {
		r.TTL = time.Hour
	}
	issued, err := w.auth.Issue(w.Context(), r)
	if err != nil {
		w.Fatalf("Issue(%+v): %v", r, err)
	}
	return issued
}

// ask presents one Authorization header for each of the values.
func (w *world) ask(authorization ...string) (collections.Caller, error) {
	r := httptest.NewRequestWithContext(w.Context(), http.MethodGet, "/taxii2/", nil)
	for _, value := range authorization {
		r.Header.Add("Authorization", value)
	}
	return w.auth.Authenticate(r)
}

// accepts presents a token that must be good.
func (w *world) accepts(token string) collections.Caller {
	w.Helper()
	caller, err := w.ask("Bearer " + token)
	if err != nil {
		w.Fatalf("a good token was refused: %v", err)
	}
	return caller
}

// refuses presents a token that must not be good: the client learns detail and
// the log something that contains reason. Neither learns the token.
func (w *world) refuses(token, detail, reason string) {
	w.Helper()
	caller, err := w.ask("Bearer " + token)
	checkRefused(w.T, caller, err, detail, reason)
	if err != nil && token != "" && strings.Contains(err.Error(), token) {
		w.Errorf("the error %q contains the token", err)
	}
}

func checkRefused(t *testing.T, caller collections.Caller, err error, detail, reason string) {
	t.Helper()
	e, ok := err.(*collections.Error)
	if !ok || e.Kind != collections.ErrUnauthenticated || e.Detail != detail || !strings.Contains(err.Error(), reason) {
		t.Errorf("got %v; want %q because of %q", err, detail, reason)
	}
	if caller.Party != "" || caller.Scopes != nil {
		t.Errorf("got the caller %+v beside an error", caller)
	}
}

// claims are those of a good token of the server's own, to be spoilt.
func (w *world) claims() jwt.MapClaims {
	return jwt.MapClaims{
		"iss": w.auth.issuer(), "sub": "cert-us", "aud": w.auth.storeID(), "jti": "1",
		"iat": w.Now().Unix(), "exp": w.Now().Add(time.Hour).Unix(), "scope": "read:us-cn/from-cn",
	}
}

// with returns claims with some of them changed; nil takes one away.
func with(claims jwt.MapClaims, changes jwt.MapClaims) jwt.MapClaims {
	changed := maps.Clone(claims)
	for name, value := range changes {
		if changed[name] = value; value == nil {
			delete(changed, name)
		}
	}
	return changed
}

// key returns the server's own key, as one that has stolen it could.
func (w *world) key() (string, ed25519.PrivateKey) {
	w.Helper()
	kid, key, err := w.auth.signer(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	return kid, key
}

// sign makes a token of any claims with the server's own key.
func (w *world) sign(claims jwt.MapClaims) string {
	w.Helper()
	kid, key := w.key()
	return sign(w.T, jwt.SigningMethodEdDSA, kid, key, claims)
}

func sign(t *testing.T, method jwt.SigningMethod, kid string, key any, claims jwt.MapClaims) string {
	t.Helper()
	return signWith(t, method, key, map[string]any{"kid": kid}, claims)
}

func signWith(t *testing.T, method jwt.SigningMethod, key any, header map[string]any, claims jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, claims)
	maps.Copy(token.Header, header)
	signed, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// controlLog returns all records of the control log.
func (w *world) controlLog() []collections.Record {
	w.Helper()
	records, err := w.store.Follow(context.Background(), collections.ControlLog, 0, 1000)
	if err != nil {
		w.Fatal(err)
	}
	return records
}

func (w *world) recordsOf(typ string) []collections.Record {
	w.Helper()
	return slices.DeleteFunc(w.controlLog(), func(r collections.Record) bool { return r.Type != typ })
}

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}
