package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

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
	asking, stop := context.WithCancel(t.Context())
	defer load.Wait()
	defer stop()
	discovery := request(t, http.MethodGet, s.URL()+"/taxii2/", token, nil)
	for range 4 {
		load.Go(func() {
			for asking.Err() == nil {
				client := ca.trusting() // each request has a handshake of its own
				asked.Add(1)
				res, err := client.Do(discovery.Clone(t.Context()))
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
	const patience = 10 * reloadEvery
	before := done.Load()
	for deadline := time.Now().Add(patience); done.Load() < before+20; { // the halves do not match now
		if shows(t, s, ca); time.Now().After(deadline) {
			t.Fatalf("%d requests are answered in %v; want 20", done.Load()-before, patience)
		}
	}
	writeKey(t, cfg.TLSKey, next.PrivateKey)
	for deadline := time.Now().Add(patience); !shows(t, s, ca).Equal(next.Leaf); {
		if time.Now().After(deadline) {
			t.Fatalf("the new certificate is not shown after %v", patience)
		}
	}
	stop()
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
