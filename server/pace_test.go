package server

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// pipes are a listener on connections within the test, so that time can be the
// test's own.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	served *prometheus.Registry // what the server counts
}

func newPipes(r *prometheus.Registry) pipes {
	return pipes{make(chan net.Conn), make(chan struct{}), r}
}

// slowOnes is how many requests were broken off because the client was too slow.
func (p pipes) slowOnes() (n float64) {
	families, _ := p.served.Gather()
	for _, f := range families {
		if f.GetName() == "accord_slow_clients_total" {
			for _, m := range f.GetMetric() {
				n += m.GetCounter().GetValue()
			}
		}
	}
	return n
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}
func (p pipes) Close() error   { close(p.closed); return nil }
func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p pipes) Dial() net.Conn {
	client, server := net.Pipe()
	p.conns <- server
	return client
}

// paced serves a handler behind pace, in a bubble of synctest.
func paced(t *testing.T, config *tls.Config, handler echo.HandlerFunc) pipes {
	registry := prometheus.NewRegistry()
	s := &Server{log: slog.New(slog.DiscardHandler), metrics: newMetrics(registry), rates: &rates{}}
	e := echo.New()
	e.Use(s.pace)
	e.Any("/*", handler)
	server, p := s.newHTTP(e), newPipes(registry)
	var listener net.Listener = p
	if config != nil {
		listener = tls.NewListener(p, config)
		server.TLSConfig = config
	}
	ended := make(chan error)
	go func() { ended <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Close()
		<-ended
	})
	return p
}

// send writes a request, n bytes each second, until it is sent or refused.
func send(conn net.Conn, request string, n int) error {
	for len(request) > 0 {
		part := request[:min(n, len(request))]
		if _, err := io.WriteString(conn, part); err != nil {
			return err
		}
		request = request[len(part):]
		time.Sleep(time.Second)
	}
	return nil
}

// TX-SEC-02: who takes an answer too slowly is cut off; a thin line is not slow,
// however long the answer takes on it, and however small the writes are.
func TestSlowReader(t *testing.T) {
	const size = 4 << 20
	for _, tc := range []struct {
		perSecond, write int
		whole            bool
	}{{1, 1 << 20, false}, {1 << 10, 1 << 20, false}, {2 << 10, 1 << 20, false}, {2 << 10, 32 << 10, false}, {2 << 10, 1 << 10, false},
		{8 << 10, 1 << 20, true}, {8 << 10, 1 << 10, true}, {1 << 20, 1 << 20, true}} {
		t.Run(fmt.Sprintf("%d of writes of %d", tc.perSecond, tc.write), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				done := make(chan error, 1)
				p := paced(t, nil, func(c echo.Context) error {
					for range size / tc.write {
						if _, err := c.Response().Write(make([]byte, tc.write)); err != nil {
							done <- err
							return nil
						}
					}
					done <- nil
					return nil
				})
				conn, began := p.Dial(), time.Now()
				defer conn.Close()
				io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n")
				got := 0
				for buf := make([]byte, tc.perSecond); ; time.Sleep(time.Second) {
					n, err := io.ReadFull(conn, buf)
					if got += n; err != nil {
						break
					}
				}
				err := <-done
				if tc.whole && (err != nil || got < size) || !tc.whole && !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("got %d in %v, %v; want all of it: %v", got, time.Since(began), err, tc.whole)
				}
				if slow := p.slowOnes(); (slow == 0) != tc.whole {
					t.Errorf("%v are counted as slow; want all of it: %v", slow, tc.whole)
				}
				if most := stall + allowance(piece) + 2*time.Second; !tc.whole && time.Since(began) > most {
					t.Errorf("cut off after %v; want %v at most", time.Since(began), most)
				}
			})
		})
	}
}

// TX-SEC-02: who sends too slowly is cut off; a thin line is not slow. Once the
// body is there, no deadline of it ends the work on it.
func TestSlowSender(t *testing.T) {
	for _, tc := range []struct {
		perSecond int
		whole     bool
	}{{1, false}, {1 << 10, false}, {2 << 10, false}, {4 << 10, true}, {1 << 20, true}} {
		t.Run(fmt.Sprint(tc.perSecond), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const size = 512 << 10
				p := paced(t, nil, func(c echo.Context) error {
					n, err := io.Copy(io.Discard, c.Request().Body)
					if err == nil {
						time.Sleep(time.Hour)
						err = c.Request().Context().Err()
					}
					return c.String(http.StatusOK, fmt.Sprintf("%d bytes, %v.", n, err))
				})
				conn, began := p.Dial(), time.Now()
				defer conn.Close()
				answer := make(chan string)
				go func() {
					got, _ := io.ReadAll(conn)
					answer <- string(got)
				}()
				_ = send(conn, fmt.Sprintf("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", size, strings.Repeat("x", size)), tc.perSecond)
				conn.SetReadDeadline(time.Now().Add(2 * time.Hour))
				got := <-answer
				if whole := strings.Contains(got, fmt.Sprintf("%d bytes, <nil>.", size)); whole != tc.whole {
					t.Errorf("%d bytes a second: the answer is %.200q; want all of it: %v", tc.perSecond, got, tc.whole)
				}
				if slow := p.slowOnes(); (slow == 0) != (tc.whole || tc.perSecond == 1) { // the head of that one is too slow
					t.Errorf("%v are counted as slow; want all of it: %v", slow, tc.whole)
				}
				if most := stall + 2*allowance(window) + 10*time.Second; !tc.whole && time.Since(began) > most {
					t.Errorf("cut off after %v; want %v at most", time.Since(began), most)
				}
			})
		})
	}
}

