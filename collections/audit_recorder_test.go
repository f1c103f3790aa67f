package collections_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"accord/collections"
)

// A slowStore keeps accesses in memory, each batch when its test lets it.
type slowStore struct {
	goOn chan error // what RecordAccesses returns; nil never makes it wait

	mu      sync.Mutex
	batches []int
	parties []string
}

func (s *slowStore) RecordAccesses(ctx context.Context, accesses []collections.Access) error {
	if s.goOn != nil {
		select {
		case err := <-s.goOn:
			if err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batches = append(s.batches, len(accesses))
	for _, a := range accesses {
		s.parties = append(s.parties, a.Party)
	}
	return nil
}

func (s *slowStore) total() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.parties)
}

// leave makes n accesses.
func leave(t *testing.T, r *collections.Recorder, n int) {
	t.Helper()
	for range n {
		if err := r.Enter(t.Context()); err != nil {
			t.Error(err)
			return
		}
		r.Leave(&collections.Access{AccessKind: collections.AccessKind{Party: "cert-us"}})
	}
}

func noneLost(t *testing.T) func(int) {
	return func(n int) { t.Errorf("%d accesses were lost", n) }
}

// TX-AUTH-14: accesses are written in batches: a full one soon, a small one
// after a short time, all that wait at the end, and what comes after the end at
// once.
func TestRecorderWritesInBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &slowStore{}
		r := collections.NewRecorder(store, slog.New(slog.DiscardHandler), noneLost(t))
		leave(t, r, 3)
		synctest.Wait()
		if n := store.total(); n != 0 {
			t.Errorf("%d accesses were written at once", n)
		}
		start := time.Now()
		for store.total() < 3 {
			time.Sleep(time.Millisecond)
		}
		if took := time.Since(start); took > 250*time.Millisecond {
			t.Errorf("three accesses waited %v", took)
		}
		synctest.Wait() // until the recorder waits again
		start = time.Now()
		leave(t, r, 1000)
		synctest.Wait()
		if n := store.total(); n < 503 || time.Since(start) != 0 {
			t.Errorf("of 1,000 accesses more %d were written after %v; want a batch at once", n-3, time.Since(start))
		}
		leave(t, r, 2)
		r.Close()
		if n := store.total(); n != 1005 {
			t.Errorf("%d accesses are written at the end; want 1005", n)
		}
		leave(t, r, 1)
		if n := store.total(); n != 1006 {
			t.Errorf("%d accesses are written after the end; want 1006", n)
		}
		r.Close() // does nothing
		for _, n := range store.batches {
			if n > 500 {
				t.Errorf("batches of %v; want 500 at most", store.batches)
			}
		}
	})
}

// TX-AUTH-14, P5, TX-SEC-02: where the store is slow requests wait before they
// begin, whatever they are about; no record is lost, and who gives up, or waits for
// too long, is told so.
func TestRecorderMakesWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &slowStore{goOn: make(chan error)}
		r := collections.NewRecorder(store, slog.New(slog.DiscardHandler), noneLost(t))
		n := 0
		for { // until there is no room
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			err := r.Enter(ctx)
			cancel()
			if err != nil {
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Enter = %v; want that of the context", err)
				}
				break
			}
			n++
			r.Leave(&collections.Access{})
		}
		began := time.Now()
		if err := r.Enter(t.Context()); !errors.Is(err, collections.ErrUnavailable) || time.Since(began) != 10*time.Second {
			t.Errorf("Enter = %v after %v; want %v after 10s", err, time.Since(began), collections.ErrUnavailable)
		}
		entered := make(chan error)
		go func() { entered <- r.Enter(t.Context()) }()
		synctest.Wait()
		select {
		case <-entered:
			t.Error("there was room for one more")
		default:
		}
		close(store.goOn)
		if err := <-entered; err != nil {
			t.Error(err)
		}
		r.Leave(nil)
		r.Close()
		if got := store.total(); got != n || n < 1000 {
			t.Errorf("%d of %d accesses were written; want all, and many", got, n)
		}
	})
}

// TX-AUTH-14: who is cut off as the server ends leaves a record too; for who
// stays nobody waits for long.
func TestRecorderWaitsForWhoLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &slowStore{}
		r := collections.NewRecorder(store, slog.New(slog.DiscardHandler), noneLost(t))
		for range 2 {
			if err := r.Enter(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		time.AfterFunc(time.Second/2, func() { r.Leave(&collections.Access{}) })
		began := time.Now()
		r.Close()
		if n := store.total(); n != 1 || time.Since(began) != time.Second {
			t.Errorf("at the end, after %v, %d accesses are written; want one after a second", time.Since(began), n)
		}
		r.Leave(nil)
	})
}

// A store that takes no records does not stop the requests; how many records
// that costs is counted, and the log says when it begins and ends.
func TestRecorderCountsWhatIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &slowStore{goOn: make(chan error, 3)}
		full := collections.Errorf(collections.ErrUnavailable, "the disk is full")
		store.goOn <- full
		store.goOn <- full
		store.goOn <- nil
		var log bytes.Buffer
		lost := 0
		r := collections.NewRecorder(store, slog.New(slog.NewTextHandler(&log, nil)), func(n int) { lost += n })
		for range 3 {
			leave(t, r, 5)
			time.Sleep(time.Second)
		}
		r.Close()
		if lost != 10 || store.total() != 5 {
			t.Errorf("%d were lost and %d written; want 10 and 5", lost, store.total())
		}
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		if len(lines) != 2 || !strings.Contains(lines[0], "the disk is full") || !strings.Contains(lines[1], "lost=10") {
			t.Errorf("the log says %q; want the cause when it begins, the number when it ends", lines)
		}
	})
}

// Many that enter and leave at once, while the recorder is closed, lose nothing.
func TestRecorderIsClosedInTheMiddle(t *testing.T) {
	store := &slowStore{}
	r := collections.NewRecorder(store, slog.New(slog.DiscardHandler), noneLost(t))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { leave(t, r, 1000) })
	}
	wg.Go(r.Close)
	wg.Wait()
	if n := store.total(); n != 8000 {
		t.Errorf("%d accesses were written; want 8000", n)
	}
}

// A store that does not answer keeps no server from ending: what cannot be written
// in a moment is lost, and counted.
func TestRecorderIsClosedWithoutItsStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lost := 0
		r := collections.NewRecorder(&slowStore{goOn: make(chan error)}, slog.New(slog.DiscardHandler), func(n int) { lost += n })
		leave(t, r, 3)
		time.Sleep(time.Minute) // they are being written
		leave(t, r, 4)
		began := time.Now()
		r.Close()
		if took := time.Since(began); took > 3*time.Second || lost != 7 {
			t.Errorf("Close took %v and %d accesses were lost; want some seconds at most, and 7", took, lost)
		}
	})
}

// BenchmarkRecorder is what a request pays for its record.
func BenchmarkRecorder(b *testing.B) {
	r := collections.NewRecorder(&slowStore{}, slog.New(slog.DiscardHandler), func(int) {})
	defer r.Close()
	a := &collections.Access{}
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Enter(b.Context()); err != nil {
			b.Fatal(err)
		}
		r.Leave(a)
	}
}
