package server

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// suites are those of TLS 1.2 that HTTP/2 does not forbid: forward secrecy and
// AEAD (TX-TLS-05, RFC 7540 Appendix A). Those of TLS 1.3 are all of that kind.
var suites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

const (
	// reloadEvery is how often the files are read again. A page of them costs
	// less than a handshake, and needs no notice from the file system.
	reloadEvery = 2 * time.Second

	// expiresSoon is when a certificate that nobody has replaced is warned of.
	expiresSoon = 14 * 24 * time.Hour
)

// A tlsFiles is the certificate of the server and the authorities of its
// clients, as their files say. What is in force can be asked from many
// goroutines.
type tlsFiles struct {
	cert, key, ca string // ca may be ""
	log           *slog.Logger

	inForce atomic.Pointer[tlsMaterial]

	fault string // what was wrong at the last looks, and how many they were
	looks int
}

// tlsMaterial is what the files held at one time.
type tlsMaterial struct {
	digest    [sha256.Size]byte
	pair      tls.Certificate
	clientCAs *x509.CertPool // nil for none
}

// openTLS reads the files that cfg names. It returns nil for a server that does
// not speak TLS; a certificate of its own is read by selfSign.
func openTLS(cfg *Config, log *slog.Logger) (*tlsFiles, error) {
	if !cfg.speaksTLS() {
		return nil, nil
	}
	f := &tlsFiles{cert: cfg.TLSCert, key: cfg.TLSKey, ca: cfg.TLSClientCA, log: log}
	if cfg.TLSSelfSigned {
		return f, nil
	}
	return f, f.load()
}

// load reads the files for the first time.
func (f *tlsFiles) load() error {
	m, err := f.read()
	f.inForce.Store(m)
	return err
}

func (f *tlsFiles) read() (*tlsMaterial, error) {
	cert, err := os.ReadFile(f.cert)
	if err != nil {
		return nil, fmt.Errorf("tls_cert: %w", err)
	}
	key, err := os.ReadFile(f.key)
	if err != nil {
		return nil, fmt.Errorf("tls_key: %w", err)
	}
	m := &tlsMaterial{}
	if m.pair, err = tls.X509KeyPair(cert, key); err != nil {
		return nil, fmt.Errorf("tls_cert, tls_key: %s and %s are no pair: %w", f.cert, f.key, err)
	}
	if err := checkTime(m.pair.Leaf, time.Now()); err != nil {
		return nil, fmt.Errorf("tls_cert: the certificate in %s %w", f.cert, err)
	}
	var ca []byte
	if f.ca != "" {
		if ca, m.clientCAs, err = readPool(f.ca); err != nil {
			return nil, fmt.Errorf("tls_client_ca: %w", err)
		}
	}
	m.digest = sha256.Sum256(fmt.Appendf(nil, "%q %q %q", cert, key, ca))
	return m, nil
}

// checkTime refuses a certificate outside of its time.
func checkTime(c *x509.Certificate, now time.Time) error {
	switch {
	case now.After(c.NotAfter):
		return fmt.Errorf("ended on %s", c.NotAfter.UTC().Format(time.RFC3339))
	case now.Before(c.NotBefore):
		return fmt.Errorf("is not valid before %s", c.NotBefore.UTC().Format(time.RFC3339))
	}
	return nil
}

func readPool(file string) ([]byte, *x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, nil, fmt.Errorf("%s holds no PEM block of type CERTIFICATE", file)
	}
	return text, pool, nil
}

// watch reads the files again and again until ctx ends. Without TLS there is
// nothing to do.
func (f *tlsFiles) watch(ctx context.Context) {
	if f == nil {
		return
	}
	tick := time.NewTicker(reloadEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			f.reload(ctx)
		}
	}
}

