package mongo

import (
	"maps"
	"slices"

	"accord/collections"
	"accord/stix"
)

// A mark is t<<3 | kind: what followed for a record from the records up to that of
// sequence t. It is a pure function of those, and changes only to a later t, so
// whoever writes it late undoes nothing. The kinds up to collections.NoneNewer are
// the lowest rank among the newer versions. The numbers are stored.
type mark int64

const (
	kindOther   = 6 // a control record
	kindRemoved = 7 // a version that was removed, or a delete
)

func markOf(t int64, kind int64) mark { return mark(t<<3 | kind) }

func (m mark) at() int64   { return int64(m) >> 3 }
func (m mark) kind() int64 { return int64(m) & 7 }

// A move is what a record of a later sequence does to one before it.
type move struct {
	mark    mark
	residue []byte // of a removed record; nil where it has one already, and for others
}

// A marker works out marks, record by record.
type marker struct {
	versions map[string][]collections.Version // of the objects touched, as they are so far
	moves    map[int64]move                   // by sequence
	lasts    lasts
}

// lasts are the sequences of the last records that changed what a rank sees, and
// the last of each specification version; 0 for none. They are stored by these names.
type lasts struct {
	Rank0 int64 `bson:"r0"`
	Rank1 int64 `bson:"r1"`
	Rank2 int64 `bson:"r2"`
	Rank3 int64 `bson:"r3"`
	Rank4 int64 `bson:"r4"`
	Spec0 int64 `bson:"v20"`
	Spec1 int64 `bson:"v21"`
	Large int64 `bson:"large"` // the size of the largest object, in bytes
}

// ranks are those by rank.
func (l *lasts) ranks() [stix.Red + 1]int64 {
	return [...]int64{l.Rank0, l.Rank1, l.Rank2, l.Rank3, l.Rank4}
}

// rank is the place of a rank.
func (l *lasts) rank(r stix.TLP) *int64 {
	return [...]*int64{&l.Rank0, &l.Rank1, &l.Rank2, &l.Rank3, &l.Rank4}[min(r, stix.Red)]
}

// spec is the place of a specification version.
func (l *lasts) spec(version string) *int64 {
	if version == "2.0" {
		return &l.Spec0
	}
	return &l.Spec1
}

// all are the places, by the names of their fields.
func (l *lasts) all() map[string]*int64 {
	return map[string]*int64{
		"r0": &l.Rank0, "r1": &l.Rank1, "r2": &l.Rank2, "r3": &l.Rank3, "r4": &l.Rank4, "v20": &l.Spec0, "v21": &l.Spec1, "large": &l.Large,
	}
}

func newMarker(versions map[string][]collections.Version) *marker {
	return &marker{versions: versions, moves: map[int64]move{}}
}

// take takes in the next record, whose object has so many bytes, and returns its own
// mark. residue is asked for what stays of each record that a delete removes.
func (k *marker) take(r *collections.Record, size int64, residue func(seq int64) []byte) mark {
	k.lasts.Large = max(k.lasts.Large, size)
	switch r.Op {
	case collections.OpAdd:
		return k.add(r)
	case collections.OpDelete:
		return k.remove(r, residue)
	}
	k.lasts.Rank0 = r.Sequence // all who read the log see it
	return markOf(r.Sequence, kindOther)
}

func (k *marker) add(r *collections.Record) mark {
	*k.lasts.rank(r.Rank) = r.Sequence
	*k.lasts.spec(r.SpecVersion) = r.Sequence
	before := k.versions[r.ID]
	after := append(slices.Clip(before), r.Made())
	k.versions[r.ID] = after
	if len(before) == 0 {
		return markOf(r.Sequence, int64(collections.NoneNewer)) // as for most; it saves the work below
	}
	is := collections.Marks(after)
	k.move(r.Sequence, before, collections.Marks(before), is)
	return markOf(r.Sequence, int64(is[len(before)]))
}

func (k *marker) remove(r *collections.Record, residue func(seq int64) []byte) mark {
	before := k.versions[r.ID]
	after := slices.Clone(before)
	lowest := stix.Red
	for i := range after {
		if v := &after[i]; slices.Contains(r.Removes, v.Sequence) {
			v.Removed = true
			lowest = min(lowest, v.Rank)
			k.moves[v.Sequence] = move{markOf(r.Sequence, kindRemoved), residue(v.Sequence)}
		}
	}
	*k.lasts.rank(lowest) = r.Sequence
	k.versions[r.ID] = after
	k.move(r.Sequence, after, collections.Marks(before), collections.Marks(after))
	return markOf(r.Sequence, kindRemoved)
}

// move moves those versions whose marks the record at t has changed.
func (k *marker) move(t int64, versions []collections.Version, was, is []stix.TLP) {
	for i, v := range versions {
		if !v.Removed && was[i] != is[i] {
			k.moves[v.Sequence] = move{mark: markOf(t, int64(is[i]))}
		}
	}
}

// moved are the sequences of the records that were moved, ascending.
func (k *marker) moved() []int64 { return slices.Sorted(maps.Keys(k.moves)) }
