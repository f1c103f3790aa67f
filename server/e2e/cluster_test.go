package e2e

import (
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
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
func TestServersOnOneDatabase(t *testing.T) { stints(t, serversOnOneDatabase) }

func serversOnOneDatabase(t *testing.T) {
	c := newCluster(t, 3)
	load, pollers := newLoad(), newPollers("all", "last")
	c.underLoad(load, pollers, func() { time.Sleep(5 * time.Second) })
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
func TestKillServers(t *testing.T) { stints(t, killServers) }

func killServers(t *testing.T) {
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

// ask returns what a server answers with a token.
func (s *server) ask(token, path string) int {
	s.Helper()
	as := server{TB: s.TB, base: s.base, token: token}
	code, _, _, err := as.do(http.MethodGet, path, nil)
	if err != nil {
		s.Error(err)
	}
	return code
}

// P5, P8: what is issued, revoked or applied on one server holds on all: a token and
// a handle at once, also of a key that has just been made; a revocation and an
// agreement when the command returns, and within a second of one another.
func TestServersObeyAlike(t *testing.T) {
	c := newCluster(t, 3)
	accordOn(t, c.dirs[1], "token", "rotate")
	tokens := map[string]string{"token": issue(t, c.dirs[1]), "handle": issue(t, c.dirs[2], "--short")}
	for name, token := range tokens {
		for i, s := range c.servers {
			if code := s.ask(token, objectsPath); code != http.StatusOK {
				t.Errorf("server %d answers a %s of another server %d; want 200", i, name, code)
			}
		}
	}
	for name, token := range tokens {
		refused := make([]time.Time, len(c.servers))
		var asking sync.WaitGroup
		for i, s := range c.servers {
			asking.Go(func() {
				for deadline := time.Now().Add(20 * time.Second); s.ask(token, rootPath) != http.StatusUnauthorized; time.Sleep(time.Millisecond) {
					if time.Now().After(deadline) {
						t.Errorf("server %d goes on to take a %s that was revoked", i, name)
						break
					}
				}
				refused[i] = time.Now()
			})
		}
		accordOn(t, c.dirs[0], "token", "revoke", token)
		returned := time.Now()
		asking.Wait()
		first, last := slices.MinFunc(refused, time.Time.Compare), slices.MaxFunc(refused, time.Time.Compare)
		if last.After(returned.Add(100*time.Millisecond)) || last.Sub(first) > time.Second {
			t.Errorf("the %s was refused by the last server %v after the first, and %v after the command returned; want a second at most, and before", name, last.Sub(first), last.Sub(returned))
		}
		t.Logf("%s: refused by all %v after the first, %v before the command returned", name, last.Sub(first), returned.Sub(last))
	}

	file := filepath.Join(t.TempDir(), "changed.yaml")
	changed := strings.Replace(agreement, "cert-cn: [read]}}", "cert-cn: [read]}}\n  - {alias: new, title: {en: New}, ceiling: red, grants: {cert-us: [read]}}", 1)
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	accordOn(t, c.dirs[2], "agreement", "apply", file)
	for i, s := range c.servers {
		if code := s.ask(c.token, rootPath+"collections/new/objects/"); code != http.StatusOK {
			t.Errorf("server %d answers %d for a collection that was made on another; want 200", i, code)
		}
	}
}

// Two agreement files for one API root: the one that a server brings last is in
// force on all of them. The server that brought the other one is refused when it
// comes back with it, so that an old file gives no right back, and starts without.
func TestServersOfTwoAgreements(t *testing.T) {
	c := newCluster(t, 2)
	old := writeAgreement(t)
	file := filepath.Join(t.TempDir(), "second.yaml")
	second := strings.Replace(agreement, "cert-us: [read, write]", "cert-us: [read]", 1)
	if err := os.WriteFile(file, []byte(second), 0o600); err != nil {
		t.Fatal(err)
	}
	c.kill(1)
	s := start(t, c.dirs[1], c.token, "env", "ACCORD_AGREEMENT="+file)
	first := c.servers[0]
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		code, _, _, err := first.do(http.MethodPost, objectsPath, strings.NewReader(`{"objects":[`+indicator(1)+`]}`))
		if err == nil && code == http.StatusForbidden {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("a push is answered %d, %v by the first server; want 403 by the second file", code, err)
		}
	}
	c.kill(0)
	args := append([]string{"serve", "--listen", "127.0.0.1:0", "--metrics-listen", "off", "--log-level", "error", "--agreement", old}, where(c.dirs[0])...)
	checkRefused(t, 1, []string{old, "superseded"}, args...)
	first = start(t, c.dirs[0], c.token)
	for _, up := range []*server{first, s} {
		if code := up.ask(c.token, objectsPath); code != http.StatusOK {
			t.Errorf("reading is answered %d; want 200 by both files", code)
		}
	}
}

// P2: a server that is told to end while its database is lost ends by itself, within
// ten seconds, as it does else.
func TestStopWithoutDatabase(t *testing.T) {
	for name, lose := range map[string]func(*mongotest.Cable){"cut": (*mongotest.Cable).Cut, "silent": (*mongotest.Cable).Silence} {
		t.Run(name, func(t *testing.T) {
			cable := mongotest.NewCable(t, mongotest.Database(t), "")
			dir := filepath.Join(t.TempDir(), "data")
			databases.Store(dir, cable.URI())
			applyAgreement(t, dir)
			s := start(t, dir, issue(t, dir))
			if _, ok := s.push(indicator(1)); !ok { // which leaves the record of an access to be written
				t.Fatal("the server takes no push")
			}
			lose(cable)
			pushed := make(chan struct{})
			go func() {
				defer close(pushed)
				s.walker.Provoked = true
				_, _ = s.push(indicator(2))
			}()
			time.Sleep(100 * time.Millisecond) // the push is under way
			began := time.Now()
			if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			_ = s.cmd.Wait()
			<-pushed
			if took := time.Since(began); took > 12*time.Second {
				t.Errorf("the process took %v to end; want some ten seconds at most", took)
			} else {
				t.Logf("it took %v", took)
			}
		})
	}
}
