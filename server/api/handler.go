package api

import (
	_ "embed"
	"log/slog"
	"net/http"
	"strings"

	"accord/collections"

	"github.com/labstack/echo/v4"
)

// prefix begins every path of this API.
const prefix = "/v1/"

// A Handler answers the requests under /v1/. Its fields are filled in before
// Mount and not changed afterwards; then it may be used from many goroutines.
type Handler struct {
	Service *collections.Service

	// Validator makes the judges of requests that name no collection.
	Validator collections.Validator

	// Authenticate finds out who asks. Its errors are of kind
	// ErrUnauthenticated (401) or whatever else went wrong.
	Authenticate func(*http.Request) (collections.Caller, error)
	// Challenges are the values of WWW-Authenticate for a 401, at least one
	// (RFC 7235 §4.1). The error is the one of Authenticate.
	Challenges func(err error) []string

	// MaxContentLength is the largest request body that is read, in bytes, as
	// it comes and as it unpacks. Zero means 64 MiB.
	MaxContentLength int64

	Log *slog.Logger
}

//go:embed openapi.json
var openAPI []byte

// Mount adds every route to e. What fails under /v1/ is answered by
// HandleError from then on; elsewhere the error handler that e has by now stays,
// so surfaces that set one are mounted before.
func (h *Handler) Mount(e *echo.Echo) {
	if h.MaxContentLength == 0 {
		h.MaxContentLength = 64 << 20
	}
	elsewhere := e.HTTPErrorHandler
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		if strings.HasPrefix(c.Request().URL.Path, prefix) {
			h.HandleError(err, c)
			return
		}
		elsewhere(err, c)
	}
	e.POST(prefix+"validate", h.validate)
	for path, get := range map[string]echo.HandlerFunc{
		"extensions":     h.getExtensions,
		"extensions/:id": h.getExtension,
		"rules":          h.getRules,
		"schemas/:type":  h.getSchema,
		"openapi.json":   h.getOpenAPI,
	} {
		e.Match([]string{http.MethodGet, http.MethodHead}, prefix+path, get)
	}
}

func (h *Handler) getOpenAPI(c echo.Context) error {
	if err := checkParameters(c); err != nil {
		return err
	}
	return writeBody(c, http.StatusOK, jsonType, openAPI, anybody)
}
