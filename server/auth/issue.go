package auth

import (
	"context"
	"slices"
	"time"

	"accord/collections"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// DefaultTTL is the lifetime of a token where nobody says another.
const DefaultTTL = 90 * 24 * time.Hour

// A Request asks for a token of the server's own key.
type Request struct {
	Party   string        // of at least one agreement
	Scope   string        // at least one word; see collections.ParseScopes
	TTL     time.Duration // at least a second, at most ten years; see DefaultTTL
	Officer string        // optional
	Unit    string        // optional; one of the party's
	Short   bool          // a handle of 40 characters instead of a JWT
}

// Issued is a new token. It is kept nowhere: only its claims are and, of a
// handle, the hash.
type Issued struct {
	Token    string
	JTI      string
	Expires  time.Time
	Warnings []string // one for each scope that is wider than the party's grants
}

// Issue makes a token. It is recorded in the control log when Issue returns.
// What is wrong with the request is ErrInvalid.
func (a *Authenticator) Issue(ctx context.Context, r Request) (Issued, error) {
	scopes, err := a.checkRequest(r)
	if err != nil {
		return Issued{}, err
	}
	now := a.Now()
	record := tokenRecord{
		JTI: uuid.NewString(), Party: r.Party, Scope: scopes.String(),
		Issued: now.Unix(), Expires: now.Add(r.TTL).Unix(),
		Officer: r.Officer, Unit: r.Unit,
	}
	token, err := a.mint(ctx, &record, r.Short)
	if err != nil {
		return Issued{}, err
	}
	err = a.control.Append(ctx, operator, func() ([]collections.ControlEntry, error) {
		return controlEntries(typeToken, record.JTI, record)
	})
	if err != nil {
		return Issued{}, err
	}
	return Issued{
		Token: token, JTI: record.JTI, Expires: time.Unix(record.Expires, 0).UTC(),
		Warnings: wider(a.control.Agreements(), r.Party, scopes),
	}, nil
}

func (a *Authenticator) checkRequest(r Request) (collections.Scopes, error) {
	invalid := func(format string, args ...any) (collections.Scopes, error) {
		return nil, collections.Errorf(collections.ErrInvalid, format, args...)
	}
	in := a.agreementsOf(r.Party)
	switch {
	case len(in) == 0:
		return invalid("no agreement has the party %q; apply one that does", r.Party)
	case len(havingUnit(in, r.Party, r.Unit)) == 0:
		return invalid("%q is no unit of the party %q", r.Unit, r.Party)
	case r.TTL < time.Second || r.TTL > maxTTL:
		return invalid("a token cannot last %s; at least 1s and at most %s", r.TTL, maxTTL)
	case r.Officer != "" && !isName(r.Officer):
		return invalid("the officer is not plain text of at most %d bytes", maxName)
	}
	scopes, err := collections.ParseScopes(r.Scope)
	if err == nil && len(scopes) == 0 {
		return invalid("a token needs a scope, for example read:%s/*", in[0].ID)
	}
	return scopes, err
}

// mint returns the token that a record speaks of. Of a handle the record gets
// the hash.
func (a *Authenticator) mint(ctx context.Context, record *tokenRecord, short bool) (string, error) {
	if short {
		handle := newHandle()
		hash := hashHandle(handle)
		record.Handle = hash[:]
		return handle, nil
	}
	kid, key, err := a.signer(ctx)
	if err != nil {
		return "", err
	}
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, a.claims(*record))
	token.Header["kid"] = kid
	return token.SignedString(key)
}

// claims returns what the token of a record says.
func (a *Authenticator) claims(r tokenRecord) *Claims {
	return &Claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: a.issuer(), Subject: r.Party, Audience: jwt.ClaimStrings{a.storeID()}, ID: r.JTI,
			IssuedAt:  jwt.NewNumericDate(time.Unix(r.Issued, 0)),
			ExpiresAt: jwt.NewNumericDate(time.Unix(r.Expires, 0)),
		},
		Scope: r.Scope, Officer: r.Officer, Unit: r.Unit,
	}
}

// A Token is what is known of an issued token.
type Token struct {
	JTI     string     `json:"jti"`
	Party   string     `json:"party"`
	Scope   string     `json:"scope"`
	Officer string     `json:"officer,omitempty"`
	Unit    string     `json:"unit,omitempty"`
	Issued  time.Time  `json:"issued"`
	Expires time.Time  `json:"expires"`
	Short   bool       `json:"short,omitempty"`
	Revoked *time.Time `json:"revoked,omitempty"` // when; nil while it is not
}

// Tokens returns all tokens that were issued on the store, expired and revoked
// ones too, oldest first.
func (a *Authenticator) Tokens() []Token {
	a.log.mu.RLock()
	records := slices.Clone(a.log.tokens)
	a.log.mu.RUnlock()
	tokens := make([]Token, len(records))
	for i, r := range records {
		tokens[i] = Token{
			JTI: r.JTI, Party: r.Party, Scope: r.Scope, Officer: r.Officer, Unit: r.Unit,
			Issued: time.Unix(r.Issued, 0).UTC(), Expires: time.Unix(r.Expires, 0).UTC(),
			Short: r.Handle != nil,
		}
		if at, revoked := a.log.revokedAt(a.issuer(), r.JTI); revoked {
			tokens[i].Revoked = &at
		}
	}
	return tokens
}
