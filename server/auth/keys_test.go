package auth

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"accord/collections"
)

// The vector of RFC 8037, appendix A.3.
func TestThumbprint(t *testing.T) {
	public, err := jwk{"Ed25519", "OKP", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}.public()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := thumbprint(public), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"; got != want {
		t.Errorf("thumbprint = %s, want %s", got, want)
	}
}

// P10: the first start makes a key that only its owner can read; later ones use
// it and say nothing more of it.
func TestFirstStartMakesAKey(t *testing.T) {
	w := newWorld(t, usCN)
	dir := w.auth.KeyDir
	keys := w.auth.Keys()
	if len(keys) != 1 || keys[0].Retired != nil || keys[0].Server == "" || !keys[0].From.Equal(w.Now()) {
		t.Fatalf("Keys() = %+v, want one of this server from now on", keys)
	}
	checkMode(t, dir, 0o700)
	checkMode(t, filepath.Join(dir, keys[0].KID+".pem"), 0o600)

	token := w.issue(Request{Party: "cert-us", Scope: "read:us-cn/*"}).Token
	w.start(Config{KeyDir: dir})
	w.accepts(token)
	if records := w.recordsOf(typeKey); len(records) != 1 {
		t.Errorf("after a second start the log has %d key records, want 1", len(records))
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("after a second start the folder holds %v, want one key", files)
	}
}

func checkMode(t *testing.T, path string, want os.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != want {
		t.Errorf("%s has mode %o, want %o", path, got, want)
	}
}

// A private key stays in its folder: nothing in the control log contains it.
func TestPrivateKeysStayInTheirFolder(t *testing.T) {
	w := newWorld(t, usCN)
	_, key := w.key()
	for _, r := range w.controlLog() {
		for _, secret := range []string{string(key.Seed()), base64.RawURLEncoding.EncodeToString(key.Seed()), base64.StdEncoding.EncodeToString(key.Seed())} {
			if strings.Contains(string(r.Raw), secret) {
				t.Errorf("the %s record %d contains the private key", r.Type, r.Sequence)
			}
		}
	}
}

func TestKeysThatAreRefused(t *testing.T) {
	for _, tc := range []struct {
		name, reason string
		spoil        func(t *testing.T, dir, file string)
	}{
		{"readable by the group", "chmod 600", func(t *testing.T, dir, file string) { chmod(t, file, 0o640) }},
		{"readable by all", "chmod 600", func(t *testing.T, dir, file string) { chmod(t, file, 0o604) }},
		{"folder open to others", "chmod 700", func(t *testing.T, dir, file string) { chmod(t, dir, 0o755) }},
		{"two keys with one kid", "holds the key", func(t *testing.T, dir, file string) {
			other, _, err := makeKey(dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(filepath.Join(dir, other+".pem"), file); err != nil {
				t.Fatal(err)
			}
		}},
		{"no key at all", "not a PEM block", func(t *testing.T, dir, file string) { write(t, file, "secret words") }},
		{"cut off", "not a PEM block", func(t *testing.T, dir, file string) {
			text, _ := os.ReadFile(file)
			write(t, file, string(text[:60]))
		}},
		{"broken within", "not a PKCS #8 key", func(t *testing.T, dir, file string) {
			write(t, file, string(pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: []byte("secret words")})))
		}},
		{"of another kind", "not an Ed25519 key", func(t *testing.T, dir, file string) {
			key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			der, err := x509.MarshalPKCS8PrivateKey(key)
			if err != nil {
				t.Fatal(err)
			}
			write(t, file, string(pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der})))
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, usCN)
			dir := w.auth.KeyDir
			tc.spoil(t, dir, filepath.Join(dir, w.auth.Keys()[0].KID+".pem"))
			err := w.auth.Start(t.Context(), w.control)
			if !errors.Is(err, collections.ErrInvalid) || !strings.Contains(err.Error(), tc.reason) || strings.Contains(err.Error(), "secret words") {
				t.Errorf("Start = %v, want a refusal that says %q", err, tc.reason)
			}
		})
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Several keys verify, the newest signs, on every server of the store.
func TestRotate(t *testing.T) {
	w := newWorld(t, usCN)
	other := w.another()
	request := Request{Party: "cert-us", Scope: "read:us-cn/*"}
	before := w.issue(request).Token
	w.advance(time.Hour / 2)
	kid, err := w.auth.Rotate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	after := w.issue(request).Token
	if got := kidOf(t, after); got != kid {
		t.Errorf("after Rotate = %s the key %s signs", kid, got)
	}
	for _, server := range []*world{w, other} {
		server.accepts(before)
		server.accepts(after) // the other one looks it up in the log by itself
	}
}

// A key that stands in the folder only is published, so that it verifies.
func TestKeysInTheFolderArePublished(t *testing.T) {
	w := newWorld(t, usCN)
	kid, _, err := makeKey(w.auth.KeyDir)
	if err != nil {
		t.Fatal(err)
	}
	if got := kidOf(t, w.issue(Request{Party: "cert-us", Scope: "read:us-cn/*"}).Token); got != kid {
		t.Errorf("the key %s signs, want the newest %s", got, kid)
	}
}

func TestRetire(t *testing.T) {
	w := newWorld(t, usCN)
	other := w.another()
	request := Request{Party: "cert-us", Scope: "read:us-cn/*"}
	token := w.issue(request).Token
	short := w.issue(Request{Party: "cert-us", Scope: "read:us-cn/*", Short: true}).Token
	kid := kidOf(t, token)
	for range 2 {
		if err := w.auth.Retire(t.Context(), kid); err != nil {
			t.Fatal(err)
		}
	}
	w.refuses(token, "not valid", "is retired")
	w.accepts(short) // no key ever signed it
	if err := other.control.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	other.refuses(token, "not valid", "is retired")
	if _, err := os.Stat(filepath.Join(w.auth.KeyDir, kid+".pem")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the retired key's file: %v, want it gone", err)
	}
	if next := kidOf(t, w.issue(request).Token); next == kid {
		t.Error("a retired key signs")
	}
	if err := w.auth.Retire(t.Context(), "nobody's"); !errors.Is(err, collections.ErrNotFound) {
		t.Errorf("Retire of an unknown key = %v, want ErrNotFound", err)
	}
}

// Who writes into the store cannot put a key of his under another's kid.
func TestFoldRefusesForeignKid(t *testing.T) {
	w := newWorld(t)
	r := w.recordsOf(typeKey)[0]
	var record keyRecord
	if err := json.Unmarshal(r.Raw, &record); err != nil {
		t.Fatal(err)
	}
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	record.JWK = newJWK(public)
	if r.Raw, err = json.Marshal(record); err != nil {
		t.Fatal(err)
	}
	if err := New(Config{}).Fold(r); err == nil || !strings.Contains(err.Error(), "belongs to another key") {
		t.Errorf("Fold = %v, want a refusal", err)
	}
}

func kidOf(t *testing.T, token string) string {
	t.Helper()
	read, err := readToken(token)
	if err != nil {
		t.Fatal(err)
	}
	return read.KID
}
