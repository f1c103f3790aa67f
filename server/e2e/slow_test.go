package e2e

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// TX-SEC-02: two hundred readers that ask for large pages and take a byte a
// second hold no connection of the store, which has four, and a bounded part of
// the memory; polls and pushes go on beside them.
func TestSlowReadersHoldNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: it pushes 30,000 objects")
	}
	dir, token := newData(t)
	s := start(t, dir, token)
	pushAll(s, 0, 30_000)
	before := s.memory("VmRSS")

	const readers = 200
	for range readers {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.base, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.(*net.TCPConn).SetReadBuffer(4 << 10)
		_, err = fmt.Fprintf(conn, "GET %s?limit=10000 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n\r\n", objectsPath, token)
		if err == nil {
			_, err = io.ReadFull(conn, make([]byte, 1)) // the answer has begun
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	for i := range 50 {
		if e, _, ok := s.get(objectsPath + "?limit=100"); !ok || len(e.Objects) != 100 {
			t.Fatalf("poll %d beside slow readers: %v, %d objects", i, ok, len(e.Objects))
		}
		if st, ok := s.push(indicator(100_000 + i)); !ok || len(st.Successes) != 1 {
			t.Fatalf("push %d beside slow readers: %v", i, ok)
		}
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("50 polls and pushes beside slow readers took %v", took)
	}
	after := s.memory("VmRSS")
	t.Logf("%d slow readers of 8 MB: %.0f MB before, %.0f MB with them", readers, before, after)
	if after-before > 1.5*readers {
		t.Errorf("%d slow readers cost %.0f MB; want 1.5 MB each at most", readers, after-before)
	}
}
