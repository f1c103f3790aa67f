package sqlite

import (
	"context"
	"math"
	"slices"
	"time"

	"accord/collections"

	"github.com/google/uuid"
)

// RecordAccesses keeps accesses.
func (s *Store) RecordAccesses(ctx context.Context, accesses []collections.Access) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.inUse.Done()
	if len(accesses) == 0 {
		return ctx.Err()
	}
	return s.writer.do(ctx, func(g *group) error { return g.recordAccesses(accesses) })
}

func (g *group) recordAccesses(accesses []collections.Access) error {
	var last *int64 // none in an empty table
	if _, err := g.conn.one([]any{&last}, `SELECT max(at) FROM accesses`); err != nil {
		return err
	}
	at := int64(math.MinInt64)
	if last != nil {
		at = *last
	}
	kinds := map[collections.AccessKind]int64{}
	for i := range accesses {
		a := &accesses[i]
		if kinds[a.AccessKind] == 0 {
			number, err := g.accessKind(a.AccessKind)
			if err != nil {
				return err
			}
			kinds[a.AccessKind] = number
		}
		at = max(a.Time.UnixMicro(), at+1)
		err := g.conn.exec(`INSERT INTO accesses (at, kind, status, broken_off, first, last, count, unit, officer, jti, remote, request, object)`+
			` VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			at, kinds[a.AccessKind], a.Status, a.BrokenOff, a.First, a.Last, a.Count, a.Unit, a.Officer, a.JTI, a.Remote, a.RequestID, a.Object)
		if err != nil {
			return err
		}
	}
	g.entries += len(accesses)
	return nil
}

// accessKind returns the number of a kind, which it gives if there is none.
func (g *group) accessKind(k collections.AccessKind) (number int64, err error) {
	args := []any{k.Agreement, k.Collection[:], k.Alias, k.Party, string(k.Action)}
	found, err := g.conn.one([]any{&number},
		`SELECT kind FROM access_kinds WHERE agreement = ? AND collection = ? AND alias = ? AND party = ? AND action = ?`, args...)
	if err == nil && !found {
		number, err = g.conn.insert(`INSERT INTO access_kinds (agreement, collection, alias, party, action) VALUES (?, ?, ?, ?, ?)`, args...)
	}
	return number, err
}

// Accesses returns accesses by time.
func (s *Store) Accesses(ctx context.Context, q collections.AccessQuery) (accesses []collections.Access, err error) {
	q.Limit = max(q.Limit, 1)
	err = s.read(ctx, func(c *conn) error {
		kinds, all, err := c.accessKinds(q.Wanted)
		if err != nil {
			return err
		}
		if all {
			accesses, err = c.accesses(q, kinds, nil)
			return err
		}
		accesses, err = c.accessesOf(q, kinds)
		return err
	})
	return accesses, err
}

// accessKinds returns the kinds that are wanted, by their numbers, and whether
// these are all that there are. They are few, so all are read.
func (c *conn) accessKinds(wanted func(collections.AccessKind) bool) (kinds map[int64]collections.AccessKind, all bool, err error) {
	kinds, all = map[int64]collections.AccessKind{}, true
	err = c.each(func(scan scan) (bool, error) {
		var number int64
		var k collections.AccessKind
		var id []byte
		if err := scan(&number, &k.Agreement, &id, &k.Alias, &k.Party, &k.Action); err != nil {
			return false, err
		}
		k.Collection = uuid.UUID(id)
		if wanted == nil || wanted(k) {
			kinds[number] = k
		} else {
			all = false
		}
		return true, nil
	}, `SELECT kind, agreement, collection, alias, party, action FROM access_kinds`)
	return kinds, all, err
}

// accessesOf returns accesses of some kinds: SQLite reads the kinds of one
// statement side by side.
func (c *conn) accessesOf(q collections.AccessQuery, kinds map[int64]collections.AccessKind) (found []collections.Access, err error) {
	numbers := make([]int64, 0, len(kinds))
	for number := range kinds {
		numbers = append(numbers, number)
	}
	slices.Sort(numbers)
	for part := range slices.Chunk(numbers, maxArms) {
		some, err := c.accesses(q, kinds, part)
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	slices.SortFunc(found, func(a, b collections.Access) int {
		if q.NewestFirst {
			a, b = b, a
		}
		return a.Time.Compare(b.Time)
	})
	return found[:min(q.Limit, len(found))], nil
}

// accesses runs one statement over the kinds of some numbers; over all for none.
func (c *conn) accesses(q collections.AccessQuery, kinds map[int64]collections.AccessKind, numbers []int64) (found []collections.Access, err error) {
	text, args := accessesText(q, numbers)
	err = c.each(func(scan scan) (bool, error) {
		var at, kind int64
		var a collections.Access
		err := scan(&at, &kind, &a.Status, &a.BrokenOff, &a.First, &a.Last, &a.Count,
			&a.Unit, &a.Officer, &a.JTI, &a.Remote, &a.RequestID, &a.Object)
		a.Time, a.AccessKind = date(at), kinds[kind]
		found = append(found, a)
		return true, err
	}, text, args...)
	return found, err
}

// accessesText returns a statement and its arguments. The plus keeps SQLite
// from planning the statement anew for each value it is given.
func accessesText(q collections.AccessQuery, numbers []int64) (string, []any) {
	arm := `SELECT at, kind, status, broken_off, first, last, count, unit, officer, jti, remote, request, object FROM accesses WHERE at >= ? AND at < ?`
	from, to := microsOr(q.From, math.MinInt64), microsOr(q.To, math.MaxInt64)
	args := []any{from, to}
	if numbers != nil {
		var size int
		arm, size = arms(arm+` AND kind = +?`, len(numbers))
		args = nil
		for n := range size {
			number := int64(0) // stands for a missing one, and costs a seek
			if n < len(numbers) {
				number = numbers[n]
			}
			args = append(args, from, to, number)
		}
	}
	order := ` ORDER BY at LIMIT +?`
	if q.NewestFirst {
		order = ` ORDER BY at DESC LIMIT +?`
	}
	return arm + order, append(args, q.Limit)
}

func microsOr(t time.Time, none int64) int64 {
	if t.IsZero() {
		return none
	}
	return t.UnixMicro()
}

// ForgetAccesses removes accesses older than a time. Their kinds stay.
func (s *Store) ForgetAccesses(ctx context.Context, before time.Time, most int) (more bool, err error) {
	err = s.write(ctx, func(g *group) error {
		err := g.conn.exec(`DELETE FROM accesses WHERE at IN (SELECT at FROM accesses WHERE at < ? ORDER BY at LIMIT +?)`, before.UnixMicro(), max(most, 0))
		if err != nil {
			return err
		}
		var one int
		more, err = g.conn.one([]any{&one}, `SELECT 1 FROM accesses WHERE at < ? LIMIT 1`, before.UnixMicro())
		return err
	})
	return more, err
}
