package mongo

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/url"
	"os"
	"testing"
	"time"

	"accord/collections"
	"accord/collections/storetest"
)

// deployment returns the URI of the deployment to test on, or skips the test.
func deployment(t testing.TB) string {
	t.Helper()
	uri := os.Getenv("ACCORD_TEST_MONGODB_URI")
	if uri == "" {
		t.Skip("skipped: MongoDB, because ACCORD_TEST_MONGODB_URI names no deployment; scripts/mongo go test … starts one")
	}
	return uri
}

// database returns the URI of a database that belongs to a folder of the test, and is
// dropped at its end.
func database(t testing.TB, dir string) string {
	t.Helper()
	u, err := url.Parse(deployment(t))
	if err != nil {
		t.Fatal("ACCORD_TEST_MONGODB_URI is no URI")
	}
	u.Path = fmt.Sprintf("/accord-test-%x", sha256.Sum256([]byte(dir)))[:32]
	t.Cleanup(func() {
		s, err := Open(context.Background(), u.String(), Options{MaxSkew: -1})
		if err != nil {
			t.Error(err)
			return
		}
		if err := s.db.Drop(context.Background()); err != nil {
			t.Error(err)
		}
		s.Close()
	})
	return u.String()
}

// P1, P2, P3, P6, P8: the contract.
func TestStore(t *testing.T) {
	deployment(t)
	storetest.Run(t, openStore)
}

// P1, P2, P8: three processes on one database, killed and stopped.
func TestSoak(t *testing.T) {
	deployment(t)
	storetest.Soak(t, openStore)
}

// A log that has more records than a server keeps the ids of is like any other.
func TestStoreOfLongLogs(t *testing.T) {
	deployment(t)
	if os.Getenv("ACCORD_TEST_LONG") == "" {
		t.Skip("skipped: logs without ids in memory, because that is for scripts/test -long")
	}
	storetest.Run(t, func(t *testing.T, dir string, now func() time.Time) collections.Store {
		return openWith(t, dir, Options{Now: now, MaxSkew: -1, maxIDs: 2})
	})
}

func openStore(t *testing.T, dir string, now func() time.Time) collections.Store {
	return openWith(t, dir, Options{Now: now, MaxSkew: -1})
}

func openWith(t *testing.T, dir string, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), database(t, dir), o)
	if err != nil {
		t.Fatal(err)
	}
	s.fault = injected()
	return s
}
