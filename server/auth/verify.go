package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"accord/collections"
)

// verify decides whether a token or handle is good, and for whom it speaks.
func (a *Authenticator) verify(ctx context.Context, token string) (collections.Caller, error) {
	if isHandle(token) {
		claims, err := a.claimsOf(ctx, token)
		if err != nil {
			return collections.Caller{}, err
		}
		return a.admitOwn(claims)
	}
	t, err := a.proven.read(token)
	if err != nil {
		return collections.Caller{}, err
	}
	caller, err := a.verifySigned(ctx, t)
	if err == nil {
		a.proven.keep(token, t)
	}
	return caller, err
}

// verifySigned decides whether a token is good that is signed, and for whom it
// speaks.
func (a *Authenticator) verifySigned(ctx context.Context, t *signedToken) (collections.Caller, error) {
	if t.Claims.Issuer != a.issuer() {
		return a.verifyForeign(ctx, t)
	}
	if err := a.verifyOwn(ctx, t); err != nil {
		return collections.Caller{}, err
	}
	return a.admitOwn(&t.Claims)
}

// verifyOwn checks the signature of a token that says to be ours.
func (a *Authenticator) verifyOwn(ctx context.Context, t *signedToken) error {
	key, retired, known := a.log.key(t.KID)
	if !known {
		if err := a.catchUp(ctx); err != nil {
			return err
		}
		key, retired, known = a.log.key(t.KID)
	}
	switch {
	case !known:
		return fmt.Errorf("the servers have no key %.64q", t.KID)
	case retired:
		return fmt.Errorf("the key %s is retired", t.KID)
	}
	return t.signedBy(key)
}

// admitOwn checks the claims of a token that we issued. It speaks for its party
// wherever that is one.
func (a *Authenticator) admitOwn(c *Claims) (collections.Caller, error) {
	return a.admit(c, a.agreementsOf(c.Subject), true)
}

// agreementsOf returns the agreements that a party takes part in.
func (a *Authenticator) agreementsOf(party string) []*collections.Agreement {
	var in []*collections.Agreement
	for _, agreement := range a.control.Agreements() {
		if agreement.Party(party) != nil {
			in = append(in, agreement)
		}
	}
	return in
}

// verifyForeign checks a token of a party's own issuer. It speaks only for the
// party that declares the issuer, and only in the agreements in which it does
// so and whose keys verify the signature.
func (a *Authenticator) verifyForeign(ctx context.Context, t *signedToken) (collections.Caller, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	in, err := a.declaring(ctx, t)
	if err != nil {
		return collections.Caller{}, err
	}
	return a.admit(&t.Claims, in, false)
}

// declaring returns the agreements in which the token's subject declares its
// issuer with a key that verifies the signature. None is an error.
func (a *Authenticator) declaring(ctx context.Context, t *signedToken) ([]*collections.Agreement, error) {
	var in []*collections.Agreement
	reason := fmt.Errorf("no agreement declares the issuer %.128q for the party %.64q", t.Claims.Issuer, t.Claims.Subject)
	for _, agreement := range a.control.Agreements() {
		party := agreement.Party(t.Claims.Subject)
		if party == nil {
			continue
		}
		for _, issuer := range party.Issuers {
			if issuer.Iss != t.Claims.Issuer {
				continue
			}
			key, err := a.issuers.key(ctx, issuer, t.KID)
			if err == nil {
				err = t.signedBy(key)
			}
			if err != nil {
				reason = fmt.Errorf("issuer %q: %w", issuer.Iss, err)
				continue
			}
			in = append(in, agreement)
			break
		}
	}
	if in == nil {
		return nil, reason
	}
	return in, nil
}

// admit checks the claims of a token whose signature is good, ours or that of a
// party's issuer, and returns whom it speaks for. in are the agreements that it
// may speak in; all have the subject as party. The time is looked at last, so
// that "expired" is said only of a token that is good in every other way.
func (a *Authenticator) admit(c *Claims, in []*collections.Agreement, own bool) (caller collections.Caller, err error) {
	if err := c.wellFormed(); err != nil {
		return caller, err
	}
	if !a.isAudience(c.Audience) {
		return caller, errors.New("aud names neither this store nor the public_url that it was given")
	}
	if _, revoked := a.log.revokedAt(c.Issuer, c.ID); revoked {
		return caller, fmt.Errorf("the token %q is revoked", c.ID)
	}
	if len(in) == 0 {
		return caller, fmt.Errorf("no agreement has the party %.64q", c.Subject)
	}
	if in = havingUnit(in, c.Subject, c.Unit); len(in) == 0 {
		return caller, fmt.Errorf("%.64q is no unit of the party %q", c.Unit, c.Subject)
	}
	scopes, err := scopesOf(c, own)
	if err != nil {
		return caller, err
	}
	if !own && scopes.Allows("admin", "", "") {
		return caller, errors.New("a party's issuer cannot give the scope admin")
	}
	if err := c.current(a.Now()); err != nil {
		return caller, err
	}
	caller = collections.Caller{Party: c.Subject, Unit: c.Unit, Officer: c.Officer, JTI: c.ID, Scopes: scopes, Expires: c.ExpiresAt.UTC()}
	if !own {
		caller.Agreements = agreementIDs(in)
	}
	return caller, nil
}

// scopesOf reads the scope claim. What a party's own issuer says besides to
// other services, such as "openid profile", means nothing here (RFC 6749 §3.3).
func scopesOf(c *Claims, own bool) (collections.Scopes, error) {
	if own {
		return collections.ParseScopes(c.Scope)
	}
	words := slices.DeleteFunc(strings.Fields(c.Scope), func(word string) bool {
		_, err := collections.ParseScopes(word)
		return err != nil
	})
	return collections.ParseScopes(strings.Join(words, " "))
}

// agreementIDs is never nil, which would stand for all agreements.
func agreementIDs(agreements []*collections.Agreement) []string {
	ids := make([]string, len(agreements))
	for i, agreement := range agreements {
		ids[i] = agreement.ID
	}
	return ids
}

// havingUnit keeps the agreements whose party has the unit; all for no unit.
func havingUnit(in []*collections.Agreement, party, unit string) []*collections.Agreement {
	if unit == "" {
		return in
	}
	var having []*collections.Agreement
	for _, agreement := range in {
		if slices.Contains(agreement.Party(party).Units, unit) {
			having = append(having, agreement)
		}
	}
	return having
}

// SettingPublicURL is where the control log keeps the public URL.
const SettingPublicURL = "public_url"

// isAudience reports whether a token is meant for this store. A slash at the
// end of the public URL makes no difference.
func (a *Authenticator) isAudience(audience []string) bool {
	url := strings.TrimSuffix(a.control.Setting(SettingPublicURL), "/")
	return slices.ContainsFunc(audience, func(aud string) bool {
		return aud == a.storeID() || url != "" && strings.TrimSuffix(aud, "/") == url
	})
}

// claimsOf returns the claims that a handle stands for.
func (a *Authenticator) claimsOf(ctx context.Context, handle string) (*Claims, error) {
	hash := hashHandle(handle)
	token, known := a.log.byHandle(hash)
	if !known {
		if err := a.catchUp(ctx); err != nil {
			return nil, err
		}
		token, known = a.log.byHandle(hash)
	}
	if !known {
		return nil, errors.New("no such handle was issued")
	}
	return a.claims(token), nil
}
