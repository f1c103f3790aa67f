package auth

import (
	"crypto"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// algorithms are all that a token may be signed with: no "none", no shared
// secret (RFC 8725 §3.1).
var algorithms = []string{
	jwt.SigningMethodEdDSA.Alg(),
	jwt.SigningMethodES256.Alg(),
	jwt.SigningMethodRS256.Alg(),
}

var parser = jwt.NewParser(jwt.WithStrictDecoding())

// A signedToken is a JWT that has been read; nothing in it is true before
// signedBy says so.
type signedToken struct {
	Claims Claims
	KID    string

	method jwt.SigningMethod
	text   string // what is signed
	sig    []byte

	provenBy crypto.PublicKey // a key that verified the signature; nil for none yet
	kept     bool             // it was proven for an earlier request, by provenBy
}

// readToken takes a JWT apart. It bounds its size itself.
func readToken(text string) (*signedToken, error) {
	if len(text) > maxToken {
		return nil, errors.New("the token is too long")
	}
	var t signedToken
	parsed, _, err := parser.ParseUnverified(text, &t.Claims)
	if err != nil {
		return nil, err
	}
	if alg := parsed.Method.Alg(); !slices.Contains(algorithms, alg) {
		return nil, fmt.Errorf("the algorithm %q is not allowed", alg)
	}
	// An extension that we do not know must not be passed over (RFC 7515 §4.1.11).
	if _, ok := parsed.Header["crit"]; ok {
		return nil, errors.New("the token has a crit header")
	}
	if t.KID, _ = parsed.Header["kid"].(string); t.KID == "" {
		return nil, errors.New("the token has no kid")
	}
	t.method, t.text, t.sig = parsed.Method, text[:strings.LastIndexByte(text, '.')], parsed.Signature
	return &t, nil
}

// signedBy verifies the signature. A key of another kind than the token's
// algorithm asks for is an error too. What a key has proven once is proven.
func (t *signedToken) signedBy(key crypto.PublicKey) error {
	if k, ok := key.(interface{ Equal(crypto.PublicKey) bool }); ok && t.provenBy != nil && k.Equal(t.provenBy) {
		return nil
	}
	if err := t.method.Verify(t.text, t.sig, key); err != nil {
		return fmt.Errorf("signature with key %.64q: %w", t.KID, err)
	}
	t.provenBy, t.kept = key, false
	return nil
}
