package auth

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	"accord/collections"
)

// detailCertificate is all that a client learns of a certificate that speaks
// for nobody.
const detailCertificate = "the client certificate is not good here"

// A binding is what a token without a secret of its own is bound to: whoever
// proves in the handshake to have the private key of such a certificate
// presents the token (TX-TLS-07). At most one of its fields is set.
type binding struct {
	// Certificate is the SHA-256 of one certificate, which is pinned: no
	// authority needs to know it.
	Certificate []byte `json:"certificate,omitempty"`

	// CertificateName stands in certificates of the authorities that the server
	// was given, as parseCertificateName writes it.
	CertificateName string `json:"certificate_name,omitempty"`
}

func (b binding) isSet() bool { return b.Certificate != nil || b.CertificateName != "" }

// key is how the register finds the binding, and people call it.
func (b binding) key() string {
	if b.Certificate != nil {
		return "certificate " + hex.EncodeToString(b.Certificate)
	}
	return b.CertificateName
}

// authenticateCertificate names who shows a certificate in place of a token.
func (a *Authenticator) authenticateCertificate(r *http.Request) (collections.Caller, error) {
	if err := a.control.Fresh(); err != nil {
		return collections.Caller{}, err
	}
	caller, err := a.verifyCertificate(r.Context(), r.TLS.PeerCertificates)
	if behind, ok := errors.AsType[*behindError](err); ok {
		return collections.Caller{}, behind.answer()
	}
	if err != nil {
		return collections.Caller{}, &collections.Error{
			Kind: collections.ErrUnauthenticated, Detail: detailCertificate, Err: errors.New(err.Error()), // see unauthenticated
		}
	}
	return caller, nil
}

// verifyCertificate decides whom a certificate, followed by those that lead to
// its authority, speaks for. Its path is verified last: that is the costly part,
// and who is bound to nothing does not get there.
func (a *Authenticator) verifyCertificate(ctx context.Context, chain []*x509.Certificate) (collections.Caller, error) {
	token, err := a.boundTo(chain[0])
	if errors.Is(err, errNotBound) {
		if err := a.catchUp(ctx); err != nil {
			return collections.Caller{}, err
		}
		token, err = a.boundTo(chain[0])
	}
	if err != nil {
		return collections.Caller{}, err
	}
	verified, err := a.verifyChain(chain)
	if err != nil {
		return collections.Caller{}, err
	}
	if token.CertificateName != "" && !verified {
		return collections.Caller{}, errors.New("a name counts in certificates of tls_client_ca only, which is not set")
	}
	return a.admitOwn(a.claims(token))
}

var errNotBound = errors.New("no token is bound to the certificate")

// maxCertificateNames is in how many names of a certificate a token is looked
// for. Real clients have a handful; what anybody may sign for himself has room
// for tens of thousands, to be looked up at each request.
const maxCertificateNames = 100

// boundTo returns the token that a certificate presents. A pin decides alone,
// so that to revoke it ends the certificate whatever names stand in it; names
// must lead to one token that holds.
func (a *Authenticator) boundTo(leaf *x509.Certificate) (tokenRecord, error) {
	if token, ok := a.log.byBinding(pinOf(leaf)); ok {
		return token, nil
	}
	if n := len(leaf.DNSNames) + len(leaf.EmailAddresses) + len(leaf.URIs); n > maxCertificateNames {
		return tokenRecord{}, fmt.Errorf("%w by its hash, and it has %d names, of which %d at most are looked at", errNotBound, n, maxCertificateNames)
	}
	found := map[string]bool{} // the ids of tokens
	var token tokenRecord
	for _, name := range certificateNames(leaf) {
		if bound, ok := a.log.byBinding(binding{CertificateName: name}); ok && a.holds(bound) {
			token, found[bound.JTI] = bound, true
		}
	}
	switch len(found) {
	case 0:
		return tokenRecord{}, errNotBound
	case 1:
		return token, nil
	}
	return tokenRecord{}, fmt.Errorf("the names in the certificate are bound to %d tokens", len(found))
}

// maxChain is how many certificates a client may send: no real authority is so
// far away, and each one more gives a forger more paths to try.
const maxChain = 10

// verifyChain looks at the time of a certificate and, where the server was
// given authorities, at its path to one of them and whether it is meant for
// clients (RFC 5280 §6). verified says that there was such a path.
func (a *Authenticator) verifyChain(chain []*x509.Certificate) (verified bool, err error) {
	leaf, now := chain[0], a.Now()
	var roots *x509.CertPool
	if a.ClientCAs != nil {
		roots = a.ClientCAs()
	}
	switch {
	case now.Before(leaf.NotBefore):
		return false, errors.New("the certificate is not valid yet")
	case now.After(leaf.NotAfter):
		return false, errors.New("the certificate has expired")
	case len(chain) > maxChain:
		return false, fmt.Errorf("%d certificates were sent; at most %d are looked at", len(chain), maxChain)
	case roots == nil:
		return false, nil
	}
	others := x509.NewCertPool()
	for _, c := range chain[1:] {
		others.AddCert(c)
	}
	_, err = leaf.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: others, CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	return err == nil, err
}

// holds reports whether a token is neither expired nor revoked.
func (a *Authenticator) holds(token tokenRecord) bool {
	_, revoked := a.log.revokedAt(a.issuer(), token.JTI)
	return !revoked && a.Now().Before(time.Unix(token.Expires, 0))
}

// checkFree refuses to bind what another token that holds is bound to: a
// certificate must not have two sets of rights.
func (a *Authenticator) checkFree(b binding) error {
	if token, ok := a.log.byBinding(b); ok && a.holds(token) {
		return collections.Errorf(collections.ErrInvalid, "%s is bound to the token %s of %q already; revoke that first", b.key(), token.JTI, token.Party)
	}
	return nil
}

func pinOf(c *x509.Certificate) binding {
	hash := sha256.Sum256(c.Raw)
	return binding{Certificate: hash[:]}
}

// bindingOf is what a request wants its token bound to.
func (a *Authenticator) bindingOf(r Request) (binding, error) {
	switch {
	case r.Certificate == nil && r.CertificateName == "":
		return binding{}, nil
	case r.Short || r.Certificate != nil && r.CertificateName != "":
		return binding{}, collections.Errorf(collections.ErrInvalid, "a token is one of: short, bound to a certificate, bound to a name in certificates")
	case r.CertificateName != "":
		name, err := parseCertificateName(r.CertificateName)
		return binding{CertificateName: name}, err
	case a.Now().After(r.Certificate.NotAfter):
		return binding{}, collections.Errorf(collections.ErrInvalid, "the certificate ended on %s", r.Certificate.NotAfter.UTC().Format(time.RFC3339))
	}
	return pinOf(r.Certificate), nil
}
