package mongo

import (
	"context"
	"fmt"
	"slices"

	"accord/collections"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

var _ collections.Upkeep = (*Store)(nil)

// upkeepBudget is where lists of records and of statuses stop.
const upkeepBudget = 4 << 20

// Logs returns the logs that hold records, up to their watermarks: what is behind one is
// of an append that has not returned.
func (s *Store) Logs(ctx context.Context) (ends []collections.LogEnd, err error) {
	err = s.read(ctx, func() error {
		return each(ctx, s.logs, bson.D{}, largeBatch, options.Find(), func(l logDoc) bool {
			id, _ := uuid.FromBytes(l.Log.Data)
			if l.Applied > 0 {
				ends = append(ends, collections.LogEnd{Log: id, Last: l.Applied})
			}
			return true
		})
	})
	slices.SortFunc(ends, func(a, b collections.LogEnd) int { return slices.Compare(a.Log[:], b.Log[:]) })
	return ends, err
}

// Records returns records, as many as fit in the budget.
func (s *Store) Records(ctx context.Context, log uuid.UUID, after int64, limit int) (records []collections.Record, err error) {
	err = s.read(ctx, func() error {
		l, err := s.log(ctx, log)
		if err != nil {
			return err
		}
		var fault error
		err = s.someOf(ctx, l, after, limit, func(d *recordDoc) bool {
			r, err := d.whole()
			records, fault = append(records, r), err
			return err == nil
		})
		if err == nil {
			err = fault
		}
		return err
	})
	return records, err
}

// someOf calls f for records of a log after a sequence, as many as fit in the budget. They
// are found by their positions alone, whatever else they say of their log.
func (s *Store) someOf(ctx context.Context, l logDoc, after int64, limit int, f func(*recordDoc) bool) error {
	if limit <= 0 || l.C == 0 {
		return nil
	}
	batch, size := smallBatch, 0
	if l.Lasts.Large <= smallObject {
		batch = largeBatch
	}
	o := options.Find().SetSort(ascending("_id")).SetLimit(int64(limit))
	return each(ctx, s.records, byID(between(l.pos(after), l.pos(l.Applied))), batch, o, func(d recordDoc) bool {
		size += len(d.Raw) + len(d.Packed)
		return f(&d) && size < upkeepBudget
	})
}

// Engine finds nothing: MongoDB sees to its files and indexes by itself.
func (s *Store) Engine(ctx context.Context, _ bool) ([]collections.Fault, error) {
	return nil, s.call(ctx, func() error { return nil })
}

// Statuses returns statuses in the order of their ids.
func (s *Store) Statuses(ctx context.Context, after uuid.UUID, limit int) ([]collections.SavedStatus, error) {
	r := statusReader{limit: limit, now: s.clock.now().UnixMicro()}
	err := s.read(ctx, func() error {
		last := bson.Binary{Data: append(after[:], 0xff)} // behind all its parts
		return each(ctx, s.statuses, byID(bson.D{{Key: "$gt", Value: last}}), smallBatch, options.Find().SetSort(ascending("_id")), r.take)
	})
	r.finish()
	return r.statuses, err
}

// A statusReader makes statuses of their parts, as many as fit in the budget.
type statusReader struct {
	limit    int
	now      int64
	statuses []collections.SavedStatus
	size     int

	parts  []statusDoc // of the next status
	packed []byte
}

// take takes in a part, and reports whether another one may be needed.
func (r *statusReader) take(d statusDoc) bool {
	if len(r.parts) > 0 && d.status() != r.parts[0].status() {
		r.finish()
	}
	if len(r.statuses) >= r.limit || r.size >= upkeepBudget {
		return false
	}
	r.packed, d.Data = append(r.packed, d.Data...), nil
	r.parts = append(r.parts, d)
	return true
}

// part is which part of a status it is.
func (d *statusDoc) part() int {
	if len(d.ID.Data) != len(uuid.UUID{})+1 {
		return -1
	}
	return int(d.ID.Data[len(d.ID.Data)-1])
}

// status is the id of the status that it is a part of.
func (d *statusDoc) status() (id uuid.UUID) {
	copy(id[:], d.ID.Data)
	return id
}

// finish makes a status of the parts that came.
func (r *statusReader) finish() {
	if len(r.parts) == 0 {
		return
	}
	first, whole := r.parts[0], r.parts[0].part() == 0 && len(r.parts) == r.parts[0].Parts
	if whole || first.Until > r.now { // else the database is removing it
		r.statuses = append(r.statuses, first.saved(r.packed, whole))
		r.size += len(r.packed)
	}
	r.parts, r.packed = nil, nil
}

// saved reads a status, of which d is the first part, and compares it with where it is kept.
func (d *statusDoc) saved(packed []byte, whole bool) collections.SavedStatus {
	s := collections.SavedStatus{ID: d.status()}
	err := readStatus(packed, &s.Status)
	switch {
	case !whole:
		s.Fault = fmt.Sprintf("lacks some of its %d parts", d.Parts)
	case err != nil:
		s.Fault = fmt.Sprintf("can't be read: %v", err)
	case s.Status.ID != s.ID:
		s.Fault = fmt.Sprintf("is that of %s", s.Status.ID)
	case s.Expires.UnixMicro() != d.Until:
		s.Fault = fmt.Sprintf("expires at %s, and is kept until %s", collections.FormatDateAdded(s.Expires), collections.FormatDateAdded(date(d.Until)))
	}
	return s
}

// ImportStatuses saves statuses as they are.
func (s *Store) ImportStatuses(ctx context.Context, statuses []collections.Status) error {
	return s.call(ctx, func() error {
		outcomes := make([]outcome, len(statuses))
		for i := range statuses {
			outcomes[i].status = &statuses[i]
		}
		return s.saveStatuses(ctx, outcomes)
	})
}
