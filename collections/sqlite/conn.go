package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"accord/collections"

	_ "modernc.org/sqlite" // the driver
	sqlite3 "modernc.org/sqlite/lib"
)

// Page caches are small: what they leave out is in the system's. The writer's
// holds what one transaction changes.
//
// To map the file (mmap_size) would save readers a fifth of their time, but what
// they have read would count as the memory of the process, up to all of the file.
//
// An automatic checkpoint at 4,000 pages, 64 MiB: the pages of by_id, whose
// keys are random, are written again and again, and the longer the log is, the
// more of that the file itself is spared.
var (
	writerPragmas = []string{"busy_timeout(0)", "synchronous(FULL)", "cache_size(-65536)", "secure_delete(ON)", "wal_autocheckpoint(4000)"}
	readerPragmas = []string{"busy_timeout(10000)", "query_only(1)", "cache_size(-4096)"}
)

// A file keeps the size of its first page. With 16 kB a page of a thousand objects
// is read by a quarter of the calls that SQLite's own 4 kB need.
const pageSize = `PRAGMA page_size = 16384`

// How long a writer waits for one in another process, and how often it looks.
// SQLite's own waiting looks every tenth of a second, and so would never meet
// the gaps that a busy server leaves; see writer.pause.
const (
	lockWait = 30 * time.Second
	lockPoll = time.Millisecond
)

// A file is where a store lies.
type file struct {
	path      string
	importing bool // see Options
}

// newFile makes the file if there is none, for its owner's eyes only: the
// control log holds secrets. A file that is there is not opened here, because
// closing it would drop the locks that this process may hold on it.
func newFile(path string) (file, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return file{}, err
	}
	f, err := os.OpenFile(abs, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	switch {
	case err == nil:
		return file{path: abs}, f.Close()
	case errors.Is(err, fs.ErrExist):
		return file{path: abs}, nil
	case errors.Is(err, fs.ErrNotExist):
		return file{}, &collections.Error{Kind: collections.ErrInvalid, Detail: "there is no folder " + filepath.Dir(abs) + " for the store; make it first", Err: err}
	}
	return file{}, &collections.Error{Kind: collections.ErrInvalid, Detail: "the store can't be made in " + filepath.Dir(abs) + "; make that a folder which this user may write, or name another", Err: err}
}

// newImport makes a file for an import if there is none. It is marked before it has its
// name: whenever its writer dies, nobody takes it for a new store.
func newImport(ctx context.Context, path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil // what is there is looked at when it is opened
	}
	unmarked := path + ".new"
	_ = os.Remove(unmarked) // of an import that was killed here
	f, err := newFile(unmarked)
	if err != nil {
		return err
	}
	c, err := f.open(ctx, []string{"synchronous(FULL)"})
	if err != nil {
		return err
	}
	for _, text := range []string{pageSize, fmt.Sprintf(`PRAGMA application_id = %d`, importingID)} {
		if err == nil {
			err = c.control(text)
		}
	}
	if err := errors.Join(err, c.close()); err != nil {
		return f.refusal(err)
	}
	return os.Rename(unmarked, path)
}

// open opens a connection. The file is not looked at before the first statement.
func (f file) open(ctx context.Context, pragmas []string) (*conn, error) {
	u := url.URL{Scheme: "file", OmitHost: true, Path: f.path, RawQuery: url.Values{"_pragma": pragmas}.Encode()}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, err
	}
	c := &conn{db: db, statements: map[string]*sql.Stmt{}}
	err = patiently(func() (err error) {
		c.sql, err = db.Conn(ctx)
		return err
	})
	if err != nil {
		return nil, errors.Join(f.refusal(err), db.Close())
	}
	return c, nil
}

// refusal says why the file can't be opened.
func (f file) refusal(err error) error {
	switch code(err) {
	case sqlite3.SQLITE_NOTADB:
		return &collections.Error{Kind: collections.ErrInvalid, Detail: f.path + " is not an SQLite database", Err: err}
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return &collections.Error{Kind: collections.ErrInvalid, Detail: "the store " + f.path + " can't be written; let this user write the file and its folder", Err: err}
	}
	return translate(err)
}

