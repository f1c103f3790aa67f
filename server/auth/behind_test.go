package auth

import (
	"context"
	"errors"
	"testing"
	"time"

	"accord/collections"

	"github.com/google/uuid"
)

// A lostStore is one that cannot be read from some time on.
type lostStore struct {
	collections.Store
	lost bool
}

func (s *lostStore) Follow(ctx context.Context, log uuid.UUID, after int64, limit int) ([]collections.Record, error) {
	if s.lost {
		return nil, collections.Errorf(collections.ErrUnavailable, "the store is lost")
	}
	return s.Store.Follow(ctx, log, after, limit)
}

// P8: who comes with what another server has issued, to one that cannot read of
// it, is not told that it is no good; what is known goes on to hold, and nothing
// of that outlasts the fault.
func TestUnknownWhileTheStoreIsLost(t *testing.T) {
	w := newWorld(t, usCN)
	known := w.issue(Request{Party: "cert-us", Scope: "read:us-cn/*"})
	store := &lostStore{Store: w.store}
	other := *w
	other.store = store
	other.start(Config{})
	store.lost = true

	cert := w.newAuthority(nil).issue(nil)
	w.issue(Request{Party: "cert-us", Scope: "read:us-cn/*", Certificate: cert})
	handle := w.issue(Request{Party: "cert-us", Scope: "read:us-cn/*", Short: true}).Token
	if _, err := w.auth.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	token := w.issue(Request{Party: "cert-us", Scope: "read:us-cn/*"}).Token
	other.accepts(known.Token)
	for name, ask := range map[string]func() (collections.Caller, error){
		"handle": func() (collections.Caller, error) { return other.ask("Bearer " + handle) },
		"token":  func() (collections.Caller, error) { return other.ask("Bearer " + token) },
		"certificate": func() (collections.Caller, error) {
			return other.show(cert)
		},
	} {
		for range 2 { // the second time nothing is read
			if caller, err := ask(); !errors.Is(err, collections.ErrUnavailable) || errors.Is(err, collections.ErrUnauthenticated) {
				t.Errorf("%s: %+v, %v; want %v", name, caller, err, collections.ErrUnavailable)
			}
		}
	}
	store.lost = false
	w.clock.advance(time.Second)
	other.accepts(handle)
	other.accepts(token)
	if _, err := other.show(cert); err != nil {
		t.Errorf("certificate: %v", err)
	}
	other.refuses(handle[:39]+"!", "not valid", "no such handle")
}
