package auth

import (
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// P10: of two keys with one kid neither is used, whichever of them signed, and
// the keys beside them go on.
func TestTwoKeysWithOneKID(t *testing.T) {
	i := newIssuer(t)
	i.serves(keySetOf(
		member("same", testKeys()["ed"].Public()),
		member("same", testKeys()["ec"].Public()),
		member("rsa", testKeys()["rsa"].Public()),
	))
	w := newIssuerWorld(t, i)
	claims := with(w.claims(), jwt.MapClaims{"iss": issuerName})
	for key, method := range map[string]jwt.SigningMethod{"ed": jwt.SigningMethodEdDSA, "ec": jwt.SigningMethodES256} {
		w.refuses(sign(t, method, "same", testKeys()[key], claims), "not valid", `"same"`)
		w.refuses(sign(t, method, "same", testKeys()[key], claims), "not valid", "two keys with this kid")
	}
	w.accepts(w.foreignBy("rsa", jwt.SigningMethodRS256, nil))
}
