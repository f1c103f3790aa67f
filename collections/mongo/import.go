package mongo

import (
	"context"

	"accord/collections"

	"github.com/google/uuid"
)

// Import makes records of another store part of a log. They go the way of all records:
// into a batch of the log's committer.
func (s *Store) Import(ctx context.Context, log uuid.UUID, records []collections.Record) error {
	if len(records) == 0 {
		return s.call(ctx, func() error { return nil })
	}
	_, err := s.commit(ctx, log, &request{imports: records})
	return err
}

// takeOver takes those records into the group that the log has not got.
func (g *group) takeOver(ctx context.Context, records []collections.Record) error {
	records, err := g.unknown(ctx, records)
	if err != nil {
		return err
	}
	var objects []string
	for _, r := range records {
		if r.Op != collections.OpControl {
			objects = append(objects, r.ID)
		}
	}
	if err := g.lookUp(ctx, objects); err != nil {
		return err
	}
	effect, err := g.baseOf(ctx).Import(records)
	if err != nil {
		return err
	}
	return g.mark(effect)
}

// unknown compares the records that the log has, and returns the others.
func (g *group) unknown(ctx context.Context, records []collections.Record) ([]collections.Record, error) {
	for len(records) > 0 && records[0].Sequence <= g.end() {
		there, err := (&state{group: g}).Follow(ctx, records[0].Sequence-1, smallBatch)
		if err != nil {
			return nil, err
		}
		for i := 0; i < len(there) && len(records) > 0; i++ {
			there[i].Removed = there[i].Residue != nil // its delete may not have come yet
			if there[i].Digest() != records[0].Digest() {
				return nil, collections.Errorf(collections.ErrConflict, "record %d is another one in the store", records[0].Sequence)
			}
			records = records[1:]
		}
	}
	return records, nil
}
