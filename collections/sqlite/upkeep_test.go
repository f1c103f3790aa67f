package sqlite

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"accord/collections"
	"accord/collections/storetest"

	"github.com/google/uuid"
)

// P8: the contract of those who look after a store, and what Check finds.
func TestUpkeep(t *testing.T) {
	storetest.RunUpkeep(t, func(t *testing.T, dir string, now func() time.Time) collections.Store {
		s, err := Open(t.Context(), filepath.Join(dir, "accord.db"), Options{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}, spoils)
}

// script is damage by statements, in which (1), (2) … stand for the positions of records.
func script(statements string) func(*testing.T, string, uuid.UUID) {
	return func(t *testing.T, dir string, log uuid.UUID) {
		var c int64
		path := filepath.Join(dir, "accord.db")
		s := openAt(t, path, Options{})
		err := s.read(t.Context(), func(conn *conn) error {
			l, err := conn.log(log)
			c = l.c
			return err
		})
		if err := errors.Join(err, s.Close()); err != nil {
			t.Fatal(err)
		}
		for seq := range int64(10) {
			statements = strings.ReplaceAll(statements, "("+strconv.FormatInt(seq, 10)+")", strconv.FormatInt(c<<sequenceBits|seq, 10))
		}
		execute(t, path, statements)
	}
}

var spoils = []storetest.Spoil{
	{Name: "class", Do: script(`UPDATE records SET class = 5 WHERE pos = (2)`), Rule: collections.RuleMark, Sequence: 2, Derived: true},
	{Name: "class of what is gone", Do: script(`UPDATE records SET class = 5 WHERE pos = (1)`), Rule: collections.RuleMark, Sequence: 1, Derived: true},
	{Name: "class of what is there", Do: script(`UPDATE records SET class = 40 WHERE pos = (9)`), Rule: collections.RuleMark, Sequence: 9, Derived: true},
	{Name: "class of a delete", Do: script(`UPDATE records SET class = 45 WHERE pos = (8)`), Rule: collections.RuleMark, Sequence: 8, Derived: true},
	{Name: "key of the id", Do: script(`UPDATE records SET idkey = 1 WHERE pos = (2)`), Rule: collections.RuleIndex, Sequence: 2, Derived: true},
	{Name: "key of a later version", Do: script(`UPDATE records SET idkey = 1 WHERE pos = (7)`), Rule: collections.RuleIndex, Sequence: 7, Derived: true},
	{Name: "number of the log", Do: script(`UPDATE records SET c = 77 WHERE pos = (3)`), Rule: collections.RuleIndex, Sequence: 3, Derived: true},
	{Name: "type of another log", Do: script(`INSERT INTO logs VALUES (77, zeroblob(16), 0, 0, 0, 0); INSERT INTO types VALUES (78, 77, 'tool', -1); UPDATE records SET type = 78 WHERE pos = (3)`),
		Rule: collections.RuleIndex, Sequence: 3, Derived: true},
	{Name: "classes of the log", Do: script(`UPDATE logs SET classes = 0`), Rule: collections.RuleIndex, Sequence: 2, Derived: true},
	{Name: "classes of a type", Do: script(`UPDATE types SET classes = 0 WHERE name = 'tool'`), Rule: collections.RuleIndex, Sequence: 3, Derived: true},
	{Name: "specification versions", Do: script(`UPDATE logs SET specs = 2`), Rule: collections.RuleIndex, Sequence: 6, Derived: true},
	{Name: "end too early", Do: script(`UPDATE logs SET last = 6`), Rule: collections.RuleIndex, Sequence: 0, Derived: true},
	{Name: "date of the end", Do: script(`UPDATE logs SET last_added = 0`), Rule: collections.RuleIndex, Sequence: 0, Derived: true},
	{Name: "index without a row", Do: withoutRow, Rule: collections.RuleEngine, Sequence: 0, Derived: true},

	{Name: "bytes", Do: script(`UPDATE records SET raw = x'7b7d' WHERE pos = (2)`), Rule: collections.RuleHash, Sequence: 2},
	{Name: "no bytes", Do: script(`UPDATE records SET raw = NULL WHERE pos = (2)`), Rule: collections.RuleHash, Sequence: 2},
	{Name: "hash", Do: script(`UPDATE records SET hash = zeroblob(32) WHERE pos = (2)`), Rule: collections.RuleLeaf, Sequence: 2},
	{Name: "leaf", Do: script(`UPDATE records SET leaf = zeroblob(32) WHERE pos = (2)`), Rule: collections.RuleLeaf, Sequence: 2},
	{Name: "leaf of a delete", Do: script(`UPDATE records SET leaf = zeroblob(32) WHERE pos = (4)`), Rule: collections.RuleLeaf, Sequence: 4},
	{Name: "leaf of another length", Do: script(`UPDATE records SET leaf = zeroblob(33) WHERE pos = (2)`), Rule: collections.RuleRecord, Sequence: 2},
	{Name: "rank", Do: script(`UPDATE records SET rank = 4 WHERE pos = (2)`), Rule: collections.RuleLeaf, Sequence: 2},
	{Name: "rank that is none", Do: script(`UPDATE records SET rank = 99 WHERE pos = (2)`), Rule: collections.RuleRecord, Sequence: 2},
	{Name: "seed of another length", Do: script(`UPDATE records SET seed = x'01' WHERE pos = (2)`), Rule: collections.RuleRecord, Sequence: 2},
	{Name: "date", Do: script(`UPDATE records SET added = added - 1000000 WHERE pos = (7)`), Rule: collections.RuleDate, Sequence: 7},
	{Name: "specification", Do: script(`UPDATE records SET spec = '3' WHERE pos = (2)`), Rule: collections.RuleRecord, Sequence: 2},
	{Name: "operation", Do: script(`UPDATE records SET op = 9 WHERE pos = (2)`), Rule: collections.RuleRecord, Sequence: 2},
	{Name: "residue", Do: script(`UPDATE records SET residue = zeroblob(64) WHERE pos = (1)`), Rule: collections.RuleLeaf, Sequence: 1},
	{Name: "residue and no delete", Do: script(`UPDATE records SET residue = zeroblob(64), raw = NULL, seed = NULL WHERE pos = (3)`), Rule: collections.RuleDelete, Sequence: 3},
	{Name: "deleted and there", Do: script(`UPDATE records SET residue = NULL, raw = x'7b7d' WHERE pos = (1)`), Rule: collections.RuleDelete, Sequence: 1},
	{Name: "delete of what is there", Do: script(`UPDATE records SET removes = '[2]' WHERE pos = (4)`), Rule: collections.RuleDelete, Sequence: 4},
	{Name: "delete of another object", Do: script(`UPDATE records SET removes = '[3]' WHERE pos = (4)`), Rule: collections.RuleDelete, Sequence: 4},
	{Name: "deleted twice", Do: script(`UPDATE records SET removes = '[5, 5]' WHERE pos = (8)`), Rule: collections.RuleDelete, Sequence: 5},
	{Name: "delete that can't be read", Do: script(`UPDATE records SET removes = 'x' WHERE pos = (4)`), Rule: collections.RuleRecord, Sequence: 4},
	{Name: "hole", Do: script(`DELETE FROM records WHERE pos = (3)`), Rule: collections.RuleSequence, Sequence: 4},
	{Name: "lost end", Do: script(`DELETE FROM records WHERE pos = (9)`), Rule: collections.RuleSequence, Sequence: 9},
	{Name: "lost type", Do: script(`DELETE FROM types WHERE name = 'tool'`), Rule: collections.RuleEngine, Sequence: 0},
	{Name: "status", Do: script(`UPDATE statuses SET data = '{'`), Rule: collections.RuleStatus},
	{Name: "date of a status", Do: script(`UPDATE statuses SET expires = expires + 1`), Rule: collections.RuleStatus},
	{Name: "id of a status", Do: script(`UPDATE statuses SET id = x'00000000000040008000000000000001'`), Rule: collections.RuleStatus},
}

// withoutRow takes a record out of an index: it is hidden while the record is changed.
func withoutRow(t *testing.T, dir string, log uuid.UUID) {
	script(`PRAGMA writable_schema = ON;
		CREATE TABLE hidden AS SELECT * FROM sqlite_schema WHERE name = 'by_class';
		DELETE FROM sqlite_schema WHERE name = 'by_class'`)(t, dir, log)
	script(`UPDATE records SET class = 41 WHERE pos = (2)`)(t, dir, log)
	script(`PRAGMA writable_schema = ON; INSERT INTO sqlite_schema SELECT * FROM hidden`)(t, dir, log)
	script(`DROP TABLE hidden`)(t, dir, log)
}

// A file that is half of a store is opened to go on with it and for nothing else,
// at whatever moment its writer died; finished, it is a store like any other.
func TestImporting(t *testing.T) {
	path := newPath(t)
	refuses := func(o Options, kind error, want string) {
		t.Helper()
		_, err := Open(t.Context(), path, o)
		if known := (*collections.Error)(nil); !errors.As(err, &known) || !errors.Is(err, kind) || !strings.Contains(known.Detail, want) {
			t.Errorf("Open with Importing %t: %v; want a collections.Error with %q", o.Importing, err, want)
		}
	}
	importing := Options{Importing: true}
	write(t, path+".new", "") // killed before it was marked
	if err := newImport(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	refuses(Options{}, collections.ErrInvalid, "half of a store") // killed before it had a table
	s := openAt(t, path, importing)
	var size int
	if _, err := s.writer.conn.one([]any{&size}, `PRAGMA page_size`); err != nil || size != 16384 {
		t.Errorf("pages of %d bytes, %v", size, err)
	}
	refuses(Options{}, collections.ErrInvalid, "half of a store")
	s.Close()
	refuses(Options{}, collections.ErrInvalid, "half of a store")
	openAt(t, path, importing).Close()
	execute(t, path, `PRAGMA user_version = 1; DROP TABLE accesses; DROP TABLE access_kinds`) // killed between two steps
	refuses(Options{}, collections.ErrInvalid, "half of a store")
	s = openAt(t, path, importing)
	if err := s.RecordAccesses(t.Context(), make([]collections.Access, 1)); err != nil {
		t.Error(err)
	}
	if err := s.Finish(t.Context()); err != nil {
		t.Error(err)
	}
	s.Close()
	refuses(importing, collections.ErrConflict, "is a store already")
	s = openAt(t, path, Options{})
	if accesses, err := s.Accesses(t.Context(), collections.AccessQuery{Limit: 9}); err != nil || len(accesses) != 1 {
		t.Errorf("the finished store has %d accesses, %v; want 1", len(accesses), err)
	}
	if err := s.Finish(t.Context()); err != nil { // of another it has no effect
		t.Error(err)
	}
	s.Close()
	openAt(t, path, Options{})
}

// A long look at the file ends with its context.
func TestEngineIsCancelled(t *testing.T) {
	s := openAt(t, newPath(t), Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Engine(ctx, false); !errors.Is(err, context.Canceled) {
		t.Errorf("Engine with a cancelled context: %v", err)
	}
}
