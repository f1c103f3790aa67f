package mongo

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"accord/collections"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// A statusDoc is a status, or one part of a large one. The database removes it some
// time after it has expired.
type statusDoc struct {
	ID      bson.Binary `bson:"_id"` // that of the status, then the number of the part
	Expires time.Time   `bson:"expires"`
	Until   int64       `bson:"until"` // expires, in microseconds
	Parts   int         `bson:"parts"`
	Data    []byte      `bson:"data"` // JSON, compressed
}

// statusPart is how large one part may be. There are 256 at most, each of which
// holds what many thousand refused objects leave.
const statusPart = 8 << 20

func statusID(id uuid.UUID, part int) bson.Binary {
	return bson.Binary{Data: append(id[:], byte(part))}
}

// saveStatuses saves the statuses that go with some outcomes.
func (s *Store) saveStatuses(ctx context.Context, outcomes []outcome) error {
	var writes []mongo.WriteModel
	for _, o := range outcomes {
		if o.err != nil || o.status == nil {
			continue
		}
		parts, err := statusDocs(o.status)
		if err != nil {
			return err
		}
		for _, d := range parts {
			writes = append(writes, mongo.NewReplaceOneModel().SetFilter(byID(d.ID)).SetReplacement(d).SetUpsert(true))
		}
	}
	if len(writes) == 0 {
		return nil
	}
	return s.untilDone(ctx, func() error {
		_, err := s.statuses.BulkWrite(ctx, writes)
		return err
	})
}

func statusDocs(status *collections.Status) (docs []statusDoc, err error) {
	data, err := json.Marshal(status)
	if err != nil {
		return nil, err
	}
	packed := pack(data)
	parts := (len(packed) + statusPart - 1) / statusPart
	for n := range parts {
		part := packed[n*statusPart : min((n+1)*statusPart, len(packed))]
		docs = append(docs, statusDoc{
			ID: statusID(status.ID, n), Expires: status.Expires, Until: status.Expires.UnixMicro(), Parts: parts, Data: part,
		})
	}
	return docs, nil
}

// Status returns a status that has not expired.
func (s *Store) Status(ctx context.Context, id uuid.UUID) (status collections.Status, err error) {
	err = s.read(ctx, func() error {
		first, found, err := one[statusDoc](ctx, s.statuses, byID(statusID(id, 0)), options.FindOne())
		if err != nil {
			return err
		}
		if !found || first.Until <= s.clock.now().UnixMicro() {
			return collections.Errorf(collections.ErrNotFound, "there is no status %s", id)
		}
		data := first.Data
		for n := 1; n < first.Parts; n++ {
			part, _, err := one[statusDoc](ctx, s.statuses, byID(statusID(id, n)), options.FindOne())
			if err != nil {
				return err
			}
			data = append(data, part.Data...)
		}
		return readStatus(data, &status)
	})
	return status, err
}

func readStatus(packed []byte, status *collections.Status) error {
	data, err := io.ReadAll(flate.NewReader(bytes.NewReader(packed)))
	if err != nil {
		return fmt.Errorf("unpack a status: %w", err)
	}
	return json.Unmarshal(data, status)
}
