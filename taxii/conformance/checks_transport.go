package conformance

import (
	"crypto/tls"
	"net/http"
)

var transportChecks = []check{
	{name: "HTTPS", ids: "TX-TLS-01 TX-TLS-02 TX-TLS-03", run: checkTLS},
	{name: "old and weak TLS", ids: "TX-TLS-05 TX-TLS-06", run: checkWeakTLS},
	{name: "client certificate", ids: "TX-TLS-07 TX-IOP-06", run: checkCertificate},
}

const plainHTTP = "the server was asked over plain HTTP (give an https URL)"

// shake makes a TLS connection and nothing more.
func (p *probe) shake(change func(*tls.Config)) error {
	conn, err := p.dial(change)
	if err != nil {
		return err
	}
	return conn.Close()
}

// handshake is what reports show of a TLS connection.
func (p *probe) handshake(what string) *exchange {
	return &exchange{line: "TLS handshake with " + p.base.Host + " " + what}
}

func checkTLS(p *probe) {
	if p.base.Scheme != "https" {
		p.untestable(p.check.ids, plainHTTP)
		return
	}
	if err := p.shake(func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS12, tls.VersionTLS12 }); err != nil {
		p.fail("TX-TLS-02", p.handshake("at 1.2"), "want success; got %v", err)
	}
	if err := p.shake(func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 }); err != nil {
		p.fail("TX-TLS-03", p.handshake("at 1.3"), "want success; got %v", err)
	}
}

func checkWeakTLS(p *probe) {
	if p.base.Scheme != "https" {
		p.untestable(p.check.ids, plainHTTP)
		return
	}
	var weak []uint16
	for _, suite := range [][]*tls.CipherSuite{tls.CipherSuites(), tls.InsecureCipherSuites()} {
		for _, s := range suite {
			if !forwardAEAD(s.ID) {
				weak = append(weak, s.ID)
			}
		}
	}
	err := p.shake(func(c *tls.Config) {
		c.MinVersion, c.MaxVersion, c.CipherSuites = tls.VersionTLS12, tls.VersionTLS12, weak
	})
	if err == nil {
		p.fail("TX-TLS-05", p.handshake("at 1.2 with suites of the HTTP/2 block list only"), "want it refused")
	}
	if err := p.shake(func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }); err == nil {
		p.fail("TX-TLS-06", p.handshake("at most 1.1"), "want it refused")
	}
}

// forwardAEAD reports whether a suite is none of the HTTP/2 block list.
func forwardAEAD(id uint16) bool {
	switch id {
	case tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		tls.TLS_AES_128_GCM_SHA256, tls.TLS_AES_256_GCM_SHA384, tls.TLS_CHACHA20_POLY1305_SHA256:
		return true
	}
	return false
}

// checkCertificate: who shows a certificate and nothing else came in with it.
func checkCertificate(p *probe) {
	if !p.shows() || p.seat.credentials != (Credentials{}) {
		p.untestable(p.check.ids, "needs a client certificate that the server's operator has agreed to, in place of a token (give --cert and --key)")
		return
	}
	if x := p.do(request{as: p.nobody, url: p.base.String() + "/taxii2/"}); x.Status == http.StatusOK {
		p.notApplicable(p.check.ids, openServer)
	}
}
