package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"accord/collections"

	"github.com/google/uuid"
)

// Status returns a status that has not expired.
func (s *Store) Status(ctx context.Context, id uuid.UUID) (status collections.Status, err error) {
	err = s.read(ctx, func(c *conn) error {
		var data []byte
		found, err := c.one([]any{&data}, `SELECT data FROM statuses WHERE id = ? AND expires > ?`, id[:], s.now().UnixMicro())
		if err != nil {
			return err
		}
		if !found {
			return collections.Errorf(collections.ErrNotFound, "there is no status %s", id)
		}
		return json.Unmarshal(data, &status)
	})
	return status, err
}

// expiredAtOnce is how many expired statuses go when one comes: more than one,
// so that they become fewer.
const expiredAtOnce = 4

// saveStatus saves a status and makes room for it.
func (g *group) saveStatus(s *collections.Status) error {
	err := g.conn.exec(`DELETE FROM statuses WHERE status IN (SELECT status FROM statuses WHERE expires <= ? ORDER BY expires LIMIT +?)`,
		g.now.UnixMicro(), expiredAtOnce)
	if err != nil {
		return err
	}
	return g.putStatus(s)
}

// putStatus writes a status.
func (g *group) putStatus(s *collections.Status) error {
	data, err := json.Marshal(s)
	if err != nil {
		return g.conn.fail(err)
	}
	g.bytes += len(data)
	return g.conn.exec(`INSERT OR REPLACE INTO statuses (id, expires, data) VALUES (?, ?, ?)`, s.ID[:], s.Expires.UnixMicro(), string(data))
}

// Statuses returns statuses in the order of their ids.
func (s *Store) Statuses(ctx context.Context, after uuid.UUID, limit int) (statuses []collections.SavedStatus, err error) {
	err = s.read(ctx, func(c *conn) error {
		size := 0
		return c.each(func(scan scan) (bool, error) {
			var id uuid.UUID
			var expires int64
			var data []byte
			err := scan(&id, &expires, &data)
			statuses = append(statuses, savedStatus(id, expires, data))
			size += len(data)
			return size < upkeepBudget, err
		}, `SELECT id, expires, data FROM statuses WHERE id > ? ORDER BY id LIMIT +?`, after[:], max(limit, 0))
	})
	return statuses, err
}

// savedStatus reads a status and compares it with its row.
func savedStatus(id uuid.UUID, expires int64, data []byte) collections.SavedStatus {
	s := collections.SavedStatus{ID: id}
	err := json.Unmarshal(data, &s.Status)
	switch {
	case err != nil:
		s.Fault = fmt.Sprintf("can't be read: %v", err)
	case s.Status.ID != id:
		s.Fault = fmt.Sprintf("is that of %s", s.Status.ID)
	case s.Expires.UnixMicro() != expires:
		s.Fault = fmt.Sprintf("expires at %s, and is kept until %s", collections.FormatDateAdded(s.Expires), collections.FormatDateAdded(date(expires)))
	}
	return s
}

// ImportStatuses saves statuses as they are.
func (s *Store) ImportStatuses(ctx context.Context, statuses []collections.Status) error {
	return s.write(ctx, func(g *group) error {
		for i := range statuses {
			if err := g.putStatus(&statuses[i]); err != nil {
				return err
			}
		}
		return nil
	})
}
