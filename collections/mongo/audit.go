package mongo

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"math"
	"slices"
	"time"

	"accord/collections"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// A batchDoc holds the accesses of one call of RecordAccesses: one document, so that
// all of them are there or none. Its number is one after that of the batch before, so
// that to insert it proves that it stands behind that.
type batchDoc struct {
	Number   int64       `bson:"_id"`
	Token    string      `bson:"k"`    // of the call, so that it knows its own
	From     int64       `bson:"from"` // when the first and the last access was, in microseconds
	To       int64       `bson:"to"`
	Kinds    []int64     `bson:"kinds"` // each once
	Accesses []accessDoc `bson:"accesses"`
}

type accessDoc struct {
	At        int64  `bson:"at"`
	Kind      int64  `bson:"kind"`
	Status    int    `bson:"status"`
	BrokenOff bool   `bson:"broken_off,omitempty"`
	First     int64  `bson:"first,omitempty"`
	Last      int64  `bson:"last,omitempty"`
	Count     int64  `bson:"count,omitempty"`
	Unit      string `bson:"unit,omitempty"`
	Officer   string `bson:"officer,omitempty"`
	JTI       string `bson:"jti,omitempty"`
	Remote    string `bson:"remote,omitempty"`
	Request   string `bson:"request,omitempty"`
	Object    string `bson:"object,omitempty"`
}

// A kindDoc is what accesses have in common.
type kindDoc struct {
	ID         int64       `bson:"_id"`
	Agreement  string      `bson:"agreement"`
	Collection bson.Binary `bson:"collection"`
	Alias      string      `bson:"alias"`
	Party      string      `bson:"party"`
	Action     string      `bson:"action"`
}

// kindID is a number for a kind that follows from it, so that all servers give it the
// same one.
func kindID(k collections.AccessKind) int64 {
	text, _ := json.Marshal([]string{k.Agreement, k.Collection.String(), k.Alias, k.Party, string(k.Action)}) // strings can't fail
	h := sha256.Sum256(text)
	return int64(binary.BigEndian.Uint64(h[:]))
}

// RecordAccesses keeps accesses.
func (s *Store) RecordAccesses(ctx context.Context, accesses []collections.Access) error {
	return s.call(ctx, func() error {
		if len(accesses) == 0 {
			return nil
		}
		if err := s.saveKinds(ctx, accesses); err != nil {
			return err
		}
		skew, err := s.clock.against(ctx)
		if err != nil {
			return err
		}
		if !s.clock.far(skew) {
			skew = 0
		}
		return s.saveBatch(ctx, accesses, skew)
	})
}

// saveKinds makes sure that the kinds of accesses are there.
func (s *Store) saveKinds(ctx context.Context, accesses []collections.Access) error {
	for i := range accesses {
		k := accesses[i].AccessKind
		id := kindID(k)
		if _, ok := s.kinds.Load(id); ok {
			continue
		}
		_, err := s.accessKinds.InsertOne(ctx, kindDoc{
			ID: id, Agreement: k.Agreement, Collection: uuidOf(k.Collection), Alias: k.Alias, Party: k.Party, Action: string(k.Action),
		})
		if err != nil && !mongo.IsDuplicateKeyError(err) {
			return err
		}
		s.kinds.Store(id, true)
	}
	return nil
}

// saveBatch inserts accesses behind the last batch, and again where another server was
// faster. A clock that is wrong, by skew, must not drag along the times of others.
//
// An insert whose reply is lost is repeated as it was, while there is patience: it is
// there once.
func (s *Store) saveBatch(ctx context.Context, accesses []collections.Access, skew time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for token := rand.Text(); ; {
		last, _, err := one[batchDoc](ctx, s.accesses, bson.D{}, options.FindOne().SetSort(descending("_id")).SetProjection(fields("to")))
		if err != nil {
			return err
		}
		at := int64(math.MinInt64)
		if last.Number > 0 {
			at = last.To
		}
		b := newBatch(last.Number+1, at, accesses, skew)
		b.Token = token
		err = s.untilDone(ctx, func() error {
			_, err := s.accesses.InsertOne(ctx, b)
			return err
		})
		if !mongo.IsDuplicateKeyError(err) {
			return err
		}
		there, _, err := one[batchDoc](ctx, s.accesses, byID(b.Number), options.FindOne().SetProjection(fields("k")))
		if err != nil || there.Token == token {
			return err
		}
	}
}

func newBatch(number, after int64, accesses []collections.Access, skew time.Duration) batchDoc {
	b := batchDoc{Number: number, To: after}
	for i := range accesses {
		a := &accesses[i]
		b.To = max(a.Time.Add(-skew).UnixMicro(), b.To+1)
		kind := kindID(a.AccessKind)
		if !slices.Contains(b.Kinds, kind) {
			b.Kinds = append(b.Kinds, kind)
		}
		b.Accesses = append(b.Accesses, accessDoc{
			At: b.To, Kind: kind, Status: a.Status, BrokenOff: a.BrokenOff, First: a.First, Last: a.Last, Count: a.Count,
			Unit: a.Unit, Officer: a.Officer, JTI: a.JTI, Remote: a.Remote, Request: a.RequestID, Object: a.Object,
		})
	}
	b.From = b.Accesses[0].At
	return b
}

