package server

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

// P10: X-Forwarded-For is believed from trusted proxies only, and in it only
// what such a proxy has seen.
func TestClientAddress(t *testing.T) {
	for _, tc := range []struct {
		name              string
		behind            bool
		proxies           []string
		remote, xff, want string
	}{
		{"nobody is trusted", false, nil, "127.0.0.1", "203.0.113.9", "127.0.0.1"},
		{"loopback is the default of a proxy", true, nil, "127.0.0.1", "203.0.113.9", "203.0.113.9"},
		{"loopback of IPv6", true, nil, "::1", "2001:db8::9", "2001:db8::9"},
		{"a private address is no proxy", true, nil, "10.0.0.1", "203.0.113.9", "10.0.0.1"},
		{"a named proxy", true, []string{"192.0.2.10"}, "192.0.2.10", "203.0.113.9", "203.0.113.9"},
		{"named proxies replace loopback", true, []string{"192.0.2.10"}, "127.0.0.1", "203.0.113.9", "127.0.0.1"},
		{"the neighbour of a proxy", true, []string{"192.0.2.10"}, "192.0.2.11", "203.0.113.9", "192.0.2.11"},
		{"a prefix", false, []string{"2001:db8:1::/64"}, "2001:db8:1::7", "203.0.113.9", "203.0.113.9"},
		{"two proxies in a row", true, []string{"192.0.2.0/28"}, "192.0.2.10", "203.0.113.9, 192.0.2.11", "203.0.113.9"},
		{"what a client made up", true, []string{"192.0.2.10"}, "192.0.2.10", "198.51.100.1, 203.0.113.9", "203.0.113.9"},
		{"a private address is believed as a client's", true, nil, "127.0.0.1", "198.51.100.1, 10.0.0.7", "10.0.0.7"},
		{"no address", true, nil, "127.0.0.1", "nonsense", "127.0.0.1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(tc.remote), 4711).String()
			r.Header.Set("X-Forwarded-For", tc.xff)
			got := clientAddress(&Config{BehindProxy: tc.behind, TrustedProxies: tc.proxies})(r)
			if got != tc.want {
				t.Errorf("address of %s with X-Forwarded-For %q = %s; want %s", tc.remote, tc.xff, got, tc.want)
			}
		})
	}
}

// TX-DISC-05: behind a proxy discovery shows the public name,
// whatever the proxy or the client send as Host and X-Forwarded-Host. The
// access line has the client's address.
func TestBehindProxy(t *testing.T) {
	cfg := testConfig(t)
	cfg.BehindProxy, cfg.PublicURL = true, "https://accord.example"
	s := start(t, cfg)
	to, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewTLSServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Header.Set("X-Forwarded-For", "203.0.113.9")
		r.Out.Header.Set("X-Forwarded-Host", "evil.example")
	}})
	defer proxy.Close()
	status, body := getOver(t, proxy.Client(), proxy.URL+"/taxii2/", s.token(t))
	if status != http.StatusOK || !strings.Contains(body, `"https://accord.example/taxii2/us-cn/"`) || strings.Contains(body, "evil") {
		t.Errorf("discovery behind a proxy = %d %s; want the public name in root URLs", status, body)
	}
	if err := s.end(); err != nil {
		t.Fatal(err)
	}
	if log := s.log.String(); !strings.Contains(log, "remote=203.0.113.9") {
		t.Errorf("the access line lacks the client's address:\n%s", log)
	}
}

// What is read as a prefix is one that can be printed and read again.
func FuzzParsePrefix(f *testing.F) {
	for _, s := range []string{"192.0.2.10", "192.0.2.10/24", "2001:db8::/64", "::ffff:192.0.2.1", "fe80::1%eth0", "0.0.0.0/0", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parsePrefix(s)
		if err != nil {
			return
		}
		if again, err := parsePrefix(p.String()); err != nil || again != p || p.Bits() == 0 {
			t.Errorf("parsePrefix(%q) = %s, and that reads as %s, %v", s, p, again, err)
		}
	})
}
