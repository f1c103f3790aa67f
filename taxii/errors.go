package taxii

import (
	"errors"
	"strconv"

	"accord/taxii/wire"

	"github.com/labstack/echo/v4"
)

// An Error is the error message resource (TAXII 2.1 §3.6.1).
type Error struct {
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	ErrorID     string `json:"error_id,omitempty"`    // the id of the request, which stands in the log
	HTTPStatus  string `json:"http_status,omitempty"` // the digits of the status line
}

// HandleError answers a failed request with the error message resource
// (TAXII 2.1 §3.6.1). The cause goes to the log and never to the client.
func (h *Handler) HandleError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	f := wire.Fail(c, err, h.Challenges, h.Log)
	if errors.Is(err, echo.ErrNotFound) { // of the router: many try the paths of TAXII 2.0
		f.Detail = "there is nothing at this path; TAXII 2.1 begins at " + prefix
	}
	_ = writeResource(c, f.Status, Error{ // the client has gone; nobody is left to tell
		Title: f.Title, Description: f.Detail, ErrorID: f.ErrorID, HTTPStatus: strconv.Itoa(f.Status),
	})
}
