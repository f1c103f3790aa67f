package e2e

import (
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"
)

// TestKill kills the server at random moments, under the load of 20 writers and
// in its start (P1, P2, P3, TX-OBJ-POST-16, TX-SORT-05, TX-FLT-44). Whatever a
// status called a success is there afterwards with its bytes, its place and its
// date; nothing that was refused is, and nothing that was deleted comes back;
// the statuses are there; pushes and deletes that were not answered are right
// member by member; and pollers that go on from where they were miss nothing and
// get nothing twice.
func TestKill(t *testing.T) { stints(t, killOne) }

// kills is how often a server is killed in a stint.
const kills = 10

// stints runs a stint, and twenty of them at full length, each on a store of its own: its
// pollers read all that is there again and again, and the test engine scans for each page.
func stints(t *testing.T, stint func(*testing.T)) {
	if !isLong() {
		stint(t)
		return
	}
	for i := range 20 {
		t.Run(strconv.Itoa(i+1), stint)
	}
}

func killOne(t *testing.T) {
	dir, token := newData(t)
	load := newLoad()
	pollers := newPollers("all", "all")
	for range kills {
		if rand.IntN(4) == 0 {
			s := launch(t, dir, token)
			<-time.After(time.Duration(rand.IntN(100)) * time.Millisecond)
			s.kill()
		}
		s := start(t, dir, token)
		pick := func() *server { return s }
		ended := time.After(time.Duration(20+rand.IntN(400)) * time.Millisecond)
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { load.run(pick, stop) })
		}
		for _, p := range pollers {
			wg.Go(func() { p.run(t, pick, stop) })
		}
		<-ended
		s.kill()
		close(stop)
		wg.Wait()
	}

	s := start(t, dir, token)
	fresh := &poller{path: manifestPath, limit: "10000", versions: "all"}
	pollers = append(pollers, fresh)
	for _, p := range pollers {
		p.finish(t, s)
	}
	load.check(s, fresh.seen)
	s.kill()
	added, remain := readLog(t, dir)
	for _, p := range pollers {
		p.check(t, added, remain)
	}
	t.Logf("%d kills: %d called a success, %d of them deleted, %d refused, %d pushes answered; %d stored, %d remain",
		kills, len(load.claims), len(load.deletes), load.refused, len(load.statuses), len(added), len(remain))
}

func isClosed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
