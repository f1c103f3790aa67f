package mongo

import (
	"bytes"
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// What goes in one message: less than the 48 MB, and no more than the 1,000
// documents, that every server takes.
const (
	messageDocs  = 1000
	messageBytes = 16 << 20
)

// insert inserts documents, one after the other, and returns how many of them are in
// the log for good: all, unless somebody else's record stands in the place of the
// next one. Where the reply to an insert is lost it is repeated until it is known
// what became of it, because it may take hold at any time.
//
// Where others write too, the first document goes alone: whose is there has the place,
// and the others have not sent the rest in vain.
func (s *Store) insert(ctx context.Context, docs []recordDoc, rival bool) (n int, err error) {
	for n < len(docs) {
		part := message(docs[n:])
		if rival && n == 0 {
			part = docs[:1]
		}
		_, err := s.records.InsertMany(ctx, part, options.InsertMany().SetOrdered(s.fault != unordered))
		if err == nil {
			n += len(part)
			continue
		}
		ours, foreign, err := s.whose(ctx, docs[n:], err)
		n += ours
		switch {
		case err != nil:
			return n, err
		case foreign:
			return n, nil
		case ours == 0:
			if err := pause(ctx, 50*time.Millisecond); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

func message(docs []recordDoc) []recordDoc {
	size := 0
	for i := range docs {
		size += len(docs[i].Raw) + len(docs[i].Packed)
		if i > 0 && size > messageBytes || i == messageDocs {
			return docs[:i]
		}
	}
	return docs
}

// whose finds out what became of an insert that failed: how many of the documents are
// there, and whether the next one's place is taken. Only what a majority has counts.
func (s *Store) whose(ctx context.Context, docs []recordDoc, failure error) (ours int, foreign bool, err error) {
	if !mongo.IsDuplicateKeyError(failure) && !passing(failure) {
		return 0, false, failure
	}
	if i, ok := refused(failure); ok {
		ours, docs = i, docs[i:i+1] // those before it are there
	}
	positions, next := make([]int64, len(docs)), docs
	for i := range docs {
		positions[i] = docs[i].Pos
	}
	o := options.Find().SetSort(ascending("_id")).SetProjection(fields("k"))
	err = each(ctx, s.records, byID(some(positions)), largeBatch, o, func(d recordDoc) bool {
		switch {
		case d.Pos != next[0].Pos:
			return false // a hole: not decided yet
		case !bytes.Equal(d.Token, next[0].Token), s.fault == strangers:
			foreign = true
			return false
		}
		ours, next = ours+1, next[1:]
		return len(next) > 0
	})
	if err != nil && passing(err) {
		err = nil // ask again
	}
	return ours, foreign, err
}

// refused returns the place of the document that an insert was refused for as a
// duplicate, if everything before it is known to be there.
func refused(err error) (int, bool) {
	bulk, ok := errors.AsType[mongo.BulkWriteException](err)
	if !ok || bulk.WriteConcernError != nil || len(bulk.WriteErrors) != 1 {
		return 0, false
	}
	return bulk.WriteErrors[0].Index, true
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
