package collections

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

const (
	// staleAfter is how long a server obeys what it last read of the control
	// log. A revocation holds everywhere after this time at the latest, also
	// where the store no longer answers.
	staleAfter = 5 * time.Second

	// controlPage is how many records are read at once: agreements may have a
	// megabyte each.
	controlPage = 100
)

// A Control follows the control log of a store: which agreements are in force,
// the settings and secrets of the store. All its methods may be called from
// many goroutines. What it returns is not changed by anyone.
type Control struct {
	store Store
	folds []func(Record) error

	refreshing sync.Mutex // one at a time folds
	state      atomic.Pointer[controlState]

	watched atomic.Bool
	read    atomic.Pointer[reading]
}

// A reading is how the last attempts to read the log went.
type reading struct {
	good time.Time // when the last good one began
	err  error     // of the last one
}

// OpenControl reads the control log to its end. An empty log gets its first
// record, which makes the store's id and secret, once for all servers on the
// store. Records of types that belong to others are handed to each of the
// folds, every record once and in order, one at a time; a fold that fails is
// given the same record again by the next Refresh.
func OpenControl(ctx context.Context, store Store, folds ...func(Record) error) (*Control, error) {
	c := &Control{store: store, folds: folds}
	c.state.Store(newControlState())
	c.read.Store(&reading{})
	if err := c.Refresh(ctx); err != nil {
		return nil, err
	}
	if c.StoreID() != uuid.Nil {
		return c, nil
	}
	genesis, err := newGenesis()
	if err != nil {
		return nil, err
	}
	return c, c.Append(ctx, Operator, func() ([]ControlEntry, error) {
		if c.StoreID() != uuid.Nil { // another server was faster
			return nil, nil
		}
		return []ControlEntry{genesis}, nil
	})
}

func newGenesis() (ControlEntry, error) {
	store := storeRecord{ID: uuid.New(), Secret: make([]byte, 32)}
	rand.Read(store.Secret) // never fails
	raw, err := json.Marshal(store)
	return ControlEntry{Type: controlStore, ID: store.ID.String(), Raw: raw}, err
}

// Refresh reads on to the end of the log. When it fails, what was read before
// stays in force.
func (c *Control) Refresh(ctx context.Context) error {
	c.refreshing.Lock()
	defer c.refreshing.Unlock()
	next := &reading{good: time.Now()}
	if next.err = c.readOn(ctx); next.err != nil {
		next.good = c.read.Load().good
	}
	c.read.Store(next)
	return next.err
}

// readOn folds what is new, each record once, and makes it visible in one step.
func (c *Control) readOn(ctx context.Context) error {
	state := c.state.Load()
	defer func() { c.state.Store(state) }()
	for {
		records, err := c.store.Follow(ctx, ControlLog, state.last, controlPage)
		if err != nil || len(records) == 0 {
			return err
		}
		state = state.clone()
		for _, r := range records {
			if err := c.fold(state, r); err != nil {
				return fmt.Errorf("fold control record %d (%s %q): %w", r.Sequence, r.Type, r.ID, err)
			}
			state.last = r.Sequence
		}
	}
}

func (c *Control) fold(state *controlState, r Record) error {
	if own, err := state.fold(r); own {
		return err
	}
	for _, fold := range c.folds {
		if err := fold(r); err != nil {
			return err
		}
	}
	return nil
}

// Watch refreshes now and every interval until ctx ends. Once it has begun,
// Fresh tells when that has gone wrong for too long.
func (c *Control) Watch(ctx context.Context, every time.Duration) {
	c.refreshInTime(ctx)
	c.watched.Store(true)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			c.refreshInTime(ctx)
		}
	}
}

// refreshInTime gives up a read that hangs, so that the next can do better. An
// error is kept for Fresh.
func (c *Control) refreshInTime(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, staleAfter)
	defer cancel()
	_ = c.Refresh(ctx)
}

// Fresh returns an error of kind ErrUnavailable when what is known of the
// control log is too old to decide rights by. Where nothing watches, in
// commands, it is always fresh.
func (c *Control) Fresh() error {
	last := c.read.Load()
	if !c.watched.Load() || time.Since(last.good) <= staleAfter {
		return nil
	}
	return &Error{Kind: ErrUnavailable, Detail: "the server can't read its agreements now; try again later", Err: last.err}
}

// A ControlEntry is what is to be said in the control log.
type ControlEntry struct {
	Type, ID string
	Raw      []byte
}

// errMoved says that the log has grown since it was folded.
var errMoved = errors.New("the control log has moved")

