package e2e

import (
	"crypto/sha256"
	"path/filepath"
	"testing"
	"time"

	"accord/collections"
	"accord/collections/sqlite"
)

// checkSequences looks into the store that a server left behind (P1): sequences
// run from 1 without a hole, dates rise with them, bytes have their hash, and
// there are n records.
func checkSequences(t *testing.T, dir string, n int) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(dir, "accord.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	control, err := collections.OpenControl(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := control.Agreement("us-cn")
	var last int64
	var added time.Time
	for {
		records, err := store.Follow(t.Context(), a.Collections[0].ID, last, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(records) == 0 {
			break
		}
		for _, r := range records {
			if r.Sequence != last+1 || !r.DateAdded.After(added) {
				t.Fatalf("record %d of %v follows %d of %v (P1)", r.Sequence, r.DateAdded, last, added)
			}
			if r.Hash != sha256.Sum256(r.Raw) {
				t.Errorf("record %d does not have the hash of its bytes (P3)", r.Sequence)
			}
			last, added = r.Sequence, r.DateAdded
		}
	}
	if last != int64(n) {
		t.Errorf("the store has %d records, and pollers see %d (P1)", last, n)
	}
}