// reload puts into force what has changed. While the files cannot be used what
// was in force stays so, and the second look says why: at the first one a pair
// may be half replaced.
func (f *tlsFiles) reload(ctx context.Context) {
	m, err := f.read()
	if err == nil {
		f.fault = ""
		if m.digest != f.inForce.Load().digest {
			f.inForce.Store(m)
			f.log.InfoContext(ctx, "certificate replaced", "file", f.cert, "until", m.pair.Leaf.NotAfter)
		}
		return
	}
	if err.Error() != f.fault {
		f.fault, f.looks = err.Error(), 0
	}
	if f.looks++; f.looks == 2 {
		f.log.ErrorContext(ctx, "certificate not replaced, the one before stays", "err", err)
	}
}

// leaf is the certificate that the server shows now.
func (f *tlsFiles) leaf() *x509.Certificate { return f.inForce.Load().pair.Leaf }

// clientCAs are the authorities that clients' certificates must come from now,
// nil for none.
func (f *tlsFiles) clientCAs() *x509.CertPool { return f.inForce.Load().clientCAs }

// config is that of the server (TX-TLS-01 to TX-TLS-07). Clients are asked for a
// certificate, but a handshake without one, or with a bad one, succeeds: whom a
// certificate speaks for is decided for each request, so that what is revoked
// ends at once, also on connections that are open and sessions that are resumed.
// There is no early data: crypto/tls takes none over TCP (TX-TLS-04).
func (f *tlsFiles) config(askClients bool) *tls.Config {
	base := &tls.Config{
		MinVersion:   tls.VersionTLS12,
		CipherSuites: suites,
		NextProtos:   []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return &f.inForce.Load().pair, nil
		},
	}
	if !askClients {
		return base
	}
	base.ClientAuth = tls.RequestClientCert
	asking := base.Clone()
	base.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		hint := asking.Clone() // tickets are sealed by the keys of base
		hint.ClientCAs = f.clientCAs()
		return hint, nil
	}
	return base
}

// completeTLS makes the server's own certificate where that is wanted, now that
// the public URL is known, and warns of what clients will meet at that address.
func (s *Server) completeTLS(ctx context.Context) error {
	if s.tls == nil {
		return nil
	}
	publicURL := s.PublicURL()
	if strings.HasPrefix(publicURL, "http://") && !s.cfg.BehindProxy {
		return usage(fmt.Errorf("public_url: an earlier start was given %s, but the server speaks TLS now; give its https:// address with --public-url", publicURL))
	}
	if s.cfg.TLSSelfSigned {
		if err := s.selfSign(); err != nil {
			return fmt.Errorf("tls_self_signed: %w", err)
		}
	}
	leaf := s.tls.leaf()
	if u, err := url.Parse(publicURL); err == nil && !s.cfg.BehindProxy && leaf.VerifyHostname(u.Hostname()) != nil {
		s.log.WarnContext(ctx, "the certificate is not for the public URL", "file", s.tls.cert, "public_url", publicURL, "names", namesOf(leaf))
	}
	if time.Until(leaf.NotAfter) < expiresSoon {
		s.log.WarnContext(ctx, "the certificate ends soon", "file", s.tls.cert, "until", leaf.NotAfter)
	}
	if info, err := os.Stat(s.tls.key); err == nil && info.Mode().Perm()&0o004 != 0 {
		s.log.WarnContext(ctx, "anybody on this machine may read the private key", "file", s.tls.key)
	}
	return nil
}

// namesOf are the names and addresses that a certificate is for.
func namesOf(c *x509.Certificate) []string {
	names := append([]string(nil), c.DNSNames...)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	return names
}

// serve answers on the listener until it is closed, over TLS or without.
func (s *Server) serve() error {
	if s.tls == nil {
		return s.http.Serve(s.listener)
	}
	s.http.TLSConfig = s.tls.config(!s.cfg.BehindProxy)
	return s.http.ServeTLS(s.listener, "", "")
}

// URL is the address that the server listens on. Where that is every address of
// the machine, its name stands for them.
func (s *Server) URL() string {
	scheme, address := "http://", s.listener.Addr().String()
	if s.tls != nil {
		scheme = "https://"
	}
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		address = net.JoinHostPort(machineName(), port)
	}
	return scheme + address
}
