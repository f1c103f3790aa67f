package sqlite

import (
	"context"
	"errors"
	"sync"
	"time"

	"accord/collections"
	"accord/collections/fair"
)

// readers are the connections for reading: as many as are needed at once, up
// to a bound, by turns of the parties. The one that was given back last is taken
// first, because its pages and statements are at hand.
type readers struct {
	file  file
	turns fair.Gate // one turn for each connection in use

	mu   sync.Mutex
	free []*conn
}

// newReaders returns most readers. One party has all but one of them at most, so
// that another need not wait for the end of a read.
func newReaders(f file, most int, waited func(time.Duration)) *readers {
	return &readers{file: f, turns: fair.Gate{Most: most, Each: max(1, most-1), Waiting: collections.MaxWaiting, Waited: waited}}
}

// take returns a connection, which the caller gives back.
func (r *readers) take(ctx context.Context) (*conn, error) {
	party := collections.PartyOf(ctx)
	if err := r.turns.Enter(ctx, party); errors.Is(err, fair.ErrFull) {
		return nil, collections.TooManyWait
	} else if err != nil {
		return nil, err
	}
	if c := r.pop(); c != nil {
		return c, nil
	}
	c, err := r.file.open(context.WithoutCancel(ctx), readerPragmas)
	if err != nil {
		r.turns.Leave(party)
	}
	return c, err
}

func (r *readers) pop() *conn {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(r.free)
	if n == 0 {
		return nil
	}
	c := r.free[n-1]
	r.free = r.free[:n-1]
	return c
}

// give gives back what take returned for the same ctx.
func (r *readers) give(ctx context.Context, c *conn) {
	r.mu.Lock()
	r.free = append(r.free, c)
	r.mu.Unlock()
	r.turns.Leave(collections.PartyOf(ctx))
}

// close closes the connections, none of which may be in use.
func (r *readers) close() error {
	var errs []error
	for _, c := range r.free {
		errs = append(errs, c.close())
	}
	return errors.Join(errs...)
}
