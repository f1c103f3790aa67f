package wire

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"accord/collections"

	"github.com/labstack/echo/v4"
)

var errSecret = errors.New("secret")

// TX-ERR-08: whole seconds, never too few, and never 0.
func TestComeBack(t *testing.T) {
	for after, want := range map[time.Duration]string{0: "5", time.Millisecond: "1", time.Second: "1", 1001 * time.Millisecond: "2", time.Hour: "3600"} {
		err := fmt.Errorf("wrapped: %w", &collections.Error{Kind: collections.ErrBusy, After: after})
		if got := comeBack(err); got != want {
			t.Errorf("comeBack after %v = %q; want %q", after, got, want)
		}
	}
	if got := comeBack(errSecret); got != "5" {
		t.Errorf("comeBack of an unknown failure = %q; want 5", got)
	}
}

func TestStatusOfKinds(t *testing.T) {
	for _, tc := range []struct {
		err  error
		want int
	}{
		{collections.Errorf(collections.ErrInvalid, "x"), 400},
		{collections.Errorf(collections.ErrUnauthenticated, "x"), 401},
		{collections.Errorf(collections.ErrForbidden, "x"), 403},
		{fmt.Errorf("wrapped: %w", collections.Errorf(collections.ErrNotFound, "x")), 404},
		{collections.Errorf(collections.ErrMethod, "x"), 405},
		{collections.Errorf(collections.ErrNotAcceptable, "x"), 406},
		{collections.Errorf(collections.ErrConflict, "x"), 409},
		{collections.Errorf(collections.ErrTooLarge, "x"), 413},
		{collections.Errorf(collections.ErrMediaType, "x"), 415},
		{collections.Errorf(collections.ErrMalformed, "x"), 422},
		{collections.Errorf(collections.ErrBusy, "x"), 429},
		{&collections.Error{Kind: collections.ErrUnavailable, Err: errSecret}, 503},
		{context.DeadlineExceeded, 503},
		{echo.ErrNotFound, 404},
		{echo.NewHTTPError(200), 500},
		{errSecret, 500},
	} {
		if got := Status(tc.err); got != tc.want {
			t.Errorf("status(%v) = %d; want %d", tc.err, got, tc.want)
		}
	}
}
