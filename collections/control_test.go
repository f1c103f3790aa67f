package collections_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"accord/collections"
	"accord/collections/sqlite"

	"github.com/google/uuid"
)

var operator = collections.Poster{Party: "*"}

func openStore(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

func newStore(t *testing.T) *sqlite.Store {
	t.Helper()
	return openStore(t, filepath.Join(t.TempDir(), "accord.db"))
}

func openControl(t *testing.T, store collections.Store, folds ...func(collections.Record) error) *collections.Control {
	t.Helper()
	c, err := collections.OpenControl(t.Context(), store, folds...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// controlLog returns all records of the control log.
func controlLog(t *testing.T, store collections.Store) []collections.Record {
	t.Helper()
	records, err := store.Follow(t.Context(), collections.ControlLog, 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// brokenStore is a store whose control log can't be read while it is broken.
type brokenStore struct {
	collections.Store
	broken atomic.Bool
}

var errBroken = errors.New("broken on purpose")

func (s *brokenStore) Follow(ctx context.Context, log uuid.UUID, after int64, limit int) ([]collections.Record, error) {
	if s.broken.Load() {
		return nil, errBroken
	}
	return s.Store.Follow(ctx, log, after, limit)
}

// P10: a store gets one id and one secret, however many servers start on it.
func TestControlGenesisHappensOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "accord.db")
	stores := []collections.Store{openStore(t, path), openStore(t, path)}
	controls := make([]*collections.Control, 16)
	var wg sync.WaitGroup
	for i := range controls {
		wg.Go(func() {
			c, err := collections.OpenControl(t.Context(), stores[i%2])
			if err != nil {
				t.Error(err)
			}
			controls[i] = c
		})
	}
	wg.Wait()
	first := controls[0]
	if v := first.StoreID().Version(); v != 4 {
		t.Errorf("store id %s has version %d, want 4", first.StoreID(), v)
	}
	for _, c := range controls {
		if c.StoreID() != first.StoreID() || !bytes.Equal(c.Secret("cursor"), first.Secret("cursor")) {
			t.Errorf("two servers have the ids %s and %s", c.StoreID(), first.StoreID())
		}
	}
	if records := controlLog(t, stores[0]); len(records) != 1 {
		t.Errorf("the log has %d records, want 1", len(records))
	}
}

func TestControlSecret(t *testing.T) {
	store := newStore(t)
	c, other := openControl(t, store), openControl(t, newStore(t))
	secret := c.Secret("cursor")
	if len(secret) != 32 || bytes.Equal(secret, make([]byte, 32)) {
		t.Errorf("secret = %x", secret)
	}
	if bytes.Equal(secret, c.Secret("handle")) || bytes.Equal(secret, other.Secret("cursor")) {
		t.Error("two purposes or two stores share a secret")
	}
	if !bytes.Equal(secret, openControl(t, store).Secret("cursor")) {
		t.Error("the secret changes when the log is opened again")
	}
}

func TestControlSettings(t *testing.T) {
	store := newStore(t)
	c, other := openControl(t, store), openControl(t, store)
	if got := c.Setting("public_url"); got != "" {
		t.Errorf("a setting never set = %q", got)
	}
	for _, value := range []string{"http://127.0.0.1:6100", "http://127.0.0.1:6100", "https://accord.example"} {
		if err := c.Set(t.Context(), operator, "public_url", value); err != nil {
			t.Fatal(err)
		}
	}
	if err := other.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := other.Setting("public_url"); got != "https://accord.example" {
		t.Errorf("the other server reads %q", got)
	}
	if records := controlLog(t, store); len(records) != 3 { // the same value again is not said
		t.Errorf("the log has %d records, want 3", len(records))
	}
}

func say(typ, id string) func() ([]collections.ControlEntry, error) {
	return func() ([]collections.ControlEntry, error) {
		return []collections.ControlEntry{{Type: typ, ID: id, Raw: []byte("{}")}}, nil
	}
}

// A fold sees what is not the Control's own, each record once, in order; one
// that fails is given the same record again.
func TestControlFolds(t *testing.T) {
	var seen []string
	fail := errors.New("cannot fold")
	failOn := ""
	fold := func(r collections.Record) error {
		if r.ID == failOn {
			return fail
		}
		seen = append(seen, r.Type+" "+r.ID)
		return nil
	}
	store := newStore(t)
	writer, c := openControl(t, store), openControl(t, store, fold)
	for _, id := range []string{"a", "b", "c"} {
		if err := writer.Append(t.Context(), operator, say("token", id)); err != nil {
			t.Fatal(err)
		}
		if err := writer.Set(t.Context(), operator, "n", id); err != nil {
			t.Fatal(err)
		}
	}
	failOn = "b"
	if err := c.Refresh(t.Context()); !errors.Is(err, fail) {
		t.Errorf("Refresh = %v, want the error of the fold", err)
	}
	if got := c.Setting("n"); got != "a" { // what was read before the fault is in force
		t.Errorf("setting = %q, want a", got)
	}
	failOn = ""
	if err := c.Refresh(t.Context()); err != nil {
		t.Error(err)
	}
	if want := []string{"token a", "token b", "token c"}; !reflect.DeepEqual(seen, want) {
		t.Errorf("folded %q, want %q", seen, want)
	}
}

// Decisions are made on the newest state: counting up from many goroutines on
// two stores over one file loses no step.
func TestControlAppendDecidesOnTheNewestState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "accord.db")
	const each = 25
	var wg sync.WaitGroup
	for range 2 {
		store := openStore(t, path)
		for range 2 {
			wg.Go(func() {
				c, err := collections.OpenControl(t.Context(), store)
				if err != nil {
					t.Error(err)
					return
				}
				for range each {
					err := c.Append(t.Context(), operator, func() ([]collections.ControlEntry, error) {
						n, _ := strconv.Atoi(c.Setting("n"))
						return []collections.ControlEntry{{Type: "setting", ID: "n", Raw: []byte(strconv.Itoa(n + 1))}}, nil
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wg.Wait()
	if got := openControl(t, openStore(t, path)).Setting("n"); got != strconv.Itoa(4*each) {
		t.Errorf("counted to %s, want %d", got, 4*each)
	}
}

func TestControlAppend(t *testing.T) {
	store := newStore(t)
	c := openControl(t, store)
	refused := errors.New("refused")
	if err := c.Append(t.Context(), operator, func() ([]collections.ControlEntry, error) { return nil, refused }); !errors.Is(err, refused) {
		t.Errorf("Append = %v, want the error of decide", err)
	}
	by := collections.Poster{Party: "cert-us", Unit: "cert", JTI: "j"}
	if err := c.Append(t.Context(), by, func() ([]collections.ControlEntry, error) {
		return []collections.ControlEntry{{Type: "token", ID: "a"}, {Type: "token", ID: "b"}}, nil
	}); err != nil {
		t.Fatal(err)
	}
	records := controlLog(t, store)
	if len(records) != 3 {
		t.Fatalf("the log has %d records, want 3", len(records))
	}
	a, b := records[1], records[2]
	if a.Op != collections.OpControl || a.ID != "a" || b.ID != "b" || a.Poster != by {
		t.Errorf("records = %+v, %+v", a, b)
	}
	if a.Seed == b.Seed || a.Seed == [16]byte{} {
		t.Errorf("seeds = %x, %x", a.Seed, b.Seed)
	}
}

// P5: a server that can't read what was revoked says so instead of serving.
func TestControlFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &brokenStore{Store: newStore(t)}
		c := openControl(t, store)
		store.broken.Store(true)
		time.Sleep(time.Minute)
		if err := c.Fresh(); err != nil {
			t.Errorf("nobody watches, and Fresh = %v", err)
		}

		store.broken.Store(false)
		ctx, stop := context.WithCancel(t.Context())
		go c.Watch(ctx, time.Second)
		time.Sleep(time.Minute)
		for _, tc := range []struct {
			broken bool
			after  time.Duration
			want   error
		}{
			{true, 3500 * time.Millisecond, nil},
			{true, 3 * time.Second, collections.ErrUnavailable},
			{true, time.Hour, collections.ErrUnavailable},
			{false, 1500 * time.Millisecond, nil},
			{false, time.Hour, nil},
		} {
			store.broken.Store(tc.broken)
			time.Sleep(tc.after)
			err := c.Fresh()
			if !errors.Is(err, tc.want) || tc.want != nil && !errors.Is(err, errBroken) {
				t.Errorf("broken %v for %v: Fresh = %v, want %v", tc.broken, tc.after, err, tc.want)
			}
		}
		stop()
		synctest.Wait() // Watch has returned
		time.Sleep(time.Minute)
		if err := c.Fresh(); !errors.Is(err, collections.ErrUnavailable) {
			t.Errorf("the watch is over, and Fresh = %v", err)
		}
	})
}

// A watcher sees what another server wrote.
func TestControlWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		c, other := openControl(t, store), openControl(t, store)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go c.Watch(ctx, time.Second)
		for i := range 3 {
			value := fmt.Sprint(i)
			if err := other.Set(ctx, operator, "n", value); err != nil {
				t.Fatal(err)
			}
			time.Sleep(1100 * time.Millisecond)
			if got := c.Setting("n"); got != value {
				t.Errorf("after an interval the watcher reads %q, want %q", got, value)
			}
		}
	})
}
