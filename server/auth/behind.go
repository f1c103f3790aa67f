package auth

import (
	"context"
	"sync"
	"time"

	"accord/collections"
)

// readEvery is how often made-up tokens make the control log be read at most.
const readEvery = 100 * time.Millisecond

// A reader reads the control log for requests whose token may be newer than what
// is known of it. Many wait for one read.
type reader struct {
	mu   sync.Mutex
	next *read     // which has not begun; nil for none
	last time.Time // when one began
}

type read struct {
	done chan struct{}
	err  error // once done is closed
}

// catchUp returns when the control log has been read that there was when it was
// called: whatever another server, or a command, had issued by then is known here.
// An error, a behindError, says that the log may hold what is not known.
func (a *Authenticator) catchUp(ctx context.Context) error {
	r := a.reader.join(a.read)
	select {
	case <-r.done:
	case <-ctx.Done():
		return &behindError{ctx.Err()}
	}
	if r.err != nil {
		return &behindError{r.err}
	}
	return nil
}

// join returns the read that comes next, which begin makes.
func (r *reader) join(begin func(*read)) *read {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.next == nil {
		r.next = &read{done: make(chan struct{})}
		go begin(r.next)
	}
	return r.next
}

// read begins when the last read is long enough ago. It is for all who wait for
// it, so it does not end with one who goes away.
func (a *Authenticator) read(r *read) {
	defer close(r.done)
	a.reader.begin()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if r.err = a.control.Refresh(ctx); r.err != nil {
		a.Log.WarnContext(ctx, "control log not refreshed", "err", r.err)
	}
}

func (r *reader) begin() {
	r.mu.Lock()
	wait := readEvery - time.Since(r.last)
	r.mu.Unlock()
	time.Sleep(wait)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next, r.last = nil, time.Now()
}

// A behindError is why nobody can say whether a token is good.
type behindError struct{ error }

// answer is what who asks with the token is told.
func (e *behindError) answer() error {
	return &collections.Error{Kind: collections.ErrUnavailable, Detail: "the server can't look for these credentials now; try again later", Err: e.error}
}
