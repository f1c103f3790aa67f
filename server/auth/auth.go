package auth

import (
	"cmp"
	"context"
	"crypto/x509"
	"log/slog"
	"os"
	"time"

	"accord/collections"
)

// Config is what an Authenticator needs. Only KeyDir has no usable zero.
type Config struct {
	// KeyDir is the folder of the server's own private keys, mode 0700. It is
	// made when the first key is.
	KeyDir string

	// Server is the name of this server in the records of its keys; "" for the
	// name of the host.
	Server string

	// Now is the clock; nil for time.Now.
	Now func() time.Time

	// Log takes what goes wrong in the background; nil for slog.Default().
	Log *slog.Logger

	// NoBasic switches HTTP Basic off (TX-AUTH-01).
	NoBasic bool

	// ClientCAs returns the authorities that a client's certificate must come
	// from; nil, or what it returns nil, for none: then only pinned ones count.
	ClientCAs func() *x509.CertPool

	// AllowPrivateIssuers lets a party's jwks_url lead to private, loopback and
	// link-local addresses, for closed networks and tests.
	AllowPrivateIssuers bool

	// IssuerRoots are the certificate authorities that a jwks_url is verified
	// against; nil for those of the system.
	IssuerRoots *x509.CertPool

	// IssuerKeyAge is how long the keys of a party's issuer hold while their
	// source does not answer; zero for 24 hours.
	IssuerKeyAge time.Duration
}

// An Authenticator verifies tokens and issues them. It is safe for use by many
// goroutines once Start or Attach has returned.
type Authenticator struct {
	Config
	control *collections.Control
	log     register    // what the control log says of keys, tokens and revocations
	issuers *keySources // the key sets of the parties' issuers
	proven  proven      // tokens that need no second look at their signature
	reader  reader      // looks for a key or handle that the log may hold by now
}

// New returns an Authenticator that knows nothing yet: pass its Fold to
// collections.OpenControl, then call Start or Attach.
func New(cfg Config) *Authenticator {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Server == "" {
		cfg.Server, _ = os.Hostname() // it only helps people to tell keys apart
	}
	cfg.IssuerKeyAge = cmp.Or(cfg.IssuerKeyAge, 24*time.Hour)
	return &Authenticator{
		Config:  cfg,
		issuers: newKeySources(cfg),
	}
}

// Fold takes in one record of the control log. Records of other types are left
// alone; one of ours that cannot be read is an error.
func (a *Authenticator) Fold(r collections.Record) error { return a.log.fold(r) }

// Attach connects the log that Fold was given to. It is enough for commands
// that only look up, revoke or issue.
func (a *Authenticator) Attach(control *collections.Control) { a.control = control }

// Start attaches the log, makes the server's first key if its folder holds
// none, and publishes the public halves of those that the log does not know
// yet. A key that others may read, or that stands under another key's name, is
// an error of kind ErrInvalid.
func (a *Authenticator) Start(ctx context.Context, control *collections.Control) error {
	a.Attach(control)
	_, _, err := a.signer(ctx)
	return err
}

// Watch fetches the keys of the parties' issuers as they grow old, until ctx
// ends. Without it they are fetched when a token needs them.
func (a *Authenticator) Watch(ctx context.Context) {
	a.issuers.watch(ctx, a.control.Agreements)
}

// issuer is the name of the store as an issuer of tokens, and storeID as their
// audience: the same for every server on the store.
func (a *Authenticator) issuer() string  { return "accord:" + a.storeID() }
func (a *Authenticator) storeID() string { return a.control.StoreID().String() }
