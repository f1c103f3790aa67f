package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
)

// RSA keys below 2048 bits are broken soon; those above 8192 only cost time.
const minRSA, maxRSA = 2048, 8192

// A keySet is an issuer's public keys by kid, and of those that cannot be used
// the reason.
type keySet struct {
	keys    map[string]crypto.PublicKey
	refused map[string]error
}

// key returns a key of the set. The error says why there is none.
func (s keySet) key(kid string) (crypto.PublicKey, error) {
	if key, ok := s.keys[kid]; ok {
		return key, nil
	}
	if err, ok := s.refused[kid]; ok {
		return nil, fmt.Errorf("the key %.64q is refused: %w", kid, err)
	}
	return nil, fmt.Errorf("the issuer has no key %.64q", kid)
}

// parseJWKS reads a JWK set (RFC 7517 §5). Keys that cannot be used are refused
// one by one, as the standard has it, and two keys with one kid both.
func parseJWKS(text []byte) (keySet, error) {
	var raw struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		return keySet{}, fmt.Errorf("not a JWK set: %w", err)
	}
	if raw.Keys == nil {
		return keySet{}, errors.New("not a JWK set: keys is missing")
	}
	set := keySet{keys: map[string]crypto.PublicKey{}, refused: map[string]error{}}
	for _, member := range raw.Keys {
		set.add(member)
	}
	return set, nil
}

func (s keySet) add(member json.RawMessage) {
	var k jwkset.JWKMarshal
	var key crypto.PublicKey
	err := json.Unmarshal(member, &k)
	if err == nil {
		key, err = publicKey(k)
	}
	_, used := s.keys[k.KID]
	_, refused := s.refused[k.KID]
	if used || refused {
		delete(s.keys, k.KID)
		err = errors.New("the set has two keys with this kid")
	}
	if err != nil {
		s.refused[k.KID] = err
		return
	}
	s.keys[k.KID] = key
}

// publicKey returns the key that a JWK holds, if it signs with one of our
// algorithms.
func publicKey(k jwkset.JWKMarshal) (crypto.PublicKey, error) {
	switch {
	case k.KID == "":
		return nil, errors.New("it has no kid")
	case k.USE != "" && k.USE != jwkset.UseSig:
		return nil, fmt.Errorf("its use is %q", k.USE)
	case k.D != "" || k.K != "":
		return nil, errors.New("its secret half is published")
	}
	// Certificates say nothing here, and the library would fetch an x5u.
	k.X5U, k.X5C, k.X5T, k.X5TS256 = "", nil, "", ""
	parsed, err := jwkset.NewJWKFromMarshal(k, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
	if err != nil {
		return nil, err
	}
	method, err := methodOf(parsed.Key())
	if err != nil {
		return nil, err
	}
	if k.ALG != "" && k.ALG.String() != method.Alg() {
		return nil, fmt.Errorf("its alg is %q, which is not allowed for it", k.ALG)
	}
	return parsed.Key(), nil
}

// methodOf returns the one algorithm that a key may be used with.
func methodOf(key any) (jwt.SigningMethod, error) {
	switch key := key.(type) {
	case ed25519.PublicKey:
		return jwt.SigningMethodEdDSA, nil
	case *ecdsa.PublicKey:
		if key.Curve == elliptic.P256() {
			return jwt.SigningMethodES256, nil
		}
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); minRSA <= bits && bits <= maxRSA {
			return jwt.SigningMethodRS256, nil
		}
	}
	return nil, errors.New("it is no key for EdDSA, ES256 or RS256 of at least 2048 bits")
}
