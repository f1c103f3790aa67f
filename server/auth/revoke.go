package auth

import (
	"context"
	"fmt"
	"strings"

	"accord/collections"
)

// Revoked is what Revoke ended.
type Revoked struct {
	JTI string
	// Issued says that this store issued the token. If not, JTI may be that of
	// a party's own issuer, or mistyped.
	Issued bool
}

// Revoke ends a token, given as such, as its handle, or by its jti. It holds on
// this server when Revoke returns, and on others at their next refresh of the
// control log. To revoke a token twice changes nothing. A handle that was never
// issued is ErrNotFound, a forgery in our name ErrInvalid.
func (a *Authenticator) Revoke(ctx context.Context, token string) (Revoked, error) {
	ended, issued, err := a.revocation(token)
	if err != nil {
		return Revoked{}, err
	}
	err = a.control.Append(ctx, collections.Operator, func() ([]collections.ControlEntry, error) {
		if _, twice := a.log.revokedAt(ended.Issuer, ended.JTI); twice {
			return nil, nil
		}
		return controlEntries(typeRevocation, ended.JTI, ended)
	})
	return Revoked{JTI: ended.JTI, Issued: issued}, err
}

// jwtPrefix begins every JWT: Base64 of {".
const jwtPrefix = "eyJ"

// revocation returns the record that ends a token, and whether we issued it.
// What looks like a token or handle is never taken for a jti, or a mistyped
// secret would stand in the log.
func (a *Authenticator) revocation(token string) (ended revocation, issued bool, err error) {
	token = strings.TrimSpace(token)
	switch {
	case strings.HasPrefix(token, handlePrefix):
		record, known := a.log.byHandle(hashHandle(token))
		if !known {
			return ended, false, collections.Errorf(collections.ErrNotFound, "no such handle was issued on this store")
		}
		return a.ends(record), true, nil
	case strings.HasPrefix(token, jwtPrefix):
		return a.revocationOfJWT(token)
	}
	if record, known := a.log.byJTI(token); known {
		return a.ends(record), true, nil
	}
	if !isName(token) {
		return ended, false, collections.Errorf(collections.ErrInvalid, "this is no token, no handle and no jti")
	}
	return revocation{JTI: token}, false, nil
}

func (a *Authenticator) ends(r tokenRecord) revocation {
	return revocation{JTI: r.JTI, Issuer: a.issuer()}
}

// revocationOfJWT believes a foreign token what it says of itself: at worst a
// token ends that its issuer never made. One in our own name must be ours, or a
// forger could have another's token revoked.
func (a *Authenticator) revocationOfJWT(token string) (ended revocation, issued bool, err error) {
	t, err := readToken(token)
	if err != nil {
		return ended, false, &collections.Error{Kind: collections.ErrInvalid, Detail: "the token cannot be read; revoke it by its jti", Err: err}
	}
	if !isName(t.Claims.ID) {
		return ended, false, collections.Errorf(collections.ErrInvalid, "the token has no jti")
	}
	if t.Claims.Issuer == "" {
		return ended, false, collections.Errorf(collections.ErrInvalid, "the token has no iss")
	}
	if t.Claims.Issuer != a.issuer() {
		return revocation{JTI: t.Claims.ID, Issuer: t.Claims.Issuer}, false, nil
	}
	key, _, known := a.log.key(t.KID)
	if !known {
		err = fmt.Errorf("the servers have no key %.64q", t.KID)
	} else {
		err = t.signedBy(key)
	}
	if err != nil {
		return ended, false, &collections.Error{Kind: collections.ErrInvalid, Detail: "the token is not of this store, though it says so; nothing was revoked", Err: err}
	}
	return revocation{JTI: t.Claims.ID, Issuer: a.issuer()}, true, nil
}
