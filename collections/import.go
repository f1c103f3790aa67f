package collections

import "slices"

// Import works out what records do that were written in another store: what
// Effect did when they were written, but that they keep their places, dates and
// leaves, and that versions which were removed later come without their bytes.
// A record that Append could not have written after the log's last is ErrConflict.
func (b Base) Import(records []Record) (*Effect, error) {
	f := &Effect{Records: slices.Clone(records), Versions: make(map[string][]Version, len(records))}
	added := b.Added
	for i := range f.Records {
		r := &f.Records[i]
		if want := b.Last + int64(i) + 1; r.Sequence != want {
			return nil, Errorf(ErrConflict, "record %d can't be imported where record %d is next", r.Sequence, want)
		}
		if !r.DateAdded.After(added) {
			return nil, r.refusal("is not later than the one before")
		}
		if err := f.takeOver(b, r); err != nil {
			return nil, err
		}
		added = r.DateAdded
	}
	return f, nil
}

// refusal says why a record can't be imported.
func (r Record) refusal(what string) error {
	return Errorf(ErrConflict, "record %d (%.300q) %s, so it can't be imported", r.Sequence, r.ID, what)
}

// takeOver does what one record does.
func (f *Effect) takeOver(b Base, r *Record) error {
	if fault := r.misshapen(); fault != "" {
		return r.refusal(fault)
	}
	switch r.Op {
	case OpAdd:
		f.Versions[r.ID] = append(f.versions(b, r.ID), r.Made())
	case OpDelete:
		return f.removeAgain(b, r)
	}
	return nil
}

// removeAgain takes the bytes of those versions that a delete names which still
// have them: a store may have been copied in part before the delete came.
func (f *Effect) removeAgain(b Base, r *Record) error {
	versions := f.versions(b, r.ID)
	f.Versions[r.ID] = versions
	for _, seq := range r.Removes {
		v := slices.IndexFunc(versions, func(v Version) bool { return v.Sequence == seq })
		if v < 0 {
			return r.refusal("removes what is no version of its object")
		}
		if versions[v].Removed {
			continue
		}
		versions[v].Removed = true
		old, err := f.record(b, seq)
		if err != nil {
			return err
		}
		if old.Residue == nil {
			old.Remove()
		}
	}
	return nil
}
