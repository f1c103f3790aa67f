package e2e

import (
	"path/filepath"
	"sync"
	"testing"

	"accord/collections"
	"accord/collections/mongo"
	"accord/collections/mongo/mongotest"
	"accord/collections/sqlite"
)

// databases are the URIs of the stores that are not files, by data folder.
var databases sync.Map

// where are the arguments that name a data folder, and its store if that is
// elsewhere.
func where(dir string) []string {
	args := []string{"--data", dir}
	if uri, ok := databases.Load(dir); ok {
		args = append(args, "--store", uri.(string))
	}
	return args
}

// openStore opens the store of a data folder.
func openStore(t *testing.T, dir string) (store collections.Store) {
	t.Helper()
	var err error
	if uri, ok := databases.Load(dir); ok {
		store, err = mongo.Open(t.Context(), uri.(string), mongo.Options{})
	} else {
		store, err = sqlite.Open(t.Context(), filepath.Join(dir, "accord.db"), sqlite.Options{})
	}
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// P8: kills, pollers and ends of servers and clients, with the store on MongoDB; at
// full length what moves large files, too, which takes minutes on an engine that is
// made for tests.
func TestOnMongoDB(t *testing.T) {
	names := "TestKill|TestKillPull|TestKillPush|TestStop|TestIdlePollers"
	if isLong() {
		names += "|TestSlowReadersHoldNothing|TestRealDataComesBack"
	}
	mongotest.Again(t, "^("+names+")$")
}
