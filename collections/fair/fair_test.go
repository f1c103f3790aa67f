package fair

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// Parties take turns and each is served in its order: a flood of one delays
// another by one turn.
func TestQueueTakesTurns(t *testing.T) {
	var q Queue[string]
	for _, v := range strings.Fields("a1 a2 a3 a4 b1 c1 c2") {
		if !q.Put(v[:1], v) {
			t.Fatalf("%s is refused", v)
		}
	}
	if !q.Drop("a", "a3") || q.Drop("a", "a3") || q.Drop("d", "d1") {
		t.Error("Drop removes what waits, and nothing else")
	}
	var got []string
	for v, ok := q.TryTake(); ok; v, ok = q.TryTake() {
		got = append(got, v)
	}
	if want := strings.Fields("a1 b1 c1 a2 c2 a4"); !slices.Equal(got, want) || q.Len() != 0 {
		t.Errorf("the queue gives %q and keeps %d; want %q", got, q.Len(), want)
	}
}

func TestQueueIsBoundedForEach(t *testing.T) {
	q := Queue[int]{Most: 2}
	if !q.Put("a", 1) || !q.Put("a", 2) || q.Put("a", 3) || !q.Put("b", 4) {
		t.Error("two of a party may wait, and what another has does not count")
	}
}

// Take waits for what comes, and ends when the queue is closed and empty.
func TestQueueWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q Queue[int]
		got := make(chan int, 3)
		go func() {
			defer close(got)
			for v, ok := q.Take(); ok; v, ok = q.Take() {
				got <- v
			}
		}()
		synctest.Wait()
		q.Put("a", 1)
		synctest.Wait()
		q.Put("a", 2)
		q.Close()
		if a, b := <-got, <-got; a != 1 || b != 2 {
			t.Errorf("Take gives %d, %d; want 1, 2", a, b)
		}
		if _, more := <-got; more {
			t.Error("Take goes on behind the end")
		}
	})
}

// One party keeps a hundred waiting for ever; the other gets its turn after one
// of them, each time (TX-SEC-02).
func TestGateFloodDelaysByOneTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		g := Gate{Most: 1}
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				for g.Enter(ctx, "flood") == nil {
					time.Sleep(time.Second)
					g.Leave("flood")
				}
			})
		}
		synctest.Wait()
		for range 20 {
			began := time.Now()
			if err := g.Enter(ctx, "poller"); err != nil {
				t.Fatal(err)
			}
			if waited := time.Since(began); waited > time.Second {
				t.Errorf("the poller waited for %v; want one turn at most", waited)
			}
			g.Leave("poller")
			time.Sleep(300 * time.Millisecond)
		}
		stop()
		all.Wait()
	})
}

// At most Each of a party work at once, though there is room for others.
func TestGateLeavesRoomForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := Gate{Most: 3, Each: 2}
		in := func(party string) bool {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			return g.Enter(ctx, party) == nil
		}
		for i, want := range []bool{true, true, false} {
			if in("a") != want {
				t.Errorf("a enters for the %d. time: %v; want %v", i+1, !want, want)
			}
		}
		if !in("b") || in("b") || in("c") {
			t.Error("one of b fits in beside two of a, and then nobody")
		}
		g.Leave("a")
		if !in("b") {
			t.Error("the room that a leaves is not for b")
		}
	})
}

// A party that is alone has more turns, until another is seen; a minute later it
// is alone again.
func TestGateAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := Gate{Each: 1, Alone: 2}
		room := func(party string) (n int) {
			for ; n < 5; n++ {
				ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
				defer cancel()
				if g.Enter(ctx, party) != nil {
					break
				}
			}
			for range n {
				g.Leave(party)
			}
			return n
		}
		for _, c := range []struct {
			seen  string
			later time.Duration
			want  int // for a
		}{
			{"a", 0, 2}, {"b", 0, 1}, {"a", 0, 1}, {"a", 30 * time.Second, 1}, {"a", 29 * time.Second, 1},
			{"a", 2 * time.Second, 2}, {"b", 0, 1}, {"c", 59 * time.Second, 1}, {"a", 59 * time.Second, 1}, {"a", 2 * time.Second, 2},
		} {
			time.Sleep(c.later)
			g.Seen(c.seen)
			if got := room("a"); got != c.want {
				t.Errorf("%v later, when %s was seen, there is room for %d of a; want %d", c.later, c.seen, got, c.want)
			}
		}
		if got := room("b"); got != 1 {
			t.Errorf("there is room for %d of b, when a was seen just now; want 1", got)
		}
	})
}

// Who claims a turn waits for nobody, and what his party does next waits for him.
func TestGateClaim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, in := Gate{Each: 1}, false
		for range 2 {
			g.Claim("a")
		}
		go func() { in = g.Enter(t.Context(), "a") == nil }()
		if err := g.Enter(t.Context(), "b"); err != nil {
			t.Errorf("another party: %v", err)
		}
		for left := range 3 {
			synctest.Wait()
			if in != (left == 2) {
				t.Errorf("when %d of two claimed turns have ended, one more of the party is in: %v", left, in)
			}
			if left < 2 {
				g.Leave("a")
			}
		}
	})
}

