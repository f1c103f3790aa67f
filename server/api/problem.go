package api

import (
	"encoding/json"
	"errors"

	"accord/taxii/wire"

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

// HandleError answers a failed request with a problem document. The cause goes
// to the log and never to the client.
func (h *Handler) HandleError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	f := wire.Fail(c, err, h.Challenges, h.Log)
	if errors.Is(err, echo.ErrNotFound) { // of the router
		f.Detail = "there is nothing at this path; /v1/openapi.json describes what there is"
	}
	problem := Problem{Type: "about:blank", Title: f.Title, Status: f.Status, Detail: f.Detail, ErrorID: f.ErrorID}
	body, _ := json.Marshal(problem)                                     // strings and numbers only
	_ = writeBody(c, f.Status, "application/problem+json", body, nobody) // the client has gone; nobody is left to tell
}
