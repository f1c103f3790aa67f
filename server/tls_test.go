package server

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TX-TLS-01, TX-DISC-03: discovery is answered over HTTPS, by HTTP/2 where the client speaks
// it, with root URLs that begin with https. Plain HTTP on that port is refused.
func TestTLS(t *testing.T) {
	ca := newAuthority(t, "Server CA")
	s := start(t, tlsConfig(t, ca))
	res, err := ask(t, ca.trusting(), s.URL()+"/taxii2/", s.token(t))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || res.ProtoMajor != 2 {
		t.Errorf("GET %s/taxii2/ = %d by HTTP/%d, %v; want 200 by HTTP/2", s.URL(), res.StatusCode, res.ProtoMajor, err)
	}
	if want := `"` + s.URL() + `/taxii2/us-cn/"`; !strings.HasPrefix(s.URL(), "https://") || !strings.Contains(string(body), want) {
		t.Errorf("discovery = %s; want the root %s", body, want)
	}
	plain, err := http.Get("http://" + s.listener.Addr().String() + "/taxii2/")
	if err != nil {
		t.Fatal(err)
	}
	plain.Body.Close()
	if plain.StatusCode != http.StatusBadRequest {
		t.Errorf("plain HTTP on the port of TLS: %d; want 400", plain.StatusCode)
	}
}

// TX-TLS-02, TX-TLS-03, TX-TLS-05, TX-TLS-06: which handshakes succeed, and what
// they agree on. Each that does carries a request.
func TestTLSVersionsAndSuites(t *testing.T) {
	ca := newAuthority(t, "Server CA")
	s := start(t, tlsConfig(t, ca))
	token := s.token(t)
	for _, tc := range []struct {
		name     string
		min, max uint16
		suites   []uint16
		want     uint16 // the version; 0 for a handshake that fails
	}{
		{"TX-TLS-02: at most 1.2", tls.VersionTLS10, tls.VersionTLS12, nil, tls.VersionTLS12},
		{"TX-TLS-03: at least 1.3", tls.VersionTLS13, 0, nil, tls.VersionTLS13},
		{"TX-TLS-03: 1.3 is preferred", tls.VersionTLS10, 0, nil, tls.VersionTLS13},
		{"TX-TLS-06: at most 1.1", tls.VersionTLS10, tls.VersionTLS11, nil, 0},
		{"TX-TLS-06: at most 1.0", tls.VersionTLS10, tls.VersionTLS10, nil, 0},
		{"TX-TLS-05: CBC alone", tls.VersionTLS12, tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA}, 0},
		{"TX-TLS-05: CBC with SHA-256 alone", tls.VersionTLS12, tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256}, 0},
		{"TX-TLS-05: static RSA alone", tls.VersionTLS12, tls.VersionTLS12, []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_256_CBC_SHA}, 0},
		{"TX-TLS-05: CBC preferred to AEAD", tls.VersionTLS12, tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384}, tls.VersionTLS12},
	} {
		t.Run(tc.name, func(t *testing.T) {
			client := clientOf(t, &tls.Config{RootCAs: ca.pool(), MinVersion: tc.min, MaxVersion: tc.max, CipherSuites: tc.suites})
			res, err := ask(t, client, s.URL()+"/taxii2/", token)
			if tc.want == 0 {
				if _, alert := errors.AsType[tls.AlertError](err); err == nil || !alert && !strings.Contains(err.Error(), "remote error: tls: ") {
					t.Errorf("GET = %v, %v; want an alert of the server", res, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			suite := tls.CipherSuiteName(res.TLS.CipherSuite)
			if res.StatusCode != http.StatusOK || res.TLS.Version != tc.want || strings.Contains(suite, "CBC") {
				t.Errorf("GET = %d over %s with %s; want 200 over %s without CBC", res.StatusCode, tls.VersionName(res.TLS.Version), suite, tls.VersionName(tc.want))
			}
		})
	}
}

// TX-TLS-05: with an RSA certificate too, every suite that HTTP/2 forbids is
// refused, one after the other; each of ours is taken.
func TestEverySuite(t *testing.T) {
	ca := newAuthority(t, "Server CA")
	s := start(t, tlsConfig(t, ca))
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if suite.SupportedVersions[0] == tls.VersionTLS13 {
			continue
		}
		conn, err := tls.Dial("tcp", s.listener.Addr().String(), &tls.Config{RootCAs: ca.pool(), MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{suite.ID}})
		if err == nil {
			conn.Close()
		}
		ours := strings.HasPrefix(suite.Name, "TLS_ECDHE_ECDSA_") && (strings.Contains(suite.Name, "_GCM_") || strings.Contains(suite.Name, "_CHACHA20_"))
		if (err == nil) != ours {
			t.Errorf("handshake with %s alone: %v; want success: %v", suite.Name, err, ours)
		}
	}
}

// Certificates are judged at start: what is wrong is told with its key and file.
func TestTLSFilesRefused(t *testing.T) {
	ca := newAuthority(t, "Server CA")
	for _, tc := range []struct {
		name  string
		spoil func(cfg *Config)
		want  []string
	}{
		{"no certificate", func(cfg *Config) { cfg.TLSCert += "x" }, []string{"tls_cert: ", "cert.pemx", "no such file"}},
		{"no key", func(cfg *Config) { cfg.TLSKey += "x" }, []string{"tls_key: ", "key.pemx", "no such file"}},
		{"swapped", func(cfg *Config) { cfg.TLSKey, cfg.TLSCert = cfg.TLSCert, cfg.TLSKey }, []string{"tls_cert, tls_key: ", "no pair"}},
		{"key of another", func(cfg *Config) { writeKey(t, cfg.TLSKey, ca.issue(nil).PrivateKey) }, []string{"no pair", "does not match"}},
		{"ended", func(cfg *Config) {
			pair := ca.issue(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Second) })
			writeCert(t, cfg.TLSCert, pair.Leaf)
			writeKey(t, cfg.TLSKey, pair.PrivateKey)
		}, []string{"tls_cert: ", "cert.pem ended on 20"}},
		{"not yet valid", func(cfg *Config) {
			pair := ca.issue(func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) })
			writeCert(t, cfg.TLSCert, pair.Leaf)
			writeKey(t, cfg.TLSKey, pair.PrivateKey)
		}, []string{"tls_cert: ", "is not valid before 20"}},
		{"no authority", func(cfg *Config) { cfg.TLSClientCA = cfg.TLSKey }, []string{"tls_client_ca: ", "key.pem", "CERTIFICATE"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg := tlsConfig(t, ca)
			tc.spoil(cfg)
			_, err := New(t.Context(), cfg, slog.New(slog.DiscardHandler))
			for _, part := range tc.want {
				if err == nil || !strings.Contains(err.Error(), part) {
					t.Errorf("New = %v; want it to name %q", err, part)
				}
			}
			if _, err := os.Stat(cfg.Data); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a refused start left a data folder: %v", err)
			}
		})
	}
}

