// Package sqlite keeps collections in one SQLite file, without cgo. It is the
// store of a server that needs nothing beside itself.
//
// One goroutine writes, and gives all that wait for it one transaction and one
// commit (writer.go). Readers have connections of their own; what takes
// several statements sees one state of the file. Other processes, such as a
// command beside a running server, may open the same file: nothing that they can
// change is remembered from one transaction to the next.
//
// A page is an index walk. What a reader may see is put into one small number
// of each record, its class (class.go), and the indexes hold the records of
// each class in the order of the log; a page merges the classes that its
// clearance admits (page.go).
package sqlite

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"accord/collections"
	"accord/collections/fair"
)

// Options are what Open needs beside the file. The zero value is for production.
type Options struct {
	Now func() time.Time // the clock; nil for time.Now

	// Waited, if any, is told how long each read waited for its turn.
	Waited func(time.Duration)

	// Processors, if any, is where the writer claims a turn of each party for whom
	// it works.
	Processors *fair.Gate

	// Importing opens a new file, or one that an import has left behind, for
	// collections.Mover. Until Finish nobody can open it in another way. What is a
	// store already is ErrConflict.
	Importing bool

	maxPages  int           // the file grows no larger, as on a full disk; 0 for no bound
	groupTime time.Duration // 0 for the usual one
}

// A Store is a collections.Store in one file.
type Store struct {
	now     func() time.Time
	writer  *writer
	readers *readers

	mu     sync.Mutex
	closed bool
	inUse  sync.WaitGroup // calls that have begun
}

var _ collections.Store = (*Store)(nil)

// Open opens the store in the file at path, which it makes if there is none;
// the folder must be there. It brings the tables of an older version up to
// date. A path that can't be used, a file that is not ours and one of a newer
// version are a *collections.Error that says so.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Importing {
		if err := newImport(ctx, path); err != nil {
			return nil, err
		}
	}
	file, err := newFile(path)
	if err != nil {
		return nil, err
	}
	file.importing = o.Importing
	w, err := openWriter(ctx, file, o)
	if err != nil {
		return nil, err
	}
	return &Store{now: o.Now, writer: w, readers: newReaders(file, max(4, runtime.GOMAXPROCS(0)), o.Waited)}, nil
}

// Ready reports whether the store takes writes, by one commit: whoever asks for
// many others asks seldom.
func (s *Store) Ready(ctx context.Context) error {
	return s.write(ctx, func(g *group) error {
		return g.conn.exec(`INSERT OR REPLACE INTO probes (probe, at) VALUES (1, ?)`, g.now.UnixMicro())
	})
}

// Close waits for the calls that have begun, then releases the file.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return errClosed
	}
	s.closed = true
	s.mu.Unlock()
	s.inUse.Wait()
	// The writer last: the last connection cleans up, and that takes one.
	return errors.Join(s.readers.close(), s.writer.close())
}

var errClosed = collections.Errorf(collections.ErrUnavailable, "the store is closed")

// enter begins a call, which ends with inUse.Done.
func (s *Store) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	s.inUse.Add(1)
	return nil
}

// write runs f in a transaction of the writer.
func (s *Store) write(ctx context.Context, f func(g *group) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.inUse.Done()
	return s.writer.do(ctx, f)
}

// read runs f on one state of the store.
func (s *Store) read(ctx context.Context, f func(c *conn) error) error {
	return s.look(ctx, func(c *conn) error { return c.snapshot(f) })
}

// look runs f on a connection for reading: each statement sees a state of its
// own. The context is looked at before f, not by its statements, which are short.
func (s *Store) look(ctx context.Context, f func(c *conn) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.inUse.Done()
	if err := ctx.Err(); err != nil {
		return err
	}
	c, err := s.readers.take(ctx)
	if err != nil {
		return err
	}
	defer s.readers.give(ctx, c)
	c.failed = nil
	return translate(f(c))
}