// A conn is one connection to the file and the statements prepared on it. One
// goroutine uses it at a time. No statement is given a context: the driver
// would start a goroutine for each, and none runs long.
type conn struct {
	db         *sql.DB // of this connection alone
	sql        *sql.Conn
	statements map[string]*sql.Stmt // by their text
	failed     error                // the first error of the transaction
	wrote      bool                 // the transaction has changed something
}

// close releases the file. A connection with an open statement would keep it.
func (c *conn) close() error {
	var errs []error
	for _, stmt := range c.statements {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(append(errs, c.sql.Close(), c.db.Close())...)
}

// snapshot runs f in a read transaction.
func (c *conn) snapshot(f func(c *conn) error) error {
	if c.failed = c.control("BEGIN"); c.failed != nil {
		return c.failed
	}
	defer c.control("ROLLBACK") // there is nothing to undo
	return f(c)
}

// begin begins a write transaction, and waits for one of another process.
func (c *conn) begin() error {
	c.wrote = false
	c.failed = patiently(func() error { return c.control("BEGIN IMMEDIATE") })
	return c.failed
}

// end commits, unless a statement of the transaction has failed.
func (c *conn) end() error {
	if c.failed == nil {
		c.failed = c.control("COMMIT")
	}
	if c.failed != nil {
		c.control("ROLLBACK") // fails where SQLite has done it already
	}
	return c.failed
}

// patiently runs f until no other process is in its way.
func patiently(f func() error) error {
	for start := time.Now(); ; time.Sleep(lockPoll) {
		if err := f(); !isBusy(err) || time.Since(start) > lockWait {
			return err
		}
	}
}

func (c *conn) prepare(text string) (*sql.Stmt, error) {
	if stmt := c.statements[text]; stmt != nil {
		return stmt, nil
	}
	stmt, err := c.sql.PrepareContext(context.Background(), text)
	if err == nil {
		c.statements[text] = stmt
	}
	return stmt, err
}

// control begins or ends a transaction.
func (c *conn) control(text string) error {
	stmt, err := c.prepare(text)
	if err == nil {
		_, err = stmt.Exec()
	}
	return err
}

// fail keeps the first error of a transaction. With it, SQLite may have undone
// all that came before, so no statement is run after it.
func (c *conn) fail(err error) error {
	if c.failed == nil {
		c.failed = err
	}
	return err
}

// exec runs a statement that returns no rows.
func (c *conn) exec(text string, args ...any) error {
	_, err := c.insert(text, args...)
	return err
}

// insert is exec, and returns the number of the row that was inserted.
func (c *conn) insert(text string, args ...any) (int64, error) {
	if c.failed != nil {
		return 0, c.failed
	}
	stmt, err := c.prepare(text)
	if err != nil {
		return 0, c.fail(err)
	}
	c.wrote = true
	res, err := stmt.Exec(args...)
	if err != nil {
		return 0, c.fail(err)
	}
	return res.LastInsertId()
}

// A scan reads the columns of one row.
type scan func(columns ...any) error

// each runs a query and calls f for each row, until f returns false or an error.
func (c *conn) each(f func(scan scan) (bool, error), text string, args ...any) error {
	if c.failed != nil {
		return c.failed
	}
	stmt, err := c.prepare(text)
	if err != nil {
		return c.fail(err)
	}
	rows, err := stmt.Query(args...)
	if err != nil {
		return c.fail(err)
	}
	defer rows.Close()
	for more := true; more && rows.Next(); {
		if more, err = f(rows.Scan); err != nil {
			return c.fail(err)
		}
	}
	return c.fail(rows.Err())
}

// one reads one row into dest and reports whether there was one.
func (c *conn) one(dest []any, text string, args ...any) (found bool, err error) {
	err = c.each(func(scan scan) (bool, error) {
		found = true
		return false, scan(dest...)
	}, text, args...)
	return found, err
}
