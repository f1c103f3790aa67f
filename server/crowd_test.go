package server

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// answered reports whether a request on a connection is answered.
func answered(t *testing.T, conn net.Conn) bool {
	t.Helper()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		return false
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return false
	}
	return read(t, res) == "alive\n"
}

// TX-SEC-02: of one address a quarter of the connections may be open; one too
// many is closed, those that are there go on, and when one ends another may come.
func TestConnectionsAreBounded(t *testing.T) {
	cfg := testConfig(t)
	cfg.MaxConnections = 8
	s := start(t, cfg)
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", s.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	first, second := dial(), dial()
	if !answered(t, first) || !answered(t, second) {
		t.Fatal("two connections of eight are not served")
	}
	if answered(t, dial()) {
		t.Error("a third connection of eight is served; want a quarter of one address")
	}
	if !answered(t, first) || !answered(t, second) {
		t.Error("those that are there do not go on")
	}
	second.Close()
	for !answered(t, dial()) { // until the server has noticed
	}
	if n := strings.Count(s.log.String(), "too many connections"); n != 1 {
		t.Errorf("the log says it %d times", n)
	}
}

// Behind a proxy all come from one address, and that may have them all. Where
// the proxies are named, only they may.
func TestConnectionsOfAProxy(t *testing.T) {
	for _, tc := range []struct {
		name    string
		proxies []string
		want    int
	}{
		{"any", nil, 4},
		{"a named one", []string{"127.0.0.0/8"}, 4},
		{"who is none", []string{"192.0.2.10"}, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg := testConfig(t)
			cfg.MaxConnections, cfg.BehindProxy, cfg.TrustedProxies, cfg.PublicURL = 4, true, tc.proxies, "https://accord.example"
			s := start(t, cfg)
			for i := range 5 {
				conn, err := net.Dial("tcp", s.listener.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				if got := answered(t, conn); got != (i < tc.want) {
					t.Errorf("connection %d is answered: %v; want %d of four", i+1, got, tc.want)
				}
			}
		})
	}
}
