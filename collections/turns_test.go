package collections

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"accord/collections/fair"
)

// TX-SEC-02: who reads what he works on has a turn from one read to the next, and
// none while he waits for what he reads.
func TestWorkerTakesTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := Turns{Processors: &fair.Gate{Most: 1}}
		party := func(name string) context.Context { return WithCaller(t.Context(), Caller{Party: name}) }
		free := func() bool {
			ctx, cancel := context.WithTimeout(party("b"), time.Second)
			defer cancel()
			done, err := turns.Work(ctx)
			if err == nil {
				done()
			}
			return err == nil
		}
		r, w := io.Pipe()
		worker, buf := turns.Worker(party("a")), make([]byte, 1)
		src := worker.Reader(r)
		read := make(chan error)
		go func() { _, err := src.Read(buf); read <- err }()
		synctest.Wait()
		if !free() {
			t.Error("a turn is held while nothing has been read")
		}
		go w.Write([]byte("x"))
		if err := <-read; err != nil || free() {
			t.Errorf("after the read, %v, there is no turn", err)
		}
		go func() { _, err := src.Read(buf); read <- err }()
		synctest.Wait()
		if !free() {
			t.Error("the turn goes on in the next read")
		}
		w.Close()
		if err := <-read; err != io.EOF {
			t.Errorf("at the end: %v", err)
		}
		worker.Rest()
		worker.Rest()
		if !free() {
			t.Error("the turn goes on after the end")
		}
	})
}

// TX-SEC-02, TX-ERR-08: so many pushes of a party are worked on, four times as
// many are there, and the others are told so; who waits for too long, too.
func TestPushesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns, ctx := Turns{MaxPushes: 2}, WithCaller(t.Context(), Caller{Party: "a"})
		for range 8 {
			if _, err := turns.Admit(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := turns.Admit(ctx); !errors.Is(err, ErrBusy) {
			t.Errorf("a ninth body: %v; want %v", err, ErrBusy)
		}
		if _, err := turns.Admit(WithCaller(t.Context(), Caller{Party: "b"})); err != nil {
			t.Errorf("a body of another party: %v", err)
		}
		done, err := turns.Push(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := turns.Push(ctx); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := turns.Push(ctx); !errors.Is(err, ErrBusy) || time.Since(began) != patience {
			t.Errorf("a third push: %v after %v; want %v after %v", err, time.Since(began), ErrBusy, patience)
		}
		time.AfterFunc(time.Second, done)
		if _, err := turns.Push(ctx); err != nil {
			t.Errorf("a push that waits for a second: %v", err)
		}
	})
}

// TX-SEC-02, TX-ERR-08: a party whose clients take their answers slowly keeps
// none of another from being answered.
func TestAccessesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns, ctx := Turns{MaxAccesses: 2}, WithCaller(t.Context(), Caller{Party: "a"})
		done, err := turns.Access(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := turns.Access(ctx); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := turns.Access(ctx); !errors.Is(err, ErrBusy) || time.Since(began) != patience {
			t.Errorf("a third access: %v after %v; want %v after %v", err, time.Since(began), ErrBusy, patience)
		}
		if _, err := turns.Access(WithCaller(t.Context(), Caller{Party: "b"})); err != nil {
			t.Errorf("an access of another party: %v", err)
		}
		done()
		if _, err := turns.Access(ctx); err != nil {
			t.Errorf("an access after another has ended: %v", err)
		}
	})
}
