package server

import (
	"errors"
	"fmt"
	"net"
	"strings"
)

// speaksTLS reports whether the server ends TLS itself.
func (c *Config) speaksTLS() bool { return c.TLSCert != "" || c.TLSKey != "" || c.TLSSelfSigned }

// checkTLS returns the faults of the keys of TLS that can be seen without
// reading a file.
func (c *Config) checkTLS() []error {
	var faults []error
	refuse := func(key, fault string) { faults = append(faults, errors.New(key+": "+fault)) }
	if c.TLSCert == "" && c.TLSKey != "" {
		refuse("tls_cert", "the certificate of tls_key is missing")
	}
	if c.TLSKey == "" && c.TLSCert != "" {
		refuse("tls_key", "the private key of tls_cert is missing")
	}
	if c.TLSSelfSigned && (c.TLSCert != "" || c.TLSKey != "") {
		refuse("tls_self_signed", "a certificate is given with tls_cert; the server uses either that or one of its own")
	}
	if c.TLSClientCA != "" && !c.speaksTLS() {
		refuse("tls_client_ca", "clients show certificates to a server that speaks TLS itself only: give tls_cert and tls_key, or tls_self_signed")
	}
	if c.TLSClientCA != "" && c.BehindProxy {
		refuse("tls_client_ca", "behind a proxy the server sees the proxy's certificate only and never a client's; leave out one of tls_client_ca and behind_proxy")
	}
	if c.speaksTLS() && !c.BehindProxy && strings.HasPrefix(c.PublicURL, "http://") {
		refuse("public_url", "the server speaks TLS, so its address begins with https://")
	}
	return faults
}

// waysOut says how a server may listen where other machines reach it (P10).
func waysOut(listen string) error {
	_, port, _ := net.SplitHostPort(listen)
	serve := "accord serve --listen " + listen
	return fmt.Errorf(`other machines can reach %[1]s, where tokens would travel in plain HTTP. There are three ways out:
  with a certificate     %[2]s --tls-cert cert.pem --tls-key key.pem --public-url https://accord.example:%[3]s
  without a certificate  %[2]s --tls-self-signed --public-url https://accord.example:%[3]s
  behind a proxy         %[2]s --behind-proxy --trusted-proxies 192.0.2.10 --public-url https://accord.example
or listen on 127.0.0.1, which is for this machine alone`, listen, serve, port)
}
