package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"

	"accord/collections"

	"github.com/google/uuid"
)

// Page returns the positions of one page.
func (s *Store) Page(ctx context.Context, log uuid.UUID, q collections.Query) (page collections.Page, err error) {
	q.Limit = max(q.Limit, 1)
	err = s.read(ctx, func(c *conn) error {
		w, err := c.walk(log, q)
		if err != nil {
			return err
		}
		found, err := w.found(ctx)
		if err != nil {
			return err
		}
		if page, err = w.page(found); err != nil || q.Objects <= 0 {
			return err
		}
		wanted := found[:min(q.Objects, len(page.Sequences))]
		page.Objects, err = c.objects(wanted)
		return err
	})
	return page, err
}

// A walk is one query on one state of a log.
type walk struct {
	conn  *conn
	log   logRow
	query collections.Query
	from  int64 // the position before the first
	to    int64 // the last position
}

func (c *conn) walk(log uuid.UUID, q collections.Query) (*walk, error) {
	l, err := c.log(log)
	if err != nil {
		return nil, err
	}
	w := &walk{conn: c, log: l, query: q, from: l.pos(q.After), to: l.pos(l.last)}
	if !q.AddedAfter.IsZero() {
		var last int64
		if _, err := c.one([]any{&last}, `SELECT pos FROM records WHERE c = ? AND added <= ? ORDER BY added DESC LIMIT 1`, l.c, q.AddedAfter.UnixMicro()); err != nil {
			return nil, err
		}
		w.from = max(w.from, last)
	}
	return w, nil
}

// found returns the positions of the page and of one more if there is one.
func (w *walk) found(ctx context.Context) ([]int64, error) {
	f := &w.query.Versions
	if f.SpecVersions != nil && w.log.specs.single() {
		if !w.log.specs.within(f.SpecVersions) {
			return nil, nil
		}
		f.SpecVersions = nil // asks for all that there is
	}
	switch {
	case w.query.IDs != nil:
		return w.ofIDs()
	case f.IsLatest():
		return w.marked(true)
	case f.All && (w.log.specs.single() || f.SpecVersions != nil && w.log.specs.within(f.SpecVersions)):
		return w.marked(false)
	}
	return w.selected(ctx)
}

// page cuts what was found to the limit.
func (w *walk) page(found []int64) (p collections.Page, err error) {
	if p.More = len(found) > w.query.Limit; p.More {
		found = found[:w.query.Limit]
	}
	if len(found) == 0 {
		return p, nil
	}
	for _, pos := range found {
		p.Sequences = append(p.Sequences, sequence(pos))
	}
	var first, last int64
	if _, err = w.conn.one([]any{&first}, dateOf, found[0]); err == nil {
		_, err = w.conn.one([]any{&last}, dateOf, found[len(found)-1])
	}
	p.First, p.Last = date(first), date(last)
	return p, err
}

const dateOf = `SELECT added FROM records WHERE pos = ?`

// marked finds what the marks alone decide.
func (w *walk) marked(latest bool) ([]int64, error) {
	ranges, err := w.ranges(latest)
	if err != nil {
		return nil, err
	}
	return w.merge(ranges, w.from, w.query.Limit+1)
}

// ofIDs finds versions of the objects asked for.
func (w *walk) ofIDs() ([]int64, error) {
	versions, err := w.conn.versions(w.log, w.query.IDs)
	if err != nil {
		return nil, err
	}
	var found []int64
	for _, vs := range versions {
		found = append(found, w.choose(vs)...)
	}
	slices.Sort(found)
	return found, nil
}

