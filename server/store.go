package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"accord/collections"
	"accord/collections/fair"
	"accord/collections/mongo"
	"accord/collections/sqlite"
)

// checkStore refuses a store that cannot be opened. Nothing of it is repeated: a
// MongoDB URI may hold a password, and so does one with a slip of the pen.
func checkStore(store string) error {
	scheme, path, _ := strings.Cut(store, ":")
	switch {
	case store == "" || scheme == "sqlite" && path != "":
		return nil
	case isMongo(store):
		return mongo.CheckURI(store)
	}
	return errors.New("it is neither of the form sqlite:PATH nor of the form mongodb://HOST/DATABASE")
}

func isMongo(store string) bool {
	return strings.HasPrefix(store, "mongodb://") || strings.HasPrefix(store, "mongodb+srv://")
}

// userPart is what stands before the host of a MongoDB URI.
var userPart = regexp.MustCompile(`(mongodb(\+srv)?://)[^\s"']*@`)

// withoutUser takes user and password out of the URIs in a text. Who gives one where
// it does not belong, as --listen, is told what he gave.
func withoutUser(text string) string { return userPart.ReplaceAllString(text, "$1…@") }

// onMongo reports whether the store is a MongoDB database, on which any number
// of servers work, and not a file, which one server has for itself.
func (c *Config) onMongo() bool { return isMongo(c.Store) }

// storeFile is the file of a store that is one.
func (c *Config) storeFile() string {
	if c.Store == "" {
		return filepath.Join(c.Data, "accord.db")
	}
	return strings.TrimPrefix(c.Store, "sqlite:")
}

// redacted is c as it may be shown: without user and password of the database.
func (c *Config) redacted() *Config {
	shown := *c
	if c.onMongo() {
		shown.Store = mongo.Redact(c.Store)
	}
	return &shown
}

// storeOptions say how a store is opened, of either kind.
type storeOptions struct {
	mustExist  bool                // none is made: where there is none, errNoStore
	importing  bool                // as the target of a move, which nobody else can open then
	waited     func(time.Duration) // is told how long each read waited for its turn
	processors *fair.Gate          // of the turns at processors; a database has its own
}

// errNoStore says that there is no store where one should be, so that a command
// with a mistyped folder or database makes none.
var errNoStore = errors.New("there is no store")

// openStore opens the store of cfg.
func openStore(ctx context.Context, cfg *Config, o storeOptions) (collections.Upkeep, error) {
	if cfg.onMongo() {
		return openMongo(ctx, cfg, o)
	}
	if _, err := os.Stat(cfg.storeFile()); o.mustExist && errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w %s: name its folder with --data, or make it with accord agreement apply", errNoStore, cfg.storeFile())
	}
	s, err := sqlite.Open(ctx, cfg.storeFile(), sqlite.Options{Waited: o.waited, Processors: o.processors, Importing: o.importing})
	if err != nil {
		return nil, err // and no interface that holds a nil store
	}
	return s, nil
}

func openMongo(ctx context.Context, cfg *Config, o storeOptions) (collections.Upkeep, error) {
	s, err := mongo.Open(ctx, cfg.Store, mongo.Options{Waited: o.waited, Existing: o.mustExist, Importing: o.importing})
	if o.mustExist && errors.Is(err, collections.ErrNotFound) {
		return nil, fmt.Errorf("%w in %s: name its database with --store, or make it with accord agreement apply", errNoStore, mongo.Redact(cfg.Store))
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}
