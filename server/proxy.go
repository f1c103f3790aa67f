package server

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/labstack/echo/v4"
)

// clientAddress finds out where a request comes from: from whoever is connected
// or, if that is a trusted proxy, from the last in X-Forwarded-For that is none.
// Nobody else is believed, or a client could choose its own address.
func clientAddress(cfg *Config) echo.IPExtractor {
	proxies, _ := parsePrefixes(cfg.TrustedProxies) // Validate has seen them
	if len(proxies) == 0 && cfg.BehindProxy {
		proxies = loopback
	}
	if len(proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range proxies {
		trust = append(trust, echo.TrustIPRange(&net.IPNet{
			IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen()),
		}))
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// parsePrefixes reads addresses, each a prefix of its own, and prefixes. The
// first that cannot be used is the error.
func parsePrefixes(list []string) ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	for _, s := range list {
		p, err := parsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", s, err)
		}
		prefixes = append(prefixes, p)
	}
	return prefixes, nil
}

func parsePrefix(s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	if addr, addrErr := netip.ParseAddr(s); addrErr == nil && addr.Zone() == "" {
		p, err = netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()), nil
	}
	switch {
	case err != nil:
		return netip.Prefix{}, errors.New("this is no address such as 192.0.2.10 and no prefix such as 192.0.2.0/24")
	case p.Bits() == 0:
		return netip.Prefix{}, errors.New("this is every address there is, so each client could choose its own; name the proxies")
	case p.Addr().Is4In6():
		return netip.Prefix{}, errors.New("this is an IPv4 prefix in the clothes of IPv6; write it without the ::ffff: before it")
	}
	return p.Masked(), nil
}
