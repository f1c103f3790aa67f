package auth

import (
	"crypto/x509"
	"encoding/pem"
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"strings"

	"accord/collections"
)

// Kinds of names in certificates that a token can be bound to (RFC 5280
// §4.2.1.6). A name is kept with its kind before it, so that what one kind says
// is never taken for another.
const (
	kindDNS   = "dns:"
	kindEmail = "email:"
	kindURI   = "uri:"
)

// parseCertificateName reads a name, with its kind before it or without, and
// writes it in one spelling: a URI has a colon, an e-mail address an @, and what
// has neither is a DNS name.
func parseCertificateName(s string) (string, error) {
	kind, example := kindDNS, "DNS name such as poller.cert.example, without wildcard; one that is not ASCII is written as xn--…"
	switch {
	case strings.HasPrefix(s, kindDNS):
	case strings.HasPrefix(s, kindEmail), strings.Contains(s, "@") && !strings.Contains(s, ":"):
		kind, example = kindEmail, "e-mail address such as duty@cert.example"
	case strings.Contains(s, ":"):
		kind, example = kindURI, "URI such as spiffe://cert.example/poller"
	}
	name, ok := spell(kind, strings.TrimPrefix(s, kind))
	if !ok {
		return "", collections.Errorf(collections.ErrInvalid, "the certificate name %.128q is no %s", s, example)
	}
	return name, nil
}

var dnsName = regexp.MustCompile(`^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$`)

// spell writes a name of a kind in the one spelling by which names are compared:
// hosts in lower case, all else as it is. A wildcard names nobody and an address
// is no name, so they are not ok; nor is what is not ASCII.
func spell(kind, s string) (name string, ok bool) {
	notGraphic := func(r rune) bool { return r <= ' ' || r > '~' }
	if len(s) > maxName || strings.ContainsFunc(s, notGraphic) {
		return "", false
	}
	switch kind {
	case kindDNS:
		s = strings.TrimSuffix(strings.ToLower(s), ".")
		_, err := netip.ParseAddr(s)
		return kind + s, err != nil && dnsName.MatchString(s)
	case kindEmail:
		address, err := mail.ParseAddress(s)
		at := strings.LastIndex(s, "@")
		if err != nil || address.Address != s {
			return "", false
		}
		host := strings.ToLower(s[at+1:])
		return kind + s[:at+1] + host, dnsName.MatchString(host)
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || u.Opaque == "" && u.Host == "" {
		return "", false
	}
	u.Host = strings.ToLower(u.Host)
	return kind + u.String(), true
}

// certificateNames are the names in a certificate that a token can be bound to.
// The common name is none: nobody checks what stands there (RFC 6125 §2.3).
func certificateNames(c *x509.Certificate) []string {
	var names []string
	add := func(kind, said string) {
		if name, ok := spell(kind, said); ok {
			names = append(names, name)
		}
	}
	for _, name := range c.DNSNames {
		add(kindDNS, name)
	}
	for _, address := range c.EmailAddresses {
		add(kindEmail, address)
	}
	for _, u := range c.URIs {
		add(kindURI, u.String())
	}
	return names
}

// ParseCertificates reads the certificates of a PEM file: first that of its
// owner, then those that lead to its authority. A file without any, and one that
// cannot be read, are ErrInvalid.
func ParseCertificates(text []byte) ([]*x509.Certificate, error) {
	var chain []*x509.Certificate
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, &collections.Error{Kind: collections.ErrInvalid, Detail: "the certificate cannot be read", Err: err}
		}
		chain = append(chain, c)
	}
	if chain == nil {
		return nil, collections.Errorf(collections.ErrInvalid, "there is no PEM block of type CERTIFICATE")
	}
	return chain, nil
}
