package mongo

import (
	"context"
	"slices"
	"time"

	"accord/collections"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// A batch that is not whole is being written by another server, which is waited for as
// long as it goes on: looked at every batchPoll, and given up when it has not grown for
// batchPatience.
const (
	batchPoll     = 2 * time.Millisecond
	batchPatience = 3 * time.Second
)

// catchUp makes the end of the log known, and writes what follows from the records of
// others if that was left to be done.
func (c *committer) catchUp(ctx context.Context) error {
	if c.knows && c.hasRival() {
		if err := c.queueUp(ctx); err != nil {
			return err
		}
	}
	if !c.knows {
		if err := c.rollForward(ctx); err != nil {
			return err
		}
		c.knows = true
	}
	if c.end.last > c.store.maxIDs {
		c.ids = nil
		return nil
	}
	if c.ids == nil {
		c.ids = newIDs()
	}
	return c.ids.readOn(ctx, c.store, c.end.c, c.end.last)
}

// rollForward takes over what other servers have written.
func (c *committer) rollForward(ctx context.Context) error {
	for began, length := time.Now(), 0; ; {
		l, err := c.store.log(ctx, c.log)
		if err != nil {
			return err
		}
		if l.C == 0 {
			c.end = end{id: c.log}
			return nil
		}
		tail, err := c.store.tail(ctx, l)
		if err != nil {
			return err
		}
		if len(tail) > length {
			began, length = time.Now(), len(tail)
		}
		if isWhole(l, tail) || time.Since(began) > batchPatience {
			return c.takeOver(ctx, l, tail)
		}
		if err := c.await(ctx, l, tail); err != nil {
			return err
		}
	}
}

// tail reads the record at the watermark and those behind it, without their bytes, up
// to the first that is missing.
func (s *Store) tail(ctx context.Context, l logDoc) (tail []recordDoc, err error) {
	first := l.C<<sequenceBits | max(l.Applied, 1)
	o := options.Find().SetSort(ascending("_id")).SetProjection(withoutBytes)
	err = each(ctx, s.records, byID(between(first-1, (l.C+1)<<sequenceBits-1)), largeBatch, o, func(d recordDoc) bool {
		if d.Pos != first+int64(len(tail)) {
			return false
		}
		tail = append(tail, d)
		return true
	})
	return tail, err
}

// isWhole reports whether the last batch of a tail is there to its end, or was given up
// before.
func isWhole(l logDoc, tail []recordDoc) bool {
	if len(tail) == 0 {
		return l.Applied == 0
	}
	last := tail[len(tail)-1]
	return last.End <= sequence(last.Pos) || sequence(last.Pos) == l.Applied
}

// await waits until the last batch of a tail is whole, or some time.
func (c *committer) await(ctx context.Context, l logDoc, tail []recordDoc) error {
	upTo := l.Applied // the record there is not to be seen now
	if n := len(tail); n > 0 {
		upTo = tail[n-1].End
	}
	for looks := 0; looks < 25; looks++ {
		if err := pause(ctx, batchPoll); err != nil {
			return err
		}
		there, err := c.store.withoutBytes(ctx, logDoc{C: l.C, Applied: upTo}, []int64{upTo})
		if err != nil || len(there) > 0 {
			return err
		}
	}
	return nil
}

// takeOver writes what follows from a tail, whose first record is that at the watermark
// if there is one.
func (c *committer) takeOver(ctx context.Context, l logDoc, tail []recordDoc) error {
	c.end = end{id: c.log, c: l.C, last: l.Applied}
	if l.Applied > 0 {
		if len(tail) == 0 {
			return collections.Errorf(collections.ErrUnavailable, "record %d of the log is not to be seen now; try again", l.Applied)
		}
		c.end.added, tail = date(tail[0].Added), tail[1:]
	}
	if len(tail) == 0 {
		return nil
	}
	k, err := c.store.follows(ctx, l, tail)
	if err != nil {
		return err
	}
	last := tail[len(tail)-1]
	if _, err := c.store.apply(ctx, l.C, sequence(last.Pos), k, func(context.Context) error { return nil }); err != nil {
		return err
	}
	c.end.last, c.end.added = sequence(last.Pos), date(last.Added)
	return nil
}

// follows works out what follows from the records of a tail, which stand behind the
// watermark.
func (s *Store) follows(ctx context.Context, l logDoc, tail []recordDoc) (*marker, error) {
	var objects []string
	var removed []int64
	for _, d := range tail {
		if d.Op != int(collections.OpControl) {
			objects = append(objects, d.ID)
		}
		removed = append(removed, d.Removes...)
	}
	versions, _, err := s.versions(ctx, l, objects, nil)
	if err != nil {
		return nil, err
	}
	going, err := s.withoutBytes(ctx, logDoc{C: l.C, Applied: sequence(tail[len(tail)-1].Pos)}, removed)
	if err != nil {
		return nil, err
	}
	residues := map[int64][]byte{}
	for _, d := range going {
		if d.Residue == nil {
			residues[sequence(d.Pos)] = collections.Residue(d.record())
		}
	}
	k := newMarker(versions)
	for i := range tail {
		r := tail[i].record()
		r.Removed = false // that follows
		k.take(&r, tail[i].Size, func(seq int64) []byte { return residues[seq] })
	}
	return k, nil
}

// withoutBytes reads records of a log without their bytes.
func (s *Store) withoutBytes(ctx context.Context, l logDoc, seqs []int64) (docs []recordDoc, err error) {
	slices.Sort(seqs)
	for part := range slices.Chunk(l.positions(seqs), lookUpAtOnce) {
		o := options.Find().SetSort(ascending("_id")).SetProjection(withoutBytes)
		err := each(ctx, s.records, byID(some(part)), largeBatch, o, func(d recordDoc) bool {
			docs = append(docs, d)
			return true
		})
		if err != nil {
			return nil, err
		}
	}
	return docs, nil
}

// move writes the moves of a marker. Each is one update of one document by its _id, and
// to a later t only, so that who comes late undoes nothing.
func (s *Store) move(ctx context.Context, c int64, k *marker) error {
	for part := range slices.Chunk(k.moved(), messageDocs) {
		var updates []mongo.WriteModel
		for _, seq := range part {
			l := logDoc{C: c, Applied: seq}
			updates = append(updates, mongo.NewUpdateOneModel().SetFilter(byID(l.pos(seq))).SetUpdate(k.moves[seq].update()))
		}
		if err := s.untilDone(ctx, func() error {
			_, err := s.records.BulkWrite(ctx, updates, options.BulkWrite().SetOrdered(false))
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

func (m move) update() bson.D {
	update := bson.D{{Key: "$max", Value: bson.D{{Key: "m", Value: m.mark}}}}
	if m.mark.kind() != kindRemoved {
		return update
	}
	if m.residue != nil {
		update = append(update, bson.E{Key: "$set", Value: bson.D{{Key: "residue", Value: m.residue}}})
	}
	return append(update, bson.E{Key: "$unset", Value: fields("raw", "packed", "seed")})
}

// advance moves the watermark of a log, unless it is farther already, and returns the
// log as it is then.
func (s *Store) advance(ctx context.Context, c, upTo int64, l lasts) (after logDoc, err error) {
	moved := bson.D{{Key: "applied", Value: upTo}}
	for name, value := range l.all() {
		if *value > 0 {
			moved = append(moved, bson.E{Key: name, Value: *value})
		}
	}
	o := options.FindOneAndUpdate().SetReturnDocument(options.After)
	err = s.untilDone(ctx, func() error {
		return s.logs.FindOneAndUpdate(ctx, byID(c), bson.D{{Key: "$max", Value: moved}}, o).Decode(&after)
	})
	return after, err
}

// untilDone repeats what may be done twice, while the database is away.
func (s *Store) untilDone(ctx context.Context, f func() error) error {
	for {
		err := f()
		if err == nil || !passing(err) || ctx.Err() != nil {
			return err
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}
