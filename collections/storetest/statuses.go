package storetest

import (
	"errors"
	"time"

	"accord/collections"

	"github.com/google/uuid"
)

// A status comes back as it was saved; one that was never saved is ErrNotFound.
func statusIsSavedWithTheAppend(f *fixture) {
	status := f.newStatus()
	status.PushSeed = make([]byte, 32)
	status.Successes = []collections.Success{{Sequence: 1, Count: 2}, {Sequence: 1, Count: 1, Message: "already there"}}
	status.Failures = []collections.Failure{{ID: "objects[3]", Version: "unknown", Message: "网络 <&> \u2028 'x'"}}
	if _, err := f.store.Append(f.Context(), f.id, decidingOn(&status, manyAdded("indicator", 2)...)); err != nil {
		f.Fatal(err)
	}
	f.wantStatus(status)
	f.reopen()
	f.wantStatus(status)
	f.wantNoStatus(uuid.New())
}

// TX-STAT-05, TX-STAT-06: a status is there until it expires, by the store's clock, and not
// later, whether or not anybody has swept it away.
func statusExpires(f *fixture) {
	short, long := f.newStatus(), f.newStatus()
	short.Expires = short.Requested.Add(time.Hour)
	for _, s := range []*collections.Status{&short, &long} {
		if _, err := f.store.Append(f.Context(), f.id, decidingOn(s)); err != nil {
			f.Fatal(err)
		}
	}
	f.clock.advance(time.Hour - time.Second)
	f.wantStatus(short)
	f.clock.advance(2 * time.Second)
	f.wantNoStatus(short.ID)
	f.append(manyAdded("indicator", 1)...)
	f.reopen()
	f.wantNoStatus(short.ID)
	f.wantStatus(long)
	f.clock.advance(collections.StatusLifetime)
	f.wantNoStatus(long.ID)
}

func (f *fixture) newStatus() collections.Status { return newStatus(f.id, f.clock.now()) }

// newStatus returns the status of a push of which nothing is known yet.
func newStatus(log uuid.UUID, now time.Time) collections.Status {
	now = now.UTC().Truncate(time.Microsecond)
	return collections.Status{
		ID: uuid.New(), Agreement: "us-cn", Collection: log, Party: "cert-us",
		Requested: now, Expires: now.Add(collections.StatusLifetime),
	}
}

// wantStatus checks that the store has a status as it was saved.
func (f *fixture) wantStatus(want collections.Status) {
	f.Helper()
	got, err := f.store.Status(f.Context(), want.ID)
	if err != nil {
		f.Errorf("Status(%s): %v", want.ID, err)
		return
	}
	wantSame(f, "the status", []collections.Status{got}, []collections.Status{want})
}

func (f *fixture) wantNoStatus(id uuid.UUID) {
	f.Helper()
	if got, err := f.store.Status(f.Context(), id); !errors.Is(err, collections.ErrNotFound) {
		f.Errorf("Status(%s) gives %+v, %v; want ErrNotFound", id, got, err)
	}
}
