package taxii

import (
	"errors"
	"net/http"
	"strings"

	"accord/collections"
	"accord/taxii/wire"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
)

// An extent is how much of a collection a request has sent or taken.
type extent struct {
	first, last, count int64 // as in collections.Access
}

// add takes in so many records between two positions.
func (e *extent) add(count int, first, last int64) {
	if e.count == 0 || first < e.first {
		e.first = first
	}
	e.last = max(e.last, last)
	e.count += int64(count)
}

// recorded runs f and leaves the record of the access that it was, however f
// ends (TX-AUTH-14). Before there is room for the record nothing is done, and no
// party takes all the room.
func (h *Handler) recorded(r *request, action collections.Action, f func() error) (err error) {
	if action == "" {
		return f()
	}
	done, err := h.Service.Turns.Access(r.Request().Context())
	if err != nil {
		return err
	}
	defer done()
	if err := h.Service.Recorder.Enter(r.Request().Context()); err != nil {
		return err
	}
	err = errors.New("a panic") // until f returns
	defer func() { h.Service.Recorder.Leave(h.access(r, action, err)) }()
	return f()
}

// access returns what a request was, nil where it was about nothing that exists.
func (h *Handler) access(r *request, action collections.Action, err error) *collections.Access {
	kind, ok := h.accessKind(r)
	if !ok {
		return nil
	}
	kind.Party, kind.Action = r.caller.Party, action
	res, object := r.Response(), r.Param("object")
	a := &collections.Access{
		AccessKind: kind, Unit: r.caller.Unit, Officer: r.caller.Officer, JTI: r.caller.JTI,
		Remote: r.RealIP(), RequestID: res.Header().Get(echo.HeaderXRequestID),
		Object: strings.Clone(strings.ToValidUTF8(object[:min(len(object), collections.MaxAccessObject)], "")), // no part of a long path
		Status: res.Status, BrokenOff: res.Committed && err != nil,
	}
	if r.Request().Method != http.MethodHead { // which has sent nothing
		a.First, a.Last, a.Count = r.moved.first, r.moved.last, r.moved.count
	}
	if err != nil && !res.Committed {
		a.Status = wire.Status(err)
	}
	return a
}

// accessKind returns the place that a request is about, and whether there is
// one. The caller may be one who may not know of it.
func (h *Handler) accessKind(r *request) (collections.AccessKind, bool) {
	root := r.Param("root")
	switch {
	case r.view != nil:
		return r.view.AccessKind(), true
	case r.about != uuid.Nil:
		if kind, ok := h.Service.AccessKindOf(root, r.about.String()); ok {
			return kind, true
		}
	}
	return h.Service.AccessKindOf(root, r.Param("collection")) // "" on a status
}
