package auth

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/collections"
)

// An authority issues certificates in a world.
type authority struct {
	*world
	cert *x509.Certificate
	key  ed25519.PrivateKey
}

// newAuthority makes one that parent issues; nil for a root.
func (w *world) newAuthority(parent *authority) *authority {
	w.Helper()
	a := &authority{world: w}
	if parent == nil {
		parent = a
	}
	var key ed25519.PrivateKey
	a.cert = parent.issueWith(func(c *x509.Certificate) {
		c.IsCA, c.KeyUsage, c.ExtKeyUsage = true, x509.KeyUsageCertSign, nil
	}, &key)
	a.key = key
	return a
}

func (a *authority) issue(change func(*x509.Certificate)) *x509.Certificate {
	a.Helper()
	return a.issueWith(change, new(ed25519.PrivateKey))
}

// issueWith makes a certificate for an hour that change makes different.
func (a *authority) issueWith(change func(*x509.Certificate), key *ed25519.PrivateKey) *x509.Certificate {
	a.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		a.Fatal(err)
	}
	*key = private
	name := rand.Text() // authorities of one name would be tried for one another
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, SerialNumber: new(big.Int).SetBytes([]byte(name)[:16]), BasicConstraintsValid: true,
		NotBefore: a.Now().Add(-time.Hour), NotAfter: a.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if change != nil {
		change(template)
	}
	parent, signer := template, private
	if a.cert != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, signer)
	if err != nil {
		a.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		a.Fatal(err)
	}
	return c
}

// trust makes the authorities those of the server; none takes all away.
func (w *world) trust(roots ...*authority) {
	w.auth.ClientCAs = nil
	if len(roots) == 0 {
		return
	}
	pool := x509.NewCertPool()
	for _, root := range roots {
		pool.AddCert(root.cert)
	}
	w.auth.ClientCAs = func() *x509.CertPool { return pool }
}

// show presents certificates, as TLS does after it has checked that the client
// has the key of the first.
func (w *world) show(chain ...*x509.Certificate) (collections.Caller, error) {
	r := httptest.NewRequestWithContext(w.Context(), http.MethodGet, "/taxii2/", nil)
	r.TLS = &tls.ConnectionState{PeerCertificates: chain}
	return w.auth.Authenticate(r)
}

func named(dns ...string) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.DNSNames = dns }
}

// TX-TLS-07: a pinned certificate needs no authority; where there are some, it
// must come from them all the same. Its own time counts always.
func TestPinnedCertificate(t *testing.T) {
	w := newWorld(t, usCN)
	ca := w.newAuthority(nil)
	cert, other := ca.issue(nil), ca.issue(nil)
	issued := w.issue(Request{Party: "cert-us", Scope: "read:us-cn/*", Certificate: cert, Officer: "poller"})
	if issued.Token != "" || issued.JTI == "" {
		t.Errorf("Issue = %+v; want no secret", issued)
	}
	good := func(why string, chain ...*x509.Certificate) {
		t.Helper()
		caller, err := w.show(chain...)
		if err != nil || caller.Party != "cert-us" || caller.JTI != issued.JTI || caller.Officer != "poller" {
			t.Errorf("%s: caller %+v, %v; want cert-us", why, caller, err)
		}
	}
	bad := func(reason string, chain ...*x509.Certificate) {
		t.Helper()
		caller, err := w.show(chain...)
		checkRefused(t, caller, err, detailCertificate, reason)
	}
	good("without authorities", cert)
	bad("no token is bound", other)
	bad("no token is bound", other, cert) // only the first has been proven
	w.trust(w.newAuthority(nil))
	bad("unknown authority", cert)
	w.trust(ca)
	good("of the authority", cert)
	w.advance(time.Hour + time.Second)
	bad("expired", cert)
	w.advance(-2*time.Hour - 2*time.Second)
	bad("not valid yet", cert)
}

