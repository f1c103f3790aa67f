package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"accord/collections"

	"github.com/labstack/echo/v4"
)

// A Problem is a problem document (RFC 9457 §3.1). Its type is "about:blank":
// the status says what kind of problem it is.
type Problem struct {
	Type    string `json:"type"`
	Title   string `json:"title"`
	Status  int    `json:"status"`
	Detail  string `json:"detail,omitempty"`
	ErrorID string `json:"error_id,omitempty"` // the id of the request, which stands in the log
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
	{collections.ErrTooLarge, http.StatusRequestEntityTooLarge},
	{collections.ErrMediaType, http.StatusUnsupportedMediaType},
	{collections.ErrMalformed, http.StatusUnprocessableEntity},
	{collections.ErrBusy, http.StatusTooManyRequests},
	{collections.ErrUnavailable, http.StatusServiceUnavailable},
	{context.Canceled, http.StatusServiceUnavailable},
	{context.DeadlineExceeded, http.StatusServiceUnavailable},
}

// retryAfter is what a client that is told to come back is asked to wait, in
// seconds.
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

// HandleError answers a failed request with a problem document. The cause goes
// to the log and never to the client.
func (h *Handler) HandleError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	code, header := status(err), c.Response().Header()
	switch code {
	case http.StatusUnauthorized:
		header["Www-Authenticate"] = h.Challenges(err)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		header.Set(echo.HeaderRetryAfter, retryAfter)
	}
	problem := Problem{
		Type: "about:blank", Title: http.StatusText(code), Status: code,
		Detail: describe(err, code), ErrorID: header.Get(echo.HeaderXRequestID),
	}
	h.logFailure(c.Request(), problem, err)
	body, _ := json.Marshal(problem)                                 // strings and numbers only
	_ = writeBody(c, code, "application/problem+json", body, nobody) // the client has gone; nobody is left to tell
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

// logFailure logs a fault of ours as an error and a client's mistake, his going
// away included, for those who look for it.
func (h *Handler) logFailure(r *http.Request, p Problem, err error) {
	level := slog.LevelDebug
	if p.Status >= http.StatusInternalServerError && r.Context().Err() == nil {
		level = slog.LevelError
	}
	h.Log.Log(r.Context(), level, "request failed", "id", p.ErrorID, "status", p.Status, "err", err)
}
