package storetest

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"accord/collections"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
)

// Soak is the stress as three processes on one place, which are killed (kill -9), or
// stopped for a while, at random moments and started again. What they had been
// answered by then is held against the log that they left, as in the stress; a process
// that is not killed must end without an error.
//
// It goes in rounds, each with a place and a log of its own, for some seconds, or for
// as long as ACCORD_TEST_SOAK says ("30m"). The test that calls it has to be a
// function of its own: it is run in the processes, too.
func Soak(t *testing.T, open Opener) {
	if place := os.Getenv(placeEnv); place != "" {
		soakProcess(t, open, place, uuid.MustParse(os.Getenv(logEnv)))
		return
	}
	length, round := lengthOf(3*time.Second, time.Minute), 20*time.Second
	if text := os.Getenv("ACCORD_TEST_SOAK"); text != "" {
		var err error
		if length, err = time.ParseDuration(text); err != nil {
			t.Fatalf("ACCORD_TEST_SOAK: %v", err)
		}
	}
	var total soakCounts
	for n, end := 1, time.Now().Add(length); time.Now().Before(end) && !t.Failed(); n++ {
		t.Run(fmt.Sprintf("round %d", n), func(t *testing.T) {
			s := &soak{T: t, test: t.Name()[:len(t.Name())-len(fmt.Sprintf("/round_%d", n))], place: t.TempDir(), log: uuid.New()}
			total.add(s.round(open, min(round, time.Until(end))))
		})
		total.Rounds = n
	}
	t.Logf("%+v", total)
}

// What a process of a soak is told.
const (
	placeEnv = "ACCORD_TEST_SOAK_PLACE"
	logEnv   = "ACCORD_TEST_SOAK_LOG"
)

type soakCounts struct {
	Rounds, Processes, Kills, Stops int
	stressCounts
}

func (c *soakCounts) add(d soakCounts) {
	c.Processes += d.Processes
	c.Kills += d.Kills
	c.Stops += d.Stops
	c.stressCounts.add(d.stressCounts)
}

// A soak is one round of Soak.
type soak struct {
	*testing.T
	test  string // the name of the test that the processes run
	place string
	log   uuid.UUID

	mu     sync.Mutex
	counts soakCounts
	events []event
}

// round has three processes write and read, and looks at what they leave.
func (s *soak) round(open Opener, length time.Duration) soakCounts {
	ctx, cancel := context.WithTimeout(s.Context(), length)
	defer cancel()
	var g errgroup.Group
	for range 3 {
		g.Go(func() error {
			for ctx.Err() == nil {
				if err := s.process(ctx); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		s.Error(err)
	}
	store := open(s.T, s.place, time.Now)
	defer store.Close()
	l := log{s, store, s.log}
	s.counts.stressCounts = l.checkStress(s.events)
	l.audit()
	return s.counts
}

// process runs a process until the context is done or a while later its end comes.
func (s *soak) process(ctx context.Context) error {
	cmd := exec.Command(os.Args[0], "-test.run=^"+s.test+"$", "-test.v")
	cmd.Env = append(os.Environ(), placeEnv+"="+s.place, logEnv+"="+s.log.String())
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	events, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer events.Close()
	cmd.ExtraFiles = []*os.File{w}
	err = cmd.Start()
	w.Close()
	if err != nil {
		return err
	}
	told := make(chan int)
	go func() { told <- s.listen(events) }()
	killed := s.disturb(ctx, cmd.Process)
	stdin.Close() // which asks it to end
	n := <-told
	if err := cmd.Wait(); err != nil && !killed {
		return fmt.Errorf("a process that told of %d answers: %w\n%s", n, err, &output)
	}
	return nil
}

// disturb stops a process now and then, until it kills it or the context is done.
func (s *soak) disturb(ctx context.Context, p *os.Process) (killed bool) {
	s.count(&s.counts.Processes)
	for {
		if !wait(ctx, 4*time.Second) {
			return false
		}
		if rand.IntN(3) > 0 {
			s.count(&s.counts.Kills)
			p.Kill()
			return true
		}
		s.count(&s.counts.Stops)
		p.Signal(syscall.SIGSTOP)
		wait(ctx, 4*time.Second)
		p.Signal(syscall.SIGCONT)
	}
}

// wait waits for a random time and reports whether the context is not done.
func wait(ctx context.Context, most time.Duration) bool {
	select {
	case <-time.After(rand.N(most)):
		return true
	case <-ctx.Done():
		return false
	}
}

func (s *soak) count(n *int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*n++
}

// listen takes what a process tells until it has ended, maybe in the middle of it.
func (s *soak) listen(r io.Reader) (n int) {
	for decoder := gob.NewDecoder(r); ; n++ {
		var e event
		if decoder.Decode(&e) != nil {
			return n
		}
		s.mu.Lock()
		s.events = append(s.events, e)
		s.mu.Unlock()
	}
}

// soakProcess is a process of a soak. It ends when its stdin does, as it does when
// the one that started it dies; and at once, because others are on the place that the
// test would clean up.
func soakProcess(t *testing.T, open Opener, place string, log uuid.UUID) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	askew := rand.N(2*time.Hour) - time.Hour
	now := func() time.Time { return time.Now().Add(askew) }
	store := open(t, place, now)
	var mu sync.Mutex
	events := gob.NewEncoder(os.NewFile(3, "events"))
	s := &stress{stores: []collections.Store{store}, log: log, now: now, tell: func(e event) {
		mu.Lock()
		defer mu.Unlock()
		if err := events.Encode(e); err != nil {
			t.Error(err)
		}
	}}
	if err := errors.Join(s.run(ctx, 4), store.Close()); err != nil || t.Failed() {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}