// TX-TLS-07: a name counts in certificates that PKIX path validation verified
// for the use by clients, and in no other.
func TestCertificateName(t *testing.T) {
	w := newWorld(t, usCN)
	root, stranger := w.newAuthority(nil), w.newAuthority(nil)
	middle := w.newAuthority(root)
	spiffe, err := url.Parse("SPIFFE://Cert.Example/poller")
	if err != nil {
		t.Fatal(err)
	}
	w.issue(Request{Party: "cert-us", Scope: "read:us-cn/*", CertificateName: "Poller.cert.example."})
	w.issue(Request{Party: "cert-cn", Scope: "read:us-cn/*", CertificateName: "Duty@Cert.example"})
	w.issue(Request{Party: "cert-us", Scope: "write:us-cn/*", CertificateName: "spiffe://cert.example/poller"})
	poller := named("poller.cert.example")
	last := func(n int) func(*x509.Certificate) { // of n names
		return named(append(slices.Repeat([]string{"x.example"}, n-1), "poller.cert.example")...)
	}
	for _, tc := range []struct {
		name   string
		roots  []*authority
		chain  []*x509.Certificate
		party  string
		reason string
	}{
		{"of the authority", []*authority{root}, []*x509.Certificate{root.issue(poller)}, "cert-us", ""},
		{"in another case, among others", []*authority{root}, []*x509.Certificate{root.issue(named("x.example", "POLLER.cert.example"))}, "cert-us", ""},
		{"e-mail", []*authority{root}, []*x509.Certificate{root.issue(func(c *x509.Certificate) { c.EmailAddresses = []string{"Duty@cert.EXAMPLE"} })}, "cert-cn", ""},
		{"URI", []*authority{root}, []*x509.Certificate{root.issue(func(c *x509.Certificate) { c.URIs = []*url.URL{spiffe} })}, "cert-us", ""},
		{"the last of many", []*authority{root}, []*x509.Certificate{root.issue(last(maxCertificateNames))}, "cert-us", ""},
		{"by a middle authority", []*authority{root}, []*x509.Certificate{middle.issue(poller), middle.cert}, "cert-us", ""},
		{"one of two roots", []*authority{stranger, root}, []*x509.Certificate{root.issue(poller)}, "cert-us", ""},
		{"any use", []*authority{root}, []*x509.Certificate{root.issue(func(c *x509.Certificate) { c.DNSNames, c.ExtKeyUsage = []string{"poller.cert.example"}, nil })}, "cert-us", ""},

		{"no authorities", nil, []*x509.Certificate{root.issue(poller)}, "", "tls_client_ca"},
		{"a path without end", []*authority{root}, slices.Repeat([]*x509.Certificate{root.issue(poller)}, maxChain+1), "", "11 certificates"},
		{"more names than anybody has", []*authority{root}, []*x509.Certificate{root.issue(last(maxCertificateNames + 1))}, "", "101 names"},
		{"the same name twice", []*authority{root}, []*x509.Certificate{root.issue(named("poller.cert.example", "Poller.cert.example"))}, "cert-us", ""},
		{"wrong authority", []*authority{root}, []*x509.Certificate{stranger.issue(poller)}, "", "unknown authority"},
		{"wrong authority, the right one beside", []*authority{root}, []*x509.Certificate{stranger.issue(poller), root.cert}, "", "unknown authority"},
		{"middle authority missing", []*authority{root}, []*x509.Certificate{middle.issue(poller)}, "", "unknown authority"},
		{"signed by itself", []*authority{root}, []*x509.Certificate{(&authority{world: w}).issue(poller)}, "", "unknown authority"},
		{"signed by a certificate that is no authority", []*authority{root}, leafSigned(root), "", "parent certificate cannot sign"},
		{"for servers only", []*authority{root}, []*x509.Certificate{root.issue(func(c *x509.Certificate) {
			c.DNSNames, c.ExtKeyUsage = []string{"poller.cert.example"}, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		})}, "", "incompatible key usage"},
		{"expired", []*authority{root}, []*x509.Certificate{root.issue(func(c *x509.Certificate) { poller(c); c.NotAfter = w.Now().Add(-time.Second) })}, "", "expired"},
		{"not yet valid", []*authority{root}, []*x509.Certificate{root.issue(func(c *x509.Certificate) { poller(c); c.NotBefore = w.Now().Add(time.Second) })}, "", "not valid yet"},
		{"another name", []*authority{root}, []*x509.Certificate{root.issue(named("spooler.cert.example"))}, "", "no token is bound"},
		{"a wildcard", []*authority{root}, []*x509.Certificate{root.issue(named("*.cert.example"))}, "", "no token is bound"},
		{"the common name", []*authority{root}, []*x509.Certificate{root.issue(func(c *x509.Certificate) { c.Subject.CommonName = "poller.cert.example" })}, "", "no token is bound"},
		{"one kind in the clothes of another", []*authority{root}, []*x509.Certificate{root.issue(func(c *x509.Certificate) {
			c.DNSNames, c.URIs = []string{"duty@cert.example"}, []*url.URL{{Scheme: "dns", Opaque: "poller.cert.example"}}
		})}, "", "no token is bound"},
		{"names of two tokens", []*authority{root}, []*x509.Certificate{root.issue(func(c *x509.Certificate) { poller(c); c.EmailAddresses = []string{"Duty@cert.example"} })}, "", "bound to 2 tokens"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w.trust(tc.roots...)
			caller, err := w.show(tc.chain...)
			if tc.party == "" {
				checkRefused(t, caller, err, detailCertificate, tc.reason)
			} else if err != nil || caller.Party != tc.party {
				t.Errorf("caller %+v, %v; want %s", caller, err, tc.party)
			}
		})
	}
}

