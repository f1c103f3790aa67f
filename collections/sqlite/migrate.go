package sqlite

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"accord/collections"
)

// Migrations are run in the order of their names and never changed once
// released. The file's user_version is the number of those that it has.
//
//go:embed migrations/*.sql
var migrations embed.FS

// applicationID marks a file as ours: "Accd". importingID marks one that is being
// imported, "Accm", so that no program, an older one neither, takes a half for a
// whole.
const (
	applicationID = 'A'<<24 | 'c'<<16 | 'c'<<8 | 'd'
	importingID   = 'A'<<24 | 'c'<<16 | 'c'<<8 | 'm'
)

var markFinished = fmt.Sprintf(`PRAGMA application_id = %d`, applicationID)

// prepareFile makes the file ours if it is new, and brings it up to date.
func (c *conn) prepareFile(ctx context.Context, f file) error {
	if err := c.recognise(f); err != nil {
		return err
	}
	if err := c.control(pageSize); err != nil {
		return f.refusal(err)
	}
	// Before the first transaction, because it can't be changed within one.
	if err := patiently(func() error { return c.control(`PRAGMA journal_mode = WAL`) }); err != nil {
		return f.refusal(err)
	}
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	for i, name := range names {
		if err := c.migrate(f, i, name); err != nil {
			return fmt.Errorf("%s: %w", name, f.refusal(err))
		}
	}
	return c.refuseNewer(f, len(names))
}

// recognise refuses a file that holds something, but not a store.
func (c *conn) recognise(f file) error {
	var id, tables int
	if _, err := c.one([]any{&id, &tables}, `SELECT application_id, (SELECT count(*) FROM sqlite_schema) FROM pragma_application_id`); err != nil {
		return f.refusal(err)
	}
	want := int(applicationID)
	if f.importing {
		want = importingID
	}
	switch {
	case id == want || id == 0 && tables == 0:
		return nil
	case id == importingID:
		return collections.Errorf(collections.ErrInvalid,
			"%s is half of a store: give the command accord store migrate again, which goes on where it was, or remove the file", f.path)
	case id == applicationID:
		return collections.Errorf(collections.ErrConflict, "%s is a store already: give a file that is not there", f.path)
	}
	return collections.Errorf(collections.ErrInvalid, "%s is the database of another program, not an Accord store", f.path)
}

// migrate runs one migration unless the file has it, in one transaction, so
// that a crash leaves the tables at a whole step and two servers that start
// at once run it once.
func (c *conn) migrate(f file, have int, name string) error {
	script, err := migrations.ReadFile(name)
	if err != nil {
		return err
	}
	if err := c.begin(); err != nil {
		return err
	}
	if version, err := c.version(); err == nil && version == have {
		_, err = c.sql.ExecContext(context.Background(), string(script))
		c.fail(err)
		_, err = c.sql.ExecContext(context.Background(), fmt.Sprintf(`PRAGMA user_version = %d`, have+1))
		c.fail(err)
		if f.importing { // in the step that marks the file as ours
			_, err = c.sql.ExecContext(context.Background(), fmt.Sprintf(`PRAGMA application_id = %d`, importingID))
			c.fail(err)
		}
	}
	return c.end()
}

func (c *conn) version() (version int, err error) {
	_, err = c.one([]any{&version}, `PRAGMA user_version`)
	return version, err
}

func (c *conn) refuseNewer(f file, known int) error {
	version, err := c.version()
	if err != nil {
		return f.refusal(err)
	}
	if version > known {
		return collections.Errorf(collections.ErrInvalid,
			"the store %s is of version %d, and this program knows versions up to %d; use a newer program", f.path, version, known)
	}
	return nil
}
