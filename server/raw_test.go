package server

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"accord/taxii/conformance"
)

// A rawAnswer is one answer as it came over the connection.
type rawAnswer struct {
	*http.Response
	body string
}

// A rawConn is a connection on which a test says what it likes.
type rawConn struct {
	*testing.T
	net.Conn
	in *bufio.Reader
}

func (p *parties) dial(t *testing.T) *rawConn {
	t.Helper()
	conn, err := net.Dial("tcp", p.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	return &rawConn{t, conn, bufio.NewReader(conn)}
}

// say writes without waiting: the server may answer, and end the connection,
// before it has read all.
func (c *rawConn) say(text string) { go io.WriteString(c, text) }

// hear reads one answer; one without a status is a connection that was closed.
func (c *rawConn) hear() rawAnswer {
	c.Helper()
	res, err := http.ReadResponse(c.in, nil)
	if err != nil {
		if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
			c.Fatal("the server neither answers nor closes the connection")
		}
		return rawAnswer{Response: &http.Response{}}
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		c.Errorf("%d breaks off: %v", res.StatusCode, err)
	}
	return rawAnswer{res, string(body)}
}

// judge holds an answer of our handlers against the walker. Those that net/http
// gives by itself, before any handler, have no request id and no shape of ours.
func (a rawAnswer) judge(t *testing.T, method string, endpoint conformance.Endpoint) {
	t.Helper()
	if a.Header.Get("X-Request-Id") == "" {
		return
	}
	for _, f := range conformance.CheckAnswer(conformance.Question{Method: method, Endpoint: endpoint, PlainHTTP: true},
		conformance.Answer{Status: a.StatusCode, Header: a.Header, Body: []byte(a.body)}) {
		t.Errorf("%d %.200s: %v", a.StatusCode, a.body, f)
	}
}
