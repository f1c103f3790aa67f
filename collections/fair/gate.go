package fair

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrFull says that too many of a party wait, or that its turn did not come in
// time.
var ErrFull = errors.New("too many wait for their turn")

// A Gate lets some work at once while others wait for their turn. Its fields are
// filled in before the first Enter; it may be used from many goroutines.
type Gate struct {
	Most     int           // how many work at once; 0 for any number
	Each     int           // how many of one party do; 0 for any number
	Alone    int           // how many of one party do while it is alone, if that is more
	Waiting  int           // how many of one party may wait; 0 for any number, -1 for none
	Patience time.Duration // how long one waits; 0 for as long as its context lasts

	// Waited, if any, is told how long each wait lasted that came to its turn,
	// 0 for who need not wait.
	Waited func(time.Duration)

	mu      sync.Mutex
	inside  map[string]int // by party; those that are there
	total   int            // their sum
	waiting rounds[turn]
	present presence
}

// A turn is closed when it has come.
type turn chan struct{}

// Enter waits for a turn of the party; then Leave ends it. Errors are ErrFull, or
// that of ctx; who gets one leaves no trace in the queue.
func (g *Gate) Enter(ctx context.Context, party string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t, err := g.join(party)
	if err != nil {
		return err
	}
	var waited time.Duration
	if t != nil {
		began := time.Now()
		if err := g.wait(ctx, party, t); err != nil {
			return err
		}
		waited = time.Since(began)
	}
	if g.Waited != nil {
		g.Waited(waited)
	}
	return nil
}

// join enters at once where that is possible, and returns nil; else the turn to
// wait for.
func (g *Gate) join(party string) (turn, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	// Whoever may enter has been let in by Leave, so nobody is overtaken here.
	if g.may(party) {
		g.waiting.count(party)
		g.enter(party)
		return nil, nil
	}
	if g.Waiting != 0 && g.waiting.length(party) >= max(g.Waiting, 0) {
		return nil, ErrFull
	}
	t := make(turn)
	g.waiting.put(party, t)
	return t, nil
}

func (g *Gate) wait(ctx context.Context, party string, t turn) error {
	err := ErrFull
	var late <-chan time.Time
	if g.Patience > 0 {
		timer := time.NewTimer(g.Patience)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-t:
		return nil
	case <-late:
	case <-ctx.Done():
		err = ctx.Err()
	}
	g.mu.Lock()
	gone := g.waiting.drop(party, t)
	g.mu.Unlock()
	if !gone { // the turn has come in the same instant
		g.Leave(party)
	}
	return err
}

// Seen says that a party is about, whether it wants a turn or not: the others are
// not alone for the next minute.
func (g *Gate) Seen(party string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.present.seen(party, time.Now())
}

// Claim takes a turn of the party at once, whatever the bounds; then Leave ends
// it. It is for work that others wait for: the party's own next turns wait in its
// place.
func (g *Gate) Claim(party string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting.count(party)
	g.enter(party)
}

// Leave ends a turn of the party and lets the next ones in.
func (g *Gate) Leave(party string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.total--; g.inside[party] > 1 {
		g.inside[party]--
	} else {
		delete(g.inside, party)
	}
	for {
		t, next, ok := g.waiting.take(g.may)
		if !ok {
			return
		}
		g.enter(next)
		close(t)
	}
}

// may reports whether one more of a party may work now.
func (g *Gate) may(party string) bool {
	if g.Most > 0 && g.total >= g.Most {
		return false
	}
	n := g.inside[party]
	return g.Each == 0 || n < g.Each || n < g.Alone && g.present.alone(party, time.Now())
}

func (g *Gate) enter(party string) {
	if g.inside == nil {
		g.inside = map[string]int{}
	}
	g.inside[party]++
	g.total++
}
