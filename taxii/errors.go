package taxii

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"accord/collections"

	"github.com/labstack/echo/v4"
)

// An Error is the error message resource (TAXII 2.1 §3.6.1).
type Error struct {
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	ErrorID     string `json:"error_id,omitempty"`    // the id of the request, which stands in the log
	HTTPStatus  string `json:"http_status,omitempty"` // the digits of the status line
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

// status returns the HTTP status of a failure, 500 for one that nobody knows.
func status(err error) int {
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

// HandleError answers a failed request with the error message resource
// (TAXII 2.1 §3.6.1). The cause goes to the log and never to the client.
func (h *Handler) HandleError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	code, header := status(err), c.Response().Header()
	switch code {
	case http.StatusUnauthorized:
		header["Www-Authenticate"] = h.Challenges(err)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		if header.Get(echo.HeaderRetryAfter) == "" {
			header.Set(echo.HeaderRetryAfter, retryAfter)
		}
	}
	id := header.Get(echo.HeaderXRequestID)
	h.logFailure(c.Request(), id, code, err)
	_ = writeResource(c, code, Error{ // the client has gone; nobody is left to tell
		Title:       http.StatusText(code),
		Description: describe(err, code),
		ErrorID:     id,
		HTTPStatus:  strconv.Itoa(code),
	})
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

// logFailure logs a fault of ours as an error and a client's mistake, his
// going away included, for those who look for it.
func (h *Handler) logFailure(r *http.Request, id string, code int, err error) {
	level := slog.LevelDebug
	if code >= http.StatusInternalServerError && r.Context().Err() == nil {
		level = slog.LevelError
	}
	h.Log.Log(r.Context(), level, "request failed", "id", id, "status", code, "err", err)
}
