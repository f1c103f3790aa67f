package server

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// Config is what the server can be told. Each field is a key of the YAML file,
// a flag (listen, public-url) and an environment variable (ACCORD_LISTEN,
// ACCORD_PUBLIC_URL); a flag beats the environment, and that the file.
type Config struct {
	// Listen (listen) is the TCP address to serve on. One that other machines
	// can reach needs TLS, here or in a declared proxy; see TLSCert,
	// TLSSelfSigned, BehindProxy. Port 0 takes a free one.
	Listen string `yaml:"listen" json:"listen"`

	// Data (data) is the folder of all that the server keeps: the store if it is
	// a file, its lock, the private keys. It is made if it is not there. Each of
	// several servers on one database has a folder of its own.
	Data string `yaml:"data" json:"data"`

	// Store (store) is where records are kept, as sqlite:PATH or as a URI
	// mongodb://USER:PASSWORD@HOST/DATABASE, which other processes see on a
	// command line and not in the environment or the file. "" is the file
	// accord.db in the data folder.
	Store string `yaml:"store" json:"store"`

	// Agreements (agreement) are agreement files to apply at start. In the
	// environment they are separated by commas. None is fine when the store
	// holds one already.
	Agreements []string `yaml:"agreement" json:"agreement"`

	// PublicURL (public_url) is the address by which the parties know the
	// server, for example "https://accord.example", without a path. "" is what
	// was given at an earlier start, else the address listened on.
	PublicURL string `yaml:"public_url" json:"public_url"`

	// BehindProxy (behind_proxy) says that a proxy in front ends TLS, so that
	// the server may listen off loopback. PublicURL must then be https. Nobody's
	// client certificate counts: the server sees none but the proxy's.
	BehindProxy bool `yaml:"behind_proxy" json:"behind_proxy"`

	// TrustedProxies (trusted_proxies) are the addresses and prefixes, such as
	// "192.0.2.10" and "2001:db8::/64", whose X-Forwarded-For is believed. None
	// is loopback with BehindProxy, else nobody.
	TrustedProxies []string `yaml:"trusted_proxies" json:"trusted_proxies"`

	// TLSCert (tls_cert) and TLSKey (tls_key) are PEM files: the certificate of
	// the server with those that lead from it to a known authority, and its
	// private key. With them the server speaks TLS. They are read again when
	// they change.
	TLSCert string `yaml:"tls_cert" json:"tls_cert"`
	TLSKey  string `yaml:"tls_key" json:"tls_key"`

	// TLSSelfSigned (tls_self_signed) makes the server speak TLS with a
	// certificate that it makes for itself, once, in the folder tls of Data.
	TLSSelfSigned bool `yaml:"tls_self_signed" json:"tls_self_signed"`

	// TLSClientCA (tls_client_ca) is a PEM file of authorities. A certificate
	// that a client shows must then come from one of them. It is read again
	// when it changes. Without it only pinned certificates count.
	TLSClientCA string `yaml:"tls_client_ca" json:"tls_client_ca"`

	// BasicAuth (basic_auth) lets clients send their token as the password of
	// HTTP Basic, as most TAXII tools must (TX-AUTH-01).
	BasicAuth bool `yaml:"basic_auth" json:"basic_auth"`

	// MetricsListen (metrics_listen) is the loopback address of /metrics. "" is
	// 127.0.0.1:6101 if that is free, "off" is none.
	MetricsListen string `yaml:"metrics_listen" json:"metrics_listen"`

	// LogFormat (log_format) is text or json. The log goes to standard error.
	LogFormat string `yaml:"log_format" json:"log_format"`

	// LogLevel (log_level) is debug, info, warn or error.
	LogLevel string `yaml:"log_level" json:"log_level"`

	// MaxContentLength (max_content_length) is the largest body of a push, in
	// bytes, from 1 to 2^53-1; API roots announce it (TAXII 2.1 §4.2.1).
	MaxContentLength int64 `yaml:"max_content_length" json:"max_content_length"`

	// DefaultLimit (default_limit) is how many objects a page has when the
	// client does not say, from 1 to MaxLimit.
	DefaultLimit int `yaml:"default_limit" json:"default_limit"`

	// MaxLimit (max_limit) is how many objects a page has at most, whatever the
	// client says.
	MaxLimit int `yaml:"max_limit" json:"max_limit"`

	// MaxPushes (max_pushes) is how many pushes of one party are worked on at
	// once. Four times as many may be there, being received or waiting; beyond
	// that they are answered with 429.
	MaxPushes int `yaml:"max_pushes" json:"max_pushes"`

	// MaxConnections (max_connections) is how many connections may be open, and
	// a quarter of it how many from one address (one /64 of IPv6) other than a
	// proxy's. Behind a proxy that trusted_proxies does not name, any may be it.
	MaxConnections int `yaml:"max_connections" json:"max_connections"`

	// RateRequests (rate_requests) is how many requests a second each party may
	// make, and ten times as many at once; beyond that they are answered with
	// 429. 0 is no bound. It may be a fraction, as 0.5.
	RateRequests float64 `yaml:"rate_requests" json:"rate_requests"`

	// RateBytes (rate_bytes) is how many bytes a second each party may send and
	// receive together, likewise. An answer that has begun is finished.
	RateBytes float64 `yaml:"rate_bytes" json:"rate_bytes"`

	// AllowPrivateIssuers (allow_private_issuers) lets a party's jwks_url lead
	// to private and loopback addresses, for closed networks.
	AllowPrivateIssuers bool `yaml:"allow_private_issuers" json:"allow_private_issuers"`

	// AuditRetention (audit_retention) is how long the record of an access is
	// kept, such as 90d or 2000h; "0" is for ever.
	AuditRetention string `yaml:"audit_retention" json:"audit_retention"`

	processors int // of the machine; 0 for as many as Go uses
}

