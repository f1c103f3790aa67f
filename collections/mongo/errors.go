package mongo

import (
	"context"
	"errors"
	"slices"

	"accord/collections"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology"
)

// Codes of MongoDB's errors.
const (
	codeUnauthorized         = 13
	codeAuthenticationFailed = 18
	codeIndexConflict        = 85 // the name of an index is taken by another
	codeIndexKeyConflict     = 86
	codeTooLarge             = 10334
	codeNotPrimary           = 10107
	codeAtlasRefuses         = 8000
)

// translate gives an error of the driver its kind, by code and class. Other errors
// stay as they are.
func translate(err error) error {
	if err == nil || known(err) || errors.Is(err, context.Canceled) {
		return err
	}
	detail := "the database can't be reached"
	switch {
	case hasCode(err, codeUnauthorized, codeAuthenticationFailed, codeAtlasRefuses):
		detail = "the database refuses what the server asks of it"
	case hasCode(err, codeTooLarge):
		return &collections.Error{Kind: collections.ErrTooLarge, Detail: "a document is larger than the database takes", Err: err}
	case hasCode(err, codeNotPrimary):
		detail = "the database does not take writes now"
	case passing(err):
	default:
		return err
	}
	return &collections.Error{Kind: collections.ErrUnavailable, Detail: detail, Err: err}
}

func known(err error) bool {
	_, ok := errors.AsType[*collections.Error](err)
	return ok
}

func hasCode(err error, codes ...int) bool {
	if raw, ok := errors.AsType[driver.Error](err); ok { // of a handshake
		return slices.Contains(codes, int(raw.Code))
	}
	server, ok := errors.AsType[mongo.ServerError](err)
	return ok && slices.ContainsFunc(codes, server.HasErrorCode)
}

// passing reports whether an error tells of a database that is away, busy or
// changing its primary: what was asked may or may not have been done.
func passing(err error) bool {
	if mongo.IsNetworkError(err) || mongo.IsTimeout(err) || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	if server, ok := errors.AsType[mongo.ServerError](err); ok {
		for _, label := range []string{"RetryableWriteError", "TransientTransactionError", "SystemOverloadedError"} {
			if server.HasErrorLabel(label) {
				return true
			}
		}
		return hasCode(err, passingCodes...)
	}
	// A connection that breaks takes those with it on which others work.
	if cleared := driver.RetryablePoolError(nil); errors.As(err, &cleared) {
		return cleared.Retryable()
	}
	_, notFound := errors.AsType[topology.ServerSelectionError](err)
	_, notConnected := errors.AsType[topology.ConnectionError](err)
	return notFound || notConnected || errors.Is(err, mongo.ErrClientDisconnected)
}

// passingCodes are those of the specification of retryable reads and writes, of a
// write concern that was not met in time, and of a disk that is full.
var passingCodes = []int{
	6, 7, 50, 64, 79, 89, 91, 100, 112, 134, 189, 202, 262, 290, 9001, 10058,
	codeNotPrimary, 11600, 11601, 11602, 13388, 13435, 13436, 14031,
}
