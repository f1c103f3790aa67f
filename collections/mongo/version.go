package mongo

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"accord/collections"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// withoutBytes is a projection to all of a record but what may be large.
var withoutBytes = bson.D{{Key: "raw", Value: 0}, {Key: "packed", Value: 0}, {Key: "keys", Value: 0}}

// Versions returns every version ever stored of the given objects. Where nothing
// of them is newer than the watermark that was seen last, they are as they are
// now, and one look is enough.
func (s *Store) Versions(ctx context.Context, log uuid.UUID, ids []string) (versions map[string][]collections.Version, err error) {
	err = s.read(ctx, func() error {
		l, seen := s.lastSeen(log)
		if seen {
			var newer bool
			if versions, newer, err = s.versions(ctx, l, ids, nil); err != nil || !newer {
				return err
			}
		}
		if l, err = s.log(ctx, log); err == nil {
			versions, _, err = s.versions(ctx, l, ids, nil)
		}
		return err
	})
	maps.DeleteFunc(versions, func(_ string, vs []collections.Version) bool { return vs == nil })
	return versions, err
}

// lookUpAtOnce is how many objects one query asks for.
const lookUpAtOnce = 1000

// versions looks objects up at the watermark of l. Those never stored have an entry
// without versions. newer tells of records of them behind the watermark. Where
// there is an index of ids, which reaches as far, it is used.
func (s *Store) versions(ctx context.Context, l logDoc, objects []string, index *ids) (versions map[string][]collections.Version, newer bool, err error) {
	versions = make(map[string][]collections.Version, len(objects))
	for _, id := range objects {
		versions[id] = nil
	}
	take := func(d recordDoc) bool {
		newer = newer || sequence(d.Pos) > l.Applied || d.Mark.at() > l.Applied
		vs, wanted := versions[d.ID]
		if wanted && d.Op == int(collections.OpAdd) && sequence(d.Pos) <= l.Applied {
			versions[d.ID] = append(vs, d.version(l.Applied))
		}
		return true
	}
	for part := range slices.Chunk(slices.Collect(maps.Keys(versions)), lookUpAtOnce) {
		filter, hint := l.ofObjects(part, index)
		if filter == nil {
			continue
		}
		if err := each(ctx, s.records, filter, largeBatch, options.Find().SetProjection(withoutBytes).SetHint(hint), take); err != nil {
			return nil, false, err
		}
	}
	for _, vs := range versions {
		slices.SortFunc(vs, func(a, b collections.Version) int { return cmp.Compare(a.Sequence, b.Sequence) })
	}
	return versions, newer, nil
}

// ofObjects is a filter for the versions of objects, and maybe some others, and the index
// that serves it; nil where there are none.
func (l logDoc) ofObjects(objects []string, index *ids) (filter bson.D, hint any) {
	keys := make([]int64, len(objects))
	for i, id := range objects {
		keys[i] = objectKey(id)
	}
	if index != nil {
		known := l.positions(slices.Sorted(slices.Values(index.sequences(keys))))
		if len(known) == 0 {
			return nil, nil
		}
		return byID(some(known)), ascending("_id")
	}
	of := any(in(keys))
	if len(keys) == 1 {
		of = keys[0]
	}
	return append(l.whole(), bson.E{Key: "o", Value: of}), indexByObject
}

// whole is a filter for all records of a log. It says the same twice: the number is what
// the indexes begin with, and the range what a sharded cluster goes by.
func (l logDoc) whole() bson.D {
	return bson.D{{Key: "c", Value: l.C}, {Key: "_id", Value: between(l.C<<sequenceBits, (l.C+1)<<sequenceBits-1)}}
}

// version is the version that a record is, as it was at a watermark.
func (d *recordDoc) version(watermark int64) collections.Version {
	r := d.record()
	v := r.Made()
	v.Removed = r.Removed && d.Mark.at() <= watermark
	return v
}

// Manifest returns the versions at seqs.
func (s *Store) Manifest(ctx context.Context, log uuid.UUID, seqs []int64) (versions []collections.Version, err error) {
	err = s.read(ctx, func() error {
		l, err := s.reaching(ctx, log, seqs)
		if err != nil {
			return err
		}
		for part := range slices.Chunk(l.positions(seqs), lookUpAtOnce) {
			o := options.Find().SetSort(ascending("_id")).SetProjection(withoutBytes)
			err := each(ctx, s.records, byID(some(part)), largeBatch, o, func(d recordDoc) bool {
				if d.Op == int(collections.OpAdd) {
					versions = append(versions, d.version(d.Mark.at()))
				}
				return true
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return versions, err
}

// some names positions, which ascend: as a range where they are one.
func some(positions []int64) any {
	first, last := positions[0], positions[len(positions)-1]
	switch {
	case len(positions) == 1:
		return first
	case last-first == int64(len(positions))-1:
		return between(first-1, last)
	}
	return in(positions)
}
