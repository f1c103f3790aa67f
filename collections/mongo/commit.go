package mongo

import (
	"context"
	"crypto/rand"
	"errors"
	"runtime"
	"time"

	"accord/collections"
	"accord/collections/fair"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
)

// patience is how long a request is worked on that can't be decided, because the
// database is away or others write all the time.
const patience = 20 * time.Second

// An end is where a log ends, and all that follows from its records is written.
type end struct {
	id    uuid.UUID
	c     int64 // 0 for a log that is not there yet
	last  int64
	added time.Time
}

func (e end) log() logDoc { return logDoc{C: e.c, Applied: e.last} }

// A committer is the one goroutine of a store that appends to a log. It serves the
// parties by turns, and gives all that wait for it one batch.
//
// What it knows of the end of the log may be stale: then its insert finds another
// record in the place of its first one, and nothing has happened.
type committer struct {
	store *Store
	log   uuid.UUID
	queue fair.Queue[*request]

	end   end
	knows bool // whether end was the end once
	ids   *ids // nil where the log is too long for it

	rival  time.Time     // when another server was last seen to write here
	ticket int64         // the place that was waited for first; 0 while there is no wait
	took   time.Duration // for the last commit
}

func (c *committer) run() {
	for {
		r, ok := c.queue.Take()
		if !ok {
			return
		}
		c.serve(r)
	}
}

// serve commits the decisions of a request and of those that wait behind it.
func (c *committer) serve(r *request) {
	ctx, cancel := c.store.working(patience)
	defer cancel()
	waiting := []*request{r}
	runtime.Gosched() // those who were just answered may have more
	for len(waiting) < groupRequests {
		next, ok := c.queue.TryTake()
		if !ok {
			break
		}
		waiting = append(waiting, next)
	}
	for len(waiting) > 0 {
		settled, err := c.commit(ctx, waiting)
		if errors.Is(err, context.Canceled) { // by Close
			err = errClosed
		}
		if err != nil {
			c.knows = false
			for _, r := range waiting[settled:] {
				r.done <- err
			}
			return
		}
		waiting = waiting[settled:]
	}
}

// commit commits a group of those who wait, and returns how many it has answered.
func (c *committer) commit(ctx context.Context, waiting []*request) (settled int, err error) {
	if err := c.catchUp(ctx); err != nil {
		return 0, err
	}
	if err := c.store.clock.check(ctx); err != nil {
		return 0, err
	}
	began := time.Now()
	defer func() { c.took = time.Since(began) }()
	g := c.newGroup()
	if err := g.scout(ctx, waiting); err != nil {
		return 0, err
	}
	for _, r := range waiting {
		if g.decide(r); g.full() {
			break
		}
	}
	inserted, err := c.write(ctx, g)
	if err != nil {
		return 0, err
	}
	settled = g.settled(inserted)
	if inserted < len(g.records) || settled == 0 {
		c.rival = time.Now()
		c.knows = c.end.c != 0
	}
	if 0 < inserted && inserted < len(g.records) {
		c.knows = false
		if err := c.catchUp(ctx); err != nil { // makes visible what is ours
			return 0, err
		}
	}
	for _, o := range g.outcomes[:settled] {
		if o.err == nil {
			o.request.records = g.records[o.from:o.to:o.to]
		}
		o.request.done <- o.err
	}
	return settled, nil
}

// write writes a group and what follows from it, and returns how many of its records
// are in the log. Where that are all, everything is visible then; where none was to
// be written and the log has moved, it is -1.
func (c *committer) write(ctx context.Context, g *group) (inserted int, err error) {
	if len(g.records) == 0 {
		free, err := c.isEnd(ctx)
		if err != nil || !free {
			return -1, err
		}
		return 0, c.store.saveStatuses(ctx, g.outcomes)
	}
	if g.base.c == 0 {
		l, err := c.store.createLog(ctx, c.log)
		if err != nil {
			return 0, err
		}
		g.base.c = l.C
	}
	token := make([]byte, 12)
	rand.Read(token) // never fails
	docs, err := g.docs(token)
	if err != nil {
		return 0, err
	}
	if inserted, err = c.store.insert(ctx, docs, c.hasRival()); err != nil {
		return 0, err
	}
	if inserted < len(docs) {
		return inserted, c.store.saveStatuses(ctx, g.outcomes[:g.settled(inserted)])
	}
	after, err := c.store.apply(ctx, g.base.c, g.end(), &g.marker, func(ctx context.Context) error {
		c.leaveQueue(ctx)
		return c.store.saveStatuses(ctx, g.outcomes)
	})
	if err != nil {
		return 0, err
	}
	if len(after.Waiters) > 0 {
		c.rival = time.Now()
	}
	c.advance(g, docs)
	return inserted, nil
}

// advance makes the end of a group the known end of the log.
func (c *committer) advance(g *group, docs []recordDoc) {
	c.end = end{id: c.log, c: g.base.c, last: g.end(), added: g.added()}
	if c.ids == nil || c.ids.upTo != g.base.last || c.end.last > c.store.maxIDs {
		return // catchUp sees to it
	}
	for i := range docs {
		c.ids.add(docs[i].Object, sequence(docs[i].Pos))
	}
	c.ids.upTo = c.end.last
}

// isEnd reports whether the known end still is the end.
func (c *committer) isEnd(ctx context.Context) (bool, error) {
	if c.store.fault == noFence {
		return true, nil
	}
	if c.end.c == 0 {
		l, err := c.store.log(ctx, c.log)
		return l.C == 0, err
	}
	next, err := c.store.withoutBytes(ctx, logDoc{C: c.end.c, Applied: c.end.last + 1}, []int64{c.end.last + 1})
	return len(next) == 0, err
}

// apply writes what follows from the records up to a sequence, and what besides has to
// be there when they are seen, and then moves the watermark over them.
func (s *Store) apply(ctx context.Context, c, upTo int64, k *marker, besides func(context.Context) error) (logDoc, error) {
	if s.fault == advanceFirst {
		if after, err := s.advance(ctx, c, upTo, k.lasts); err != nil {
			return after, err
		}
	}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.move(gctx, c, k) })
	g.Go(func() error { return besides(gctx) })
	if err := g.Wait(); err != nil {
		return logDoc{}, err
	}
	return s.advance(ctx, c, upTo, k.lasts)
}

var _ collections.State = (*state)(nil)
