package server

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"accord/taxii/conformance"
)

// An authority issues certificates in tests.
type authority struct {
	*testing.T
	cert *x509.Certificate
	key  crypto.Signer
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	a := &authority{T: t}
	made := a.issue(func(c *x509.Certificate) {
		c.Subject.CommonName, c.IsCA, c.KeyUsage, c.ExtKeyUsage = name, true, x509.KeyUsageCertSign, nil
	})
	a.cert, a.key = made.Leaf, made.PrivateKey.(crypto.Signer)
	return a
}

// issue makes a certificate for an hour, for servers and clients on this
// machine, that change makes different. Without one of its own the authority
// signs it by the key in it.
func (a *authority) issue(change func(*x509.Certificate)) tls.Certificate {
	a.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.Fatal(err)
	}
	template := &x509.Certificate{
		Subject:   pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
		DNSNames:              []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	if change != nil {
		change(template)
	}
	parent, signer := template, crypto.Signer(key)
	if a.cert != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		a.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		a.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// pool trusts the authority.
func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// writeCert writes the certificate of a pair to a file, writeKey its key.
func writeCert(t *testing.T, file string, cert *x509.Certificate) {
	t.Helper()
	writePEM(t, file, "CERTIFICATE", cert.Raw)
}

func writeKey(t *testing.T, file string, key crypto.PrivateKey) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, file, "PRIVATE KEY", der)
}

// writePEM replaces a file as administrators' tools do.
func writePEM(t *testing.T, file, typ string, der []byte) {
	t.Helper()
	if err := os.WriteFile(file+".new", pem.EncodeToMemory(&pem.Block{Type: typ, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

// tlsConfig is a server on free ports with a certificate of the authority.
func tlsConfig(t *testing.T, a *authority) *Config {
	t.Helper()
	cfg, dir, pair := testConfig(t), t.TempDir(), a.issue(nil)
	cfg.TLSCert, cfg.TLSKey = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writeCert(t, cfg.TLSCert, pair.Leaf)
	writeKey(t, cfg.TLSKey, pair.PrivateKey)
	return cfg
}

// trusting returns a client that trusts the authority and shows certificates.
func (a *authority) trusting(shown ...tls.Certificate) *http.Client {
	return clientOf(a.T, &tls.Config{RootCAs: a.pool(), Certificates: shown})
}

// clientOf speaks HTTP/2, unless the config names protocols.
func clientOf(t *testing.T, cfg *tls.Config) *http.Client {
	transport := &http.Transport{TLSClientConfig: cfg, ForceAttemptHTTP2: cfg.NextProtos == nil}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: &conformance.Transport{Base: transport}}
}

// getOver returns status and body.
func getOver(t *testing.T, c *http.Client, url, token string) (int, string) {
	t.Helper()
	res := answerTo(t, c, request(t, http.MethodGet, url, token, nil))
	return res.StatusCode, read(t, res)
}

func ask(t *testing.T, c *http.Client, url, token string) (*http.Response, error) {
	t.Helper()
	return c.Do(request(t, http.MethodGet, url, token, nil))
}
