package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"accord/collections"
	"accord/collections/sqlite"
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

// openBackend opens the store of cfg, which is made if it is not there.
func openBackend(ctx context.Context, cfg *Config, log *slog.Logger, options sqlite.Options) (*backend, error) {
	store, err := sqlite.Open(ctx, cfg.storeFile(), options)
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
	lock, err := lockStore(ctx, b.cfg, 10*time.Millisecond)
	if err == nil {
		return lock.Close() // nobody serves
	}
	if !errors.Is(err, errServed) {
		return err
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
	if err := os.MkdirAll(filepath.Dir(cfg.storeFile()), 0o700); err != nil {
		return fmt.Errorf("store: %w; let this user make it, or give another path with --store", err)
	}
	return nil
}

// checkStoreExists keeps a command with a mistyped folder from making a store.
func checkStoreExists(cfg *Config) error {
	if _, err := os.Stat(cfg.storeFile()); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no store %s: name its folder with --data, or make it with accord agreement apply", cfg.storeFile())
	}
	return nil
}

// errServed says that another server holds the store.
var errServed = errors.New("another accord server works on the store")

// lockStore makes this process the only server on the store until the lock is
// closed; who holds it now has patience to let go. The system takes the lock from
// a process that dies, however it does.
func lockStore(ctx context.Context, cfg *Config, patience time.Duration) (*flock.Flock, error) {
	path := cfg.storeFile()
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // one store is one store, however it is called
	}
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	// A command that looks whether anybody serves holds the lock for an instant.
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := lock.TryLockContext(waiting, patience/10)
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err() // nothing is wrong with the folder
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("%w %s: stop it, or give this one another --data or --store", errServed, cfg.storeFile())
	}
	if err != nil {
		return nil, fmt.Errorf("store: %w; let this user write its folder, or give another --data or --store", err)
	}
	return lock, nil
}
