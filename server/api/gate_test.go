package api

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"accord/collections"
)

// As many work as there are processors, four times as many wait, for a short
// time; the others are turned away at once.
func TestGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, g := runtime.GOMAXPROCS(0), newGate()
		var leave []func()
		for range n {
			done, err := g.enter(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			leave = append(leave, done)
		}
		waited := make(chan error, 4*n)
		for range 4 * n {
			go func() {
				done, err := g.enter(t.Context())
				if err == nil {
					defer done()
				}
				waited <- err
			}()
		}
		synctest.Wait()
		start := time.Now()
		if _, err := g.enter(t.Context()); !errors.Is(err, collections.ErrBusy) || time.Since(start) != 0 {
			t.Errorf("one too many: %v after %v; want %v at once", err, time.Since(start), collections.ErrBusy)
		}
		time.Sleep(maxWait - time.Second)
		leave[0]() // lets all in, one behind the other
		for range 4 * n {
			if err := <-waited; err != nil {
				t.Errorf("one that waited: %v", err)
			}
		}
		for _, done := range leave[1:] {
			done()
		}
	})
}

func TestGateIsImpatient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		for range runtime.GOMAXPROCS(0) {
			if _, err := g.enter(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		start := time.Now()
		if _, err := g.enter(t.Context()); !errors.Is(err, collections.ErrBusy) || time.Since(start) != maxWait {
			t.Errorf("%v after %v; want %v after %v", err, time.Since(start), collections.ErrBusy, maxWait)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := g.enter(gone); !errors.Is(err, context.Canceled) {
			t.Errorf("a client that has gone: %v", err)
		}
		if len(g.present) != len(g.inside) {
			t.Errorf("%d are there, %d of them inside", len(g.present), len(g.inside))
		}
	})
}
