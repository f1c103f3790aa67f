package server

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"accord/server/sample"
)

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

// A certificate that is about to end, or that was made while the clock was
// ahead, is made anew at start; a key that cannot be read is not written over.
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
	}{{renewBefore + time.Minute, true}, {renewBefore - time.Minute, false}, {selfSignedFor + 2*time.Hour, false}} {
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

// Behind a proxy clients do not meet the certificate, so nothing is said of the
// address that they call.
func TestSelfSignedBehindProxy(t *testing.T) {
	cfg := testConfig(t)
	cfg.TLSSelfSigned, cfg.BehindProxy, cfg.PublicURL = true, true, "https://accord.example"
	if said := start(t, cfg).trust(); !strings.Contains(said, "certificate.pem' https://localhost:") || strings.Contains(said, cfg.PublicURL) || strings.Contains(said, "--pin") {
		t.Errorf("serve says\n%s\nwant how the proxy comes to trust it, and no more", said)
	}
}

// What serve prints is what a client needs: each curl line works, on the
// machine of the server with the file and by the pin of the key.
func TestSelfSignedSaysHowToTrust(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skipf("the lines that serve prints are for curl: %v", err)
	}
	cfg := testConfig(t)
	ctx, cancel := context.WithCancel(t.Context())
	from, to := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- Main(ctx, []string{"serve", "--tls-self-signed", "--listen", cfg.Listen, "--metrics-listen", "off", "--data", cfg.Data, "--agreement", cfg.Agreements[0]}, nil, io.Discard, to)
		to.Close()
	}()
	var said strings.Builder
	lines := bufio.NewScanner(from)
	for lines.Scan() && !strings.Contains(lines.Text(), "msg=serving") {
		said.WriteString(lines.Text() + "\n")
	}
	go io.Copy(io.Discard, from)
	commands := regexp.MustCompile(`(?m)curl .*$`).FindAllString(said.String(), -1)
	if len(commands) != 3 || !regexp.MustCompile(`SHA-256 +[0-9a-f]{64}\n`).MatchString(said.String()) {
		t.Fatalf("serve said\n%s\nwant a SHA-256 and three lines for curl", &said)
	}
	for _, command := range commands {
		sh := exec.Command("sh", "-c", strings.Replace(command, "curl", curl+" -sS", 1))
		sh.Dir = filepath.Join(cfg.Data, "tls") // of the file that was carried to the other machine
		if out, err := sh.CombinedOutput(); err != nil || !strings.Contains(string(out), `"http_status":"401"`) {
			t.Errorf("%s: %v\n%s", command, err, out)
		}
	}
	wrong := strings.Replace(commands[2], "sha256//", "sha256//AAAA", 1)
	if out, err := exec.Command("sh", "-c", wrong).CombinedOutput(); err == nil {
		t.Errorf("%s succeeded with another pin:\n%s", wrong, out)
	}
	cancel()
	if code := <-ended; code != exitDone {
		t.Errorf("serve ended with %d; want 0", code)
	}
}

// A start that is refused for what an earlier one was given has not applied its
// agreements.
func TestRefusedStartChangesNothing(t *testing.T) {
	cfg := testConfig(t)
	cfg.PublicURL = "http://127.0.0.1:6100"
	s := start(t, cfg)
	before := s.control.Agreements()
	if err := s.end(); err != nil {
		t.Fatal(err)
	}
	cfg.PublicURL, cfg.TLSSelfSigned = "", true
	cfg.Agreements = append(cfg.Agreements, filepath.Join(t.TempDir(), "energy-circle.yaml"))
	if err := os.WriteFile(cfg.Agreements[1], sample.EnergyCircle, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(t.Context(), cfg, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "public_url: an earlier start") {
		t.Errorf("New = %v; want the earlier public URL refused", err)
	}
	b, err := openBackend(t.Context(), cfg, slog.New(slog.DiscardHandler), storeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if after := b.control.Agreements(); len(after) != len(before) {
		t.Errorf("%d agreements are in force after a refused start; want %d", len(after), len(before))
	}
}