// shows returns the certificate that the server shows to a new connection.
func shows(t *testing.T, s *running, ca *authority) *x509.Certificate {
	t.Helper()
	conn, err := tls.Dial("tcp", s.listener.Addr().String(), &tls.Config{RootCAs: ca.pool()})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0]
}

// A pair is replaced under load, one file after the other, without a request
// that fails; the running server sees it by itself.
func TestReload(t *testing.T) {
	ca := newAuthority(t, "Server CA")
	cfg := tlsConfig(t, ca)
	s := start(t, cfg)
	token := s.token(t)
	var asked, done atomic.Int64
	var load sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		load.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				client := ca.trusting() // each request has a handshake of its own
				asked.Add(1)
				res, err := ask(t, client, s.URL()+"/taxii2/", token)
				if err != nil {
					t.Errorf("request while the certificate is replaced: %v", err)
					return
				}
				res.Body.Close()
				client.CloseIdleConnections()
				if res.StatusCode == http.StatusOK {
					done.Add(1)
				}
			}
		})
	}
	next := ca.issue(nil)
	writeCert(t, cfg.TLSCert, next.Leaf)
	for before := done.Load(); done.Load() < before+20; { // the halves do not match now
		shows(t, s, ca)
	}
	writeKey(t, cfg.TLSKey, next.PrivateKey)
	for deadline := time.Now().Add(10 * reloadEvery); !shows(t, s, ca).Equal(next.Leaf); {
		if time.Now().After(deadline) {
			t.Fatalf("the new certificate is not shown after %v", 10*reloadEvery)
		}
	}
	close(stop)
	load.Wait()
	if asked.Load() != done.Load() || done.Load() == 0 {
		t.Errorf("%d of %d requests were answered with 200; want all", done.Load(), asked.Load())
	}
	t.Logf("%d requests, each with a handshake, while the certificate was replaced", done.Load())
}

// What cannot be used does not come into force and is logged once, not at the
// first look; what comes after it does.
func TestReloadKeepsWhatWorks(t *testing.T) {
	ca := newAuthority(t, "Server CA")
	cfg := tlsConfig(t, ca)
	log := &logBuffer{}
	f, err := openTLS(cfg, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	first, ended, last := f.leaf(), ca.issue(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Second) }), ca.issue(nil)
	logged := func(want int) {
		t.Helper()
		f.reload(t.Context())
		if got := strings.Count(log.String(), "the one before stays"); got != want || !f.leaf().Equal(first) {
			t.Errorf("the fault was logged %d times, the certificate is the first: %v; want %d times and the first\n%s", got, f.leaf().Equal(first), want, log)
		}
	}
	logged(0) // nothing has changed
	writeCert(t, cfg.TLSCert, last.Leaf)
	logged(0) // half of a pair may be the first half
	logged(1)
	logged(1)
	if err := os.Remove(cfg.TLSCert); err != nil {
		t.Fatal(err)
	}
	logged(1)
	logged(2)
	writeCert(t, cfg.TLSCert, ended.Leaf)
	writeKey(t, cfg.TLSKey, ended.PrivateKey)
	logged(2)
	logged(3)
	writeCert(t, cfg.TLSCert, last.Leaf)
	writeKey(t, cfg.TLSKey, last.PrivateKey)
	if f.reload(t.Context()); !f.leaf().Equal(last.Leaf) {
		t.Errorf("a good pair did not come into force:\n%s", log)
	}
	if strings.Contains(log.String(), "PRIVATE") {
		t.Errorf("the log shows a key:\n%s", log)
	}
}

