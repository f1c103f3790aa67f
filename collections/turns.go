package collections

import (
	"cmp"
	"context"
	"errors"
	"io"
	"runtime"
	"sync"
	"time"

	"accord/collections/fair"
)

// Turns share the server among parties: none waits because of what another sends
// or how slowly it takes its answers. The fields are filled in before the first use; the zero
// value is ready for it.
type Turns struct {
	// MaxPushes is how many pushes of one party are worked on at once; zero
	// means 8. Four times as many may be there, being received or waiting.
	MaxPushes int

	// MaxAccesses is how many accesses of one party are under way at once, those
	// included whose client takes the answer slowly; zero means an eighth of all
	// that a Recorder has room for.
	MaxAccesses int

	// Workers is how many turns of work there are at once; zero means one fewer
	// than processors.
	Workers int

	// Waited, if any, is told how long somebody waited for a turn, in a queue
	// that is called "push" or "work".
	Waited func(queue string, d time.Duration)

	ready                sync.Once
	bodies, pushes, work fair.Gate
	accesses             fair.Gate
}

// patience is how long one waits while others of his party are worked on: less
// than clients wait for an answer.
const patience = 10 * time.Second

func (t *Turns) setUp() {
	most := cmp.Or(t.MaxPushes, 8)
	t.bodies = fair.Gate{Each: 4 * most, Waiting: -1}
	t.pushes = fair.Gate{Each: most, Patience: patience, Waited: t.waited("push")}
	t.accesses = fair.Gate{Each: cmp.Or(t.MaxAccesses, accessRoom/8), Patience: patience}
	// One processor is left to those who only read.
	t.work = fair.Gate{Most: cmp.Or(t.Workers, max(1, runtime.GOMAXPROCS(0)-1)), Waited: t.waited("work")}
}

func (t *Turns) waited(queue string) func(time.Duration) {
	if t.Waited == nil {
		return nil
	}
	return func(d time.Duration) { t.Waited(queue, d) }
}

// Access lets the caller have an answer, when fewer of his party are being
// answered than may be; done ends that. Where that takes too long: ErrBusy.
func (t *Turns) Access(ctx context.Context) (done func(), err error) {
	t.ready.Do(t.setUp)
	return enter(ctx, &t.accesses, "requests")
}

// Admit lets the caller send a body; leave is called when it has been answered.
// Where as many of his party are under way as may be: ErrBusy.
func (t *Turns) Admit(ctx context.Context) (leave func(), err error) {
	t.ready.Do(t.setUp)
	return enter(ctx, &t.bodies, "pushes")
}

// Push lets the caller have a body judged that was received to its end, when
// fewer than MaxPushes of his party are; done ends that. Where that takes too
// long: ErrBusy.
func (t *Turns) Push(ctx context.Context) (done func(), err error) {
	t.ready.Do(t.setUp)
	return enter(ctx, &t.pushes, "pushes")
}

// Work waits for the caller's turn to do what keeps a processor busy for some
// milliseconds; done ends it. Who has a turn waits for no other one.
func (t *Turns) Work(ctx context.Context) (done func(), err error) {
	t.ready.Do(t.setUp)
	return enter(ctx, &t.work, "pushes")
}

func enter(ctx context.Context, g *fair.Gate, what string) (leave func(), err error) {
	caller, _ := CallerFrom(ctx)
	err = g.Enter(ctx, caller.Party)
	if errors.Is(err, fair.ErrFull) {
		return nil, Errorf(ErrBusy, "your party has as many %s under way as it may; send the next when one of them is answered", what)
	}
	return func() { g.Leave(caller.Party) }, err
}

// A Worker reads for one who works on what he reads: he has his turn from the
// end of a Read to the beginning of the next, so that none of his turns is long.
type Worker struct {
	ctx   context.Context
	turns *Turns
	src   io.Reader
	done  func() // nil outside of a turn
}

// Worker returns a reader of src that takes turns. It is closed in the end.
func (t *Turns) Worker(ctx context.Context, src io.Reader) *Worker {
	return &Worker{ctx: ctx, turns: t, src: src}
}

// Read ends the turn, reads, and waits for the next turn.
func (w *Worker) Read(p []byte) (int, error) {
	w.Close()
	n, err := w.src.Read(p)
	done, waited := w.turns.Work(w.ctx)
	if waited != nil {
		return 0, waited
	}
	w.done = done
	return n, err
}

// Close ends the turn. It returns nil, and may be called more than once.
func (w *Worker) Close() error {
	if w.done != nil {
		w.done()
		w.done = nil
	}
	return nil
}
