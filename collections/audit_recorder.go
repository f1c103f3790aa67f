package collections

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

const (
	// accessRoom is how many accesses may be under way or wait to be written,
	// some 2 MB of them. With it full, requests wait.
	accessRoom = 8192

	// accessBatch and accessDelay are when waiting accesses are written: when
	// they are so many, or some time after the first. A commit costs the same
	// for one and for all of them.
	accessBatch = 500
	accessDelay = 200 * time.Millisecond

	// lastAccesses is how long Close waits for a store that does not answer.
	lastAccesses = time.Second
)

// An AccessStore is the part of a Store that a Recorder writes to.
type AccessStore interface {
	RecordAccesses(ctx context.Context, accesses []Access) error
}

// A Recorder keeps a record of each access in the store, without making it wait
// for that: what a request leaves is written some time later, together with
// others. Where the store is slow, requests wait at their beginning, so that no
// answer goes out for whose record there is no room. Where it refuses the
// records, on a full disk, they are counted as lost and requests go on.
//
// All methods may be called from many goroutines. A nil Recorder records nothing.
type Recorder struct {
	store AccessStore
	log   *slog.Logger
	lost  func(n int)

	room chan struct{} // holds one for each access that is under way or not written
	more chan struct{} // tells that accesses wait: one, or enough for a batch

	mu      sync.Mutex
	waiting []Access
	closed  bool

	writing sync.Mutex // one at a time writes
	failed  int        // accesses lost since the last that was written

	stop, ended chan struct{}
}

// NewRecorder returns a Recorder that writes to a store until it is closed.
// lost is told of accesses of which no record could be kept.
func NewRecorder(store AccessStore, log *slog.Logger, lost func(n int)) *Recorder {
	r := &Recorder{
		store: store, log: log, lost: lost,
		room: make(chan struct{}, accessRoom), more: make(chan struct{}, 1),
		stop: make(chan struct{}), ended: make(chan struct{}),
	}
	go r.run()
	return r
}

// Enter begins an access, when there is room for its record. Each is ended by
// one Leave. The error is that of ctx, or ErrUnavailable where there is no room
// for too long.
func (r *Recorder) Enter(ctx context.Context) error {
	if r == nil {
		return nil
	}
	select {
	case r.room <- struct{}{}:
		return nil
	default:
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case r.room <- struct{}{}:
		return nil
	case <-timer.C:
		return Errorf(ErrUnavailable, "the server has too many requests under way; try again later")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Leave ends an access with its record, or without any where there is nothing
// to record. The time is set here. It waits for the store only after Close.
func (r *Recorder) Leave(record *Access) {
	if r == nil {
		return
	}
	if record == nil {
		<-r.room
		return
	}
	a := *record
	a.Time = time.Now()
	r.mu.Lock()
	r.waiting = append(r.waiting, a)
	n, closed := len(r.waiting), r.closed
	r.mu.Unlock()
	switch {
	case closed: // nobody else comes to write it
		ctx, cancel := context.WithTimeout(context.Background(), lastAccesses)
		defer cancel()
		r.write(ctx)
	case n == 1, n%accessBatch == 0:
		select {
		case r.more <- struct{}{}:
		default: // it is known that some wait
		}
	}
}

// Close writes what waits and ends the Recorder. What is left after that is
// written at once, and Close waits for it a moment: those who are cut off as the
// server ends leave their records too. A store that does not answer is given a
// moment as well.
func (r *Recorder) Close() {
	if r == nil {
		return
	}
	r.mu.Lock()
	closed := r.closed
	r.closed = true
	r.mu.Unlock()
	if !closed {
		close(r.stop)
	}
	<-r.ended
	for end := time.Now().Add(time.Second); len(r.room) > 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
}

func (r *Recorder) run() {
	ctx, cancel := context.WithCancel(context.Background())
	defer close(r.ended)
	defer cancel()
	go r.giveUp(ctx, cancel)
	for {
		select {
		case <-r.stop:
			r.write(ctx)
			return
		case <-r.more:
			r.gather()
			r.write(ctx)
		}
	}
}

// giveUp ends writes some time after Close was called.
func (r *Recorder) giveUp(ctx context.Context, cancel func()) {
	<-r.stop
	select {
	case <-ctx.Done():
	case <-time.After(lastAccesses):
		cancel()
	}
}

// gather waits until there is a batch, or long enough.
func (r *Recorder) gather() {
	timer := time.NewTimer(accessDelay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.more:
	case <-r.stop:
	}
}

// write writes what waits by now, and makes room.
func (r *Recorder) write(ctx context.Context) {
	r.writing.Lock()
	defer r.writing.Unlock()
	r.mu.Lock()
	accesses := r.waiting
	r.waiting = nil
	r.mu.Unlock()
	for batch := range slices.Chunk(accesses, accessBatch) {
		// The requests have ended; nothing of theirs ends this.
		r.note(len(batch), r.store.RecordAccesses(ctx, batch))
		for range batch {
			<-r.room
		}
	}
}

// note counts what was lost, and logs when that begins and when it ends.
func (r *Recorder) note(n int, err error) {
	switch {
	case err != nil:
		if r.failed == 0 {
			r.log.ErrorContext(context.Background(), "records of accesses are being lost", "err", err)
		}
		r.failed += n
		r.lost(n)
	case r.failed > 0:
		r.log.WarnContext(context.Background(), "records of accesses are kept again", "lost", r.failed)
		r.failed = 0
	}
}
