package sqlite

import (
	"context"
	"slices"

	"accord/collections"
	"accord/stix"

	"github.com/google/uuid"
)

// Mend makes what is kept beside records into what they say.
func (s *Store) Mend(ctx context.Context, log uuid.UUID, seqs []int64) error {
	return s.write(ctx, func(g *group) error {
		l, err := g.log(log)
		if err != nil || l.c == 0 {
			return err
		}
		if err := g.mendEnd(l); err != nil {
			return err
		}
		i := &inspection{conn: g.conn, log: l.logRow}
		if err := i.pick(seqs); err != nil {
			return err
		}
		for _, k := range i.rows {
			if err := g.mendKeys(l, k); err != nil {
				return err
			}
		}
		if err := i.relate(); err != nil {
			return err
		}
		return g.mendClasses(l, i)
	})
}

// mendEnd makes the log end with its last record. One that lacks records keeps its
// end: their sequences must not be given again.
func (g *group) mendEnd(l *openLog) error {
	last, added, err := g.conn.lastRecord(l.c)
	if err == nil && last >= l.last {
		l.last, l.lastAdded, l.changed = last, added, true
	}
	return err
}

// pick reads the records at seqs, but for their bytes.
func (i *inspection) pick(seqs []int64) error {
	return inLists(i.log.positions(seqs), func(list string, args []any) error {
		return i.conn.each(func(scan scan) (bool, error) {
			k, err := scanKept(scan)
			i.rows = append(i.rows, k)
			return true, err
		}, `SELECT `+recordColumns+keptColumns+recordsFrom+`WHERE r.pos IN `+list+` ORDER BY r.pos`, args...)
	})
}

// mendKeys makes a record found by its id and its type.
func (g *group) mendKeys(l *openLog, k *kept) error {
	t, err := g.typeRow(l, k.Type)
	if err != nil || k.idkey == idKey(k.ID) && k.c == l.c && k.number == t.number {
		return err
	}
	g.entries++
	return g.conn.exec(`UPDATE records SET idkey = ?, c = ?, type = ? WHERE pos = ?`, idKey(k.ID), l.c, t.number, k.pos)
}

// mendClasses gives records, and all others of their objects, their classes.
func (g *group) mendClasses(l *openLog, i *inspection) error {
	classes := i.classes()
	rows := slices.DeleteFunc(slices.Clone(i.rows), func(k *kept) bool { return k.Op != collections.OpControl })
	for _, of := range i.related {
		rows = append(rows, of...)
	}
	for _, k := range rows {
		if k.Rank > stix.Red {
			continue // no class is its own
		}
		if err := g.mendClass(l, k, classes[k.pos]); err != nil {
			return err
		}
	}
	return nil
}

func (g *group) mendClass(l *openLog, k *kept, c class) error {
	t, err := g.typeRow(l, k.Type)
	if err != nil {
		return err
	}
	l.classes, t.classes, l.changed = l.classes.with(c), t.classes.with(c), true
	if k.Op == collections.OpAdd && isSpec(k.SpecVersion) {
		l.specs = l.specs.with(k.SpecVersion)
	}
	if k.class == c {
		return nil
	}
	g.entries++
	return g.conn.exec(`UPDATE records SET class = ? WHERE pos = ?`, int64(c), k.pos)
}
