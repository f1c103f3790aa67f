package auth

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

// A jwk is the public half of an Ed25519 key (RFC 8037 §2). Its members stand
// in the order that the thumbprint asks for (RFC 7638 §3).
type jwk struct {
	Curve   string `json:"crv"`
	KeyType string `json:"kty"`
	X       string `json:"x"`
}

func newJWK(public ed25519.PublicKey) jwk {
	return jwk{Curve: "Ed25519", KeyType: "OKP", X: base64.RawURLEncoding.EncodeToString(public)}
}

func (k jwk) public() (ed25519.PublicKey, error) {
	x, err := base64.RawURLEncoding.Strict().DecodeString(k.X)
	if err != nil || len(x) != ed25519.PublicKeySize || k != newJWK(x) {
		return nil, fmt.Errorf("not an Ed25519 public key")
	}
	return x, nil
}

// thumbprint is the kid of a key (RFC 7638). Two keys have two thumbprints.
func thumbprint(public ed25519.PublicKey) string {
	k := newJWK(public)
	sum := sha256.Sum256(fmt.Appendf(nil, `{"crv":%q,"kty":%q,"x":%q}`, k.Curve, k.KeyType, k.X))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
