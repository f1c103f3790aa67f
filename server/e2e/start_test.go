package e2e

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite"
)

// TestRefusedStart starts the server where it must not start (P10): it ends
// with code 1, says in one line which input is wrong and why, leaves what is
// there as it was, and starts when the cause has gone.
func TestRefusedStart(t *testing.T) {
	for _, tc := range []struct {
		name string
		// spoil returns the arguments of serve, what the refusal must name, and
		// what takes the cause away again.
		spoil func(t *testing.T, dir, token string) (args, want []string, mend func())
	}{
		{"port in use", func(t *testing.T, dir, _ string) ([]string, []string, func()) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { l.Close() })
			return []string{"--data", dir, "--listen", l.Addr().String()}, []string{"listen: ", l.Addr().String(), "address already in use", "--listen"}, func() { l.Close() }
		}},
		{"new data folder not writable", func(t *testing.T, dir, _ string) ([]string, []string, func()) {
			parent := filepath.Join(t.TempDir(), "parent")
			if err := os.Mkdir(parent, 0o700); err != nil {
				t.Fatal(err)
			}
			data, file := filepath.Join(parent, "data"), filepath.Join(t.TempDir(), "agreement.yaml")
			if err := os.WriteFile(file, []byte(agreement), 0o600); err != nil {
				t.Fatal(err)
			}
			return []string{"--data", data, "--agreement", file}, []string{"data: ", data}, readOnly(t, parent)
		}},
		{"data folder not writable", func(t *testing.T, dir, _ string) ([]string, []string, func()) {
			return []string{"--data", dir}, []string{filepath.Join(dir, "accord.db"), "let this user write"}, readOnly(t, dir)
		}},
		{"data folder is a file", func(t *testing.T, dir, _ string) ([]string, []string, func()) {
			if err := os.Rename(dir, dir+"-away"); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(dir, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "agreement.yaml")
			if err := os.WriteFile(file, []byte(agreement), 0o600); err != nil {
				t.Fatal(err)
			}
			return []string{"--data", dir, "--agreement", file}, []string{"data: ", dir, "not a directory"}, func() {
				if err := errors.Join(os.Remove(dir), os.Rename(dir+"-away", dir)); err != nil {
					t.Fatal(err)
				}
			}
		}},
		{"database of a newer version", func(t *testing.T, dir, _ string) ([]string, []string, func()) {
			store := filepath.Join(dir, "accord.db")
			had := userVersion(t, store, 1000)
			return []string{"--data", dir}, []string{store, "is of version 1000", "use a newer program"}, func() { userVersion(t, store, had) }
		}},
		{"second server on the same file", func(t *testing.T, dir, token string) ([]string, []string, func()) {
			first := start(t, dir, token)
			store := filepath.Join(dir, "accord.db")
			return []string{"--data", t.TempDir(), "--store", "sqlite:" + store},
				[]string{"another accord server", store, "stop it, or give this one another --data or --store"}, func() {
					if _, ok := first.push(indicator(1)); !ok {
						t.Error("the first server has suffered")
					}
					first.kill()
				}
		}},
		{"second server on the same file by another name", func(t *testing.T, dir, token string) ([]string, []string, func()) {
			first := start(t, dir, token)
			alias := filepath.Join(t.TempDir(), "accord.db")
			if err := os.Symlink(filepath.Join(dir, "accord.db"), alias); err != nil {
				t.Fatal(err)
			}
			return []string{"--data", t.TempDir(), "--store", "sqlite:" + alias}, []string{"another accord server", alias}, first.kill
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir, token := newData(t)
			args, want, mend := tc.spoil(t, dir, token)
			store := filepath.Join(dir, "accord.db")
			before, _ := os.ReadFile(store) // nil where there is none
			checkRefused(t, 1, want, append([]string{"serve", "--listen", "127.0.0.1:0", "--metrics-listen", "off", "--log-level", "error"}, args...)...)
			if after, _ := os.ReadFile(store); !bytes.Equal(after, before) {
				t.Error("the start that was refused has changed the store")
			}
			mend()
			start(t, dir, token)
		})
	}
}

// TestNewerStore hands every command a store of a newer version (P10): each
// refuses it and changes nothing.
func TestNewerStore(t *testing.T) {
	dir, _ := newData(t)
	store := filepath.Join(dir, "accord.db")
	file := filepath.Join(t.TempDir(), "agreement.yaml")
	if err := os.WriteFile(file, []byte(agreement), 0o600); err != nil {
		t.Fatal(err)
	}
	userVersion(t, store, 1000)
	before, err := os.ReadFile(store)
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"agreement", "apply", file}, {"agreement", "show"}, {"token", "list"}, {"token", "revoke", "an-id"},
		{"token", "issue", "--party", "cert-us", "--scope", "read:*/*"},
	} {
		checkRefused(t, 1, []string{store, "is of version 1000", "use a newer program"}, append(args, "--data", dir)...)
	}
	if after, err := os.ReadFile(store); err != nil || !bytes.Equal(after, before) {
		t.Errorf("the store has changed: %v", err)
	}
}

// checkRefused runs a command that must end with a code, nothing on stdout, and
// one line on stderr that names all parts of want.
func checkRefused(t *testing.T, code int, want []string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); ctx.Err() != nil || cmd.ProcessState.ExitCode() != code {
		t.Errorf("accord %s: %v; want exit code %d", strings.Join(args, " "), err, code)
	}
	line := strings.TrimSuffix(stderr.String(), "\n")
	if !strings.HasPrefix(line, "accord: ") || strings.Contains(line, "\n") || stdout.Len() > 0 {
		t.Errorf("accord %s: stdout %q, stderr %q; want one line", strings.Join(args, " "), &stdout, line)
	}
	for _, part := range want {
		if !strings.Contains(line, part) {
			t.Errorf("accord %s: %q does not name %q", strings.Join(args, " "), line, part)
		}
	}
}

// userVersion sets the version that a store says to be of, and returns what it
// was.
func userVersion(t *testing.T, store string, version int) (was int) {
	t.Helper()
	db, err := sql.Open("sqlite", store)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(`PRAGMA user_version`).Scan(&was); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`PRAGMA user_version = ` + strconv.Itoa(version)); err != nil {
		t.Fatal(err)
	}
	return was
}

// readOnly makes a folder read-only until the returned function is called.
// Permissions do not hold root, so for root it is mounted onto itself.
func readOnly(t *testing.T, dir string) (mend func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		if err := os.Chmod(dir, 0o500); err != nil {
			t.Fatal(err)
		}
		mend = func() { os.Chmod(dir, 0o700) }
		t.Cleanup(mend)
		return mend
	}
	mend = sync.OnceFunc(func() { exec.Command("umount", "-l", dir).Run() })
	for _, args := range [][]string{{"--bind", dir, dir}, {"-o", "remount,ro,bind", dir}} {
		if out, err := exec.Command("mount", args...).CombinedOutput(); err != nil {
			mend()
			t.Skipf("skipped: a folder can't be mounted read-only here (%v: %s)", err, strings.TrimSpace(string(out)))
		}
	}
	t.Cleanup(mend)
	return mend
}
