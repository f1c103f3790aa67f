package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"accord/collections"
	"accord/server/auth"

	"github.com/gofrs/flock"
)

// A backend is an open store and what its control log says. The server and the
// commands work on one; several processes may have the same store open.
type backend struct {
	cfg     *Config
	store   collections.Store
	control *collections.Control
	auth    *auth.Authenticator
}

// openBackend opens the store of cfg.
func openBackend(ctx context.Context, cfg *Config, log *slog.Logger, options storeOptions) (*backend, error) {
	store, err := openStore(ctx, cfg, options)
	if err != nil {
		return nil, err
	}
	b := &backend{cfg: cfg, store: store}
	b.auth = auth.New(auth.Config{KeyDir: cfg.keyDir(), Log: log, AllowPrivateIssuers: cfg.AllowPrivateIssuers, NoBasic: !cfg.BasicAuth})
	if b.control, err = collections.OpenControl(ctx, store, b.auth.Fold); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	b.auth.Attach(b.control)
	return b, nil
}

func (b *backend) Close() error { return b.store.Close() }

// settle returns when every server on the store obeys what was written to the
// control log before.
func (b *backend) settle(ctx context.Context) error {
	if !b.cfg.onMongo() { // whose servers may be on other machines
		lock, err := lockServer(ctx, b.cfg, 10*time.Millisecond)
		if err == nil {
			return lock.Close() // nobody serves
		}
		if !errors.Is(err, errServed) {
			return err
		}
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(4 * refreshEvery):
		return nil
	}
}

// prepareFolders makes the folders of cfg that are not there.
func prepareFolders(cfg *Config) error {
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return fmt.Errorf("data: %w; let this user make it, or give another folder with --data", err)
	}
	if cfg.onMongo() {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(cfg.storeFile()), 0o700); err != nil {
		return fmt.Errorf("store: %w; let this user make it, or give another path with --store", err)
	}
	return nil
}

// errServed says that another server holds what this one needs for itself.
var errServed = errors.New("another accord server works on")

// lockFile is the file that a server locks, and what it has for itself by that:
// an SQLite store, however it is called, or with MongoDB the data folder, whose
// keys are those of one server. There the file has the name of the lock of a store
// in that folder, so that servers of either kind exclude each other.
func (c *Config) lockFile() (path, what string) {
	if c.onMongo() {
		return filepath.Join(c.Data, "accord.db.lock"), "the data folder " + c.Data
	}
	return c.realStoreFile() + ".lock", "the store " + c.storeFile()
}

// realStoreFile is the file of the store by one name, however it is called.
func (c *Config) realStoreFile() string {
	path := c.storeFile()
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return path
}

// lockServer makes this process the only server on the store or, with MongoDB, on
// the data folder until the lock is closed; who holds it now has patience to let
// go. The system takes the lock from a process that dies, however it does.
func lockServer(ctx context.Context, cfg *Config, patience time.Duration) (*flock.Flock, error) {
	path, what := cfg.lockFile()
	lock := flock.New(path, flock.SetPermissions(0o600))
	// A command that looks whether anybody serves holds the lock for an instant.
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := lock.TryLockContext(waiting, patience/10)
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err() // nothing is wrong with the folder
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("%w %s: stop it, or give this one another --data or --store", errServed, what)
	}
	if err != nil {
		return nil, fmt.Errorf("store: %w; let this user write its folder, or give another --data or --store", err)
	}
	return lock, nil
}
