package server

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"accord/server/auth"
)

// A mutual is a server that knows authorities of clients, and those.
type mutual struct {
	*running
	*testing.T
	server, clients *authority
	caFile          string
}

func startMutual(t *testing.T) *mutual {
	t.Helper()
	m := &mutual{T: t, server: newAuthority(t, "Server CA"), clients: newAuthority(t, "Client CA"), caFile: filepath.Join(t.TempDir(), "ca.pem")}
	writeCert(t, m.caFile, m.clients.cert)
	cfg := tlsConfig(t, m.server)
	cfg.TLSClientCA = m.caFile
	m.running = start(t, cfg)
	return m
}

// issueBound issues a token for cert-us.
func (m *mutual) issueBound(r auth.Request) string {
	m.Helper()
	r.Party, r.Scope, r.TTL = "cert-us", "read:*/* write:*/*", time.Hour
	issued, err := m.auth.Issue(m.Context(), r)
	if err != nil {
		m.Fatal(err)
	}
	return issued.JTI
}

// expect asks for the root's collections, which name what the caller may do.
func (m *mutual) expect(why string, want int, c *http.Client) (body string) {
	m.Helper()
	status, body := getOver(m.T, c, m.URL()+"/taxii2/us-cn/collections/", "")
	if status != want {
		m.Errorf("%s: %d %s; want %d", why, status, body, want)
	}
	return body
}

// poller has the name that tokens are bound to in these tests.
func poller(c *x509.Certificate) { c.DNSNames = []string{"poller.cert.example"} }

// TX-TLS-07, TX-IOP-06: a certificate of the configured authority is
// authentication, where its name is bound to a party; every other one is 401
// with the challenges of who has none.
func TestClientCertificates(t *testing.T) {
	m := startMutual(t)
	m.issueBound(auth.Request{CertificateName: "poller.cert.example"})
	stranger := newAuthority(t, "Client CA") // of the same name
	anonymous := m.expect("no certificate", http.StatusUnauthorized, m.server.trusting())
	if !strings.Contains(anonymous, "no credentials") {
		t.Errorf("without a certificate: %s", anonymous)
	}
	for _, tc := range []struct {
		name   string
		pair   tls.Certificate
		status int
	}{
		{"of the authority", m.clients.issue(poller), http.StatusOK},
		{"of another authority", stranger.issue(poller), http.StatusUnauthorized},
		{"signed by itself", (&authority{T: t}).issue(poller), http.StatusUnauthorized},
		{"expired", m.clients.issue(func(c *x509.Certificate) { poller(c); c.NotAfter = time.Now().Add(-time.Minute) }), http.StatusUnauthorized},
		{"not yet valid", m.clients.issue(func(c *x509.Certificate) { poller(c); c.NotBefore = time.Now().Add(time.Minute) }), http.StatusUnauthorized},
		{"for servers only", m.clients.issue(func(c *x509.Certificate) {
			poller(c)
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		}), http.StatusUnauthorized},
		{"bound to nobody", m.clients.issue(nil), http.StatusUnauthorized},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
				client := clientOf(t, &tls.Config{RootCAs: m.server.pool(), MaxVersion: version,
					// Shown whatever authorities the server asks for.
					GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &tc.pair, nil }})
				res, err := ask(t, client, m.URL()+"/taxii2/us-cn/collections/", "")
				if err != nil {
					t.Fatalf("%s: %v", tls.VersionName(version), err)
				}
				res.Body.Close()
				if res.StatusCode != tc.status || tc.status == http.StatusUnauthorized && len(res.Header.Values("WWW-Authenticate")) != 2 {
					t.Errorf("%s: %d with %q; want %d, and both challenges with 401", tls.VersionName(version), res.StatusCode, res.Header.Values("WWW-Authenticate"), tc.status)
				}
			}
		})
	}
	if err := m.end(); err != nil {
		t.Fatal(err)
	}
	if access := m.log.String(); !strings.Contains(access, "party=cert-us") || !strings.Contains(access, "unknown authority") {
		t.Errorf("the log lacks the party, or the reason of a 401:\n%s", access)
	}
}

// TX-TLS-07: rights are looked up for each request: a revoked token is refused
// on a connection that is open, and in a session that is resumed.
func TestClientCertificateRevoked(t *testing.T) {
	m := startMutual(t)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		pair := m.clients.issue(nil)
		jti := m.issueBound(auth.Request{Certificate: pair.Leaf})
		config := &tls.Config{RootCAs: m.server.pool(), Certificates: []tls.Certificate{pair}, MaxVersion: version, ClientSessionCache: tls.NewLRUClientSessionCache(1)}
		kept, resuming := clientOf(t, config), clientOf(t, config)
		m.expect("before", http.StatusOK, kept)
		var out, errs bytes.Buffer
		if code := Main(t.Context(), []string{"token", "revoke", "--data", m.cfg.Data, "--store", m.cfg.Store, jti}, nil, &out, &errs); code != exitDone {
			t.Fatalf("token revoke = %d: %s", code, &errs)
		}
		m.expect("on an open connection", http.StatusUnauthorized, kept)
		res, err := ask(t, resuming, m.URL()+"/taxii2/", "")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusUnauthorized || !res.TLS.DidResume {
			t.Errorf("%s: %d, resumed: %v; want 401 in a resumed session", tls.VersionName(version), res.StatusCode, res.TLS.DidResume)
		}
	}
}

