package sqlite

import (
	"context"
	"errors"
	"sync"
)

// readers are the connections for reading: as many as are needed at once, up
// to a bound. The one that was given back last is taken first, because its
// pages and statements are at hand.
type readers struct {
	file  file
	turns chan struct{} // holds one for each connection in use

	mu   sync.Mutex
	free []*conn
}

func newReaders(f file, most int) *readers {
	return &readers{file: f, turns: make(chan struct{}, most)}
}

// take returns a connection, which the caller gives back.
func (r *readers) take(ctx context.Context) (*conn, error) {
	select {
	case r.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if c := r.pop(); c != nil {
		return c, nil
	}
	c, err := r.file.open(context.WithoutCancel(ctx), readerPragmas)
	if err != nil {
		<-r.turns
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

func (r *readers) give(c *conn) {
	r.mu.Lock()
	r.free = append(r.free, c)
	r.mu.Unlock()
	<-r.turns
}

// close closes the connections, none of which may be in use.
func (r *readers) close() error {
	var errs []error
	for _, c := range r.free {
		errs = append(errs, c.close())
	}
	return errors.Join(errs...)
}
