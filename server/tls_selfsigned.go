package server

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	// selfSignedFor is long, because each new certificate must be carried to
	// every client by hand.
	selfSignedFor = 5 * 365 * 24 * time.Hour

	// renewBefore is how long before its end a certificate is made anew, when
	// the server starts.
	renewBefore = 30 * 24 * time.Hour
)

// selfSign makes the server's own key and certificate, unless the data folder
// has them, and loads them. The key is made once; a new certificate, for other
// names or because the old one ends, has the same, so that a pin of the public
// key goes on to hold.
func (s *Server) selfSign() error {
	dir := filepath.Join(s.cfg.Data, "tls")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	s.tls.cert, s.tls.key = filepath.Join(dir, "certificate.pem"), filepath.Join(dir, "key.pem")
	key, err := ownKey(s.tls.key)
	if err != nil {
		return err
	}
	names := s.names()
	if !stillServes(s.tls.cert, key, names, time.Now()) {
		if err := writeCertificate(s.tls.cert, key, names, time.Now()); err != nil {
			return err
		}
	}
	return s.tls.load()
}

// names are those by which clients may call the server.
func (s *Server) names() []string {
	names := []string{"localhost", "127.0.0.1", "::1", machineName()}
	for _, address := range []string{s.URL(), s.PublicURL(), "//" + s.cfg.Listen} {
		u, err := url.Parse(address)
		if err != nil {
			continue
		}
		ip := net.ParseIP(u.Hostname())
		switch {
		case ip == nil && u.Hostname() != "":
			names = append(names, strings.ToLower(u.Hostname()))
		case ip != nil && !ip.IsUnspecified():
			names = append(names, ip.String())
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

var hostName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`)

// machineName is the name of this machine, localhost if it has none that can
// stand in a URL.
func machineName() string {
	name, err := os.Hostname()
	if name = strings.ToLower(name); err != nil || !hostName.MatchString(name) {
		return "localhost"
	}
	return name
}

// ownKey reads the key in a file, which is made with a new key if it is not
// there. Of two servers that make it at once, one wins.
func ownKey(path string) (*ecdsa.PrivateKey, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeOwnKey(path); err != nil {
			return nil, err
		}
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, err
	}
	if block, _ := pem.Decode(text); block != nil {
		if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
			if key, ok := key.(*ecdsa.PrivateKey); ok {
				return key, nil
			}
		}
	}
	return nil, fmt.Errorf("%s holds no ECDSA key of PKCS #8 in PEM; move it away and the server makes another", path)
}

func makeOwnKey(path string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	err = pem.Encode(f, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(filepath.Dir(path)) // clients pin the key, so it must outlast a power cut
}

// stillServes reports whether the certificate in a file is of the key, for all
// the names, and holds now and for long enough.
func stillServes(path string, key *ecdsa.PrivateKey, names []string, now time.Time) bool {
	text, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return false
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil || !key.PublicKey.Equal(c.PublicKey) {
		return false
	}
	has := namesOf(c)
	missing := func(name string) bool { return !slices.Contains(has, name) }
	return !slices.ContainsFunc(names, missing) && checkTime(c, now) == nil && c.NotAfter.Sub(now) > renewBefore
}

// writeCertificate makes a certificate that speaks for this one server and can
// sign no other.
func writeCertificate(path string, key *ecdsa.PrivateKey, names []string, now time.Time) error {
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "Accord"},
		NotBefore:             now.Add(-time.Hour), // clocks of clients may be behind
		NotAfter:              now.Add(selfSignedFor),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	return replaceFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), true)
}

// trust says how clients come to trust the server's own certificate. Behind a
// proxy they meet that of the proxy, and only the proxy meets this one.
func (s *Server) trust() string {
	c, address := s.tls.leaf(), s.PublicURL()+"/taxii2/"
	host, port, _ := net.SplitHostPort(s.listener.Addr().String())
	if ip := net.ParseIP(host); ip.IsUnspecified() || ip.IsLoopback() {
		host = "localhost"
	}
	here := "https://" + net.JoinHostPort(host, port) + "/taxii2/"
	fingerprint, pin := sha256.Sum256(c.Raw), sha256.Sum256(c.RawSubjectPublicKeyInfo)
	file, err := filepath.Abs(s.tls.cert)
	if err != nil {
		file = s.tls.cert
	}
	public := "sha256//" + base64.StdEncoding.EncodeToString(pin[:])
	text := fmt.Sprintf(`The server made its own certificate, which nobody trusts until told to.
  file        %[1]s
  for         %[2]s
  until       %[3]s
  SHA-256     %[4]x
  public key  %[5]s
Trust it here:                      curl --cacert '%[1]s' %[6]s
`, file, strings.Join(namesOf(c), ", "), c.NotAfter.UTC().Format(time.DateOnly), fingerprint, public, here)
	if s.cfg.BehindProxy {
		return text
	}
	return text + fmt.Sprintf(`On another machine, with the file:  curl --cacert certificate.pem %[1]s
Without the file, by its key:       curl --insecure --pinnedpubkey '%[2]s' %[1]s
For accord push, pull, conformance: --pin %[3]x
`, address, public, fingerprint)
}