// TX-SEC-02, TX-AUTH-03: a body that was announced, is not needed and never comes
// holds no answer back for long, however long the answer is.
func TestUnneededBodyThatNeverComes(t *testing.T) {
	s := start(t, testConfig(t))
	token := s.token(t)
	long := strings.Replace(lateIdentity, "late", strings.Repeat("late", 2000), 1)
	if status, body := post(t, s, token, `{"objects":[`+long+`]}`); status != http.StatusAccepted {
		t.Fatalf("push = %d %s", status, body)
	}
	for _, tc := range []struct{ name, path, token string }{
		{"without a token", "/v1/openapi.json", ""},
		{"with a token", "/taxii2/us-cn/collections/activity-from-cn/objects/", token},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", s.listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(5 * unreadGrace))
			fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\nContent-Length: 1\r\n\r\n", tc.path, tc.token)
			in := bufio.NewReader(conn)
			res, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if n, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK || n < 4<<10 {
				t.Errorf("%d, %d bytes, %v; want 200 and all of it", res.StatusCode, n, err)
			}
			if _, err := in.ReadByte(); err != io.EOF {
				t.Errorf("then %v; want the connection closed", err)
			}
		})
	}
}

// A body that is not needed but comes ends no answer that takes long.
func TestUnneededBodyThatComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 1)
		p := paced(t, nil, func(c echo.Context) error {
			_, err := c.Response().Write(make([]byte, 8<<10))
			time.Sleep(5 * unreadGrace)
			ended <- errors.Join(err, c.Request().Context().Err())
			return nil
		})
		conn := p.Dial()
		defer conn.Close()
		go io.Copy(io.Discard, conn)
		io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// TX-SEC-02: on HTTP/2 a stream that is not read is cut off by itself; others on
// the same connection go on.
func TestSlowStream(t *testing.T) {
	certified := httptest.NewTLSServer(nil)
	config := &tls.Config{Certificates: certified.TLS.Certificates, NextProtos: []string{"h2"}}
	certified.Close()
	synctest.Test(t, func(t *testing.T) {
		done := make(chan error, 1)
		p := paced(t, config, func(c echo.Context) error {
			if c.Param("*") == "small" {
				return c.String(http.StatusOK, "small")
			}
			_, err := c.Response().Write(make([]byte, 64<<20))
			done <- err
			return nil
		})
		dials := 0
		transport := &http.Transport{ForceAttemptHTTP2: true, DialTLSContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			dials++
			conn := tls.Client(p.Dial(), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
			return conn, conn.HandshakeContext(ctx)
		}}
		defer transport.CloseIdleConnections()
		client := &http.Client{Transport: transport}
		slow, err := client.Get("https://accord.example/large")
		if err != nil {
			t.Fatal(err)
		}
		defer slow.Body.Close()
		if err := <-done; err == nil || slow.ProtoMajor != 2 {
			t.Errorf("HTTP/%d: who does not read gets all: %v", slow.ProtoMajor, err)
		}
		if slow := p.slowOnes(); slow != 1 {
			t.Errorf("%v are counted as slow", slow)
		}
		res, err := client.Get("https://accord.example/small")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if got, err := io.ReadAll(res.Body); err != nil || !bytes.Equal(got, []byte("small")) || dials != 1 {
			t.Errorf("another stream: %q, %v, on connection %d; want the first to go on", got, err, dials)
		}
	})
}

// TX-SEC-02: a client of HTTP/2 that takes nothing from its connection, though
// its streams may send, is cut off with all of them.
func TestSlowHTTP2Connection(t *testing.T) {
	certified := httptest.NewTLSServer(nil)
	config := &tls.Config{Certificates: certified.TLS.Certificates, NextProtos: []string{"h2"}}
	certified.Close()
	synctest.Test(t, func(t *testing.T) {
		done := make(chan error, 2)
		p := paced(t, config, func(c echo.Context) error {
			_, err := c.Response().Write(make([]byte, 64<<20))
			done <- err
			return nil
		})
		conn := tls.Client(p.Dial(), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
		defer conn.NetConn().Close()
		frames, began := http2.NewFramer(conn, conn), time.Now()
		go func() {
			io.WriteString(conn, http2.ClientPreface)
			frames.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1<<31 - 1})
			frames.WriteWindowUpdate(0, 1<<30)
			var head bytes.Buffer
			fields := hpack.NewEncoder(&head)
			for _, f := range []hpack.HeaderField{{Name: ":method", Value: "GET"}, {Name: ":scheme", Value: "https"}, {Name: ":authority", Value: "accord.example"}, {Name: ":path", Value: "/"}} {
				fields.WriteField(f)
			}
			for _, stream := range []uint32{1, 3} {
				frames.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: head.Bytes(), EndStream: true, EndHeaders: true})
			}
		}()
		if _, err := frames.ReadFrame(); err != nil { // the settings of the server
			t.Fatal(err)
		}
		for range 2 {
			select {
			case err := <-done:
				if most := allowance(piece) + 3*stall; err == nil || time.Since(began) > most {
					t.Errorf("cut off after %v, %v; want %v at most", time.Since(began), err, most)
				}
			case <-time.After(time.Hour):
				t.Error("after an hour it is not cut off")
			}
		}
	})
}
