package taxii

import (
	"errors"
	"net/http"
	"slices"

	"accord/collections"
	"accord/taxii/wire"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
)

// An operation is what one method does at an endpoint.
type operation struct {
	method string
	action collections.Action            // what its record says (TX-AUTH-14); "" leaves none
	right  func(*collections.View) error // what the caller must be allowed; nil for nothing more than to know the place
	params params                        // query parameters that are defined here
	run    func(*request) error
}

// operations are those of one endpoint.
type operations []operation

// A request has been judged up to its query; what is left is its body and the
// object that it names.
type request struct {
	echo.Context
	caller collections.Caller
	root   *collections.Root // nil on discovery
	view   *collections.View // nil outside of a collection
	body   *body             // of a POST, read to its end; else nil
	query  query
	about  uuid.UUID // the collection of a status, which its path does not name
	moved  extent    // what was sent or taken, for the record of the access
}

// serve judges a request in the order of TX-ERR-07 and runs its operation. Its
// path has found the endpoint already. The access is recorded when that is over.
func (h *Handler) serve(ops operations) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := &request{Context: c}
		if err := h.authenticate(r); err != nil {
			return err
		}
		return h.recorded(r, ops.named(c).action, func() error { return h.operate(r, ops) })
	}
}

// operate is serve for a caller who is known.
func (h *Handler) operate(r *request, ops operations) error {
	if err := h.locate(r); err != nil {
		return err
	}
	op, err := ops.pick(r)
	if err != nil {
		return err
	}
	if op.right != nil {
		if err := op.right(r.view); err != nil {
			return err
		}
	}
	if err := negotiate(r.Request().Header); err != nil {
		return err
	}
	var broken error // what the body itself has wrong is told after the query
	if op.method == http.MethodPost {
		leave, err := h.Service.Turns.Admit(r.Request().Context())
		if err != nil {
			return err
		}
		defer leave()
		r.body, err = h.receive(r)
		switch {
		case errors.Is(err, collections.ErrMalformed):
			broken = err
		case err != nil:
			return err
		default:
			defer r.body.Close()
		}
	}
	if r.query, err = h.readQuery(r, op.params); err != nil {
		return err
	}
	if broken != nil {
		return broken
	}
	return op.run(r)
}

// authenticate puts the caller into the context of the request.
func (h *Handler) authenticate(r *request) error {
	caller, err := h.Authenticate(r.Request())
	if err != nil {
		return err
	}
	r.caller = caller
	r.SetRequest(r.Request().WithContext(collections.WithCaller(r.Request().Context(), caller)))
	return nil
}

// locate finds the API root and the collection in the path. What the caller
// may not know of is not there.
func (h *Handler) locate(r *request) (err error) {
	names := r.ParamNames()
	if slices.Contains(names, "root") {
		if r.root, err = h.Service.Root(r.Request().Context(), r.Param("root")); err != nil {
			return err
		}
	}
	if slices.Contains(names, "collection") {
		r.view, err = r.root.View(r.Param("collection"))
	}
	return err
}

// named returns the operation that the method names, the zero one if there is
// none. HEAD is GET without the body.
func (ops operations) named(c echo.Context) operation {
	method := c.Request().Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for _, op := range ops {
		if op.method == method {
			return op
		}
	}
	return operation{}
}

// pick returns the operation for the method.
func (ops operations) pick(c echo.Context) (operation, error) {
	if op := ops.named(c); op.run != nil {
		return op, nil
	}
	methods := make([]string, len(ops))
	for i, op := range ops {
		methods[i] = op.method
	}
	return operation{}, wire.RefuseMethod(c, methods...)
}