// selected finds what takes a look at all versions of each object: it goes
// over everything visible, in runs.
func (w *walk) selected(ctx context.Context) (found []int64, err error) {
	ranges, err := w.ranges(false)
	if err != nil {
		return nil, err
	}
	run := min(w.query.Limit+1, listSizes[len(listSizes)-1])
	for from := w.from; len(found) <= w.query.Limit; {
		candidates, err := w.merge(ranges, from, run)
		if err != nil || len(candidates) == 0 {
			return found, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if found, err = w.filter(found, candidates); err != nil {
			return nil, err
		}
		from = candidates[len(candidates)-1]
	}
	return found, nil
}

// filter appends those candidates to found that the version filter keeps.
func (w *walk) filter(found, candidates []int64) ([]int64, error) {
	var ids []string
	err := inLists(candidates, func(list string, args []any) error {
		return w.conn.each(func(scan scan) (bool, error) {
			ids = append(ids, "")
			return true, scan(&ids[len(ids)-1])
		}, `SELECT id FROM records WHERE pos IN `+list, args...)
	})
	if err != nil {
		return nil, err
	}
	versions, err := w.conn.versions(w.log, ids)
	if err != nil {
		return nil, err
	}
	for _, vs := range versions {
		for _, pos := range w.choose(vs) {
			if _, ok := slices.BinarySearch(candidates, pos); ok {
				found = append(found, pos)
			}
		}
	}
	slices.Sort(found)
	return found, nil
}

// choose returns the positions behind w.from of those versions of one object
// that the query keeps. The start of the page narrows what is shown, not the
// world in which a version is the latest.
func (w *walk) choose(versions []collections.Version) (found []int64) {
	visible := slices.DeleteFunc(versions, func(v collections.Version) bool {
		return v.Removed || v.Rank > w.query.Clearance || w.query.Types != nil && !slices.Contains(w.query.Types, v.Type)
	})
	for _, v := range w.query.Versions.Select(visible) {
		if pos := w.log.pos(v.Sequence); pos > w.from {
			found = append(found, pos)
		}
	}
	return found
}

// A span is the part of an index that holds one class, of one type of the log
// or of all (0).
type span struct {
	number int64
	class  class
}

// ranges returns the spans that can hold what the query admits.
func (w *walk) ranges(latest bool) (spans []span, err error) {
	if w.query.Types == nil {
		return spansOf(0, w.log.classes.admitted(w.query.Clearance, latest)), nil
	}
	names := slices.Compact(slices.Sorted(slices.Values(w.query.Types)))
	err = inLists(names, func(list string, args []any) error {
		return w.conn.each(func(scan scan) (bool, error) {
			var t typeRow
			err := scan(&t.number, &t.classes)
			spans = append(spans, spansOf(t.number, t.classes.admitted(w.query.Clearance, latest))...)
			return true, err
		}, `SELECT type, classes FROM types WHERE name IN `+list+` AND c = ?`, append(args, w.log.c)...)
	})
	return spans, err
}

func spansOf(number int64, classes []class) []span {
	spans := make([]span, len(classes))
	for i, c := range classes {
		spans[i] = span{number, c}
	}
	return spans
}

// armSizes are the numbers of arms in one statement: few, so that statements are
// prepared once. An empty arm in the place of a missing one costs a seek. SQLite
// takes 500, but to prepare so many takes it tens of milliseconds.
var armSizes = []int{1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, maxArms}

const maxArms = 60

// arms repeats an arm of a statement n times, or some more, which SQLite reads
// side by side; size is how many it has.
func arms(arm string, n int) (text string, size int) {
	i, _ := slices.BinarySearch(armSizes, n)
	size = armSizes[i]
	return arm + strings.Repeat(" UNION ALL "+arm, size-1), size
}

// merge returns up to n positions after one, ascending, that lie in one of the
// spans.
func (w *walk) merge(spans []span, after int64, n int) (found []int64, err error) {
	for part := range slices.Chunk(spans, maxArms) {
		text, args := mergeText(part, after, w.to, n)
		if found, err = w.conn.positions(found, text, args...); err != nil {
			return nil, err
		}
	}
	if len(spans) > maxArms {
		slices.Sort(found)
		found = found[:min(n, len(found))]
	}
	return found, nil
}

// positions appends to found the positions of a query that ends in a LIMIT. They
// come as one text, because a row for each costs twice as much; SQLite keeps the
// order of a subquery that has a LIMIT.
func (c *conn) positions(found []int64, text string, args ...any) ([]int64, error) {
	var list sql.RawBytes // NULL for none
	err := c.each(func(scan scan) (bool, error) {
		if err := scan(&list); err != nil {
			return false, err
		}
		for len(list) > 0 {
			number, rest, _ := bytes.Cut(list, []byte(","))
			pos, err := strconv.ParseInt(string(number), 10, 64)
			if err != nil {
				return false, err
			}
			found, list = append(found, pos), rest
		}
		return false, nil
	}, "SELECT group_concat(pos) FROM ("+text+")", args...)
	return found, err
}

// mergeText returns a statement over spans and its arguments. The plus
// keeps SQLite from planning the statement anew for each value it is given.
func mergeText(spans []span, after, to int64, n int) (string, []any) {
	arm, typed := "SELECT pos FROM records WHERE pos > ? AND pos <= ? AND class = +?", spans[0].number != 0
	if typed {
		arm += " AND type = +?"
	}
	text, size := arms(arm, len(spans))
	args := make([]any, 0, 4*size+1)
	for i := range size {
		s := span{class: classNever}
		if i < len(spans) {
			s = spans[i]
		}
		args = append(args, after, to, int64(s.class))
		if typed {
			args = append(args, s.number)
		}
	}
	return text + " ORDER BY pos LIMIT +?", append(args, n)
}
