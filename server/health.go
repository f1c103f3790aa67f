package server

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
)

// getHealth says that the process answers.
func (s *Server) getHealth(c echo.Context) error { return c.String(http.StatusOK, "alive\n") }

// getReadiness says whether the store takes writes. Nobody who asks is known,
// so the answer gives no reason; the log does.
func (s *Server) getReadiness(c echo.Context) error {
	if err := s.ready.check(c.Request().Context()); err != nil {
		s.log.WarnContext(c.Request().Context(), "not ready", "id", c.Response().Header().Get(echo.HeaderXRequestID), "err", err)
		c.Response().Header().Set(echo.HeaderRetryAfter, "1") // see readyFor
		return c.String(http.StatusServiceUnavailable, "not ready\n")
	}
	return c.String(http.StatusOK, "ready\n")
}

// readiness asks the store once a second at most, however many want to know.
type readiness struct {
	ask func(context.Context) error

	mu    sync.Mutex
	asked time.Time
	err   error
}

// readyFor is how long an answer holds, readyWithin how long one may take.
const (
	readyFor    = time.Second
	readyWithin = 5 * time.Second
)

func (r *readiness) check(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.asked) < readyFor {
		return r.err
	}
	// The answer is for all who wait, so it must not end with one who goes away.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyWithin)
	defer cancel()
	r.err = r.ask(ctx)
	r.asked = time.Now()
	return r.err
}