// Defaults returns the configuration of a server that was told nothing.
func Defaults() Config {
	return Config{
		Listen:           "127.0.0.1:6100",
		Data:             "accord-data",
		BasicAuth:        true,
		LogFormat:        "text",
		LogLevel:         "info",
		MaxContentLength: 64 << 20,
		DefaultLimit:     1_000,
		MaxLimit:         10_000,
		MaxPushes:        8,
		MaxConnections:   10_000,
		AuditRetention:   "90d",
	}
}

// auditRetention is AuditRetention as a duration.
func (c *Config) auditRetention() (time.Duration, error) {
	age, err := parseTTL(c.AuditRetention)
	if err != nil || age < 0 {
		return 0, fmt.Errorf("%q is no duration such as 90d or 2000h, nor 0 for ever", c.AuditRetention)
	}
	return age, nil
}

// flags returns a flag for each key, bound to c. They are the one list of keys:
// file, environment and command line all set them.
func (c *Config) flags() *pflag.FlagSet {
	f := pflag.NewFlagSet("accord", pflag.ContinueOnError)
	f.SortFlags = false
	f.StringVar(&c.Listen, "listen", c.Listen, "`address` to serve on")
	f.StringVar(&c.Data, "data", c.Data, "`folder` of the store and the server's keys")
	f.StringVar(&c.Store, "store", c.Store, "where records are kept: `sqlite:PATH`, or mongodb://HOST/DATABASE, with a password better in ACCORD_STORE or a --config file (default accord.db in the data folder)")
	f.StringSliceVar(&c.Agreements, "agreement", c.Agreements, "agreement `file` to apply at start; may be repeated")
	f.StringVar(&c.PublicURL, "public-url", c.PublicURL, "`URL` by which the parties know the server (default as last given, else https://LISTEN or http://LISTEN)")
	f.BoolVar(&c.BehindProxy, "behind-proxy", c.BehindProxy, "a proxy in front ends TLS, so listening off loopback is safe")
	f.StringSliceVar(&c.TrustedProxies, "trusted-proxies", c.TrustedProxies, "`addresses` whose X-Forwarded-For is believed (default loopback with --behind-proxy)")
	f.StringVar(&c.TLSCert, "tls-cert", c.TLSCert, "PEM `file` of the server's certificate, which makes it speak TLS")
	f.StringVar(&c.TLSKey, "tls-key", c.TLSKey, "PEM `file` of the certificate's private key")
	f.BoolVar(&c.TLSSelfSigned, "tls-self-signed", c.TLSSelfSigned, "speak TLS with a certificate that the server makes for itself")
	f.StringVar(&c.TLSClientCA, "tls-client-ca", c.TLSClientCA, "PEM `file` of the authorities that clients' certificates must come from")
	f.BoolVar(&c.BasicAuth, "basic-auth", c.BasicAuth, "take tokens as passwords of HTTP Basic too")
	f.StringVar(&c.MetricsListen, "metrics-listen", c.MetricsListen, "loopback `address` of /metrics, or off (default 127.0.0.1:6101 if free)")
	f.StringVar(&c.LogFormat, "log-format", c.LogFormat, "text or json")
	f.StringVar(&c.LogLevel, "log-level", c.LogLevel, "debug, info, warn or error")
	f.Int64Var(&c.MaxContentLength, "max-content-length", c.MaxContentLength, "largest body of a push, in `bytes`")
	f.IntVar(&c.DefaultLimit, "default-limit", c.DefaultLimit, "`objects` in a page when the client does not say")
	f.IntVar(&c.MaxLimit, "max-limit", c.MaxLimit, "most `objects` that a client can have in a page")
	f.IntVar(&c.MaxPushes, "max-pushes", c.MaxPushes, "`pushes` of one party that are worked on at once")
	f.IntVar(&c.MaxConnections, "max-connections", c.MaxConnections, "`connections` that may be open; from one address a quarter of it")
	f.Float64Var(&c.RateRequests, "rate-requests", c.RateRequests, "`requests` a second of each party, 0 for no bound")
	f.Float64Var(&c.RateBytes, "rate-bytes", c.RateBytes, "`bytes` a second of each party, sent and received, 0 for no bound")
	f.BoolVar(&c.AllowPrivateIssuers, "allow-private-issuers", c.AllowPrivateIssuers, "let a jwks_url lead to private addresses")
	f.StringVar(&c.AuditRetention, "audit-retention", c.AuditRetention, "how long the record of an access is kept, such as `90d`; 0 for ever")
	return f
}

