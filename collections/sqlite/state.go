package sqlite

import (
	"context"
	"maps"
	"slices"

	"accord/collections"
)

// A state is a log within the writer's transaction, as a decide function sees
// it. What was looked up stays, because the marks need it too.
type state struct {
	conn  *conn
	log   logRow
	known map[string][]collections.Version // with an entry for each id that was looked up
}

func (s *state) Last() int64 { return s.log.last }

// Versions returns copies, which are the caller's.
func (s *state) Versions(_ context.Context, ids []string) (map[string][]collections.Version, error) {
	if err := s.lookUp(ids); err != nil {
		return nil, err
	}
	versions := make(map[string][]collections.Version)
	for _, id := range ids {
		if vs := s.known[id]; vs != nil {
			versions[id] = slices.Clone(vs)
		}
	}
	return versions, nil
}

// lookUp makes the versions of objects known.
func (s *state) lookUp(ids []string) error {
	unknown := slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		_, ok := s.known[id]
		return ok
	})
	found, err := s.conn.versions(s.log, unknown)
	if len(s.known) == 0 {
		s.known = found
	} else {
		maps.Copy(s.known, found)
	}
	return err
}

func (s *state) Object(_ context.Context, seq int64) ([]byte, error) {
	if seq < 1 || seq > s.log.last {
		return nil, nil
	}
	return s.conn.object(s.log.pos(seq))
}

func (s *state) Follow(_ context.Context, after int64, limit int) ([]collections.Record, error) {
	return s.conn.follow(s.log, after, limit)
}
