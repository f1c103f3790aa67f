package server

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"
)

// A remoteTLS says which certificate a server must show, and which one it is
// shown.
type remoteTLS struct{ ca, pin, cert, key string }

func (r *remoteTLS) addFlags(f *pflag.FlagSet) {
	f.StringVar(&r.ca, "ca", "", "`FILE` with the certificates (PEM) of the authorities that the server's may come from")
	f.StringVar(&r.pin, "pin", "", "`SHA-256` of the one certificate that the server may show, whoever made it; hex")
	f.StringVar(&r.cert, "cert", "", "`FILE` with the client certificate (PEM) to show")
	f.StringVar(&r.key, "key", "", "`FILE` with its key (PEM)")
}

// config is nil where nothing was asked for.
func (r *remoteTLS) config(server string) (*tls.Config, error) {
	if *r == (remoteTLS{}) {
		return nil, nil
	}
	if !strings.HasPrefix(strings.ToLower(server), "https://") {
		return nil, fmt.Errorf("--ca, --pin, --cert and --key are for servers with https, not for %s", printable(server))
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	return cfg, errors.Join(r.trust(cfg), r.pinned(cfg), r.show(cfg))
}

func (r *remoteTLS) trust(cfg *tls.Config) error {
	if r.ca == "" {
		return nil
	}
	text, err := os.ReadFile(r.ca)
	if err != nil {
		return fmt.Errorf("--ca: %w", err)
	}
	cfg.RootCAs = x509.NewCertPool()
	if !cfg.RootCAs.AppendCertsFromPEM(text) {
		return fmt.Errorf("--ca: there is no certificate (PEM) in %s", printable(r.ca))
	}
	return nil
}

// pinned makes the pin what a server is known by. Without --ca nothing else is
// asked of its certificate: whoever has that key is meant, under whatever name.
func (r *remoteTLS) pinned(cfg *tls.Config) error {
	if r.pin == "" {
		return nil
	}
	pin, err := parsePin(r.pin)
	if err != nil {
		return fmt.Errorf("--pin: %w", err)
	}
	cfg.InsecureSkipVerify = r.ca == ""
	cfg.VerifyConnection = func(state tls.ConnectionState) error {
		shown := sha256.Sum256(state.PeerCertificates[0].Raw) // a server always shows one
		if subtle.ConstantTimeCompare(shown[:], pin) != 1 {
			return fmt.Errorf("the server shows a certificate whose SHA-256 is %x, and not the one that --pin names", shown)
		}
		return nil
	}
	return nil
}

// parsePin reads a SHA-256 as tools print it: hex, with colons or without.
func parsePin(s string) ([]byte, error) {
	digits := strings.ToLower(strings.ReplaceAll(s, ":", ""))
	digits = strings.TrimPrefix(digits, "sha256")
	pin, err := hex.DecodeString(digits)
	if err != nil || len(pin) != sha256.Size {
		return nil, fmt.Errorf("%s is not a SHA-256, which has %d hexadecimal digits", printable(s), 2*sha256.Size)
	}
	return pin, nil
}

// hintTrust says what to do about a server whose certificate is not trusted.
func hintTrust(err error) error {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); !ok {
		return err
	}
	return fmt.Errorf("%w; --ca FILE names its authority, --pin SHA-256 that one certificate", err)
}

func (r *remoteTLS) show(cfg *tls.Config) error {
	if r.cert == "" && r.key == "" {
		return nil
	}
	if r.cert == "" || r.key == "" {
		return errors.New("--cert and --key: one needs the other")
	}
	pair, err := tls.LoadX509KeyPair(r.cert, r.key)
	if err != nil {
		return fmt.Errorf("--cert %s, --key %s: %w", printable(r.cert), printable(r.key), err)
	}
	cfg.Certificates = []tls.Certificate{pair}
	return nil
}
