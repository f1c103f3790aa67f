package e2e

import (
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestStop ends a server by SIGTERM while a client holds a push that it never
// finishes: new connections are refused, the process ends by itself within ten
// seconds and with code 0, and what was called a success before is there (P2).
func TestStop(t *testing.T) {
	t.Parallel() // most of it is waiting
	dir, token := newData(t)
	s := start(t, dir, token)
	st, ok := s.push(indicator(1))
	if !ok || len(st.Successes) != 1 {
		t.Fatalf("push: %+v, %v", st, ok)
	}
	address := strings.TrimPrefix(s.base, "http://")
	slow, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	// The answer 100 Continue says that the server has begun to read the body.
	fmt.Fprintf(slow, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/taxii+json;version=2.1\r\n"+
		"Content-Length: 100000\r\nExpect: 100-continue\r\n\r\n", objectsPath, token)
	answer := make([]byte, len("HTTP/1.1 100"))
	if n, err := slow.Read(answer); err != nil || string(answer) != "HTTP/1.1 100" {
		t.Fatalf("the slow push is answered %q, %v", answer[:n], err)
	}

	began := time.Now()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for {
		c, err := net.Dial("tcp", address)
		if err != nil {
			break
		}
		c.Close()
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("new connections were taken for %v", took)
	}
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("the process ended with %v: %s", err, &s.stderr)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the process took %v to end; want at most 10 s", took)
	}
	checkStored(t, start(t, dir, token), []string{st.Successes[0].ID})
}
