package server

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
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
	plain, err := http.Get("http://" + s.listener.Addr().String() + "/healthz")
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

// A query of 1,000 ids, the most that match[id] takes, fits into the head of a
// request over HTTP/2 as it does over HTTP/1.1.
func TestLongQueryOverTLS(t *testing.T) {
	ca := newAuthority(t, "Server CA")
	s := start(t, tlsConfig(t, ca))
	ids := strings.Repeat("indicator--00000000-0000-4000-8000-000000000001,", 999) + "indicator--00000000-0000-4000-8000-000000000001"
	url, token := s.URL()+"/taxii2/us-cn/collections/activity-from-cn/objects/?match[id]="+ids, s.token(t)
	for major, client := range map[int]*http.Client{1: clientOf(t, &tls.Config{RootCAs: ca.pool(), NextProtos: []string{"http/1.1"}}), 2: ca.trusting()} {
		res, err := ask(t, client, url, token)
		if err != nil {
			t.Errorf("HTTP/%d: %v", major, err)
			continue
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != http.StatusOK || res.ProtoMajor != major {
			t.Errorf("HTTP/%d: %d %s by HTTP/%d; want 200", major, res.StatusCode, body, res.ProtoMajor)
		}
	}
}
