package auth

import (
	"context"
	"crypto/x509"
	"encoding/hex"
	"fmt"
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

	// Certificate or CertificateName, at most one, binds the token to the
	// certificates of clients: to this one, or to those of the server's
	// Config.ClientCAs that carry the name, a DNS name, URI or e-mail address.
	// There is no secret then.
	Certificate     *x509.Certificate
	CertificateName string
}

// Issued is a new token. It is kept nowhere: only its claims are and, of a
// handle, the hash.
type Issued struct {
	Token    string // "" for one that is bound to a certificate
	JTI      string
	Expires  time.Time
	Warnings []string // one for each scope that is wider than the party's grants, and of a certificate that ends sooner
}

// Issue makes a token. It is recorded in the control log when Issue returns.
// What is wrong with the request is ErrInvalid.
func (a *Authenticator) Issue(ctx context.Context, r Request) (Issued, error) {
	scopes, err := a.checkRequest(r)
	if err != nil {
		return Issued{}, err
	}
	bound, err := a.bindingOf(r)
	if err != nil {
		return Issued{}, err
	}
	now := a.Now()
	record := tokenRecord{
		JTI: uuid.NewString(), Party: r.Party, Scope: scopes.String(),
		Issued: now.Unix(), Expires: now.Add(r.TTL).Unix(),
		Officer: r.Officer, Unit: r.Unit, binding: bound,
	}
	token, err := a.mint(ctx, &record, r.Short)
	if err != nil {
		return Issued{}, err
	}
	err = a.control.Append(ctx, collections.Operator, func() ([]collections.ControlEntry, error) {
		if err := a.checkFree(bound); err != nil {
			return nil, err
		}
		return controlEntries(typeToken, record.JTI, record)
	})
	if err != nil {
		return Issued{}, err
	}
	expires := time.Unix(record.Expires, 0).UTC()
	warnings := wider(a.control.Agreements(), r.Party, scopes)
	if r.Certificate != nil && r.Certificate.NotAfter.Before(expires) {
		warnings = append(warnings, fmt.Sprintf("the certificate ends on %s, before the token", r.Certificate.NotAfter.UTC().Format(time.RFC3339)))
	}
	return Issued{Token: token, JTI: record.JTI, Expires: expires, Warnings: warnings}, nil
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

// mint returns the token that a record speaks of, "" for one that is bound to
// certificates. Of a handle the record gets the hash.
func (a *Authenticator) mint(ctx context.Context, record *tokenRecord, short bool) (string, error) {
	if record.isSet() {
		return "", nil
	}
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
	JTI     string    `json:"jti"`
	Party   string    `json:"party"`
	Scope   string    `json:"scope"`
	Officer string    `json:"officer,omitempty"`
	Unit    string    `json:"unit,omitempty"`
	Issued  time.Time `json:"issued"`
	Expires time.Time `json:"expires"`
	Short   bool      `json:"short,omitempty"`
	// Certificate is the SHA-256 of the certificate that the token is bound to,
	// CertificateName the name in certificates, with its kind before a colon.
	Certificate     string     `json:"certificate,omitempty"`
	CertificateName string     `json:"certificate_name,omitempty"`
	Revoked         *time.Time `json:"revoked,omitempty"` // when; nil while it is not
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
			Short: r.Handle != nil, Certificate: hex.EncodeToString(r.Certificate), CertificateName: r.CertificateName,
		}
		if at, revoked := a.log.revokedAt(a.issuer(), r.JTI); revoked {
			tokens[i].Revoked = &at
		}
	}
	return tokens
}
