package auth

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"accord/collections"
)

const (
	keySuffix = ".pem"
	pemType   = "PRIVATE KEY" // PKCS #8 (RFC 7468 §10)

	// maxKeyFile is far above the 119 bytes of an Ed25519 key in PEM.
	maxKeyFile = 4 << 10
)

// readKeys returns the private keys of a folder by kid; none if there is no
// folder yet. A folder or key that others may read, and a file that does not
// hold the key of its name, are ErrInvalid: to pass over a key that cannot be
// used would let an older one sign.
func readKeys(dir string) (map[string]ed25519.PrivateKey, error) {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := onlyOwner(dir, info, "700"); err != nil {
		return nil, err
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	keys := map[string]ed25519.PrivateKey{}
	for _, file := range files {
		kid, isKey := strings.CutSuffix(file.Name(), keySuffix)
		if !isKey {
			continue
		}
		if keys[kid], err = readKey(dir, kid); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

func readKey(dir, kid string) (ed25519.PrivateKey, error) {
	path := filepath.Join(dir, kid+keySuffix)
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := onlyOwner(path, info, "600"); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return nil, err
	}
	key, err := parseKey(text)
	if err != nil {
		return nil, collections.Errorf(collections.ErrInvalid, "key file %s: %v; move it away", path, err)
	}
	if holds := thumbprint(key.Public().(ed25519.PublicKey)); holds != kid {
		return nil, collections.Errorf(collections.ErrInvalid, "key file %s holds the key %s; move it away or call it %s%s", path, holds, holds, keySuffix)
	}
	return key, nil
}

func parseKey(text []byte) (ed25519.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != pemType {
		return nil, errors.New("not a PEM block of type " + pemType)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("not a PKCS #8 key") // the parser's own words may quote the key
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%T is not an Ed25519 key", parsed)
	}
	return key, nil
}

// onlyOwner refuses what anybody but its owner may touch. Windows has no such
// modes.
func onlyOwner(path string, info fs.FileInfo, want string) error {
	if runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	return collections.Errorf(collections.ErrInvalid, "%s has mode %o: others may use it; chmod %s it, or rotate if they may have done so", path, info.Mode().Perm(), want)
}

// makeKey writes a new key to the folder. It is on disk when makeKey returns.
func makeKey(dir string) (kid string, key ed25519.PrivateKey, err error) {
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", nil, err
	}
	kid = thumbprint(public)
	return kid, key, writeKey(dir, kid, pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der}))
}

// writeKey gives the file its name only when it is whole, so that a crash
// leaves no half key that would be refused at the next start.
func writeKey(dir, kid string, text []byte) error {
	f, err := os.CreateTemp(dir, ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // no effect once renamed
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), filepath.Join(dir, kid+keySuffix)); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes a new name in a folder durable. Windows needs no such step and
// has no means for it.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// removeKey deletes a key from the folder, if it is there.
func removeKey(dir, kid string) error {
	err := os.Remove(filepath.Join(dir, kid+keySuffix))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
