package mongo

import (
	"context"
	"slices"

	"accord/collections"

	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// A state is a log behind what a group has come to so far, as a decide function sees
// it. While scouting it answers nothing and keeps what it was asked.
type state struct {
	group    *group
	scouting bool
}

func (s *state) Last() int64 { return s.group.end() }

// Versions returns copies, which are the caller's.
func (s *state) Versions(ctx context.Context, objects []string) (map[string][]collections.Version, error) {
	g := s.group
	if s.scouting {
		g.wanted = append(g.wanted, objects...)
		return nil, errScouting
	}
	if err := g.lookUp(ctx, objects); err != nil {
		return nil, translate(err)
	}
	versions := make(map[string][]collections.Version)
	for _, id := range objects {
		if vs := g.versions[id]; vs != nil {
			versions[id] = slices.Clone(vs)
		}
	}
	return versions, nil
}

func (s *state) Object(ctx context.Context, seq int64) ([]byte, error) {
	g := s.group
	switch {
	case s.scouting:
		return nil, errScouting
	case seq < 1 || seq > g.end():
		return nil, nil
	case seq > g.base.last:
		if g.isRemoved(seq) {
			return nil, nil
		}
		return g.records[seq-g.base.last-1].Raw, nil
	case g.isRemoved(seq):
		return nil, nil
	}
	l := g.base.log()
	d, _, err := one[recordDoc](ctx, g.store.records, byID(l.pos(seq)), options.FindOne().SetProjection(fields("raw", "packed")))
	if err != nil {
		return nil, translate(err)
	}
	return d.raw()
}

// isRemoved reports whether the group has removed a record.
func (g *group) isRemoved(seq int64) bool { return g.moves[seq].mark.kind() == kindRemoved }

func (s *state) Follow(ctx context.Context, after int64, limit int) ([]collections.Record, error) {
	g := s.group
	if s.scouting {
		return nil, errScouting
	}
	records, err := g.store.follow(ctx, g.base.log(), after, limit)
	if err != nil {
		return nil, translate(err)
	}
	if room := max(limit, 0) - len(records); room > 0 {
		from := min(max(after-g.base.last, 0), int64(len(g.records)))
		records = append(records, g.records[from:min(int(from)+room, len(g.records))]...)
	}
	for i := range records {
		if r := &records[i]; g.isRemoved(r.Sequence) && !r.Removed {
			r.Remove()
		}
	}
	return records, nil
}
