package wire

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"

	"accord/collections"

	"github.com/labstack/echo/v4"
)

// A Failure is what a client may read of a request that failed. The cause goes
// to the log and never to the client.
type Failure struct {
	Status  int
	Title   string // the words of the status
	Detail  string // "" where there is nothing to add
	ErrorID string // the id of the request, which stands in the log
}

// statuses is the one place where a kind of failure becomes an HTTP status.
var statuses = []struct {
	kind   error
	status int
}{
	{collections.ErrInvalid, http.StatusBadRequest},
	{collections.ErrUnauthenticated, http.StatusUnauthorized},
	{collections.ErrForbidden, http.StatusForbidden},
	{collections.ErrNotFound, http.StatusNotFound},
	{collections.ErrMethod, http.StatusMethodNotAllowed},
	{collections.ErrNotAcceptable, http.StatusNotAcceptable},
	{collections.ErrConflict, http.StatusConflict},
	{collections.ErrTooLarge, http.StatusRequestEntityTooLarge},
	{collections.ErrMediaType, http.StatusUnsupportedMediaType},
	{collections.ErrMalformed, http.StatusUnprocessableEntity},
	{collections.ErrBusy, http.StatusTooManyRequests},
	{collections.ErrUnavailable, http.StatusServiceUnavailable},
	{context.Canceled, http.StatusServiceUnavailable},
	{context.DeadlineExceeded, http.StatusServiceUnavailable},
}

// retryAfter is what a client that is told to come back is asked to wait, in
// seconds, where nobody has said otherwise: longer than a commit takes, shorter
// than a poller's patience.
const retryAfter = "5"

// Fail finds the answer to a request that failed, logs the cause, and sets the
// headers that the status needs. For a 401 challenges gives the values of
// WWW-Authenticate (RFC 7235 §4.1).
func Fail(c echo.Context, err error, challenges func(error) []string, log *slog.Logger) Failure {
	code, header := Status(err), c.Response().Header()
	switch code {
	case http.StatusUnauthorized:
		header["Www-Authenticate"] = challenges(err)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		if header.Get(echo.HeaderRetryAfter) == "" {
			header.Set(echo.HeaderRetryAfter, comeBack(err))
		}
	}
	f := Failure{code, http.StatusText(code), describe(err, code), header.Get(echo.HeaderXRequestID)}
	Log(c, code, err, log)
	return f
}

// comeBack is the value of Retry-After: whole seconds, at least one (TX-ERR-08).
func comeBack(err error) string {
	e, ok := errors.AsType[*collections.Error](err)
	if !ok || e.After == 0 {
		return retryAfter
	}
	return strconv.FormatInt(int64(math.Ceil(e.After.Seconds())), 10)
}

// Log logs a fault of ours as an error, and a client's mistake, his going away
// included, for those who debug.
func Log(c echo.Context, code int, err error, log *slog.Logger) {
	ctx, level := c.Request().Context(), slog.LevelDebug
	if code >= http.StatusInternalServerError && ctx.Err() == nil {
		level = slog.LevelError
	}
	id := c.Response().Header().Get(echo.HeaderXRequestID)
	log.Log(ctx, level, "request failed", "id", id, "status", code, "err", err)
}

// Status returns the HTTP status of a failure, 500 for one that nobody knows.
func Status(err error) int {
	for _, s := range statuses {
		if errors.Is(err, s.kind) {
			return s.status
		}
	}
	if e, ok := errors.AsType[*echo.HTTPError](err); ok && e.Code >= http.StatusBadRequest {
		return e.Code
	}
	return http.StatusInternalServerError
}

// describe returns what a client may read of a failure.
func describe(err error, code int) string {
	if code == http.StatusInternalServerError {
		return "the server failed; its log has the reason under this error_id"
	}
	if e, ok := errors.AsType[*collections.Error](err); ok {
		return e.Detail
	}
	return ""
}
