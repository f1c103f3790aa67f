package server

import (
	"cmp"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"accord/collections"

	"github.com/labstack/echo/v4"
)

// identify gives each request an id, which its answer and its log lines carry.
// An id that the client sends is not taken: it could stand for another request.
func identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderXRequestID, rand.Text())
		return next(c)
	}
}

// endChunked makes a chunked request the last one of its connection. net/http
// takes one that gives a Content-Length besides and keeps that to itself; a proxy
// that went by the length would take the end of the body for a request of its
// own, and could hand the answer to somebody else (RFC 9112 §6.1, §11.2).
func endChunked(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if len(c.Request().TransferEncoding) > 0 {
			c.Response().Header().Set(echo.HeaderConnection, "close")
		}
		return next(c)
	}
}

// observe answers a failed request, then writes the access line and counts, also
// when the answer breaks off.
func (s *Server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		var failure error
		begin, whole := time.Now(), false
		s.metrics.inFlight.Inc()
		defer func() {
			s.metrics.inFlight.Dec()
			s.record(c, time.Since(begin), whole, failure)
		}()
		if failure = next(c); failure != nil {
			c.Error(failure)
		}
		whole = true
		return nil
	}
}

// record writes the access line of a request and counts it. The line names the
// route and neither path nor query, which may hold anything.
func (s *Server) record(c echo.Context, took time.Duration, whole bool, err error) {
	r, w := c.Request(), c.Response()
	route, method := cmp.Or(c.Path(), "none"), methodLabel(r.Method)
	caller, _ := collections.CallerFrom(r.Context())
	if over, ok := errors.AsType[*overRate](err); ok {
		caller = over.caller
	}
	line := []slog.Attr{
		slog.String("id", w.Header().Get(echo.HeaderXRequestID)),
		slog.String("party", caller.Party),
		slog.String("jti", caller.JTI),
		slog.String("method", method),
		slog.String("route", route),
		slog.Int("status", w.Status),
		slog.Duration("duration", took),
		slog.Int64("bytes", w.Size),
		slog.String("remote", c.RealIP()),
	}
	if !whole {
		line = append(line, slog.Bool("broken_off", true))
	}
	if w.Status == http.StatusUnauthorized && err != nil {
		line = append(line, slog.String("reason", err.Error()))
	}
	s.log.LogAttrs(r.Context(), slog.LevelInfo, "request", line...)
	s.metrics.requests.WithLabelValues(route, method, strconv.Itoa(w.Status)).Inc()
	s.metrics.duration.WithLabelValues(route, method).Observe(took.Seconds())
}

// methodLabel keeps the labels of metrics, and the log, to a closed set.
func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete, http.MethodOptions, http.MethodPut, http.MethodPatch:
		return method
	}
	return "other"
}
