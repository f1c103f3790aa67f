package server

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"
)

// A crowd is the connections that are open, and bounds them: all of them to most,
// and those of one address to a quarter of that. One too many is closed at once.
type crowd struct {
	most      int
	anonymous bool           // all come from one proxy, so addresses say nothing
	proxies   []netip.Prefix // whose connections are those of many clients
	refused   prometheus.Counter
	log       *slog.Logger
	told      rate.Sometimes

	mu   sync.Mutex
	open int
	from map[netip.Prefix]int
}

func newCrowd(cfg *Config, refused prometheus.Counter, log *slog.Logger) *crowd {
	proxies, _ := parsePrefixes(cfg.TrustedProxies) // Validate has seen them
	return &crowd{
		most: cfg.MaxConnections, anonymous: cfg.BehindProxy && len(proxies) == 0, proxies: proxies, refused: refused, log: log,
		told: rate.Sometimes{Interval: time.Minute}, from: map[netip.Prefix]int{},
	}
}

// watch is told by net/http what becomes of connections.
func (c *crowd) watch(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		if !c.enter(conn) {
			c.refused.Inc()
			c.told.Do(func() {
				c.log.Warn("too many connections; the newest are closed", "remote", conn.RemoteAddr().String())
			})
			_ = conn.Close() // net/http finds it closed, and says so below
		}
	case http.StateClosed, http.StateHijacked:
		c.leave(conn)
	}
}

func (c *crowd) enter(conn net.Conn) bool {
	from := remoteNetwork(conn)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open++
	c.from[from]++
	return c.open <= c.most && (c.anonymous || c.from[from] <= max(1, c.most/4) || c.isProxy(conn))
}

func (c *crowd) isProxy(conn net.Conn) bool {
	at, _ := netip.ParseAddrPort(conn.RemoteAddr().String()) // what is no address is no proxy
	ip := at.Addr().Unmap()
	return slices.ContainsFunc(c.proxies, func(p netip.Prefix) bool { return p.Contains(ip) })
}

func (c *crowd) leave(conn net.Conn) {
	from := remoteNetwork(conn)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open--
	if c.from[from]--; c.from[from] == 0 {
		delete(c.from, from)
	}
}

func remoteNetwork(conn net.Conn) netip.Prefix {
	host, _, _ := net.SplitHostPort(conn.RemoteAddr().String())
	return network(host)
}
