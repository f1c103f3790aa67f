package fair

import (
	"maps"
	"slices"
)

// rounds are values that wait, by turns of their parties. The zero value is
// empty; one goroutine uses it at a time.
//
// Each service to a party carries a number, that of the round in which it falls,
// and the lowest comes first. Who has had a turn has his next one in the next
// round; who comes anew joins the round that is under way, and so stands before
// all that have had theirs (start-time fair queueing, each turn costing one).
type rounds[T comparable] struct {
	round   int
	lanes   map[string]*lane[T] // of those who wait, or have had their turn of this round
	waiting []*lane[T]          // those in which something waits, first come first
}

// A lane is what waits for one party, oldest first.
type lane[T comparable] struct {
	party  string
	round  int // of its next turn
	values []T
}

// length is how many values of a party wait.
func (r *rounds[T]) length(party string) int {
	if l := r.lanes[party]; l != nil {
		return len(l.values)
	}
	return 0
}

// lane returns that of a party, which it makes if there is none.
func (r *rounds[T]) lane(party string) *lane[T] {
	l := r.lanes[party]
	if l == nil {
		l = &lane[T]{party: party, round: r.round}
		if r.lanes == nil {
			r.lanes = map[string]*lane[T]{}
		}
		r.lanes[party] = l
	}
	return l
}

func (r *rounds[T]) put(party string, v T) {
	l := r.lane(party)
	if len(l.values) == 0 {
		r.waiting = append(r.waiting, l)
	}
	l.values = append(l.values, v)
}

// take removes the next value in turn, of a party that may have a turn now.
func (r *rounds[T]) take(may func(party string) bool) (v T, party string, ok bool) {
	var next *lane[T]
	for _, l := range r.waiting {
		if (next == nil || l.round < next.round) && may(l.party) {
			next = l
		}
	}
	if next == nil {
		return v, "", false
	}
	v = next.values[0]
	r.remove(next, 0)
	r.count(next.party)
	return v, next.party, true
}

// count counts a turn of a party, whether it waited for it or not.
func (r *rounds[T]) count(party string) {
	l := r.lane(party)
	r.round = max(r.round, l.round)
	l.round = r.round + 1
	maps.DeleteFunc(r.lanes, func(_ string, l *lane[T]) bool { return len(l.values) == 0 && l.round <= r.round })
}

// drop removes a value that waits, and reports whether it did.
func (r *rounds[T]) drop(party string, v T) bool {
	l := r.lanes[party]
	if l == nil {
		return false
	}
	i := slices.Index(l.values, v)
	if i >= 0 {
		r.remove(l, i)
	}
	return i >= 0
}

func (r *rounds[T]) remove(l *lane[T], i int) {
	if l.values = slices.Delete(l.values, i, i+1); len(l.values) == 0 {
		r.waiting = slices.DeleteFunc(r.waiting, func(o *lane[T]) bool { return o == l })
	}
}
