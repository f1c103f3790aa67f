package sqlite

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accord/collections"

	"github.com/google/uuid"
)

func openAt(t *testing.T, path string, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// newPath returns a path in a new folder.
func newPath(t testing.TB) string { return filepath.Join(t.TempDir(), "accord.db") }

// execute runs statements on the file of a store.
func execute(t *testing.T, path, script string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(script); err != nil {
		t.Fatal(err)
	}
}

// P10: a path that can't be used and a file that is not ours are refused with what
// is wrong; the file stays as it was.
func TestOpenRefuses(t *testing.T) {
	for _, tc := range []struct {
		name, want string
		prepare    func(t *testing.T, path string) (given string)
	}{
		{"missing folder", "there is no folder", func(t *testing.T, path string) string {
			return filepath.Join(path, "missing", "accord.db")
		}},
		{"file as folder", "can't be made", func(t *testing.T, path string) string {
			write(t, path, "x")
			return filepath.Join(path, "accord.db")
		}},
		{"folder as file", "can't be written", func(t *testing.T, path string) string {
			return filepath.Dir(path)
		}},
		{"no database", "is not an SQLite database", func(t *testing.T, path string) string {
			write(t, path, strings.Repeat("no database ", 100))
			return path
		}},
		{"another program's database", "another program", func(t *testing.T, path string) string {
			execute(t, path, `CREATE TABLE notes (text TEXT)`)
			return path
		}},
		{"another program's mark", "another program", func(t *testing.T, path string) string {
			execute(t, path, `PRAGMA application_id = 252006673`)
			return path
		}},
		{"newer version", "use a newer program", func(t *testing.T, path string) string {
			openAt(t, path, Options{}).Close()
			execute(t, path, `PRAGMA user_version = 1000`)
			return path
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := tc.prepare(t, newPath(t))
			before, _ := os.ReadFile(path) // nil where there is no file
			_, err := Open(t.Context(), path, Options{})
			if known := (*collections.Error)(nil); !errors.As(err, &known) || !strings.Contains(known.Detail, tc.want) || !strings.Contains(known.Detail, filepath.Dir(path)) {
				t.Errorf("Open(%q) = %v; want a collections.Error with %q", path, err, tc.want)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(after, before) {
				t.Errorf("Open has changed %q", path)
			}
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Migrations run twice are run once; the file is for its owner only.
func TestMigrationsTwice(t *testing.T) {
	path := newPath(t)
	openAt(t, path, Options{}).Close()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v, %v; want 0600", info.Mode(), err)
	}
	first := schema(t, openAt(t, path, Options{}))
	second := openAt(t, path, Options{}) // beside the first
	if got := schema(t, second); got != first {
		t.Errorf("opened again the schema is\n%s\nwant\n%s", got, first)
	}
	if version, err := second.writer.conn.version(); err != nil || version != 2 {
		t.Errorf("version %d, %v; want 2", version, err)
	}
}

// A file of the first version gets what it lacks and keeps what it has.
func TestFileOfTheFirstVersion(t *testing.T) {
	path, log := newPath(t), uuid.New()
	s := openAt(t, path, Options{})
	fresh := schema(t, s)
	records, err := s.Append(t.Context(), log, deciding(manyEntries(3, func(int, *collections.Entry) {})))
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	execute(t, path, `DROP TABLE accesses; DROP TABLE access_kinds; PRAGMA user_version = 1`)
	s = openAt(t, path, Options{})
	if got := schema(t, s); got != fresh {
		t.Errorf("brought up to date the schema is\n%s\nwant\n%s", got, fresh)
	}
	if err := s.RecordAccesses(t.Context(), make([]collections.Access, 1)); err != nil {
		t.Error(err)
	}
	if got, err := s.Follow(t.Context(), log, 0, 10); err != nil || len(got) != len(records) {
		t.Errorf("%d records are left, %v; want %d", len(got), err, len(records))
	}
}

func schema(t *testing.T, s *Store) (text string) {
	t.Helper()
	err := s.read(t.Context(), func(c *conn) error {
		return c.each(func(scan scan) (bool, error) {
			var line string
			err := scan(&line)
			text += line + "\n"
			return true, err
		}, `SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY name`)
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}