// Who has waited too long, and who is one too many, is told so; who has gone
// leaves the queue, and his place in it.
func TestGateRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var waits []time.Duration
		g := Gate{Most: 1, Waiting: 1, Patience: 5 * time.Second, Waited: func(d time.Duration) { waits = append(waits, d) }}
		if err := g.Enter(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		ctx, leave := context.WithCancel(t.Context())
		gone := make(chan error)
		go func() { gone <- g.Enter(ctx, "a") }()
		synctest.Wait()
		if err := g.Enter(t.Context(), "a"); err != ErrFull {
			t.Errorf("one too many: %v", err)
		}
		leave()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("who has gone: %v", err)
		}
		began := time.Now()
		if err := g.Enter(t.Context(), "a"); err != ErrFull || time.Since(began) != 5*time.Second {
			t.Errorf("who waits for too long: %v after %v", err, time.Since(began))
		}
		g.Leave("a")
		if err := g.Enter(ctx, "a"); !errors.Is(err, context.Canceled) {
			t.Errorf("who comes when he has gone: %v", err)
		}
		if g.total != 0 || len(g.inside) != 0 || len(g.waiting.waiting) != 0 || len(g.waiting.lanes) > 1 {
			t.Errorf("the gate still holds %+v", &g)
		}
		if !slices.Equal(waits, []time.Duration{0}) {
			t.Errorf("the waits were %v; want one, of nothing", waits)
		}
	})
}

// A party that comes back as soon as it was served takes turns with one that has
// waited all the time: the newcomer does not overtake for ever.
func TestGateStarvesNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		g := Gate{Most: 1}
		turns := map[string]int{}
		work := func(party string) {
			for g.Enter(ctx, party) == nil {
				turns[party]++ // one at a time is inside
				time.Sleep(time.Second)
				g.Leave(party)
			}
		}
		var all sync.WaitGroup
		all.Go(func() { work("few") })
		for range 5 {
			all.Go(func() { work("many") })
		}
		for range 2 { // one is inside while the other waits
			all.Go(func() { work("back") })
		}
		time.Sleep(300 * time.Second)
		stop()
		all.Wait()
		for party, n := range turns {
			if n < 70 || n > 130 {
				t.Errorf("in 300 turns %s had %d", party, n)
			}
		}
	})
}

// Whatever comes, waits, gives up and leaves: no bound is broken, nobody who
// could work waits, and in the end nothing is left.
func TestGateModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		g := Gate{Most: rapid.IntRange(0, 3).Draw(r, "most"), Each: rapid.IntRange(0, 2).Draw(r, "each"), Waiting: rapid.IntRange(-1, 3).Draw(r, "waiting"), Alone: rapid.IntRange(0, 3).Draw(r, "alone")}
		type one struct {
			party string
			turn  turn
		}
		var inside, waiting []one
		claimed := 0 // the most that can be inside beyond the bounds
		settle := func() {
			waiting = slices.DeleteFunc(waiting, func(w one) bool {
				select {
				case <-w.turn:
					inside = append(inside, w)
					return true
				default:
					return false
				}
			})
		}
		r.Repeat(map[string]func(*rapid.T){
			"": func(r *rapid.T) {
				count := map[string]int{}
				for _, o := range inside {
					count[o.party]++
				}
				for party, n := range count {
					if g.Each > 0 && n > max(g.Each, g.Alone)+claimed || g.inside[party] != n {
						r.Fatalf("%d of %s are inside, %d counted", n, party, g.inside[party])
					}
				}
				if g.Most > 0 && len(inside) > g.Most+claimed || g.total != len(inside) {
					r.Fatalf("%d are inside, %d counted", len(inside), g.total)
				}
				for _, w := range waiting {
					if g.may(w.party) {
						r.Fatalf("%s waits and need not", w.party)
					}
				}
			},
			"join": func(r *rapid.T) {
				party := fmt.Sprint(rapid.IntRange(0, 2).Draw(r, "party"))
				switch turn, err := g.join(party); {
				case err == nil && turn == nil:
					inside = append(inside, one{party: party})
				case err == nil:
					waiting = append(waiting, one{party, turn})
				}
			},
			"seen": func(r *rapid.T) {
				g.Seen(fmt.Sprint(rapid.IntRange(0, 2).Draw(r, "party")))
			},
			"claim": func(r *rapid.T) {
				party := fmt.Sprint(rapid.IntRange(0, 2).Draw(r, "party"))
				g.Claim(party)
				inside = append(inside, one{party: party})
				claimed++
			},
			"leave": func(r *rapid.T) {
				if len(inside) == 0 {
					return
				}
				i := rapid.IntRange(0, len(inside)-1).Draw(r, "who")
				g.Leave(inside[i].party)
				inside = slices.Delete(inside, i, i+1)
				settle()
				if len(inside) == 0 {
					claimed = 0
				}
			},
			"give up": func(r *rapid.T) {
				if len(waiting) == 0 {
					return
				}
				i := rapid.IntRange(0, len(waiting)-1).Draw(r, "who")
				if !g.waiting.drop(waiting[i].party, waiting[i].turn) {
					r.Fatalf("%+v is not in the queue", waiting[i])
				}
				waiting = slices.Delete(waiting, i, i+1)
			},
		})
	})
}
