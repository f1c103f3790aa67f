package fair

import "sync"

// A Queue holds what waits for one worker. The zero value is empty and ready for
// use, from many goroutines.
type Queue[T comparable] struct {
	// Most is how many values of one party may wait; 0 for any number.
	Most int

	mu      sync.Mutex
	waiting rounds[T]
	length  int
	closed  bool
	filled  sync.Cond // of mu; L is set by Take
}

// Put adds a value of a party. It reports false when too many of that party wait.
func (q *Queue[T]) Put(party string, v T) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.Most > 0 && q.waiting.length(party) >= q.Most {
		return false
	}
	q.waiting.put(party, v)
	q.length++
	q.filled.Signal()
	return true
}

// Take waits for a value and returns the next one in turn. It reports false when
// the queue is empty and closed.
func (q *Queue[T]) Take() (T, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.filled.L = &q.mu
	for q.length == 0 && !q.closed {
		q.filled.Wait()
	}
	return q.take()
}

// TryTake is Take without waiting: it reports false when the queue is empty.
func (q *Queue[T]) TryTake() (T, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.take()
}

func (q *Queue[T]) take() (T, bool) {
	v, _, ok := q.waiting.take(func(string) bool { return true })
	if ok {
		q.length--
	}
	return v, ok
}

// Len is how many values wait.
func (q *Queue[T]) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.length
}

// Drop removes a value that waits, and reports whether it did.
func (q *Queue[T]) Drop(party string, v T) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	ok := q.waiting.drop(party, v)
	if ok {
		q.length--
	}
	return ok
}

// Close lets Take end when it has handed out all that waits. Nothing may be put
// in afterwards.
func (q *Queue[T]) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.filled.Broadcast()
}