// Accesses returns accesses by time.
func (s *Store) Accesses(ctx context.Context, q collections.AccessQuery) (accesses []collections.Access, err error) {
	q.Limit = max(q.Limit, 1)
	err = s.read(ctx, func() error {
		kinds, all, err := s.wantedKinds(ctx, q.Wanted)
		if err != nil || len(kinds) == 0 {
			return err
		}
		filter, err := s.batches(ctx, q)
		if err != nil {
			return err
		}
		if !all {
			numbers := make([]int64, 0, len(kinds))
			for number := range kinds {
				numbers = append(numbers, number)
			}
			filter = append(filter, bson.E{Key: "kinds", Value: in(numbers)})
		}
		order := ascending("_id")
		if q.NewestFirst {
			order = descending("_id")
		}
		return each(ctx, s.accesses, filter, smallBatch, options.Find().SetSort(order), func(b batchDoc) bool {
			accesses = b.appendTo(accesses, q, kinds)
			return len(accesses) < q.Limit
		})
	})
	return accesses, err
}

// wantedKinds returns the kinds that are wanted, by their numbers, and whether these
// are all that there are. They are few, so all are read.
func (s *Store) wantedKinds(ctx context.Context, wanted func(collections.AccessKind) bool) (kinds map[int64]collections.AccessKind, all bool, err error) {
	kinds, all = map[int64]collections.AccessKind{}, true
	err = each(ctx, s.accessKinds, bson.D{}, largeBatch, options.Find(), func(d kindDoc) bool {
		k := collections.AccessKind{Agreement: d.Agreement, Alias: d.Alias, Party: d.Party, Action: collections.Action(d.Action)}
		k.Collection, _ = uuid.FromBytes(d.Collection.Data)
		if wanted == nil || wanted(k) {
			kinds[d.ID] = k
		} else {
			all = false
		}
		return true
	})
	return kinds, all, err
}

// batches is a filter for the batches in which there are accesses of the time that is
// asked for. Their numbers rise with time, so they are a range.
func (s *Store) batches(ctx context.Context, q collections.AccessQuery) (bson.D, error) {
	filter := bson.D{}
	if !q.From.IsZero() {
		first, _, err := one[batchDoc](ctx, s.accesses, bson.D{{Key: "to", Value: bson.D{{Key: "$gte", Value: q.From.UnixMicro()}}}},
			options.FindOne().SetSort(ascending("to")).SetProjection(fields("from")))
		if err != nil {
			return nil, err
		}
		if first.Number == 0 {
			first.Number = math.MaxInt64 // none is so late
		}
		filter = append(filter, bson.E{Key: "$gte", Value: first.Number})
	}
	if !q.To.IsZero() {
		next, _, err := one[batchDoc](ctx, s.accesses, bson.D{{Key: "to", Value: bson.D{{Key: "$gte", Value: q.To.UnixMicro()}}}},
			options.FindOne().SetSort(ascending("to")).SetProjection(fields("from")))
		if err != nil {
			return nil, err
		}
		if next.Number > 0 {
			filter = append(filter, bson.E{Key: "$lte", Value: next.Number})
		}
	}
	if len(filter) == 0 {
		return bson.D{}, nil
	}
	return byID(filter), nil
}

// appendTo appends those accesses of a batch that are asked for.
func (b *batchDoc) appendTo(accesses []collections.Access, q collections.AccessQuery, kinds map[int64]collections.AccessKind) []collections.Access {
	if q.NewestFirst {
		slices.Reverse(b.Accesses)
	}
	for i := range b.Accesses {
		d := &b.Accesses[i]
		kind, wanted := kinds[d.Kind]
		at := date(d.At)
		if !wanted || !q.From.IsZero() && at.Before(q.From) || !q.To.IsZero() && !at.Before(q.To) || len(accesses) == q.Limit {
			continue
		}
		accesses = append(accesses, collections.Access{
			AccessKind: kind, Time: at, Status: d.Status, BrokenOff: d.BrokenOff, First: d.First, Last: d.Last, Count: d.Count,
			Unit: d.Unit, Officer: d.Officer, JTI: d.JTI, Remote: d.Remote, RequestID: d.Request, Object: d.Object,
		})
	}
	return accesses
}

// ForgetAccesses removes accesses older than a time. Their kinds stay, and so does the
// last batch's document, be it empty: the next one counts on from it.
func (s *Store) ForgetAccesses(ctx context.Context, before time.Time, most int) (more bool, err error) {
	err = s.call(ctx, func() error {
		left, limit := max(most, 0), before.UnixMicro()
		filter := bson.D{{Key: "from", Value: bson.D{{Key: "$lt", Value: limit}}}}
		var fault error
		err := each(ctx, s.accesses, filter, smallBatch, options.Find().SetSort(ascending("_id")), func(b batchDoc) bool {
			old, _ := slices.BinarySearchFunc(b.Accesses, limit, func(d accessDoc, limit int64) int { return int(min(max(d.At-limit, -1), 1)) })
			if more = old > left; left == 0 && more {
				return false
			}
			going := min(old, left)
			left -= going
			fault = s.forget(ctx, b, going)
			return fault == nil && !more
		})
		if err == nil {
			err = fault
		}
		return err
	})
	return more, err
}

// forget removes the first accesses of a batch, unless another server has removed some
// meanwhile.
func (s *Store) forget(ctx context.Context, b batchDoc, n int) error {
	unchanged := bson.D{{Key: "_id", Value: b.Number}, {Key: "from", Value: b.From}}
	if b.Accesses = b.Accesses[n:]; len(b.Accesses) > 0 {
		b.From = b.Accesses[0].At
	} else {
		b.From = math.MaxInt64 // holds nothing old
	}
	if last, _, err := one[batchDoc](ctx, s.accesses, bson.D{}, options.FindOne().SetSort(descending("_id")).SetProjection(fields("to"))); err != nil {
		return err
	} else if len(b.Accesses) == 0 && b.Number < last.Number {
		_, err := s.accesses.DeleteOne(ctx, unchanged)
		return err
	}
	_, err := s.accesses.ReplaceOne(ctx, unchanged, b)
	return err
}