// maxInteger is the largest integer that TAXII can say (TAXII 2.1 §2).
const maxInteger = 1<<53 - 1

// Validate returns every fault of c, each beginning with its key.
func (c *Config) Validate() error {
	var faults []error
	refuse := func(key, format string, args ...any) {
		faults = append(faults, fmt.Errorf(key+": "+format, args...))
	}
	if err := checkAddress(c.Listen); err != nil {
		refuse("listen", "%w", err)
	} else if !isLoopback(c.Listen) && !c.BehindProxy && !c.speaksTLS() {
		refuse("listen", "%w", waysOut(c.Listen))
	}
	switch {
	case c.Data == "":
		refuse("data", "a folder is needed, such as ./accord-data")
	case strings.Contains(c.Data, "://"): // which may hold a password
		refuse("data", "this is a URI and no folder; --store takes it")
	}
	if err := checkStore(c.Store); err != nil {
		refuse("store", "%w", err)
	}
	if slices.Contains(c.Agreements, "") {
		refuse("agreement", "the name of a file is empty")
	}
	if err := checkPublicURL(c.PublicURL); err != nil {
		refuse("public_url", "%w", err)
	}
	if c.BehindProxy && !strings.HasPrefix(c.PublicURL, "https://") {
		refuse("behind_proxy", "public_url must be the https:// address of the proxy, for example https://accord.example")
	}
	if _, err := parsePrefixes(c.TrustedProxies); err != nil {
		refuse("trusted_proxies", "%w", err)
	}
	faults = append(faults, c.checkTLS()...)
	if err := checkMetricsListen(c.MetricsListen); err != nil {
		refuse("metrics_listen", "%w", err)
	}
	if c.LogFormat != "text" && c.LogFormat != "json" {
		refuse("log_format", "%q is neither text nor json", c.LogFormat)
	}
	if _, ok := logLevels[c.LogLevel]; !ok {
		refuse("log_level", "%q is none of debug, info, warn, error", c.LogLevel)
	}
	if c.MaxPushes < 1 {
		refuse("max_pushes", "%d is no number of pushes; at least one of each party is needed", c.MaxPushes)
	}
	if c.MaxConnections < 1 {
		refuse("max_connections", "%d is no number of connections; at least one is needed", c.MaxConnections)
	}
	if err := checkRate(c.RateRequests); err != nil {
		refuse("rate_requests", "%w", err)
	}
	if err := checkRate(c.RateBytes); err != nil {
		refuse("rate_bytes", "%w", err)
	}
	if c.MaxContentLength < 1 || c.MaxContentLength > maxInteger {
		refuse("max_content_length", "%d is not from 1 to %d bytes", c.MaxContentLength, int64(maxInteger))
	}
	if c.MaxLimit < 1 {
		refuse("max_limit", "%d is below 1", c.MaxLimit)
	}
	if c.DefaultLimit < 1 || c.DefaultLimit > c.MaxLimit {
		refuse("default_limit", "%d is not from 1 to max_limit, which is %d", c.DefaultLimit, c.MaxLimit)
	}
	if _, err := c.auditRetention(); err != nil {
		refuse("audit_retention", "%w", err)
	}
	return errors.Join(faults...)
}

// keyDir is the folder of the server's private keys.
func (c *Config) keyDir() string { return filepath.Join(c.Data, "keys") }

func checkAddress(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%q is not of the form HOST:PORT, such as 127.0.0.1:6100", address)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("%q is no port: a number up to 65535", port)
	}
	return nil
}

// isLoopback reports whether only this machine can reach the address. A name
// other than localhost may lead anywhere, so it is not.
func isLoopback(address string) bool {
	host, _, _ := net.SplitHostPort(address)
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

func checkMetricsListen(address string) error {
	if address == "" || address == "off" {
		return nil
	}
	if err := checkAddress(address); err != nil {
		return err
	}
	if !isLoopback(address) {
		return fmt.Errorf("metrics need no token, so they are served on loopback only, and %s is not", address)
	}
	return nil
}

// checkPublicURL keeps to what may stand in discovery (TX-DISC-03): https, or
// plain http on this machine alone.
func checkPublicURL(s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return errors.New("this is no address of the form https://HOST")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return errors.New("an address has no user, path, query or fragment here: TAXII's discovery lives at the root of the host")
	case u.Scheme == "http" && !isLoopback(net.JoinHostPort(u.Hostname(), "80")):
		return errors.New("plain http is for this machine only; the parties need https")
	}
	return nil
}

// checkRate keeps to rates that a client can live with: at least one request, or
// byte, an hour.
func checkRate(perSecond float64) error {
	if perSecond == 0 || perSecond >= 1.0/3600 && !math.IsInf(perSecond, 0) {
		return nil
	}
	return fmt.Errorf("%g is no rate: 0 for no bound, or at least one an hour, 0.00028", perSecond)
}