// leafSigned is a chain in which a certificate of a client has signed another.
func leafSigned(root *authority) []*x509.Certificate {
	leaf := &authority{world: root.world}
	leaf.cert = root.issueWith(nil, &leaf.key)
	return []*x509.Certificate{leaf.issue(named("poller.cert.example")), leaf.cert}
}

// P5: what is revoked ends at once, also for a pinned certificate in which a
// bound name stands.
func TestCertificateRevoked(t *testing.T) {
	w := newWorld(t, usCN)
	ca := w.newAuthority(nil)
	w.trust(ca)
	cert := ca.issue(named("poller.cert.example"))
	w.issue(Request{Party: "cert-us", Scope: "read:us-cn/*", CertificateName: "poller.cert.example"})
	pinned := w.issue(Request{Party: "cert-us", Scope: "read:us-cn/from-cn", Certificate: cert})
	if caller, err := w.show(cert); err != nil || caller.JTI != pinned.JTI {
		t.Fatalf("caller %+v, %v; want the rights of the pin", caller, err)
	}
	if ended, err := w.auth.Revoke(t.Context(), pinned.JTI); err != nil || !ended.Issued {
		t.Fatalf("Revoke = %+v, %v", ended, err)
	}
	caller, err := w.show(cert)
	checkRefused(t, caller, err, detailCertificate, "is revoked")
	if caller, err := w.show(ca.issue(named("poller.cert.example"))); err != nil {
		t.Errorf("another certificate of the name: %+v, %v; want it good", caller, err)
	}
}

// A certificate shows what its token may do while the party has it, on every
// server of the store.
func TestCertificateOnAnotherServer(t *testing.T) {
	w := newWorld(t, usCN)
	cert := w.newAuthority(nil).issue(nil)
	other := w.another()
	issued := other.issue(Request{Party: "cert-us", Scope: "read:us-cn/*", Certificate: cert})
	if caller, err := w.show(cert); err != nil || caller.JTI != issued.JTI {
		t.Errorf("caller %+v, %v; want the one bound on another server", caller, err)
	}
}

// A header is judged alone: a certificate beside it neither helps nor harms.
func TestHeaderBeforeCertificate(t *testing.T) {
	w := newWorld(t, usCN)
	cert := w.newAuthority(nil).issue(nil)
	w.issue(Request{Party: "cert-us", Scope: "read:us-cn/*", Certificate: cert})
	token := w.issue(Request{Party: "cert-cn", Scope: "read:us-cn/*"}).Token
	for header, party := range map[string]string{"": "", "Bearer x": "", "Bearer " + token: "cert-cn"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header.Set("Authorization", header)
		r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{cert}}
		caller, err := w.auth.Authenticate(r)
		if caller.Party != party || (err == nil) != (party != "") {
			t.Errorf("Authorization %q beside a certificate: %+v, %v; want the party %q", header, caller, err, party)
		}
	}
}

// Nothing is bound twice while a token holds it; afterwards it is free.
func TestBindingClash(t *testing.T) {
	w := newWorld(t, usCN)
	cert := w.newAuthority(nil).issue(nil)
	for _, r := range []Request{{Certificate: cert}, {CertificateName: "poller.cert.example"}} {
		r.Party, r.Scope = "cert-us", "read:us-cn/*"
		first := w.issue(r)
		again := r
		again.Party, again.TTL = "cert-cn", 2*time.Hour
		again.CertificateName = strings.ToUpper(again.CertificateName)
		if _, err := w.auth.Issue(t.Context(), again); !errors.Is(err, collections.ErrInvalid) || !strings.Contains(err.Error(), first.JTI) || !strings.Contains(err.Error(), "cert-us") {
			t.Errorf("a second binding: %v; want ErrInvalid with the first token and its party", err)
		}
		if _, err := w.auth.Revoke(t.Context(), first.JTI); err != nil {
			t.Fatal(err)
		}
		w.issue(again)
	}
	if caller, err := w.show(cert); err != nil || caller.Party != "cert-cn" {
		t.Errorf("caller %+v, %v; want the party that it was bound to last", caller, err)
	}
}

