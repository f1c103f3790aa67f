package collections

import (
	"context"
	"slices"
	"time"

	"accord/stix"

	"github.com/google/uuid"
)

// A View is a collection as one caller may see it. Rights are decided when it
// is made, which is once for each request.
type View struct {
	*Collection
	CanRead, CanWrite bool // what TAXII shows, and what holds (TAXII 2.1 §5.2.1)

	canCurate bool
	root      *Root
	horizon   int64 // of the last look at the world; for the next page
}

// RequireRead returns ErrForbidden unless the caller may read (TX-COL-09).
func (v *View) RequireRead() error {
	if v.CanRead {
		return nil
	}
	return Errorf(ErrForbidden, "you may not read the collection %q", v.Alias)
}

// RequireWrite returns ErrForbidden unless the caller may write (TX-COL-09).
func (v *View) RequireWrite() error {
	switch {
	case v.CanWrite:
		return nil
	case v.Closed:
		return Errorf(ErrForbidden, "the collection %q is closed", v.Alias)
	}
	return Errorf(ErrForbidden, "you may not write to the collection %q", v.Alias)
}

// RequireDelete returns an error unless the caller may read and write, and
// ErrNotFound if he may do neither (TX-COL-09).
func (v *View) RequireDelete() error {
	if !v.CanRead && !v.CanWrite {
		return Errorf(ErrNotFound, "there is no such object in the collection %q", v.Alias)
	}
	if err := v.RequireWrite(); err != nil {
		return err
	}
	return v.RequireRead()
}

// A World names what a caller can read in a collection at one time. As long as
// it stays the same, so does the answer to every question that he may ask there.
type World struct {
	Collection uuid.UUID
	Clearance  stix.TLP
	Last       int64 // of the records that changed it; never to be shown
}

// World returns the caller's world now. Every push and every delete that was
// answered before makes it another one (P1), unless it is hidden from him (P6).
func (v *View) World(ctx context.Context) (World, error) {
	if err := v.RequireRead(); err != nil {
		return World{}, err
	}
	clearance := v.root.party.Clearance
	now, err := v.root.service.Store.Last(ctx, v.ID, clearance)
	v.horizon = now.Horizon
	return World{Collection: v.ID, Clearance: clearance, Last: now.Last}, err
}

// A Filter is what a reader asks for, before rights and clearance.
type Filter struct {
	After      int64          // sequence to go on after, from a cursor; 0 for the start
	AddedAfter stix.Timestamp // "" for no bound; compared at full precision
	Limit      int
	IDs, Types []string
	Versions   VersionFilter
	Objects    int // of how many records of the page the bytes are wanted too
}

// Page returns the positions of one page in the caller's world: the one that the
// last call of World saw, if none came between, or a newer one.
func (v *View) Page(ctx context.Context, f Filter) (Page, error) {
	if err := v.RequireRead(); err != nil {
		return Page{}, err
	}
	q := Query{
		Clearance: v.root.party.Clearance, After: f.After, Limit: f.Limit,
		IDs: f.IDs, Types: f.Types, Versions: f.Versions, Objects: f.Objects, Horizon: v.horizon,
	}
	v.horizon = 0 // who asks again wants something newer
	if f.AddedAfter != "" {
		// Dates have whole microseconds: later than an instant means later
		// than that instant cut to a microsecond.
		q.AddedAfter = f.AddedAfter.Time().Truncate(time.Microsecond)
	}
	return v.root.service.Store.Page(ctx, v.ID, q)
}

// Objects returns the bytes at positions of a page, as Store.Objects does.
func (v *View) Objects(ctx context.Context, seqs []int64) ([]StoredObject, error) {
	if err := v.RequireRead(); err != nil {
		return nil, err
	}
	return v.root.service.Store.Objects(ctx, v.ID, seqs)
}

// Manifest returns the versions at positions of a page. Records removed
// meanwhile are left out.
func (v *View) Manifest(ctx context.Context, seqs []int64) ([]Version, error) {
	if err := v.RequireRead(); err != nil {
		return nil, err
	}
	versions, err := v.root.service.Store.Manifest(ctx, v.ID, seqs)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(versions, func(v Version) bool { return v.Removed }), nil
}

// WasAdded reports whether a position is of a record that was added at a time. Where
// not, the position was given out before the store was replaced by an older copy.
func (v *View) WasAdded(ctx context.Context, seq int64, added time.Time) (bool, error) {
	at, err := v.root.service.Store.Manifest(ctx, v.ID, []int64{seq})
	return len(at) == 1 && at[0].DateAdded.Equal(added), err
}

// Versions returns the versions of one object in the caller's world, ascending
// by date_added. An object of which there are none is ErrNotFound.
func (v *View) Versions(ctx context.Context, id string) ([]Version, error) {
	if err := v.RequireRead(); err != nil {
		return nil, err
	}
	all, err := v.root.service.Store.Versions(ctx, v.ID, []string{id})
	if err != nil {
		return nil, err
	}
	visible := v.visible(all[id])
	if len(visible) == 0 {
		return nil, v.noObject(id)
	}
	return visible, nil
}

// visible keeps the versions that the caller's clearance admits and that are
// still there (P6).
func (v *View) visible(versions []Version) []Version {
	return keep(versions, func(u Version) bool { return !u.Removed && u.Rank <= v.root.party.Clearance })
}

func (v *View) noObject(id string) error {
	return Errorf(ErrNotFound, "there is no such object %.100q in the collection %q", id, v.Alias)
}

// MediaTypes are the media types of what the collection can hold, with their
// versions (TX-COL-07).
func (c *Collection) MediaTypes() []string {
	types := make([]string, len(c.STIXVersions))
	for i, version := range c.STIXVersions {
		types[i] = "application/stix+json;version=" + version
	}
	return types
}
