package api

import (
	"context"
	"runtime"
	"time"

	"accord/collections"
)

// maxWait is how long a request waits for its turn.
const maxWait = 5 * time.Second

// A gate lets as many requests work at once as there are processors; four times
// as many may wait for that.
type gate struct {
	inside, present chan struct{} // those that work; these and those that wait
}

func newGate() gate {
	n := runtime.GOMAXPROCS(0)
	return gate{make(chan struct{}, n), make(chan struct{}, 5*n)}
}

// enter waits until the caller may work, and returns what he calls when he is
// done. Errors are ErrBusy, or that of ctx.
func (g gate) enter(ctx context.Context) (leave func(), err error) {
	busy := collections.Errorf(collections.ErrBusy, "the server judges as much as it can; try again")
	select {
	case g.present <- struct{}{}:
	default:
		return nil, busy
	}
	timer := time.NewTimer(maxWait)
	defer timer.Stop()
	select {
	case g.inside <- struct{}{}:
		return func() { <-g.inside; <-g.present }, nil
	case <-timer.C:
		err = busy
	case <-ctx.Done():
		err = ctx.Err()
	}
	<-g.present
	return nil, err
}
