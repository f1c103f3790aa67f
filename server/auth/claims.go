package auth

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
)

// Claims are what a token says: the registered claims of RFC 7519, of which
// only nbf may be absent, and three more.
type Claims struct {
	jwt.RegisteredClaims
	Scope   string `json:"scope"` // see collections.ParseScopes
	Officer string `json:"officer,omitempty"`
	Unit    string `json:"unit,omitempty"`
}

const (
	// leeway is how far the clock of an issuer may be ahead of ours. It does
	// not lengthen the life of a token: expired is expired.
	leeway = time.Minute

	// maxTTL is the longest life of a token. Longer ones are slips of a unit.
	maxTTL = 10 * 365 * 24 * time.Hour

	// maxName bounds what is kept with each record: ids, names of officers.
	maxName = 256
)

var errExpired = errors.New("expired")

// wellFormed checks what can be said of claims without looking at a clock or
// at any agreement.
func (c *Claims) wellFormed() error {
	switch {
	case c.Subject == "":
		return errors.New("sub is missing")
	case c.ID == "":
		return errors.New("jti is missing")
	case !isName(c.ID):
		return errors.New("jti is not plain text of at most 256 bytes")
	case c.Officer != "" && !isName(c.Officer):
		return errors.New("officer is not plain text of at most 256 bytes")
	case c.ExpiresAt == nil:
		return errors.New("exp is missing")
	case c.IssuedAt == nil:
		return errors.New("iat is missing")
	}
	ttl := c.ExpiresAt.Sub(c.IssuedAt.Time)
	if ttl <= 0 || ttl > maxTTL {
		return fmt.Errorf("exp is not within ten years after iat")
	}
	return nil
}

// current returns errExpired for claims whose time is over, another error for
// those whose time has not come.
func (c *Claims) current(now time.Time) error {
	latest := now.Add(leeway)
	switch {
	case c.IssuedAt.After(latest):
		return errors.New("iat is in the future")
	case c.NotBefore != nil && c.NotBefore.After(latest):
		return errors.New("nbf is in the future")
	case !now.Before(c.ExpiresAt.Time):
		return errExpired
	}
	return nil
}

// isName reports whether s can stand in logs and timelines.
func isName(s string) bool {
	return s != "" && len(s) <= maxName && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}
