package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"accord/collections"
	"accord/collections/fair"
	"accord/stix"

	"github.com/google/uuid"
)

// blocked holds the writer of s in a decide function until the returned
// function is called, which returns the outcome of that append.
func blocked(t *testing.T, s *Store) (release func() error) {
	t.Helper()
	in, out, ended := make(chan bool), make(chan bool), make(chan error)
	go func() {
		_, err := s.Append(t.Context(), uuid.New(), func(context.Context, collections.State) (collections.Decision, error) {
			in <- true
			<-out
			return collections.Decision{}, nil
		})
		ended <- err
	}()
	<-in
	return func() error {
		close(out)
		return <-ended
	}
}

// TX-SEC-02: while the writer works for a party, that has a turn less.
func TestWriterClaimsTurns(t *testing.T) {
	processors := &fair.Gate{Each: 1}
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "accord.db"), Options{Processors: processors})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	work := func(party string) error {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		err := processors.Enter(ctx, party)
		if err == nil {
			processors.Leave(party)
		}
		return err
	}
	release := blocked(t, s) // of the server itself
	if err := work(""); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a turn of the party for whom the writer works: %v", err)
	}
	if err := work("a"); err != nil {
		t.Errorf("a turn of another: %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if err := work(""); err != nil {
		t.Errorf("a turn when the writer has done: %v", err)
	}
}

// waiting returns when n requests wait behind a blocked writer.
func waiting(s *Store, n int) {
	for s.writer.queue.Len() < n {
		runtime.Gosched()
	}
}

// Appends that wait share one commit, each with an outcome of its own.
func TestGroupCommit(t *testing.T) {
	// A slow machine ends no group by its age.
	s, log := openAt(t, newPath(t), Options{groupTime: time.Hour}), uuid.New()
	release := blocked(t, s)
	before := s.writer.commits.Load()
	refused := errors.New("refused")
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			decide := deciding(manyEntries(1, nil))
			if i == 0 {
				decide = func(context.Context, collections.State) (collections.Decision, error) { panic("a bug") }
			} else if i < 10 {
				decide = func(context.Context, collections.State) (collections.Decision, error) {
					return collections.Decision{}, refused
				}
			}
			records, err := s.Append(t.Context(), log, decide)
			switch {
			case i == 0 && (err == nil || !strings.Contains(err.Error(), "a bug")),
				0 < i && i < 10 && err != refused,
				i >= 10 && (err != nil || len(records) != 1):
				t.Errorf("append %d gives %d records, %v", i, len(records), err)
			}
		})
	}
	waiting(s, 50)
	if err := release(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if n := s.writer.commits.Load() - before; n > 3 {
		t.Errorf("51 appends took %d commits; want at most 3", n)
	}
	if records, err := s.Follow(t.Context(), log, 0, 100); len(records) != 40 || err != nil {
		t.Errorf("the log has %d records, %v; want 40", len(records), err)
	}
}

// TX-SEC-02: one party's append waits for one of another that floods, not for all.
func TestWriterTakesTurns(t *testing.T) {
	s, log := openAt(t, newPath(t), Options{}), uuid.New()
	release := blocked(t, s)
	var mu sync.Mutex
	var order []string
	var wg sync.WaitGroup
	appendFor := func(party string) {
		ctx := collections.WithCaller(t.Context(), collections.Caller{Party: party})
		waits := s.writer.queue.Len()
		wg.Go(func() {
			if _, err := s.Append(ctx, log, func(context.Context, collections.State) (collections.Decision, error) {
				mu.Lock()
				defer mu.Unlock()
				order = append(order, party)
				return collections.Decision{}, nil
			}); err != nil {
				t.Error(err)
			}
		})
		waiting(s, waits+1)
	}
	for range 20 {
		appendFor("flood")
	}
	appendFor("other")
	if err := release(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if at := slices.Index(order, "other"); at > 1 {
		t.Errorf("the other party's append came after %d of the flood", at)
	}
}

// TX-SEC-02: of the connections one is left to others, however much one party reads.
func TestReadersTakeTurns(t *testing.T) {
	s := openAt(t, newPath(t), Options{})
	flood := collections.WithCaller(t.Context(), collections.Caller{Party: "flood"})
	other := collections.WithCaller(t.Context(), collections.Caller{Party: "other"})
	var taken []*conn
	for {
		late, cancel := context.WithTimeout(flood, 100*time.Millisecond)
		c, err := s.readers.take(late)
		cancel()
		if err != nil {
			break
		}
		taken = append(taken, c)
	}
	c, err := s.readers.take(other)
	if err != nil || len(taken) != s.readers.turns.Each {
		t.Fatalf("the flood holds %d connections, and the other party gets %v; want %d and one more", len(taken), err, s.readers.turns.Each)
	}
	s.readers.give(other, c)
	for _, c := range taken {
		s.readers.give(flood, c)
	}
}

// TX-SEC-02: as many reads of one party as collections.Turns lets in at once are
// all served.
func TestReadersServeAllOfAParty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReaders(file{}, 4, nil)
		for range 4 {
			r.free = append(r.free, new(conn))
		}
		ctx := collections.WithCaller(t.Context(), collections.Caller{Party: "polls"})
		var all sync.WaitGroup
		for range 1024 {
			all.Go(func() {
				c, err := r.take(ctx)
				if err != nil {
					t.Error(err)
					return
				}
				time.Sleep(time.Millisecond)
				r.give(ctx, c)
			})
		}
		all.Wait()
	})
}