// What clients will meet is warned of at start, and told to monitoring.
func TestTLSWarnings(t *testing.T) {
	ca := newAuthority(t, "Server CA")
	cfg := tlsConfig(t, ca)
	cfg.PublicURL = "https://accord.example"
	if err := os.Chmod(cfg.TLSKey, 0o644); err != nil {
		t.Fatal(err)
	}
	s := start(t, cfg)
	for _, want := range []string{"not for the public URL", "accord.example", "ends soon", "may read the private key"} {
		if !strings.Contains(s.log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, s.log)
		}
	}
	if _, text := get(t, "http://"+s.metricsListener.Addr().String(), ""); !strings.Contains(text, "\naccord_tls_certificate_expiry_timestamp_seconds 1.") {
		t.Errorf("metrics lack the end of the certificate")
	}
}

// A server that was given a plain public URL before it spoke TLS asks for a new one.
func TestPlainPublicURLBeforeTLS(t *testing.T) {
	cfg := testConfig(t)
	cfg.PublicURL = "http://127.0.0.1:6100"
	if err := start(t, cfg).end(); err != nil {
		t.Fatal(err)
	}
	cfg.PublicURL, cfg.TLSSelfSigned = "", true
	_, err := New(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err == nil || exitCode(err) != exitUsage || !strings.Contains(err.Error(), "public_url: ") {
		t.Errorf("New = %v; want public_url and exit code 2", err)
	}
}

// The server's own certificate is made once, kept at the next start, and made
// anew for new names with the same key. Who trusts it, by itself, reaches the
// server by every name in it (P10).
func TestSelfSigned(t *testing.T) {
	cfg := testConfig(t)
	cfg.TLSSelfSigned = true
	folder := filepath.Join(cfg.Data, "tls")
	var made []*x509.Certificate
	for _, publicURL := range []string{"", "", "https://accord.example:6100", ""} {
		cfg.PublicURL = publicURL
		s := start(t, cfg)
		leaf := s.tls.leaf()
		made = append(made, leaf)
		pool := x509.NewCertPool()
		pool.AddCert(leaf)
		for _, name := range namesOf(leaf) {
			if status, _ := getOver(t, clientOf(t, &tls.Config{RootCAs: pool, ServerName: name}), s.URL()+"/taxii2/", s.token(t)); status != http.StatusOK {
				t.Errorf("discovery of %s = %d; want 200", name, status)
			}
		}
		if err := s.end(); err != nil {
			t.Fatal(err)
		}
	}
	if !made[0].Equal(made[1]) || made[1].Equal(made[2]) || !made[2].Equal(made[3]) {
		t.Error("want one certificate for two starts, another for the new name, and that kept when the name is remembered")
	}
	if made[2].VerifyHostname("accord.example") != nil || string(made[1].RawSubjectPublicKeyInfo) != string(made[2].RawSubjectPublicKeyInfo) {
		t.Errorf("the certificate for the new name is for %v; want accord.example and the same key", namesOf(made[2]))
	}
	info, err := os.Stat(filepath.Join(folder, "key.pem"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key.pem has mode %v, %v; want 0600", info.Mode(), err)
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) != 2 {
		t.Errorf("the folder holds %v, %v; want key and certificate alone", files, err)
	}
}

// A certificate that is about to end is made anew at start; a key that cannot be
// read is not written over.
func TestSelfSignedRenewal(t *testing.T) {
	cfg := testConfig(t)
	cfg.TLSSelfSigned = true
	s := start(t, cfg)
	old, names := s.tls.leaf(), s.names()
	if err := s.end(); err != nil {
		t.Fatal(err)
	}
	key, err := ownKey(s.tls.key)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		left time.Duration
		want bool
	}{{renewBefore + time.Minute, true}, {renewBefore - time.Minute, false}} {
		if got := stillServes(s.tls.cert, key, names, old.NotAfter.Add(-tc.left)); got != tc.want {
			t.Errorf("a certificate that lasts %v is kept: %v; want %v", tc.left, got, tc.want)
		}
	}
	if err := os.WriteFile(s.tls.key, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(t.Context(), cfg, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "key.pem") {
		t.Errorf("New with a broken key = %v; want its file named", err)
	}
	if text, _ := os.ReadFile(s.tls.key); string(text) != "broken" {
		t.Error("a key that cannot be read was written over")
	}
}
