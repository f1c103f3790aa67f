package sqlite

import (
	"errors"

	"accord/collections"

	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// translate gives an error of the driver its kind, by its code. Other errors
// stay as they are.
func translate(err error) error {
	if known := (*collections.Error)(nil); errors.As(err, &known) {
		return err
	}
	detail := ""
	switch code(err) {
	case sqlite3.SQLITE_FULL:
		detail = "the disk of the store is full"
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		detail = "another process keeps the store busy"
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN:
		detail = "the store can't be written"
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PROTOCOL:
		detail = "the store can't be reached"
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		detail = "the file of the store is damaged"
	default:
		return err
	}
	return &collections.Error{Kind: collections.ErrUnavailable, Detail: detail, Err: err}
}

// code returns the driver's primary result code, 0 for other errors.
func code(err error) int {
	if e := (*driver.Error)(nil); errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

func isBusy(err error) bool { return code(err) == sqlite3.SQLITE_BUSY }
