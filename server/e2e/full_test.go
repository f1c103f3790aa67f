package e2e

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDiskFull fills the disk under the store (P2): the push that no longer fits
// is told so and leaves the store whole, reads go on, and with space the same
// server takes pushes again.
func TestDiskFull(t *testing.T) {
	dir := smallDisk(t)
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 12<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	token := prepare(t, data)
	s := start(t, data, token)

	stored, next, refused := fill(s, 0)
	for _, want := range []string{"disk", "full"} {
		if !strings.Contains(string(refused), want) {
			t.Errorf("the refusal %s does not say %q", refused, want)
		}
	}
	rest := filepath.Join(dir, "rest")
	topUp(t, rest)
	for ready := true; ready; next++ {
		// Space that SQLite holds already takes some small writes more.
		if st, ok := s.push(indicator(next)); ok {
			stored = append(stored, st.Successes[0].ID)
		}
		code, _, _, err := s.do(http.MethodGet, "/readyz", nil)
		if err != nil {
			t.Fatal(err)
		}
		ready = code == http.StatusOK
	}
	checkStored(t, s, stored)

	for _, file := range []string{ballast, rest} {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	st, ok := s.push(indicator(next))
	if !ok || len(st.Successes) != 1 {
		t.Fatalf("a push after space was made: %+v, %v", st, ok)
	}
	checkStored(t, s, append(stored, st.Successes[0].ID))

	s.kill()
	checkStored(t, start(t, data, token), append(stored, st.Successes[0].ID))
}

// topUp takes what is left of the disk.
func topUp(t *testing.T, file string) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
}

// fill pushes until the disk is full. It returns what was called a success, the
// next number, and the refusal.
func fill(s *server, n int) (stored []string, next int, refused []byte) {
	s.walker.Provoked = true
	for {
		var objects []string
		for range 200 {
			objects = append(objects, indicator(n))
			n++
		}
		code, header, answer, err := s.do(http.MethodPost, objectsPath, strings.NewReader(`{"objects":[`+strings.Join(objects, ",")+`]}`))
		if err != nil {
			s.Fatal(err)
		}
		if code != http.StatusAccepted {
			if code != http.StatusServiceUnavailable || header.Get("Retry-After") == "" {
				s.Errorf("full disk: %d %s, Retry-After %q; want 503 and a time", code, answer, header.Get("Retry-After"))
			}
			return stored, n, answer
		}
		for _, o := range objects {
			stored = append(stored, idOf(s, []byte(o)))
		}
	}
}

// checkStored fails unless exactly these objects are there, in this order.
func checkStored(t *testing.T, s *server, want []string) {
	t.Helper()
	var got []string
	for query := "?limit=10000"; ; {
		e, _, ok := s.get(objectsPath + query)
		if !ok {
			t.Fatal("reading failed")
		}
		for _, o := range e.Objects {
			got = append(got, idOf(t, o))
		}
		if !e.More {
			break
		}
		query = "?limit=10000&next=" + e.Next
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Fatalf("%d objects are there, want %d, or not the same in the same order", len(got), len(want))
	}
}

// smallDisk mounts a disk of 32 MiB, which takes the rights of root.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=32m", "accord-test", dir).CombinedOutput(); err != nil {
		t.Skipf("skipped: a small disk can't be mounted here (%v: %s)", err, strings.TrimSpace(string(out)))
	}
	t.Cleanup(func() { exec.Command("umount", "-l", dir).Run() })
	return dir
}