// Append runs decide on the newest state, with every record folded, and makes
// what it returns part of the log as one step. Like a Decide it may be run
// several times and must have no effects. When Append returns without an error,
// this Control knows the new records.
func (c *Control) Append(ctx context.Context, poster Poster, decide func() ([]ControlEntry, error)) error {
	seed := make([]byte, 32)
	rand.Read(seed) // never fails
	for {
		if err := c.Refresh(ctx); err != nil {
			return err
		}
		_, err := c.store.Append(ctx, ControlLog, func(_ context.Context, s State) (Decision, error) {
			if s.Last() != c.state.Load().last {
				return Decision{}, errMoved
			}
			entries, err := decide()
			return Decision{Entries: controlEntries(entries, poster, seed)}, err
		})
		if errors.Is(err, errMoved) {
			continue
		}
		if err != nil {
			return err
		}
		return c.Refresh(context.WithoutCancel(ctx)) // what is written is written
	}
}

func controlEntries(said []ControlEntry, poster Poster, seed []byte) []Entry {
	entries := make([]Entry, len(said))
	for i, e := range said {
		entries[i] = Entry{
			Op: OpControl, Type: e.Type, ID: e.ID, Raw: e.Raw, Hash: sha256.Sum256(e.Raw),
			Poster: poster, Seed: RecordSeed(seed, uint64(i)),
		}
	}
	return entries
}

// StoreID is the store's id, a UUID of version 4 that was made once.
func (c *Control) StoreID() uuid.UUID { return c.state.Load().storeID }

// Secret returns 32 bytes for one purpose, the same on all servers on the
// store and for ever.
func (c *Control) Secret(purpose string) []byte { return c.state.Load().derive("secret", purpose) }

// Setting returns what was last set under a name, "" if nothing was.
func (c *Control) Setting(name string) string { return c.state.Load().settings[name] }

// Set makes value the setting of that name, unless it is already.
func (c *Control) Set(ctx context.Context, poster Poster, name, value string) error {
	return c.Append(ctx, poster, func() ([]ControlEntry, error) {
		if c.Setting(name) == value {
			return nil, nil
		}
		return []ControlEntry{{Type: controlSetting, ID: name, Raw: []byte(value)}}, nil
	})
}

// Agreements returns the agreements in force, ordered by id.
func (c *Control) Agreements() []*Agreement {
	s := c.state.Load()
	agreements := make([]*Agreement, 0, len(s.agreements))
	for _, id := range slices.Sorted(maps.Keys(s.agreements)) {
		agreements = append(agreements, s.agreements[id])
	}
	return agreements
}

// Agreement returns the agreement in force with that id.
func (c *Control) Agreement(id string) (*Agreement, bool) {
	a, ok := c.state.Load().agreements[id]
	return a, ok
}

// ControlLogName is what LogName calls the control log.
const ControlLogName = "the control log"

// LogName says for people which log it is: "us-cn/activity-from-cn" for that of a
// collection, also of one that was dropped.
func (c *Control) LogName(log uuid.UUID) string {
	if log == ControlLog {
		return ControlLogName
	}
	for _, a := range c.Agreements() {
		for _, of := range a.Collections {
			if of.ID == log {
				return a.ID + "/" + of.Alias
			}
		}
	}
	if d, ok := c.state.Load().dropped[log]; ok {
		return d.Agreement + "/" + d.Alias + " (dropped)"
	}
	return log.String()
}

// hadCollection reports whether an agreement has a collection with that id or
// alias, or had one that was dropped.
func (c *Control) hadCollection(agreement, name string) bool {
	state := c.state.Load()
	if a, ok := state.agreements[agreement]; ok && a.named(name) != nil {
		return true
	}
	for _, d := range state.dropped {
		if d.Agreement == agreement && (d.Alias == name || d.Collection.String() == name) {
			return true
		}
	}
	return false
}

// hadParty reports whether an agreement has a party, or had it once.
func (c *Control) hadParty(agreement, party string) bool {
	return c.state.Load().members[member{agreement, party}]
}

// History returns every apply of an agreement, oldest first.
func (c *Control) History(agreement string) []AppliedFile {
	return slices.Clone(c.state.Load().history[agreement])
}

// derive returns 32 bytes that follow from the store's secret.
func (s *controlState) derive(parts ...string) []byte {
	mac := hmac.New(sha256.New, s.secret)
	for _, part := range parts {
		fmt.Fprintf(mac, "%d:%s\n", len(part), part)
	}
	return mac.Sum(nil)
}
