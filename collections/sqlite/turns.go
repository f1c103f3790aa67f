package sqlite

import (
	"context"

	"accord/collections"
)

// maxWaiting is how many reads, and how many appends, of one party may wait: more
// than the requests that collections.Turns lets in, each of which has one at a time,
// because a page that has begun must get its reads.
const maxWaiting = 2048

var errBusy = collections.Errorf(collections.ErrBusy, "too many of your requests wait for the store; send the next when one of them is answered")

// partyOf is whose turn a call takes: the caller's, or that of the server itself,
// which is one more party.
func partyOf(ctx context.Context) string {
	caller, _ := collections.CallerFrom(ctx)
	return caller.Party
}
