package server

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
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

// expiresSoon is when a certificate that nobody has replaced is warned of.
const expiresSoon = 14 * 24 * time.Hour

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
// the log tells what public URL an earlier start was given, and warns of what clients will meet at that address.
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
