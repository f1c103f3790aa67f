package mongo

import (
	"context"
	"slices"

	"accord/collections"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// objectsBudget is where Objects stops: a megabyte at once keeps a slow reader from
// holding the memory of a whole page.
const objectsBudget = 1 << 20

// smallObject is how large the largest object of a log may be for hundreds to come
// in one batch.
const smallObject = 64 << 10

// Objects returns the bytes of records, as many as fit in the budget.
func (s *Store) Objects(ctx context.Context, log uuid.UUID, seqs []int64) (objects []collections.StoredObject, err error) {
	err = s.read(ctx, func() error {
		l, err := s.reaching(ctx, log, seqs)
		if err != nil {
			return err
		}
		f := collector{}
		for part := range slices.Chunk(l.positions(seqs), lookUpAtOnce) {
			if err := s.collect(ctx, l, part, &f); err != nil || f.full {
				break
			}
		}
		objects = f.objects
		return f.err
	})
	return objects, err
}

// collect collects the objects at positions.
func (s *Store) collect(ctx context.Context, l logDoc, positions []int64, f *collector) error {
	batch := smallBatch
	if l.Lasts.Large <= smallObject {
		batch = largeBatch
	}
	o := options.Find().SetSort(ascending("_id")).SetProjection(fields("raw", "packed"))
	if err := each(ctx, s.records, byID(some(positions)), batch, o, f.add); err != nil {
		f.err = err
	}
	return f.err
}

// A collector collects objects while they fit in the budget.
type collector struct {
	objects []collections.StoredObject
	size    int
	full    bool
	err     error
}

// add adds the object of a record, unless it has none, and reports whether another
// one may fit.
func (f *collector) add(d recordDoc) bool {
	raw, err := d.raw()
	if raw == nil || err != nil {
		f.err = err
		return err == nil
	}
	f.size += len(raw)
	if f.size <= objectsBudget || f.objects == nil {
		f.objects = append(f.objects, collections.StoredObject{Sequence: sequence(d.Pos), Raw: raw})
	}
	f.full = f.size >= objectsBudget
	return !f.full
}
