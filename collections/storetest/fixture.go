package storetest

import (
	"sync/atomic"
	"testing"
	"time"

	"accord/collections"

	"github.com/google/uuid"
)

// A fixture is what a case works on: a fresh store, the folder it lives in,
// the clock it reads, and one of its logs.
type fixture struct {
	log
	*testing.T
	open  Opener
	dir   string
	clock *clock
}

func newFixture(t *testing.T, open Opener) *fixture {
	f := &fixture{T: t, open: open, dir: t.TempDir(), clock: newClock()}
	f.log = log{t: t, store: f.openStore(f.clock), id: uuid.New()}
	return f
}

// openStore opens one more store on the same folder, with a clock.
func (f *fixture) openStore(c *clock) collections.Store {
	f.Helper()
	s := f.open(f.T, f.dir, c.now)
	f.Cleanup(func() { s.Close() }) // a case may have closed it
	return s
}

// reopen closes the store and opens it again.
func (f *fixture) reopen() {
	f.Helper()
	if err := f.store.Close(); err != nil {
		f.Fatalf("Close: %v", err)
	}
	f.store = f.openStore(f.clock)
}

// A clock stands still unless it is moved.
type clock struct{ nanoseconds atomic.Int64 }

// newClock is set to an instant that a store must round.
func newClock() *clock {
	c := new(clock)
	c.set(time.Date(2026, 1, 2, 3, 4, 5, 123456789, time.UTC))
	return c
}

// now is in a zone that a store must not keep.
func (c *clock) now() time.Time {
	return time.Unix(0, c.nanoseconds.Load()).In(time.FixedZone("", 8*60*60))
}

func (c *clock) set(t time.Time)         { c.nanoseconds.Store(t.UnixNano()) }
func (c *clock) advance(d time.Duration) { c.nanoseconds.Add(int64(d)) }
