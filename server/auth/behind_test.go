package auth

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"accord/collections"

	"github.com/google/uuid"
)

// A lostStore counts reads, and cannot be read from some time on.
type lostStore struct {
	collections.Store
	lost  bool
	reads atomic.Int64
}

func (s *lostStore) Follow(ctx context.Context, log uuid.UUID, after int64, limit int) ([]collections.Record, error) {
	s.reads.Add(1)
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
		if caller, err := ask(); !errors.Is(err, collections.ErrUnavailable) || errors.Is(err, collections.ErrUnauthenticated) {
			t.Errorf("%s: %+v, %v; want %v", name, caller, err, collections.ErrUnavailable)
		}
	}
	store.lost = false
	other.accepts(handle)
	other.accepts(token)
	if _, err := other.show(cert); err != nil {
		t.Errorf("certificate: %v", err)
	}
	other.refuses(handle[:39]+"!", "not valid", "no such handle")
}

// P8: however many come at once to another server with what was issued a moment
// ago, and with what was made up, each is told what is so; the control log is read
// for all of them together.
func TestManyUnknownAtOnce(t *testing.T) {
	w := newWorld(t, usCN)
	store := &lostStore{Store: w.store}
	other := *w
	other.store = store
	other.start(Config{})
	before := store.reads.Load()
	const rounds, crowd = 5, 40
	began := time.Now()
	for range rounds {
		handle := w.issue(Request{Party: "cert-us", Scope: "read:us-cn/*", Short: true}).Token
		var asking sync.WaitGroup
		for range crowd {
			asking.Go(func() {
				if caller, err := other.ask("Bearer " + handle); err != nil {
					t.Errorf("a handle of another server: %+v, %v; want it good", caller, err)
				}
			})
			asking.Go(func() {
				if caller, err := other.ask("Bearer " + newHandle()); !errors.Is(err, collections.ErrUnauthenticated) {
					t.Errorf("a handle that was made up: %+v, %v; want %v", caller, err, collections.ErrUnauthenticated)
				}
			})
		}
		asking.Wait()
	}
	// Each read asks once more to see that nothing follows.
	if reads, most := store.reads.Load()-before, 2*(2+int64(time.Since(began)/readEvery)); reads > most {
		t.Errorf("the log was read %d times for %d requests; want at most %d", reads, 2*rounds*crowd, most)
	}
}
