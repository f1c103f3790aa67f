package collections

import (
	"context"
	"time"
)

// A Caller is who asks: a party with a token, already verified. The zero
// Caller is nobody.
type Caller struct {
	Party   string // party id, the token's sub
	Unit    string // unit of the party, "" if the token names none
	Officer string // person in the party, kept in audit and timelines; may be ""
	JTI     string // id of the token
	Scopes  Scopes
	Expires time.Time // the end of the token

	// Agreements are the only ones that the token speaks in, because a
	// party's own issuer made it and they declare that issuer; nil for all,
	// which tokens of the server's own key have.
	Agreements []string
}

type callerKey struct{}

// WithCaller returns a context in which c asks.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerFrom returns who asks in ctx, and whether anybody does.
func CallerFrom(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(Caller)
	return c, ok
}

// PartyOf is whose turn a call takes: the caller's, or that of the server itself,
// which is one more party.
func PartyOf(ctx context.Context) string {
	caller, _ := CallerFrom(ctx)
	return caller.Party
}
