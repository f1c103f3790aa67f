package auth

import (
	"crypto"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"accord/collections"
)

// Types of our records in the control log.
const (
	typeKey        = "key"
	typeToken      = "token"
	typeRevocation = "revocation"
)

// A keyRecord publishes a signing key, and later retires it. Both records of
// one key have the same kid, the RFC 7638 thumbprint.
type keyRecord struct {
	KID     string     `json:"kid"`
	JWK     jwk        `json:"jwk"`
	Server  string     `json:"server"`
	From    time.Time  `json:"from"`
	Retired *time.Time `json:"retired,omitempty"`
}

// A tokenRecord is all that is kept of an issued token.
type tokenRecord struct {
	JTI     string `json:"jti"`
	Party   string `json:"party"`
	Scope   string `json:"scope"`
	Issued  int64  `json:"iat"` // seconds, as in the token
	Expires int64  `json:"exp"`
	Officer string `json:"officer,omitempty"`
	Unit    string `json:"unit,omitempty"`
	Handle  []byte `json:"handle,omitempty"` // SHA-256 of the handle; nil for a JWT
	binding        // in place of a secret
}

// A revocation ends the token that an issuer gave an id, or any issuer where
// Issuer is "".
type revocation struct {
	JTI    string `json:"jti"`
	Issuer string `json:"iss,omitempty"`
}

// tokenName is what a revocation ends.
type tokenName struct{ issuer, jti string }

// A register is what the control log says of keys, tokens and revocations.
type register struct {
	mu      sync.RWMutex
	keys    []keyRecord // in the order of their publication
	tokens  []tokenRecord
	handles map[string]int // index in tokens, by hash
	ids     map[string]int // index in tokens, by jti
	bound   map[string]int // index in tokens, by binding; the newest
	revoked map[tokenName]time.Time
}

func (g *register) fold(r collections.Record) error {
	take, ours := map[string]func(collections.Record) error{
		typeKey: g.foldKey, typeToken: g.foldToken, typeRevocation: g.foldRevocation,
	}[r.Type]
	if !ours {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := take(r); err != nil {
		return fmt.Errorf("%s record %d: %w", r.Type, r.Sequence, err)
	}
	return nil
}

// foldKey refuses a key under a kid that is not its thumbprint, so no kid can
// ever stand for two keys.
func (g *register) foldKey(r collections.Record) error {
	var key keyRecord
	if err := json.Unmarshal(r.Raw, &key); err != nil {
		return err
	}
	public, err := key.JWK.public()
	if err != nil {
		return err
	}
	if key.KID != thumbprint(public) {
		return fmt.Errorf("the kid %.64q belongs to another key", key.KID)
	}
	i := slices.IndexFunc(g.keys, func(k keyRecord) bool { return k.KID == key.KID })
	switch {
	case i < 0:
		g.keys = append(g.keys, key)
	case key.Retired != nil:
		g.keys[i].Retired = key.Retired
	}
	return nil
}

func (g *register) foldToken(r collections.Record) error {
	var token tokenRecord
	if err := json.Unmarshal(r.Raw, &token); err != nil {
		return err
	}
	if _, twice := g.ids[token.JTI]; twice {
		return nil
	}
	if g.ids == nil {
		g.ids, g.handles, g.bound = map[string]int{}, map[string]int{}, map[string]int{}
	}
	g.ids[token.JTI] = len(g.tokens)
	if token.Handle != nil {
		g.handles[string(token.Handle)] = len(g.tokens)
	}
	if token.isSet() {
		g.bound[token.key()] = len(g.tokens)
	}
	g.tokens = append(g.tokens, token)
	return nil
}

func (g *register) foldRevocation(r collections.Record) error {
	var ended revocation
	if err := json.Unmarshal(r.Raw, &ended); err != nil {
		return err
	}
	name := tokenName{ended.Issuer, ended.JTI}
	if _, twice := g.revoked[name]; twice {
		return nil
	}
	if g.revoked == nil {
		g.revoked = map[tokenName]time.Time{}
	}
	g.revoked[name] = r.DateAdded
	return nil
}

// key returns the public half of a key that has been published.
func (g *register) key(kid string) (public crypto.PublicKey, retired, known bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	for _, k := range g.keys {
		if k.KID == kid {
			public, err := k.JWK.public()
			return public, k.Retired != nil, err == nil
		}
	}
	return nil, false, false
}

// newest returns the latest published of the keys in hand that is not retired,
// "" if there is none.
func (g *register) newest(keys map[string]ed25519.PrivateKey) string {
	g.mu.RLock()
	defer g.mu.RUnlock()
	for _, k := range slices.Backward(g.keys) {
		if _, inHand := keys[k.KID]; inHand && k.Retired == nil {
			return k.KID
		}
	}
	return ""
}

// byHandle returns the token that a handle with that hash stands for.
func (g *register) byHandle(hash [32]byte) (tokenRecord, bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	i, ok := g.handles[string(hash[:])]
	if !ok {
		return tokenRecord{}, false
	}
	return g.tokens[i], true
}

// byBinding returns the token that was bound so last.
func (g *register) byBinding(b binding) (tokenRecord, bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	i, ok := g.bound[b.key()]
	if !ok {
		return tokenRecord{}, false
	}
	return g.tokens[i], true
}

// byJTI returns the token issued under that id.
func (g *register) byJTI(jti string) (tokenRecord, bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	i, ok := g.ids[jti]
	if !ok {
		return tokenRecord{}, false
	}
	return g.tokens[i], true
}

// revokedAt returns when the token that an issuer gave an id was revoked, and
// whether it was.
func (g *register) revokedAt(issuer, jti string) (time.Time, bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if at, ok := g.revoked[tokenName{issuer, jti}]; ok {
		return at, true
	}
	at, ok := g.revoked[tokenName{"", jti}]
	return at, ok
}
