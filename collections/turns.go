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

	"golang.org/x/sync/errgroup"
)

// Turns share the server among parties: none waits because of what another sends
// or how slowly it takes its answers. The fields are filled in before the first
// use; the zero value is ready for it.
type Turns struct {
	// MaxPushes is how many pushes of one party are worked on at once; zero
	// means 8. Four times as many may be there, being received or waiting.
	MaxPushes int

	// MaxAccesses is how many accesses of one party are under way at once, those
	// included whose client takes the answer slowly; zero means an eighth of all
	// that a Recorder has room for.
	MaxAccesses int

	// Processors is for what keeps one busy for some milliseconds. A store works
	// in turns of the same gate; nil means one for a processor fewer than there
	// are.
	Processors *fair.Gate

	// PushWaited, if any, is told how long each push waited to be worked on.
	PushWaited func(time.Duration)

	ready                    sync.Once
	accesses, bodies, pushes fair.Gate
}

// patience is how long one waits while others of his party are worked on: less
// than clients wait for an answer.
const patience = 10 * time.Second

func (t *Turns) setUp() {
	most := cmp.Or(t.MaxPushes, 8)
	t.bodies = fair.Gate{Each: 4 * most, Waiting: -1}
	t.pushes = fair.Gate{Each: most, Patience: patience, Waited: t.PushWaited}
	t.accesses = fair.Gate{Each: cmp.Or(t.MaxAccesses, accessRoom/8), Patience: patience}
	if t.Processors == nil {
		t.Processors = &fair.Gate{Most: max(1, runtime.GOMAXPROCS(0)-1)}
	}
}

// Access lets the caller have an answer, when fewer of his party are being
// answered than may be; done ends that. Where that takes too long: ErrBusy.
func (t *Turns) Access(ctx context.Context) (done func(), err error) {
	t.ready.Do(t.setUp)
	caller, _ := CallerFrom(ctx)
	t.Processors.Seen(caller.Party)
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

// Small says that somebody asks for little, without a turn of Work, and expects it
// at once: as long as that happens no party has all processors.
func (t *Turns) Small() {
	t.ready.Do(t.setUp)
	t.Processors.Seen("") // who is nobody's party
}

// Work waits for the caller's turn to keep a processor busy for some milliseconds;
// done ends it. Who has a turn waits for no other one.
func (t *Turns) Work(ctx context.Context) (done func(), err error) {
	t.ready.Do(t.setUp)
	return enter(ctx, t.Processors, "requests")
}

func enter(ctx context.Context, g *fair.Gate, what string) (leave func(), err error) {
	caller, _ := CallerFrom(ctx)
	if err := g.Enter(ctx, caller.Party); errors.Is(err, fair.ErrFull) {
		return nil, Errorf(ErrBusy, "your party has as many %s under way as it may; send the next when one of them is answered", what)
	} else if err != nil {
		return nil, err
	}
	return func() { g.Leave(caller.Party) }, nil
}

// run is how many objects are judged in one turn: so many that to hand out the
// work costs nothing against doing it, so few that no turn is long.
const run = 16

// inParallel runs f for 0 … n-1, in runs of neighbours, each in one turn.
func (t *Turns) inParallel(ctx context.Context, n int, f func(i int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for from := 0; from < n; from += run {
		g.Go(func() error {
			done, err := t.Work(ctx)
			if err != nil {
				return err
			}
			defer done()
			for i := from; i < min(from+run, n); i++ {
				if err := f(i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// A Worker has a turn of Work whenever it works, and gives it back whenever it
// waits for something else, so that none of its turns is long. One goroutine uses
// it. A nil Worker works without turns.
type Worker struct {
	ctx   context.Context
	turns *Turns
	done  func() // nil outside of a turn
}

// Worker returns a worker for the caller. It rests in the end.
func (t *Turns) Worker(ctx context.Context) *Worker {
	return &Worker{ctx: ctx, turns: t}
}

// Work waits for a turn, or goes on with the one it has.
func (w *Worker) Work() (err error) {
	if w != nil && w.done == nil {
		w.done, err = w.turns.Work(w.ctx)
	}
	return err
}

// Rest gives the turn back if there is one.
func (w *Worker) Rest() {
	if w != nil && w.done != nil {
		w.done()
		w.done = nil
	}
}

// eachOf returns do for one who goes through objects: in turns, each for a run of
// neighbours.
func (w *Worker) eachOf(do func(raw []byte) error) func(raw []byte) error {
	n := 0
	return func(raw []byte) error {
		if n%run == 0 {
			w.Rest()
		}
		n++
		if err := w.Work(); err != nil {
			return err
		}
		return do(raw)
	}
}

// Reader returns a reader of src for one who works on what he reads: the worker
// rests during a Read and works from its end on.
func (w *Worker) Reader(src io.Reader) io.Reader { return workerReader{w, src} }

type workerReader struct {
	worker *Worker
	src    io.Reader
}

func (r workerReader) Read(p []byte) (int, error) {
	r.worker.Rest()
	n, err := r.src.Read(p)
	if waited := r.worker.Work(); waited != nil {
		return 0, waited
	}
	return n, err
}

// MaxWaiting is how many reads, and how many appends, of one party may wait in a
// store: more than the requests that Turns lets in, each of which has one at a
// time, because a page that has begun must get its reads.
const MaxWaiting = 2048

// TooManyWait is what a store answers when more of them would.
var TooManyWait = Errorf(ErrBusy, "too many of your requests wait for the store; send the next when one of them is answered")
