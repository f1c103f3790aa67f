package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// maxIDs is up to how many records a log has its ids in the memory of a server that
// writes to it, some 10 MB, unless Options say otherwise. That spares a look at the
// database for each push of objects that are new.
const maxIDs = 200_000

// ids say where the versions of each object of a log are.
type ids struct {
	upTo  int64             // all records up to this sequence are known
	first map[int64]int64   // objectKey → sequence
	more  map[int64][]int64 // of the others with that key
}

func newIDs() *ids { return &ids{first: map[int64]int64{}, more: map[int64][]int64{}} }

func (i *ids) add(key, seq int64) {
	if _, ok := i.first[key]; ok {
		i.more[key] = append(i.more[key], seq)
	} else {
		i.first[key] = seq
	}
}

// sequences returns where versions of objects with some keys are.
func (i *ids) sequences(keys []int64) (seqs []int64) {
	for _, key := range keys {
		if seq, ok := i.first[key]; ok {
			seqs = append(append(seqs, seq), i.more[key]...)
		}
	}
	return seqs
}

// readOn takes in the records up to a sequence.
func (i *ids) readOn(ctx context.Context, s *Store, c, upTo int64) error {
	if i.upTo >= upTo {
		return nil
	}
	l := logDoc{C: c, Applied: upTo}
	o := options.Find().SetSort(ascending("_id")).SetProjection(fields("o", "op"))
	err := each(ctx, s.records, byID(between(l.pos(i.upTo), l.pos(upTo))), 10*largeBatch, o, func(d recordDoc) bool {
		i.upTo = sequence(d.Pos)
		i.add(d.Object, i.upTo)
		return true
	})
	return err
}
