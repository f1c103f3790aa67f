package collections

import (
	"errors"
	"fmt"
	"time"
)

// Kinds of failure, for errors.Is. ErrNotFound also covers what the caller may
// not see, so that an answer never tells a hidden collection from a missing one.
var (
	ErrInvalid         = errors.New("invalid argument")       // a parameter, name or file that breaks a rule
	ErrUnauthenticated = errors.New("not authenticated")      // no usable credentials
	ErrForbidden       = errors.New("forbidden")              // known to the caller, not allowed
	ErrNotFound        = errors.New("not found")              // not there, or hidden
	ErrMethod          = errors.New("method not allowed")     // known place, wrong verb
	ErrNotAcceptable   = errors.New("not acceptable")         // no representation that the caller takes
	ErrMediaType       = errors.New("unsupported media type") // content that is not read here
	ErrTooLarge        = errors.New("too large")              // over a limit on size
	ErrMalformed       = errors.New("malformed content")      // a body that is no envelope
	ErrConflict        = errors.New("conflict")               // the state has moved, or forbids it
	ErrBusy            = errors.New("too many requests")      // over a limit on rate or number
	ErrUnavailable     = errors.New("unavailable")            // the store can't take it now; try again
)

// An Error is a failure whose Detail may be shown to a client.
type Error struct {
	Kind   error  // one of the Err values above
	Detail string // what was wrong with which input, lower case, no full stop
	Err    error  // the cause, for the log only; may be nil

	// After is how long a client that is told to come back should wait; 0 where
	// that is not known.
	After time.Duration
}

// Errorf returns an Error of the given kind whose detail a client may read.
func Errorf(kind error, format string, args ...any) *Error {
	return &Error{Kind: kind, Detail: fmt.Sprintf(format, args...)}
}

func (e *Error) Error() string {
	switch {
	case e.Detail == "" && e.Err == nil:
		return e.Kind.Error()
	case e.Err == nil:
		return e.Detail
	case e.Detail == "":
		return fmt.Sprintf("%v: %v", e.Kind, e.Err)
	}
	return fmt.Sprintf("%s: %v", e.Detail, e.Err)
}

// Unwrap makes errors.Is find both the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}
