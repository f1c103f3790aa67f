package e2e

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"accord/collections/mongo/mongotest"
)

// A cluster is servers on one MongoDB database, each with a data folder of its
// own.
type cluster struct {
	*testing.T
	token string
	dirs  []string

	mu      sync.Mutex
	servers []*server // in the order of their folders; nil while one is down
}

// newCluster starts so many servers at once, on a database that was empty.
func newCluster(t *testing.T, size int) *cluster {
	t.Helper()
	c := &cluster{T: t, servers: make([]*server, size)}
	uri := mongotest.Database(t)
	file := writeAgreement(t)
	for i := range size {
		c.dirs = append(c.dirs, filepath.Join(t.TempDir(), "data"))
		databases.Store(c.dirs[i], uri)
		c.servers[i] = launch(t, c.dirs[i], "", "env", "ACCORD_AGREEMENT="+file)
	}
	for _, s := range c.servers {
		s.await()
	}
	c.token = issue(t, c.dirs[0])
	for _, s := range c.servers {
		s.token = c.token
	}
	return c
}

// any is one of the servers that are up.
func (c *cluster) any() *server {
	c.mu.Lock()
	defer c.mu.Unlock()
	up := slices.DeleteFunc(slices.Clone(c.servers), func(s *server) bool { return s == nil })
	return up[rand.IntN(len(up))]
}

// kill is kill -9. Who has picked the server may still ask it.
func (c *cluster) kill(i int) {
	s := c.servers[i]
	s.kill()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.servers[i] = nil
}

func (c *cluster) restart(i int) {
	s := start(c.T, c.dirs[i], c.token)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.servers[i] = s
}

// underLoad runs 20 writers and the pollers, who all change servers with every
// request, while do does.
func (c *cluster) underLoad(load *load, pollers []*poller, do func()) {
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { load.run(c.any, stop) })
	}
	for _, p := range pollers {
		wg.Go(func() { p.run(c.T, c.any, stop) })
	}
	do()
	close(stop)
	wg.Wait()
}

// check ends the pollers, each on another server, and compares what they saw and
// what the writers were told with what is there.
func (c *cluster) check(load *load, pollers []*poller) {
	c.Helper()
	fresh := &poller{path: manifestPath, limit: "10000", versions: "all"}
	pollers = append(pollers, fresh)
	for _, p := range pollers {
		p.finish(c.T, c.any())
	}
	load.check(c.any(), fresh.seen)
	added, remain := readLog(c.T, c.dirs[0])
	for _, p := range pollers {
		p.check(c.T, added, remain)
	}
	c.Logf("%d called a success, %d of them deleted, %d refused, %d pushes answered; %d stored, %d remain",
		len(load.claims), len(load.deletes), load.refused, len(load.statuses), len(added), len(remain))
}

// P1, P8: twenty writers and six pollers, of all versions and of the last ones,
// over three servers on one database. Cursors go from server to server; nothing is
// missed, and nothing comes twice.
func TestServersOnOneDatabase(t *testing.T) {
	c := newCluster(t, 3)
	load, pollers := newLoad(), newPollers("all", "last")
	c.underLoad(load, pollers, func() {
		if isLong() {
			time.Sleep(2 * time.Minute)
			return
		}
		time.Sleep(5 * time.Second)
	})
	for i, s := range c.servers {
		if refused := s.refused.Load(); refused != nil {
			t.Errorf("server %d refuses a push: %s", i, *refused)
		}
		if s.pushes.Load() == 0 {
			t.Errorf("server %d has answered no push", i)
		}
	}
	c.check(load, pollers)
}

// P1, P2, P8: three servers on one database, of which one is killed at a random
// moment, again and again. The others go on, the one that was killed comes back,
// and what TestKill shows of one server holds of them together.
func TestKillServers(t *testing.T) {
	kills := 10
	if isLong() {
		kills = 200
	}
	c := newCluster(t, 3)
	load, pollers := newLoad(), newPollers("last", "all")
	for range kills {
		down := rand.IntN(len(c.servers))
		c.underLoad(load, pollers, func() {
			time.Sleep(time.Duration(20+rand.IntN(400)) * time.Millisecond)
			c.kill(down)
			c.othersGoOn()
		})
		c.restart(down)
	}
	t.Logf("%d kills", kills)
	c.check(load, pollers)
}

// othersGoOn waits until every server that is up has answered a push more.
func (c *cluster) othersGoOn() {
	c.Helper()
	for _, s := range c.servers {
		if s == nil {
			continue
		}
		before, deadline := s.pushes.Load(), time.Now().Add(20*time.Second)
		for ; s.pushes.Load() == before; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				c.Errorf("a server has answered no push for 20 s after another was killed")
				break
			}
		}
	}
}
