package server

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A server is trusted for its authority or its very certificate, and for nothing
// less.
func TestRemoteTLS(t *testing.T) {
	startRemote(t)
	to, err := url.Parse(os.Getenv("ACCORD_SERVER"))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(httputil.NewSingleHostReverseProxy(to))
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	var shown atomic.Int32 // client certificates
	server.TLS.VerifyConnection = func(state tls.ConnectionState) error {
		shown.Store(int32(len(state.PeerCertificates)))
		return nil
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	raw := server.Certificate().Raw
	sum := sha256.Sum256(raw)
	pin, other := hex.EncodeToString(sum[:]), strings.Repeat("00", sha256.Size)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	cert, key := clientPair(t)
	elsewhere := strings.Replace(server.URL, "127.0.0.1", "localhost", 1) // which the certificate does not name

	for _, tc := range []struct {
		name, server string
		args         []string
		wrong        string
		shown        int32
	}{
		{"unknown", server.URL, nil, "--ca FILE names its authority", 0},
		{"its authority", server.URL, []string{"--ca", ca}, "", 0},
		{"its authority, under another name", elsewhere, []string{"--ca", ca}, "certificate", 0},
		{"its pin", server.URL, []string{"--pin", pin}, "", 0},
		{"its pin, under another name", elsewhere, []string{"--pin", strings.ToUpper(pin)}, "", 0},
		{"both", server.URL, []string{"--ca", ca, "--pin", pin}, "", 0},
		{"both, under another name", elsewhere, []string{"--ca", ca, "--pin", pin}, "certificate", 0},
		{"another's pin", server.URL, []string{"--pin", other}, pin, 0},
		{"its authority and another's pin", server.URL, []string{"--ca", ca, "--pin", other}, pin, 0},
		{"a client certificate", server.URL, []string{"--ca", ca, "--cert", cert, "--key", key}, "", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			shown.Store(0)
			args := append([]string{"pull", "--server", tc.server, "--collection", "us-cn/shared"}, tc.args...)
			code, _, errs := remoteCommand(t, "", args...)
			if tc.wrong == "" && (code != 0 || shown.Load() != tc.shown) {
				t.Errorf("exit %d, %q; %d certificates were shown, want %d", code, errs, shown.Load(), tc.shown)
			}
			if tc.wrong != "" && (code != 1 || !strings.Contains(errs, tc.wrong)) {
				t.Errorf("exit %d, %q; want one that says %q", code, errs, tc.wrong)
			}
		})
	}
}

func TestParsePin(t *testing.T) {
	sum := sha256.Sum256(nil)
	var colons []string
	for _, b := range sum {
		colons = append(colons, fmt.Sprintf("%02X", b))
	}
	for text, good := range map[string]bool{
		hex.EncodeToString(sum[:]):                               true,
		strings.Join(colons, ":"):                                true,
		"SHA256:" + hex.EncodeToString(sum[:]):                   true,
		hex.EncodeToString(sum[1:]):                              false,
		hex.EncodeToString(sum[:]) + "00":                        false,
		strings.Replace(hex.EncodeToString(sum[:]), "e", "g", 1): false,
	} {
		if pin, err := parsePin(text); (err == nil) != good || good && string(pin) != string(sum[:]) {
			t.Errorf("parsePin(%q) = %x, %v", text, pin, err)
		}
	}
}

// A token that can be read on its way is worth a word.
func TestIsOpen(t *testing.T) {
	for server, want := range map[string]bool{
		"https://taxii.example": false, "http://127.0.0.1:6100": false, "http://localhost:6100/": false, "http://[::1]:6100": false,
		"http://taxii.example": true, "http://192.0.2.1": true,
	} {
		if got := isOpen(server); got != want {
			t.Errorf("isOpen(%q) = %v; want %v", server, got, want)
		}
	}
}

// clientPair makes a client certificate and its key.
func clientPair(t *testing.T) (certFile, keyFile string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(nil, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for name, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}
