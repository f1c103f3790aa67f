package storetest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"accord/collections"
	"accord/stix"

	"github.com/google/uuid"
)

// A Fault is how a call to a Faulty store fails.
type Fault int

// Before and After look alike to the caller: an error of kind ErrUnavailable.
// After is for Append and RecordAccesses; for all others it is Before.
const (
	None   Fault = iota
	Before       // nothing is done
	After        // the write takes hold, and its answer is lost
	Again        // Append runs decide twice, as if the log had moved meanwhile; no error
)

// ErrInjected is the cause of every failure that a Faulty store makes up.
var ErrInjected = errors.New("injected fault")

// A Faulty store fails on request, so that a test can prove that a caller ends
// up right whether or not the write took hold.
type Faulty struct {
	collections.Store

	// Fault is asked before each call, with the name of the method, how the
	// call fails. It may be called from many goroutines. Close never fails.
	Fault func(method string) Fault
}

var _ collections.Store = (*Faulty)(nil)

// Once is a Fault function that fails the first call of a method.
func Once(method string, fault Fault) func(string) Fault {
	var done atomic.Bool
	return func(called string) Fault {
		if called == method && !done.Swap(true) {
			return fault
		}
		return None
	}
}

// Always is a Fault function that fails every call of a method.
func Always(method string, fault Fault) func(string) Fault {
	return func(called string) Fault {
		if called == method {
			return fault
		}
		return None
	}
}

// injected is what a caller gets instead of an answer.
func injected(method string) error {
	return &collections.Error{Kind: collections.ErrUnavailable, Detail: "the store failed in " + method, Err: ErrInjected}
}

// fails returns the error of a read, nil when it may go on.
func (f *Faulty) fails(method string) error {
	if fault := f.Fault(method); fault == Before || fault == After {
		return injected(method)
	}
	return nil
}

func (f *Faulty) Append(ctx context.Context, log uuid.UUID, decide collections.Decide) ([]collections.Record, error) {
	switch f.Fault("Append") {
	case Before:
		return nil, injected("Append")
	case After:
		if _, err := f.Store.Append(ctx, log, decide); err != nil {
			return nil, err
		}
		return nil, injected("Append")
	case Again:
		decide = twice(decide)
	}
	return f.Store.Append(ctx, log, decide)
}

// twice runs decide, forgets what it said, and runs it again.
func twice(decide collections.Decide) collections.Decide {
	return func(ctx context.Context, s collections.State) (collections.Decision, error) {
		if _, err := decide(ctx, s); err != nil {
			return collections.Decision{}, err
		}
		return decide(ctx, s)
	}
}

func (f *Faulty) Last(ctx context.Context, log uuid.UUID, clearance stix.TLP) (collections.Moment, error) {
	if err := f.fails("Last"); err != nil {
		return collections.Moment{}, err
	}
	return f.Store.Last(ctx, log, clearance)
}

func (f *Faulty) Page(ctx context.Context, log uuid.UUID, q collections.Query) (collections.Page, error) {
	if err := f.fails("Page"); err != nil {
		return collections.Page{}, err
	}
	return f.Store.Page(ctx, log, q)
}

func (f *Faulty) Objects(ctx context.Context, log uuid.UUID, seqs []int64) ([]collections.StoredObject, error) {
	if err := f.fails("Objects"); err != nil {
		return nil, err
	}
	return f.Store.Objects(ctx, log, seqs)
}

func (f *Faulty) Manifest(ctx context.Context, log uuid.UUID, seqs []int64) ([]collections.Version, error) {
	if err := f.fails("Manifest"); err != nil {
		return nil, err
	}
	return f.Store.Manifest(ctx, log, seqs)
}

func (f *Faulty) Versions(ctx context.Context, log uuid.UUID, ids []string) (map[string][]collections.Version, error) {
	if err := f.fails("Versions"); err != nil {
		return nil, err
	}
	return f.Store.Versions(ctx, log, ids)
}

func (f *Faulty) Follow(ctx context.Context, log uuid.UUID, after int64, limit int) ([]collections.Record, error) {
	if err := f.fails("Follow"); err != nil {
		return nil, err
	}
	return f.Store.Follow(ctx, log, after, limit)
}

func (f *Faulty) Status(ctx context.Context, id uuid.UUID) (collections.Status, error) {
	if err := f.fails("Status"); err != nil {
		return collections.Status{}, err
	}
	return f.Store.Status(ctx, id)
}

func (f *Faulty) RecordAccesses(ctx context.Context, accesses []collections.Access) error {
	switch f.Fault("RecordAccesses") {
	case Before:
		return injected("RecordAccesses")
	case After:
		if err := f.Store.RecordAccesses(ctx, accesses); err != nil {
			return err
		}
		return injected("RecordAccesses")
	}
	return f.Store.RecordAccesses(ctx, accesses)
}

func (f *Faulty) Accesses(ctx context.Context, q collections.AccessQuery) ([]collections.Access, error) {
	if err := f.fails("Accesses"); err != nil {
		return nil, err
	}
	return f.Store.Accesses(ctx, q)
}

func (f *Faulty) ForgetAccesses(ctx context.Context, before time.Time, most int) (bool, error) {
	if err := f.fails("ForgetAccesses"); err != nil {
		return false, err
	}
	return f.Store.ForgetAccesses(ctx, before, most)
}

func (f *Faulty) Ready(ctx context.Context) error {
	if err := f.fails("Ready"); err != nil {
		return err
	}
	return f.Store.Ready(ctx)
}
