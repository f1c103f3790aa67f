package mongo

import (
	"context"
	"slices"
	"time"

	"accord/collections"
	"accord/stix"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// A logDoc is a log: its number, and how far what follows from its records has been
// written, which is how far readers read. All that the promises rest on only grows.
type logDoc struct {
	C       int64       `bson:"_id"`
	Log     bson.Binary `bson:"log"`
	Applied int64       `bson:"applied"`
	Lasts   lasts       `bson:",inline"`

	// Waiters are the servers that wait to write, by name, and the place that each of
	// them has waited for since; see committer.queueUp.
	Waiters map[string]int64 `bson:"waiters,omitempty"`
}

// log reads a log; C is 0 where there is none yet.
func (s *Store) log(ctx context.Context, id uuid.UUID) (logDoc, error) {
	filter := bson.D{{Key: "log", Value: uuidOf(id)}}
	if l, ok := s.lastSeen(id); ok {
		filter = byID(l.C)
	}
	l, found, err := one[logDoc](ctx, s.logs, filter, options.FindOne())
	if found && s.fault == noWatermark {
		l.Applied, err = s.lastInserted(ctx, l.C)
	}
	if found {
		s.known.Store(id, l)
	}
	return l, err
}

// lastInserted is where the records of a log end.
func (s *Store) lastInserted(ctx context.Context, c int64) (int64, error) {
	last, _, err := one[recordDoc](ctx, s.records, bson.D{{Key: "c", Value: c}}, options.FindOne().SetSort(descending("_id")).SetProjection(fields("c")))
	return sequence(last.Pos), err
}

// lastSeen returns a log as it was last read here, and whether it ever was.
func (s *Store) lastSeen(id uuid.UUID) (logDoc, bool) {
	l, ok := s.known.Load(id)
	if !ok {
		return logDoc{}, false
	}
	return l.(logDoc), true
}

// createLog gives a log its number. Numbers are looked at before the log is looked
// for, so that of two servers which give one to the same log the second finds the
// first's, or that its number is taken.
func (s *Store) createLog(ctx context.Context, id uuid.UUID) (logDoc, error) {
	for {
		top, _, err := one[logDoc](ctx, s.logs, bson.D{}, options.FindOne().SetSort(descending("_id")))
		if err != nil {
			return logDoc{}, err
		}
		l, err := s.log(ctx, id)
		if err != nil || l.C != 0 {
			return l, err
		}
		_, err = s.logs.InsertOne(ctx, logDoc{C: top.C + 1, Log: uuidOf(id)})
		if err != nil && !mongo.IsDuplicateKeyError(err) && !passing(err) {
			return logDoc{}, err
		}
	}
}

func uuidOf(id uuid.UUID) bson.Binary {
	return bson.Binary{Subtype: bson.TypeBinaryUUID, Data: slices.Clone(id[:])}
}

// Last returns what a clearance sees now.
func (s *Store) Last(ctx context.Context, log uuid.UUID, clearance stix.TLP) (now collections.Moment, err error) {
	err = s.read(ctx, func() error {
		l, err := s.log(ctx, log)
		now.Horizon = l.Applied
		for rank, last := range l.Lasts.ranks() {
			if stix.TLP(rank) <= clearance {
				now.Last = max(now.Last, last)
			}
		}
		return err
	})
	return now, err
}

// The positions of a log are c<<40 | sequence.
const sequenceBits = 40

// pos returns the position of a sequence, the nearest one for a sequence that the
// log has not got.
func (l logDoc) pos(seq int64) int64 {
	return l.C<<sequenceBits | min(max(seq, 0), l.Applied)
}

func sequence(pos int64) int64 { return pos & (1<<sequenceBits - 1) }

// positions returns the positions of those of the sequences that the log has, each
// once.
func (l logDoc) positions(seqs []int64) []int64 {
	known := make([]int64, 0, len(seqs))
	for _, seq := range seqs {
		if 0 < seq && seq <= l.Applied {
			known = append(known, l.pos(seq))
		}
	}
	return slices.Compact(known)
}

// reaching returns a log in which all of the sequences are, if it has them now: as
// it was last seen, where that is enough.
func (s *Store) reaching(ctx context.Context, id uuid.UUID, seqs []int64) (logDoc, error) {
	if l, ok := s.lastSeen(id); ok && (len(seqs) == 0 || slices.Max(seqs) <= l.Applied) {
		return l, nil
	}
	return s.log(ctx, id)
}

func date(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

func in(values any) bson.D { return bson.D{{Key: "$in", Value: values}} }

// between is from a position, exclusive, to another, inclusive.
func between(after, to int64) bson.D {
	return bson.D{{Key: "$gt", Value: after}, {Key: "$lte", Value: to}}
}
