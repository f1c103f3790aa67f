package sqlite

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"
	"strings"

	"accord/collections"

	"github.com/google/uuid"
)

const selectVersion = `SELECT r.pos, r.class, r.id, t.name, r.spec, r.version, r.added, r.rank, r.hash, p.party`

// Versions returns every version ever stored of the given objects.
func (s *Store) Versions(ctx context.Context, log uuid.UUID, ids []string) (versions map[string][]collections.Version, err error) {
	err = s.read(ctx, func(c *conn) error {
		l, err := c.log(log)
		if err == nil {
			versions, err = c.versions(l, ids)
		}
		maps.DeleteFunc(versions, func(_ string, vs []collections.Version) bool { return vs == nil })
		return err
	})
	return versions, err
}

// Manifest returns the versions at seqs.
func (s *Store) Manifest(ctx context.Context, log uuid.UUID, seqs []int64) (versions []collections.Version, err error) {
	err = s.read(ctx, func(c *conn) error {
		l, err := c.log(log)
		if err != nil {
			return err
		}
		return inLists(l.positions(seqs), func(list string, args []any) error {
			return c.eachVersion(func(v collections.Version) { versions = append(versions, v) },
				selectVersion+recordsFrom+`WHERE r.pos IN `+list+` ORDER BY r.pos`, args)
		})
	})
	return versions, err
}

// versions looks objects up. Those never stored have an entry without
// versions. Keys are short, so another object may have the same one.
func (c *conn) versions(l logRow, ids []string) (map[string][]collections.Version, error) {
	versions := make(map[string][]collections.Version, len(ids))
	keys := make([]int64, 0, len(ids))
	for _, id := range ids {
		if _, ok := versions[id]; !ok {
			versions[id] = nil
			keys = append(keys, idKey(id))
		}
	}
	slices.Sort(keys) // SQLite sorts them too, which is quick if they are
	err := inLists(keys, func(list string, args []any) error {
		return c.eachVersion(func(v collections.Version) {
			if vs, ok := versions[v.ID]; ok {
				versions[v.ID] = append(vs, v)
			}
		}, selectVersion+versionsByID+list+` AND r.pos > ? AND r.pos <= ? ORDER BY r.idkey, r.pos`,
			append(args, l.pos(0), l.pos(l.last)))
	})
	return versions, err
}

const versionsByID = ` FROM records r INDEXED BY by_id CROSS JOIN types t ON t.type = r.type` +
	` CROSS JOIN posters p ON p.poster = r.poster WHERE r.idkey IN `

// eachVersion calls f for those rows of a query that are versions.
func (c *conn) eachVersion(f func(collections.Version), text string, args []any) error {
	return c.each(func(scan scan) (bool, error) {
		var v collections.Version
		var pos, added int64
		var class class
		var hash []byte
		err := scan(&pos, &class, &v.ID, &v.Type, &v.SpecVersion, &v.Timestamp, &added, &v.Rank, &hash, &v.Party)
		if err == nil && class.isVersion() {
			v.Sequence, v.DateAdded, v.Removed = sequence(pos), date(added), class == classRemoved
			copy(v.Hash[:], hash)
			f(v)
		}
		return true, err
	}, text, args...)
}

// idKey returns the key of an object id in by_id. Random text, which ids are,
// makes an index large, and large is slow.
func idKey(id string) int64 {
	h := sha256.Sum256([]byte(id))
	return int64(int32(binary.BigEndian.Uint32(h[:])))
}

// listSizes are the lengths of IN lists: few, so that statements are prepared
// once. A shorter list repeats its last value, which costs nothing.
var listSizes = []int{1, 4, 16, 64, 256}

// inLists calls f with the text and the arguments of one IN list after the
// other, until all values had their turn.
func inLists[T any](values []T, f func(list string, args []any) error) error {
	for part := range slices.Chunk(values, listSizes[len(listSizes)-1]) {
		i, _ := slices.BinarySearch(listSizes, len(part))
		args := make([]any, listSizes[i], listSizes[i]+2)
		for j := range args {
			args[j] = part[min(j, len(part)-1)]
		}
		if err := f("("+strings.Repeat("?, ", len(args)-1)+"?)", args); err != nil {
			return err
		}
	}
	return nil
}
