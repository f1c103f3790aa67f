package api

import (
	_ "embed"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"accord/collections"
	"accord/stix"
	"accord/taxii/wire"

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

	gate   gate                                  // before what costs much
	judges map[string]func() (stix.Judge, error) // by profile, each made once
}

// profiles are those by which objects are judged, the usual one first.
var profiles = []string{"standard", "strict", "open"}

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
	h.gate, h.judges = newGate(), map[string]func() (stix.Judge, error){}
	for _, profile := range profiles {
		h.judges[profile] = sync.OnceValues(func() (stix.Judge, error) { return h.Validator.Judge(profile, nil) })
	}
	for path, o := range map[string]struct {
		method string
		run    echo.HandlerFunc
	}{
		"audit":               {http.MethodGet, h.getAudit},
		"me":                  {http.MethodGet, h.getMe},
		"validate":            {http.MethodPost, h.validate},
		"extensions":          {http.MethodGet, h.getExtensions},
		"extensions/examples": {http.MethodGet, h.getExamples},
		"extensions/:id":      {http.MethodGet, h.getExtension},
		"rules":               {http.MethodGet, h.getRules},
		"schemas/:type":       {http.MethodGet, h.getSchema},
		"openapi.json":        {http.MethodGet, h.getOpenAPI},
	} {
		e.Add(o.method, prefix+path, o.run)
		if o.method == http.MethodGet {
			e.HEAD(prefix+path, o.run)
		}
		// RouteNotFound is what echo calls for every other method, OPTIONS too.
		e.RouteNotFound(prefix+path, func(c echo.Context) error { return wire.RefuseMethod(c, o.method) })
	}
}

// authenticate puts the caller into the context of the request.
func (h *Handler) authenticate(c echo.Context) error {
	caller, err := h.Authenticate(c.Request())
	if err != nil {
		return err
	}
	c.SetRequest(c.Request().WithContext(collections.WithCaller(c.Request().Context(), caller)))
	return nil
}

func (h *Handler) getOpenAPI(c echo.Context) error {
	if err := checkParameters(c); err != nil {
		return err
	}
	return publish(c, jsonType, openAPI)
}
