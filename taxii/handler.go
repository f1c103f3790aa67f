package taxii

import (
	"log/slog"
	"net/http"

	"accord/collections"

	"github.com/labstack/echo/v4"
)

// A Handler answers TAXII requests. Its fields are filled in before Mount and
// not changed afterwards; then it may be used from many goroutines.
type Handler struct {
	Service *collections.Service

	// Authenticate finds out who asks. Its errors are of kind
	// ErrUnauthenticated (401) or whatever else went wrong.
	Authenticate func(*http.Request) (collections.Caller, error)
	// Challenges are the values of WWW-Authenticate for a 401, at least one
	// (RFC 7235 §4.1). The error is the one of Authenticate.
	Challenges func(err error) []string

	// PublicURL is the address of the server as its users know it, for example
	// "https://accord.example", from which discovery makes API root URLs.
	PublicURL func() string

	// MaxContentLength is the largest request body that is read, in bytes, and
	// what API roots announce (TAXII 2.1 §4.2.1). Zero means 64 MiB.
	MaxContentLength int64
	// DefaultLimit is the size of a page when the client names none, zero for
	// 1,000; MaxLimit is the largest that is served, zero for 10,000.
	DefaultLimit, MaxLimit int

	// SealKey is the secret from which the keys of next tokens are derived, at
	// least 16 bytes. Servers on one store share it.
	SealKey []byte

	Log *slog.Logger

	seal    seal
	answers answers
}

// Mount adds every TAXII route to e, each behind the given middleware, and
// makes HandleError the error handler of e, so that what the router refuses
// has TAXII's shape too. It panics if SealKey is too short.
func (h *Handler) Mount(e *echo.Echo, middleware ...echo.MiddlewareFunc) {
	h.setDefaults()
	e.HTTPErrorHandler = h.HandleError
	e.Pre(normalizePath)

	const (
		root       = prefix + ":root/"
		collection = root + "collections/:collection/"
		object     = collection + "objects/:object/"
	)
	read, write, remove := (*collections.View).RequireRead, (*collections.View).RequireWrite, (*collections.View).RequireDelete
	for path, ops := range map[string]operations{
		prefix:                   {{http.MethodGet, "", nil, none, h.getDiscovery}},
		root:                     {{http.MethodGet, "", nil, none, h.getAPIRoot}},
		root + "status/:status/": {{http.MethodGet, collections.ActionStatus, nil, none, h.getStatus}},
		root + "collections/":    {{http.MethodGet, "", nil, none, h.getCollections}},
		collection:               {{http.MethodGet, "", nil, none, h.getCollection}},
		collection + "manifest/": {{http.MethodGet, collections.ActionManifest, read, pageParams | matchParams, h.getManifest}},
		collection + "objects/": {
			{http.MethodGet, collections.ActionObjects, read, pageParams | matchParams, h.getObjects},
			{http.MethodPost, collections.ActionPush, write, none, h.addObjects},
		},
		object: {
			{http.MethodGet, collections.ActionObject, read, pageParams | versionParams, h.getObject},
			{http.MethodDelete, collections.ActionDelete, remove, versionParams, h.deleteObject},
		},
		object + "versions/": {{http.MethodGet, collections.ActionVersions, read, pageParams | matchSpecVersion, h.getVersions}},
	} {
		// RouteNotFound is echo's way to take a path whatever the method is,
		// known to it or not: the method is judged after the credentials.
		e.RouteNotFound(path, h.serve(ops), middleware...)
	}
}

func (h *Handler) setDefaults() {
	if h.MaxContentLength == 0 {
		h.MaxContentLength = 64 << 20
	}
	if h.MaxLimit == 0 {
		h.MaxLimit = 10_000
	}
	if h.DefaultLimit == 0 {
		h.DefaultLimit = min(1_000, h.MaxLimit)
	}
	h.seal = newSeal(h.SealKey)
}
