package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// A thousand pollers that have read a page of 1,000 objects each, every second
// one packed, and keep their connections cost less than 100 MB.
func TestIdlePollers(t *testing.T) {
	dir, token := newData(t)
	s := start(t, dir, token)
	pushAll(s, 0, 1000)
	before := s.memory("VmRSS")
	for i := range 1000 {
		s.poll(i%2 == 0)
	}
	after := s.memory("VmRSS")
	t.Logf("1,000 idle keep-alive pollers, MB               %5.1f  (goal < 100; %.1f before them, %.1f with them)", after-before, before, after)
	if after-before > 100 {
		t.Error("that is too much")
	}
}

// poll reads a page over a connection of its own and leaves that open.
func (s *server) poll(packed bool) {
	s.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.base, "http://"))
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { conn.Close() })
	coding := ""
	if packed {
		coding = "Accept-Encoding: gzip\r\n"
	}
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: accord.example\r\nAuthorization: Bearer %s\r\n%s\r\n", objectsPath, s.token, coding)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		s.Fatal(err)
	}
	n, err := io.Copy(io.Discard, res.Body)
	if err != nil || res.StatusCode != http.StatusOK || n < 10_000 || res.Close {
		s.Fatalf("a page of %d bytes: %s, %v", n, res.Status, err)
	}
}
