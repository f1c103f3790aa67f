package auth

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"syscall"
	"time"

	"accord/collections"
)

// maxKeySet bounds a key set: some hundred keys with their certificates.
const maxKeySet = 256 << 10

// A fetcher reads key sets where issuers keep them.
type fetcher struct {
	now    func() time.Time
	log    *slog.Logger
	maxAge time.Duration // see Config.IssuerKeyAge
	client *http.Client
}

func (f *fetcher) load(ctx context.Context, place collections.Issuer) (set keySet, err error) {
	var text []byte
	if place.JWKSFile != "" {
		text, err = readFile(place.JWKSFile)
	} else {
		text, err = f.readURL(ctx, place.JWKSURL)
	}
	if err != nil {
		return keySet{}, err
	}
	return parseJWKS(text)
}

// newClient returns a client that agreement files may be trusted with: what
// they name as jwks_url must not make the server reach into its own network.
// The address is checked when it is dialled, after the name was resolved, so
// that a name cannot lead elsewhere between check and use. A proxy of the
// environment is not used, because it would resolve the name by itself.
func newClient(allowPrivate bool, roots *x509.CertPool) *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second, Control: onlyPublic}
	if allowPrivate {
		dialer.Control = nil
	}
	return &http.Client{
		Timeout: fetchTimeout,
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{RootCAs: roots},
			TLSHandshakeTimeout:    5 * time.Second,
			MaxResponseHeaderBytes: 32 << 10,
			DisableKeepAlives:      true, // one small request in a quarter of an hour
			ForceAttemptHTTP2:      true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return errors.New("redirects are not followed")
		},
	}
}

// special are networks that look public and are not, or that lead on to
// addresses within the address (IANA special-purpose registries).
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // carriers' NAT
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), // benchmarks
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/96"),
	netip.MustParsePrefix("64:ff9b::/96"), // NAT64
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/32"), // Teredo
	netip.MustParsePrefix("2002::/16"), // 6to4
	netip.MustParsePrefix("fec0::/10"), // site-local
}

// onlyPublic refuses to dial private, loopback, link-local and other addresses
// that are not on the open Internet.
func onlyPublic(_, address string, _ syscall.RawConn) error {
	addr, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if ip := addr.Addr().Unmap(); !isPublic(ip) {
		return fmt.Errorf("%s is not a public address; see allow_private_issuers", ip)
	}
	return nil
}

func isPublic(ip netip.Addr) bool {
	for _, network := range special {
		if network.Contains(ip) {
			return false
		}
	}
	return ip.IsGlobalUnicast() && !ip.IsPrivate()
}

// readURL gets the key set over HTTPS and nothing else.
func (f *fetcher) readURL(ctx context.Context, address string) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, errors.New("a jwks_url must be https://HOST/…")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/jwk-set+json, application/json")
	resp, err := f.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("answered %s", resp.Status)
	}
	return readBounded(resp.Body)
}

// readFile reads the key set from a file. Anything but a file could keep us
// waiting for ever.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readBounded(f)
}

func readBounded(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxKeySet+1))
	if err == nil && len(text) > maxKeySet {
		err = fmt.Errorf("a key set has more than %d bytes", maxKeySet)
	}
	return text, err
}
