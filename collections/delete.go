package collections

import (
	"context"
	"crypto/rand"
)

// Delete removes the versions of an object that f keeps; all versions in every
// specification version when f is the zero filter (TAXII 2.1 §5.7). Nothing to
// remove is ErrNotFound; a version that another party stored is ErrForbidden
// unless the caller may curate, and then nothing is removed. What the caller's
// clearance hides is not touched.
func (v *View) Delete(ctx context.Context, id string, f VersionFilter) error {
	if err := v.RequireDelete(); err != nil {
		return err
	}
	var seed [16]byte
	rand.Read(seed[:]) // never fails
	_, err := v.root.service.Store.Append(ctx, v.ID, func(ctx context.Context, s State) (Decision, error) {
		known, err := s.Versions(ctx, []string{id})
		if err != nil {
			return Decision{}, err
		}
		going := f.forDelete().Select(v.visible(known[id]))
		if len(going) == 0 {
			return Decision{}, v.noObject(id)
		}
		e := Entry{Op: OpDelete, ID: id, Type: going[0].Type, Poster: v.root.poster(), Seed: seed}
		for _, u := range going {
			if u.Party != v.root.caller.Party && !v.canCurate {
				return Decision{}, Errorf(ErrForbidden, "version %s of %q was stored by another party, and only that party or a curator may delete it", u.Value(), id)
			}
			e.Removes = append(e.Removes, u.Sequence)
		}
		return Decision{Entries: []Entry{e}}, nil
	})
	return err
}

// forDelete is f with the defaults of DELETE in place of those of reading:
// without keywords every version goes, and every specification version in
// which one of the instants exists (TX-OBJ-DEL-02, TX-OBJ-DEL-04).
func (f VersionFilter) forDelete() VersionFilter {
	if f.First || f.Last {
		return f
	}
	if f.SpecVersions == nil {
		f.SpecVersions = []string{"2.0", "2.1"}
	}
	if len(f.At) == 0 {
		f.All = true
	}
	return f
}