// A caller who gives up while he waits has had no effect, and no decision.
func TestCancelledWhileWaiting(t *testing.T) {
	s, log := openAt(t, newPath(t), Options{}), uuid.New()
	release := blocked(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	var decided atomic.Bool
	go func() {
		_, err := s.Append(ctx, log, func(context.Context, collections.State) (collections.Decision, error) {
			decided.Store(true)
			return collections.Decision{Entries: manyEntries(1, nil)}, nil
		})
		ended <- err
	}()
	waiting(s, 1)
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the append that was given up gives %v", err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
	if _, err := s.Append(t.Context(), log, deciding(manyEntries(1, nil))); err != nil {
		t.Error(err)
	}
	if records, err := s.Follow(t.Context(), log, 0, 10); len(records) != 1 || err != nil || decided.Load() {
		t.Errorf("the log has %d records, %v; want 1", len(records), err)
	}
}

// P2: on a full disk an append and all that share its commit fail as one and
// leave nothing; reading goes on; and when there is room again, so does writing.
func TestDiskFull(t *testing.T) {
	s, log := openAt(t, newPath(t), Options{maxPages: 40}), uuid.New()
	stored := 0
	var err error
	for err == nil && stored < 1000 {
		if _, err = s.Append(t.Context(), log, deciding(manyEntries(10, nil))); err == nil {
			stored += 10
		}
	}
	if known := (*collections.Error)(nil); !errors.Is(err, collections.ErrUnavailable) || !errors.As(err, &known) || !strings.Contains(known.Detail, "disk") {
		t.Fatalf("after %d objects Append gives %v; want ErrUnavailable that names the disk", stored, err)
	}

	release := blocked(t, s)
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			if _, err := s.Append(t.Context(), log, deciding(manyEntries(40, nil))); !errors.Is(err, collections.ErrUnavailable) {
				t.Errorf("Append on a full disk gives %v; want ErrUnavailable", err)
			}
		})
	}
	waiting(s, 5)
	release() // fails with the rest of the group
	wg.Wait()

	want := func(n int) {
		t.Helper()
		page, err := s.Page(t.Context(), log, collections.Query{Limit: 2000})
		records, err2 := s.Follow(t.Context(), log, 0, 2000)
		if len(page.Sequences) != n || len(records) != n || err != nil || err2 != nil {
			t.Errorf("%d on a page, %v; %d records, %v; want %d", len(page.Sequences), err, len(records), err2, n)
		}
	}
	want(stored)
	if _, err := s.writer.conn.sql.ExecContext(t.Context(), `PRAGMA max_page_count = 100000`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Append(t.Context(), log, deciding(manyEntries(10, nil))); err != nil {
		t.Errorf("with room again: %v", err)
	}
	want(stored + 10)
}

// P2: that the store takes writes is found out by one.
func TestReadyWrites(t *testing.T) {
	s := openAt(t, newPath(t), Options{})
	before := s.writer.commits.Load()
	if err := s.Ready(t.Context()); err != nil || s.writer.commits.Load() != before+1 {
		t.Errorf("Ready = %v, %d commits; want nil and 1", err, s.writer.commits.Load()-before)
	}
}

// Another process writes and reads beside a store under full load; neither
// waits long nor sees half of anything.
func TestBesideABusyServer(t *testing.T) {
	path, log := newPath(t), uuid.New()
	s := openAt(t, path, Options{})
	if _, err := s.Append(t.Context(), log, deciding(manyEntries(1, nil))); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var stored atomic.Int64
	for range 64 {
		wg.Go(func() {
			for ctx.Err() == nil {
				if _, err := s.Append(ctx, log, deciding(manyEntries(1, nil))); err == nil {
					stored.Add(1)
				} else if !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			}
		})
	}
	start := time.Now()
	out, err := command(path, log).CombinedOutput()
	t.Logf("the command appended 5 times in %v beside %d objects", time.Since(start), stored.Load())
	stop()
	wg.Wait()
	if err != nil {
		t.Errorf("the command: %v\n%s", err, out)
	}
	last := int64(1)
	for {
		records, err := s.Follow(t.Context(), log, last-1, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range records {
			if r.Sequence != last+int64(i) {
				t.Fatalf("sequence %d follows %d", r.Sequence, last+int64(i)-1)
			}
		}
		last += int64(len(records))
		if len(records) < 1000 {
			break
		}
	}
	if n := last - 1; n != stored.Load()+1+5 {
		t.Errorf("%d records; want %d and 1 of the server, 5 of the command", n, stored.Load())
	}
}

// command runs this test binary as a command that appends five times.
func command(path string, log uuid.UUID) *exec.Cmd {
	cmd := exec.Command(os.Args[0], "-test.run=^TestMain$")
	cmd.Env = append(os.Environ(), "ACCORD_TEST_APPEND="+path, "ACCORD_TEST_LOG="+log.String())
	return cmd
}

func TestMain(m *testing.M) {
	path := os.Getenv("ACCORD_TEST_APPEND")
	if path == "" {
		os.Exit(m.Run())
	}
	if err := appendFive(path, uuid.MustParse(os.Getenv("ACCORD_TEST_LOG"))); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func appendFive(path string, log uuid.UUID) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	s, err := Open(ctx, path, Options{})
	if err != nil {
		return err
	}
	for range 5 {
		if _, err := s.Append(ctx, log, deciding(manyEntries(1, nil))); err != nil {
			return errors.Join(err, s.Close())
		}
	}
	if page, err := s.Page(ctx, log, collections.Query{Clearance: stix.Red, Limit: 1}); err != nil || !page.More {
		return fmt.Errorf("page %+v, %w", page, err)
	}
	return s.Close()
}
