package sqlite

import (
	"path/filepath"
	"testing"
	"time"

	"accord/collections"
	"accord/collections/storetest"
)

// P1, P2, P3, P6, P8: the contract.
func TestStore(t *testing.T) { storetest.Run(t, openStore) }

// P1, P2, P8: three processes on one file, killed and stopped.
func TestSoak(t *testing.T) { storetest.Soak(t, openStore) }

func openStore(t *testing.T, dir string, now func() time.Time) collections.Store {
	s, err := Open(t.Context(), filepath.Join(dir, "accord.db"), Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
