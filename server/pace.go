package server

import (
	"io"
	"net/http"
	"time"

	"accord/collections"

	"github.com/labstack/echo/v4"
)

// A client that neither sends nor takes what it should is cut off: it holds a
// connection, a spool or a part of a page. There is no bound on a whole request,
// because 64 MiB over a thin line take as long as they take.
const (
	// slowest is how many bytes a second a client moves at least: half of what
	// an old modem did.
	slowest = 4 << 10

	// stall is how long a line may stand still besides. What a slow client uses
	// of it comes back only where it is faster again.
	stall = 20 * time.Second

	// window is how much of a body is received within one deadline: a sender of
	// single bytes must not have a new one for each.
	window = 64 << 10

	// piece is how much is written within one deadline.
	piece = 256 << 10

	// unreadGrace is how long the rest of a body may still come when its answer
	// begins without it: net/http reads some of it before it sends the answer.
	unreadGrace = 2 * time.Second
)

// allowance is how long a client may take for n bytes besides standing still.
func allowance(n int) time.Duration {
	return time.Duration(n) * time.Second / slowest
}

// pace bounds how slowly a request is received and its answer taken, and counts
// the bytes of both for the rate of the caller's party. Its deadlines are those
// of one stream where there are several on a connection (HTTP/2).
func (s *Server) pace(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		control := http.NewResponseController(c.Response().Writer)
		body := &pacedBody{control: control, slow: s.metrics.slow.WithLabelValues("sending").Inc}
		if r := c.Request(); r.Body != nil && r.Body != http.NoBody {
			body.ReadCloser = r.Body
			r = r.WithContext(r.Context()) // a copy: net/http goes on to look at the body of its own
			r.Body = body
			c.SetRequest(r)
		}
		w := &pacedWriter{ResponseWriter: c.Response().Writer, body: body, control: control, left: stall, slow: s.metrics.slow.WithLabelValues("taking").Inc}
		c.Response().Writer = w
		defer func() {
			if caller, ok := collections.CallerFrom(c.Request().Context()); ok {
				s.rates.charge(caller.Party, body.received+w.sent, time.Now())
			}
		}()
		err := next(c)
		_ = control.SetWriteDeadline(time.Now().Add(stall)) // for what net/http still holds
		return err
	}
}

// A pacedWriter gives each piece of an answer a deadline.
type pacedWriter struct {
	http.ResponseWriter
	body    *pacedBody // of the request
	control *http.ResponseController
	slow    func()        // called when the client is too slow
	left    time.Duration // of stall
	sent    int
}

// Unwrap is for http.ResponseController.
func (w *pacedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader keeps a client from holding a request by a body that never comes.
// Where the body comes after all, its end lifts the deadline.
func (w *pacedWriter) WriteHeader(code int) {
	if w.body.ReadCloser != nil && !w.body.ended {
		// Writers that know no deadline, as in tests, wait for nobody.
		_ = w.control.SetReadDeadline(time.Now().Add(unreadGrace))
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *pacedWriter) Write(p []byte) (written int, err error) {
	for first := true; first || len(p) > 0 && err == nil; first = false {
		part := p[:min(len(p), piece)]
		began, most := time.Now(), w.left+allowance(len(part))
		_ = w.control.SetWriteDeadline(began.Add(most))
		var n int
		n, err = w.ResponseWriter.Write(part)
		written, p = written+n, p[n:]
		took := time.Since(began) // what passes between writes is our own time
		w.left = min(w.left+allowance(n)-took, stall)
		if err != nil && took >= most { // a stream of HTTP/2 has an error of its own for it
			w.slow()
		}
	}
	w.sent += written
	return written, err
}

// A pacedBody gives each window of a body a deadline, and lifts it at the end:
// net/http goes on reading then, to learn whether the client goes away.
type pacedBody struct {
	io.ReadCloser
	control  *http.ResponseController
	slow     func() // called when the client is too slow
	received int
	ended    bool
	until    int // what received is at the end of the window
	deadline time.Time
}

func (b *pacedBody) Read(p []byte) (int, error) {
	if b.received >= b.until {
		b.until = b.received + window
		left := stall
		if !b.deadline.IsZero() {
			left = min(max(time.Until(b.deadline), 0), stall)
		}
		b.deadline = time.Now().Add(left + allowance(window))
		_ = b.control.SetReadDeadline(b.deadline)
	}
	n, err := b.ReadCloser.Read(p)
	b.received += n
	switch {
	case err == io.EOF:
		b.ended = true
		_ = b.control.SetReadDeadline(time.Time{})
	case err != nil && !time.Now().Before(b.deadline):
		b.slow()
	}
	return n, err
}
