package auth

import (
	"errors"
	"fmt"
	"net/http"

	"accord/collections"
)

// What a client learns of a token that is refused (RFC 6750 §3.1), and no more.
const (
	detailExpired  = "expired"
	detailNotValid = "not valid"
)

// ErrNoKeys is the cause why a token is refused that may be good: the keys of
// its issuer could not be had.
var ErrNoKeys = errors.New("the keys of the issuer could not be had")

// Authenticate names who asks: by the Authorization header or, without one, by
// the certificate of the TLS connection. Without usable credentials the error is
// of kind ErrUnauthenticated, with the reason as its cause, for the log; a server
// that cannot know what holds now answers ErrUnavailable. It waits for the keys
// of a party's issuer two seconds at most. Without them a token is refused like
// any other that is not good, so that no stranger learns who declares an issuer
// (P5); the cause is ErrNoKeys then.
func (a *Authenticator) Authenticate(r *http.Request) (collections.Caller, error) {
	cred, err := readCredentials(r.Header)
	if errors.Is(err, errNoCredentials) && r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		return a.authenticateCertificate(r)
	}
	if errors.Is(err, errNoCredentials) {
		return collections.Caller{}, collections.Errorf(collections.ErrUnauthenticated, "no credentials")
	}
	if err != nil {
		return collections.Caller{}, unauthenticated(err)
	}
	if cred.basic && a.NoBasic {
		return collections.Caller{}, unauthenticated(errors.New("HTTP Basic is switched off"))
	}
	if err := a.control.Fresh(); err != nil {
		return collections.Caller{}, err
	}
	caller, err := a.verify(r.Context(), cred.token)
	if behind, ok := errors.AsType[*behindError](err); ok {
		return collections.Caller{}, behind.answer()
	}
	if err != nil {
		return collections.Caller{}, unauthenticated(err)
	}
	if cred.user != "" && cred.user != caller.Party {
		return collections.Caller{}, unauthenticated(fmt.Errorf("the user name is not the party %q of the token", caller.Party))
	}
	return caller, nil
}

// unauthenticated hides a reason from the client. The reason goes on as text
// only, and as ErrNoKeys where it is that: the kind of an error within it must
// not become that of the answer.
func unauthenticated(reason error) error {
	detail := detailNotValid
	if errors.Is(reason, errExpired) {
		detail = detailExpired
	}
	cause := errors.New(reason.Error())
	if errors.Is(reason, ErrNoKeys) {
		cause = noKeys{cause}
	}
	return &collections.Error{Kind: collections.ErrUnauthenticated, Detail: detail, Err: cause}
}

// Challenges returns the values of WWW-Authenticate for a 401 that err led to,
// Basic first unless it is off (TX-AUTH-02, RFC 7617, RFC 6750 §3). Without
// credentials there is nothing to say of them.
func (a *Authenticator) Challenges(err error) []string {
	basic, bearer := `Basic realm="accord", charset="UTF-8"`, `Bearer realm="accord"`
	e, ok := errors.AsType[*collections.Error](err)
	if ok && (e.Detail == detailExpired || e.Detail == detailNotValid) {
		bearer += fmt.Sprintf(`, error="invalid_token", error_description=%q`, e.Detail)
	}
	if a.NoBasic {
		return []string{bearer}
	}
	return []string{basic, bearer}
}