// TX-TLS-07: when the authorities change, what they no longer vouch for ends,
// also on an open connection.
func TestClientAuthorityReplaced(t *testing.T) {
	m := startMutual(t)
	m.issueBound(auth.Request{CertificateName: "poller.cert.example"})
	next := newAuthority(t, "Next CA")
	before, after := m.server.trusting(m.clients.issue(poller)), m.server.trusting(next.issue(poller))
	m.expect("of the authority", http.StatusOK, before)
	m.expect("of the next authority, too early", http.StatusUnauthorized, after)
	writeCert(t, m.caFile, next.cert)
	for deadline := time.Now().Add(10 * reloadEvery); m.tls.clientCAs().Equal(m.clients.pool()); {
		if time.Now().After(deadline) {
			t.Fatal("the new authority is not in force")
		}
		m.expect("no certificate", http.StatusUnauthorized, m.server.trusting())
	}
	m.expect("of the authority before", http.StatusUnauthorized, before)
	after.CloseIdleConnections() // which showed nothing: the server had asked for another authority
	m.expect("of the next authority", http.StatusOK, after)
}

// Without authorities only pinned certificates count. What the token may not do
// stays refused, and a header beside a certificate is judged alone.
func TestPinnedCertificateAlone(t *testing.T) {
	m := &mutual{T: t, server: newAuthority(t, "Server CA"), clients: newAuthority(t, "Client CA")}
	m.running = start(t, tlsConfig(t, m.server))
	pinned, named := (&authority{T: t}).issue(nil), m.clients.issue(poller)
	m.issueBound(auth.Request{Certificate: pinned.Leaf})
	m.issueBound(auth.Request{CertificateName: "poller.cert.example"})
	m.expect("pinned", http.StatusOK, m.server.trusting(pinned))
	m.expect("named, which nobody vouches for", http.StatusUnauthorized, m.server.trusting(named))
	if status, _ := getOver(t, m.server.trusting(pinned), m.URL()+"/taxii2/", "nonsense"); status != http.StatusUnauthorized {
		t.Errorf("a bad token beside a good certificate: %d; want 401", status)
	}
	if status, _ := getOver(t, m.server.trusting(pinned), m.URL()+"/taxii2/us-cn/collections/nowhere/", ""); status != http.StatusNotFound {
		t.Errorf("a collection that is not there: %d; want 404", status)
	}
}

// Behind a proxy nobody's certificate counts, not even one that is pinned: it
// would be that of the proxy, for all who come by it.
func TestNoClientCertificatesBehindProxy(t *testing.T) {
	m := &mutual{T: t, server: newAuthority(t, "Server CA")}
	cfg := tlsConfig(t, m.server)
	cfg.BehindProxy, cfg.PublicURL = true, "https://accord.example"
	m.running = start(t, cfg)
	pinned := (&authority{T: t}).issue(nil)
	m.issueBound(auth.Request{Certificate: pinned.Leaf})
	if body := m.expect("pinned", http.StatusUnauthorized, m.server.trusting(pinned)); !strings.Contains(body, "no credentials") {
		t.Errorf("a certificate behind a proxy: %s; want it not to be asked for", body)
	}
}

// TX-AUTH-01: the token as password of Basic is taken unless the operator
// switches that off; then the challenge no longer offers it.
func TestBasicSwitchedOff(t *testing.T) {
	for _, basic := range []bool{true, false} {
		cfg := testConfig(t)
		cfg.BasicAuth = basic
		s := start(t, cfg)
		token := s.token(t)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+"/taxii2/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("cert-us", token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		offers := strings.Contains(strings.Join(res.Header.Values("WWW-Authenticate"), "\n"), "Basic")
		if want := map[bool]int{true: http.StatusOK, false: http.StatusUnauthorized}[basic]; res.StatusCode != want || offers {
			t.Errorf("Basic with basic_auth %v: %d, offered again: %v; want %d", basic, res.StatusCode, offers, want)
		}
		res, err = http.Get(s.URL() + "/taxii2/")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if offers := strings.HasPrefix(res.Header.Get("WWW-Authenticate"), "Basic realm="); offers != basic || res.StatusCode != http.StatusUnauthorized {
			t.Errorf("without credentials, basic_auth %v: %d, challenges %q", basic, res.StatusCode, res.Header.Values("WWW-Authenticate"))
		}
		if status, _ := get(t, s.URL()+"/taxii2/", token); status != http.StatusOK {
			t.Errorf("Bearer with basic_auth %v: %d; want 200", basic, status)
		}
	}
}
