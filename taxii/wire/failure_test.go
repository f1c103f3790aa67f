package wire

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"accord/collections"

	"github.com/labstack/echo/v4"
)

var errSecret = errors.New("secret")

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
