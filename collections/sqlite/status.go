package sqlite

import (
	"context"
	"encoding/json"

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
	data, err := json.Marshal(s)
	if err != nil {
		return g.conn.fail(err)
	}
	err = g.conn.exec(`DELETE FROM statuses WHERE status IN (SELECT status FROM statuses WHERE expires <= ? ORDER BY expires LIMIT +?)`,
		g.now.UnixMicro(), expiredAtOnce)
	if err != nil {
		return err
	}
	g.bytes += len(data)
	return g.conn.exec(`INSERT OR REPLACE INTO statuses (id, expires, data) VALUES (?, ?, ?)`, s.ID[:], s.Expires.UnixMicro(), string(data))
}
