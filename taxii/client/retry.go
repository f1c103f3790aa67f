package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Patience: with waits that grow from half a second, and are never the same,
// eight tries bridge the restart of a server; what asks for longer than ten
// minutes is given up.
const (
	maxTries = 8
	maxWait  = 10 * time.Minute
)

// patiently runs try until it succeeds, fails for good or patience ends, and
// returns the last error.
func (c *Client) patiently(ctx context.Context, try func() error) error {
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := try()
		if err != nil && !passing(err, c.reached.Load()) {
			err = backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithMaxTries(maxTries), backoff.WithMaxElapsedTime(maxWait), backoff.WithNotify(c.config.Retrying))
	return err
}

// IsPassing reports whether an error of this package is one that time may mend:
// the server was busy, or not there, for longer than patience lasts.
func IsPassing(err error) bool { return passing(err, true) }

// passing reports whether the same request may succeed later: the server is
// busy, or the connection broke. A server that cannot be connected to is worth
// waiting for only if it has answered before; else its address is wrong.
func passing(err error, reached bool) bool {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.busy()
	}
	if _, ok := errors.AsType[redirectError](err); ok {
		return false
	}
	if _, ok := errors.AsType[*brokenError](err); ok {
		return true
	}
	if network, ok := errors.AsType[*net.OpError](err); ok && network.Op != "dial" {
		return true
	}
	transport, ok := errors.AsType[*url.Error](err)
	return ok && (reached || errors.Is(transport, io.EOF) || errors.Is(transport, io.ErrUnexpectedEOF))
}

// busy reports whether the server, or the proxy before it, will have another
// answer later.
func (e *Error) busy() bool {
	switch e.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// withRetryAfter adds to a refusal the wait that its Retry-After asks for, in
// seconds or as a date (RFC 9110 §10.2.3).
func withRetryAfter(err *Error, header string) error {
	seconds, wrong := strconv.Atoi(header)
	if wrong != nil {
		date, wrong := http.ParseTime(header)
		if wrong != nil {
			return err
		}
		seconds = int(time.Until(date)/time.Second) + 1
	}
	if !err.busy() || seconds < 0 {
		return err
	}
	return fmt.Errorf("%w; %w", err, backoff.RetryAfter(seconds))
}
