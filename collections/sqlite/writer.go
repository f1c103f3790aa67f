package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"accord/collections"
	"accord/collections/fair"

	"github.com/google/uuid"
)

// A group takes requests that wait until it has so many entries, so many bytes
// or is so old. More in one commit saves little; later requests wait longer.
const (
	groupEntries = 4096
	groupBytes   = 4 << 20
	groupTime    = 20 * time.Millisecond // unless Options say otherwise
)

// While requests never cease, the writer leaves the file alone for pauseTime
// every pauseAfter, so that a command beside a busy server gets its turn. A
// waiting writer looks each millisecond (lockPoll).
const (
	pauseAfter = 250 * time.Millisecond
	pauseTime  = 2 * time.Millisecond
)

// A writer is the one goroutine of a store that writes. It serves the parties by
// turns, so that one of them waits for another no longer than for one append.
type writer struct {
	conn  *conn
	queue fair.Queue[*request]
	ended chan struct{} // closed by run at its end
	now   func() time.Time

	groupTime  time.Duration // the age at which a group is full
	processors *fair.Gate

	commits atomic.Int64 // those that wrote something
	paused  time.Time    // when the file was last left alone
}

// A request waits for its turn in the writer's queue.
type request struct {
	party string

	// run does the work in the transaction of a group. An error that no
	// statement returned is its own affair: it must have written nothing.
	run  func(g *group) error
	done chan error
}

// openWriter opens the file for writing and brings it up to date.
func openWriter(ctx context.Context, f file, o Options) (*writer, error) {
	pragmas := writerPragmas
	if o.maxPages > 0 {
		pragmas = append(pragmas[:len(pragmas):len(pragmas)], fmt.Sprintf("max_page_count(%d)", o.maxPages))
	}
	c, err := f.open(ctx, pragmas)
	if err != nil {
		return nil, err
	}
	if err := c.prepareFile(ctx, f); err != nil {
		return nil, errors.Join(err, c.close())
	}
	w := &writer{
		conn: c, ended: make(chan struct{}), now: o.Now, groupTime: cmp.Or(o.groupTime, groupTime),
		processors: cmp.Or(o.Processors, new(fair.Gate)),
	}
	w.queue.Most = collections.MaxWaiting
	go w.run()
	return w, nil
}

// close ends the writer. No request may wait or come.
func (w *writer) close() error {
	w.queue.Close()
	<-w.ended
	return w.conn.close()
}

// do has run done in a transaction and returns when that is durable. A caller
// who gives up while he waits has had no effect; once begun, it is finished.
func (w *writer) do(ctx context.Context, run func(g *group) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r := &request{party: collections.PartyOf(ctx), run: run, done: make(chan error, 1)}
	if !w.queue.Put(r.party, r) {
		return collections.TooManyWait
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		if w.queue.Drop(r.party, r) {
			return ctx.Err()
		}
		return <-r.done
	}
}

func (w *writer) run() {
	defer close(w.ended)
	w.paused = time.Now()
	for {
		free := time.Now()
		r, ok := w.queue.Take()
		if !ok {
			return
		}
		if time.Since(free) >= pauseTime {
			w.paused = time.Now()
		}
		w.serve(r)
		w.pause()
	}
}

// pause lets other processes write when they had no chance for a while.
func (w *writer) pause() {
	if time.Since(w.paused) > pauseAfter {
		time.Sleep(pauseTime)
		w.paused = time.Now()
	}
}

// serve runs a request and those that wait behind it in one transaction, and
// answers them all when it has ended: what a request saw of those before it
// may only be told when it stays.
func (w *writer) serve(r *request) {
	parties := map[string]bool{}
	claim := func(party string) {
		if !parties[party] {
			parties[party] = true
			w.processors.Claim(party)
		}
	}
	defer func() {
		for party := range parties {
			w.processors.Leave(party)
		}
	}()
	claim(r.party)
	if err := w.conn.begin(); err != nil {
		w.failed([]*request{r}, err)
		return
	}
	g := &group{conn: w.conn, now: w.now(), logs: map[uuid.UUID]*openLog{}, posters: map[collections.Poster]int64{}}
	began := time.Now()
	var served []*request
	var outcomes []error
	for ok := true; ok; r, ok = w.queue.TryTake() {
		claim(r.party)
		served = append(served, r)
		outcomes = append(outcomes, r.run(g))
		if w.conn.failed != nil || g.entries >= groupEntries || g.bytes >= groupBytes || time.Since(began) > w.groupTime {
			break
		}
	}
	g.flush()
	if err := w.conn.end(); err != nil {
		w.failed(served, err)
		return
	}
	if w.conn.wrote {
		w.commits.Add(1)
	}
	for i, r := range served {
		r.done <- outcomes[i]
	}
}

// failed tells a group that nothing was written.
func (w *writer) failed(rs []*request, err error) {
	if err = translate(err); !errors.Is(err, collections.ErrUnavailable) {
		err = &collections.Error{Kind: collections.ErrUnavailable, Detail: "the store could not write", Err: err}
	}
	for _, r := range rs {
		r.done <- err
	}
}
