package mongo

import (
	"context"

	"accord/collections"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Mend makes what is kept beside records into what they say. Each step changes what was
// found and nothing that somebody has written since; what a later record changes
// meanwhile, it changes.
func (s *Store) Mend(ctx context.Context, log uuid.UUID, seqs []int64) error {
	return s.call(ctx, func() error {
		l, err := s.log(ctx, log)
		if err != nil || l.C == 0 {
			return err
		}
		if err := s.mendAhead(ctx, l); err != nil {
			return err
		}
		i := &inspection{store: s, log: l}
		if err := i.pick(ctx, seqs); err != nil {
			return err
		}
		for _, d := range i.rows {
			if err := s.mendKeys(ctx, l, d); err != nil {
				return err
			}
		}
		if err := i.relate(ctx); err != nil {
			return err
		}
		return i.mendAll(ctx)
	})
}

// mendAhead takes back what the log knows of records behind its watermark. That says of
// the record there that it changed what a clearance sees, which does no harm.
func (s *Store) mendAhead(ctx context.Context, l logDoc) error {
	for name, last := range l.Lasts.sequences() {
		if *last <= l.Applied {
			continue
		}
		found := append(byID(l.C), bson.E{Key: name, Value: *last})
		if _, err := s.logs.UpdateOne(ctx, found, set(name, l.Applied)); err != nil {
			return err
		}
	}
	return nil
}

func set(name string, value any) bson.D {
	return bson.D{{Key: "$set", Value: bson.D{{Key: name, Value: value}}}}
}

// pick reads the records at seqs, but for their bytes.
func (i *inspection) pick(ctx context.Context, seqs []int64) error {
	positions := i.log.positions(seqs)
	if len(positions) == 0 {
		return nil
	}
	o := options.Find().SetSort(ascending("_id")).SetProjection(withoutBytes)
	return each(ctx, i.store.records, byID(some(positions)), largeBatch, o, func(d recordDoc) bool {
		i.rows = append(i.rows, &d)
		return true
	})
}

// mendKeys makes a record found by its log and its id.
func (s *Store) mendKeys(ctx context.Context, l logDoc, d *recordDoc) error {
	if d.C == l.C && d.Object == objectKey(d.ID) {
		return nil
	}
	right := bson.D{{Key: "c", Value: l.C}, {Key: "o", Value: objectKey(d.ID)}}
	_, err := s.records.UpdateOne(ctx, byID(d.Pos), bson.D{{Key: "$set", Value: right}})
	return err
}

// mendAll gives the rows, and all other records of their objects, their marks, and lets
// the log know of them.
func (i *inspection) mendAll(ctx context.Context) error {
	var known lasts
	mend := func(d *recordDoc) error {
		least := i.lasts(d)
		for name, last := range least.all() {
			*known.all()[name] = max(*known.all()[name], *last)
		}
		return i.mendMark(ctx, d)
	}
	for _, d := range i.rows {
		if d.Op == int(collections.OpControl) {
			if err := mend(d); err != nil {
				return err
			}
		}
	}
	for _, of := range i.related {
		for _, d := range of.upTo(i.log.pos(i.log.Applied)) {
			if err := mend(d); err != nil {
				return err
			}
		}
	}
	_, err := i.store.advance(ctx, i.log.C, i.log.Applied, known)
	return err
}

func (i *inspection) mendMark(ctx context.Context, d *recordDoc) error {
	right, ok := i.mark(d)
	if ok {
		return nil
	}
	found := append(byID(d.Pos), bson.E{Key: "m", Value: d.Mark})
	_, err := i.store.records.UpdateOne(ctx, found, set("m", right))
	return err
}