func TestBindingRefused(t *testing.T) {
	w := newWorld(t, usCN)
	ca := w.newAuthority(nil)
	ended := ca.issue(func(c *x509.Certificate) { c.NotAfter = w.Now().Add(-time.Second) })
	for _, tc := range []struct {
		r    Request
		want string
	}{
		{Request{Certificate: ca.issue(nil), Short: true}, "one of"},
		{Request{Certificate: ca.issue(nil), CertificateName: "poller.cert.example"}, "one of"},
		{Request{CertificateName: "poller.cert.example", Short: true}, "one of"},
		{Request{Certificate: ended}, "ended on 2026-01-02T03:04:04Z"},
		{Request{CertificateName: "*.cert.example"}, "wildcard"},
		{Request{CertificateName: "192.0.2.1"}, "DNS name"},
		{Request{CertificateName: "dns:duty@cert.example"}, "DNS name"},
		{Request{CertificateName: "poller..example"}, "DNS name"},
		{Request{CertificateName: "网络.example"}, "xn--"},
		{Request{CertificateName: "Duty <duty@cert.example>"}, "e-mail"},
		{Request{CertificateName: "duty@"}, "e-mail"},
		{Request{CertificateName: "spiffe:"}, "URI"},
		{Request{CertificateName: "uri:/poller"}, "URI"},
		{Request{CertificateName: strings.Repeat("a.", 200)}, "DNS name"},
	} {
		tc.r.Party, tc.r.Scope, tc.r.TTL = "cert-us", "read:us-cn/*", time.Minute
		if _, err := w.auth.Issue(t.Context(), tc.r); !errors.Is(err, collections.ErrInvalid) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("Issue with %q = %v; want ErrInvalid with %q", tc.r.CertificateName, err, tc.want)
		}
	}
	if n := len(w.auth.Tokens()); n != 0 {
		t.Errorf("%d tokens were recorded; want none", n)
	}
}

// List and inspection show a binding; the jti that names it is no credential.
func TestBindingIsShown(t *testing.T) {
	w := newWorld(t, usCN)
	ca := w.newAuthority(nil)
	w.trust(ca)
	cert := ca.issue(nil)
	pinned := w.issue(Request{Party: "cert-us", Scope: "read:us-cn/from-cn", Certificate: cert, TTL: 2 * time.Hour})
	named := w.issue(Request{Party: "cert-us", Scope: "read:us-cn/from-cn", CertificateName: "poller.cert.example"})
	if len(pinned.Warnings) != 1 || !strings.Contains(pinned.Warnings[0], "before the token") || len(named.Warnings) != 0 {
		t.Errorf("warnings %q and %q; want one of a certificate that ends sooner", pinned.Warnings, named.Warnings)
	}
	tokens := w.auth.Tokens()
	if len(tokens) != 2 || len(tokens[0].Certificate) != 64 || tokens[1].CertificateName != "dns:poller.cert.example" || tokens[1].Certificate != "" || tokens[1].Short {
		t.Errorf("Tokens = %+v", tokens)
	}
	for name, i := range map[string]Inspection{
		"jti of a pin": w.auth.Inspect(t.Context(), pinned.JTI), "jti of a name": w.auth.Inspect(t.Context(), named.JTI),
		"certificate": w.auth.InspectCertificate(t.Context(), []*x509.Certificate{cert}),
	} {
		if !i.Good || i.Claims == nil || i.Claims.Subject != "cert-us" || len(i.Rights) != 1 || len(i.Rights[0].Read) != 1 {
			t.Errorf("%s: %+v; want it good with one collection", name, i)
		}
	}
	stranger := w.newAuthority(nil).issue(func(c *x509.Certificate) { c.DNSNames = []string{"poller.cert.example"} })
	if i := w.auth.InspectCertificate(t.Context(), []*x509.Certificate{stranger}); i.Good || !strings.Contains(i.Reason, "unknown authority") {
		t.Errorf("certificate of a stranger: %+v", i)
	}
	w.refuses(pinned.JTI, detailNotValid, "segments")
}

// A name is written in one spelling, which is read as the same.
func FuzzParseCertificateName(f *testing.F) {
	for _, s := range []string{
		"Poller.cert.example.", "Duty@Cert.example", "spiffe://cert.example/poller", "urn:uuid:6f3f5a51-0000-4000-8000-000000000000",
		"dns:a", "email:a@b", "uri:mailto:a@b", "*.example", "\"a b\"@c", "",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name, err := parseCertificateName(s)
		if err != nil {
			return
		}
		if again, err := parseCertificateName(name); err != nil || again != name {
			t.Errorf("parseCertificateName(%q) = %q, and that reads as %q, %v", s, name, again, err)
		}
	})
}
