package server

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// reloadEvery is how often the files are read again. A page of them costs less
// than a handshake, and needs no notice from the file system.
const reloadEvery = 2 * time.Second

// A tlsFiles is the certificate of the server and the authorities of its
// clients, as their files say. What is in force can be asked from many
// goroutines.
type tlsFiles struct {
	cert, key, ca string // ca may be ""
	log           *slog.Logger

	inForce atomic.Pointer[tlsMaterial]

	fault string // what was wrong at the last looks, and how many they were
	looks int
}

// tlsMaterial is what the files held at one time.
type tlsMaterial struct {
	digest    [sha256.Size]byte
	pair      tls.Certificate
	clientCAs *x509.CertPool // nil for none
}

// openTLS reads the files that cfg names. It returns nil for a server that does
// not speak TLS; a certificate of its own is read by selfSign, when the names in
// it are known.
func openTLS(cfg *Config, log *slog.Logger) (*tlsFiles, error) {
	if !cfg.speaksTLS() {
		return nil, nil
	}
	f := &tlsFiles{cert: cfg.TLSCert, key: cfg.TLSKey, ca: cfg.TLSClientCA, log: log}
	if !cfg.TLSSelfSigned {
		return f, f.load()
	}
	_, _, err := f.readAuthorities()
	return f, err
}

// load reads the files for the first time.
func (f *tlsFiles) load() error {
	m, err := f.read()
	f.inForce.Store(m)
	return err
}

func (f *tlsFiles) read() (*tlsMaterial, error) {
	cert, err := os.ReadFile(f.cert)
	if err != nil {
		return nil, fmt.Errorf("tls_cert: %w", err)
	}
	key, err := os.ReadFile(f.key)
	if err != nil {
		return nil, fmt.Errorf("tls_key: %w", err)
	}
	m := &tlsMaterial{}
	if m.pair, err = tls.X509KeyPair(cert, key); err != nil {
		return nil, fmt.Errorf("tls_cert, tls_key: %s and %s are no pair: %w", f.cert, f.key, err)
	}
	if err := checkTime(m.pair.Leaf, time.Now()); err != nil {
		return nil, fmt.Errorf("tls_cert: the certificate in %s %w", f.cert, err)
	}
	var ca []byte
	if ca, m.clientCAs, err = f.readAuthorities(); err != nil {
		return nil, err
	}
	m.digest = sha256.Sum256(fmt.Appendf(nil, "%q %q %q", cert, key, ca))
	return m, nil
}

// readAuthorities reads those of the clients, as text and parsed; nil for none.
func (f *tlsFiles) readAuthorities() ([]byte, *x509.CertPool, error) {
	if f.ca == "" {
		return nil, nil, nil
	}
	text, pool, err := readPool(f.ca)
	if err != nil {
		return nil, nil, fmt.Errorf("tls_client_ca: %w", err)
	}
	return text, pool, nil
}

// checkTime refuses a certificate outside of its time.
func checkTime(c *x509.Certificate, now time.Time) error {
	switch {
	case now.After(c.NotAfter):
		return fmt.Errorf("ended on %s", c.NotAfter.UTC().Format(time.RFC3339))
	case now.Before(c.NotBefore):
		return fmt.Errorf("is not valid before %s", c.NotBefore.UTC().Format(time.RFC3339))
	}
	return nil
}

func readPool(file string) ([]byte, *x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, nil, fmt.Errorf("%s holds no PEM block of type CERTIFICATE", file)
	}
	return text, pool, nil
}

// watch reads the files again and again until ctx ends. Without TLS there is
// nothing to do.
func (f *tlsFiles) watch(ctx context.Context) {
	if f == nil {
		return
	}
	tick := time.NewTicker(reloadEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			f.reload(ctx)
		}
	}
}

// reload puts into force what has changed. While the files cannot be used what
// was in force stays so, and the second look says why: at the first one a pair
// may be half replaced.
func (f *tlsFiles) reload(ctx context.Context) {
	m, err := f.read()
	if err == nil {
		f.fault = ""
		if m.digest != f.inForce.Load().digest {
			f.inForce.Store(m)
			f.log.InfoContext(ctx, "certificate replaced", "file", f.cert, "until", m.pair.Leaf.NotAfter)
		}
		return
	}
	if err.Error() != f.fault {
		f.fault, f.looks = err.Error(), 0
	}
	if f.looks++; f.looks == 2 {
		f.log.ErrorContext(ctx, "certificate not replaced, the one before stays", "err", err)
	}
}

// leaf is the certificate that the server shows now.
func (f *tlsFiles) leaf() *x509.Certificate { return f.inForce.Load().pair.Leaf }

// clientCAs are the authorities that clients' certificates must come from now,
// nil for none.
func (f *tlsFiles) clientCAs() *x509.CertPool { return f.inForce.Load().clientCAs }

// namesOf are the names and addresses that a certificate is for.
func namesOf(c *x509.Certificate) []string {
	names := append([]string(nil), c.DNSNames...)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	return names
}

// watchCertificate tells monitoring when the server's certificate ends.
func watchCertificate(r prometheus.Registerer, f *tlsFiles) {
	if f == nil {
		return
	}
	promauto.With(r).NewGaugeFunc(prometheus.GaugeOpts{
		Name: "accord_tls_certificate_expiry_timestamp_seconds", Help: "When the certificate that the server shows ends, in seconds since 1970.",
	}, func() float64 { return float64(f.leaf().NotAfter.Unix()) })
}
