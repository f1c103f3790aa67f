package e2e

import (
	"crypto/sha256"
	"os/exec"
	"testing"

	"accord/collections"
)

// readLog looks into the store that a server left behind (P1): sequences run
// from 1 without a hole, dates rise with them, bytes have their hash. It returns
// what was ever added and what of it remains. accord store check agrees.
func readLog(t *testing.T, dir string) (added, remain []sighting) {
	t.Helper()
	if out, err := exec.Command(binary, append([]string{"store", "check"}, where(dir)...)...).CombinedOutput(); err != nil {
		t.Errorf("accord store check: %v\n%s", err, out)
	}
	store := openStore(t, dir)
	defer store.Close()
	control, err := collections.OpenControl(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := control.Agreement("us-cn")
	var last collections.Record
	for {
		records, err := store.Follow(t.Context(), a.Collections[0].ID, last.Sequence, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(records) == 0 {
			return added, remain
		}
		for _, r := range records {
			checkFollows(t, last, r)
			last = r
			if r.Op != collections.OpAdd {
				continue
			}
			s := sighting{parseVersion(t, r.ID, string(r.Version)), collections.FormatDateAdded(r.DateAdded)}
			added = append(added, s)
			if !r.Removed {
				remain = append(remain, s)
			}
		}
	}
}

func checkFollows(t *testing.T, last, r collections.Record) {
	t.Helper()
	if r.Sequence != last.Sequence+1 || !r.DateAdded.After(last.DateAdded) {
		t.Fatalf("record %d of %v follows %d of %v (P1)", r.Sequence, r.DateAdded, last.Sequence, last.DateAdded)
	}
	if r.Op == collections.OpAdd && !r.Removed && r.Hash != sha256.Sum256(r.Raw) {
		t.Errorf("record %d does not have the hash of its bytes (P3)", r.Sequence)
	}
}
