package e2e

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// clientKills is how often each client is killed.
func clientKills() int {
	if isLong() {
		return 100
	}
	return 12
}

// killed runs a client of the server again and again and kills it at a random
// moment, later and later, so many times and until it has ended well.
func (s *server) killed(kills int, args ...string) {
	s.Helper()
	for i := 0; ; i++ {
		var stderr bytes.Buffer
		cmd := exec.Command(binary, args...)
		cmd.Env = append(os.Environ(), "ACCORD_SERVER="+s.base, "ACCORD_TOKEN="+s.token)
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			s.Fatal(err)
		}
		kill := time.AfterFunc(time.Duration(10+rand.IntN(20*(i+1)))*time.Millisecond, func() {
			if i < kills {
				cmd.Process.Kill()
			}
		})
		err := cmd.Wait()
		kill.Stop()
		if i >= kills {
			if err != nil {
				s.Fatalf("accord %s: %v\n%s", strings.Join(args, " "), err, &stderr)
			}
			return
		}
	}
}

// TestKillPull kills pulls at random moments: the one that ends at last has
// brought every object, whole and as it was sent (P1, P3). Some come twice.
func TestKillPull(t *testing.T) {
	const count = 1500
	dir, token := newData(t)
	s := start(t, dir, token)
	var want []string
	for i := range count {
		want = append(want, indicator(i))
	}
	for part := range slices.Chunk(want, 500) {
		if _, ok := s.push(part...); !ok {
			t.Fatal("the server does not take the objects")
		}
	}
	t.Run("lines", func(t *testing.T) {
		folder := t.TempDir()
		out := filepath.Join(folder, "out.ndjson")
		s.killed(clientKills(), "pull", "--collection", "us-cn/c", "--limit", "20", "--state", filepath.Join(folder, "state.json"), "--out", out)
		text, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
		twice := len(got) - count
		slices.Sort(got)
		if got = slices.Compact(got); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
			t.Errorf("%d different lines; want the %d objects", len(got), count)
		}
		t.Logf("%d objects, %d of them twice", count, twice)
	})
	t.Run("files", func(t *testing.T) {
		folder := t.TempDir()
		out := filepath.Join(folder, "objects")
		s.killed(clientKills(), "pull", "--collection", "us-cn/c", "--limit", "20", "--state", filepath.Join(folder, "state.json"), "--dir", out)
		for i, object := range want {
			name := filepath.Join(out, "indicator", fmt.Sprintf("indicator--00000000-0000-4000-8000-%012d.2026-01-01T000000.000Z.json", i))
			if text, err := os.ReadFile(name); err != nil || string(text) != object {
				t.Fatalf("%s: %q, %v", name, text, err)
			}
		}
	})
}

// TestKillPush kills pushes at random moments: the one that ends at last has
// lost nothing, and the store holds nothing twice.
func TestKillPush(t *testing.T) {
	const count = 1500
	dir, token := newData(t)
	s := start(t, dir, token)
	var want []string
	for i := range count {
		want = append(want, indicator(i))
	}
	folder := t.TempDir()
	file := filepath.Join(folder, "objects.ndjson")
	if err := os.WriteFile(file, []byte(strings.Join(want, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	s.killed(clientKills(), "push", "--collection", "us-cn/c", "--envelope", "20", "--state", filepath.Join(folder, "state.json"), file)
	e, _, ok := s.get(objectsPath + "?limit=10000&match[version]=all")
	if !ok || len(e.Objects) != count {
		t.Fatalf("the server has %d objects; want %d", len(e.Objects), count)
	}
	for i, raw := range e.Objects {
		if string(raw) != want[i] {
			t.Fatalf("object %d is %s; want %s", i, raw, want[i])
		}
	}
}
