package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"accord/collections"
	"accord/stix"

	"github.com/google/uuid"
)

// keptColumns are what is kept beside a record, and follows from it.
const keptColumns = `, t.type, t.c, t.classes, r.idkey, r.c`

const (
	selectKept    = `SELECT ` + recordColumns + keptColumns + `, r.raw` + recordsFrom + afterInLog
	selectRelated = `SELECT ` + recordColumns + keptColumns + ` FROM records r INDEXED BY by_id CROSS JOIN types t ON t.type = r.type` +
		` CROSS JOIN posters p ON p.poster = r.poster WHERE r.idkey IN `
)

// A kept is a record with what is kept beside it.
type kept struct {
	recordRow
	number, typeOf int64    // of its type, and of the log that the type is of
	classes        classSet // of its type
	idkey, c       int64
	unreadable     error // what is wrong with its columns
}

func scanKept(scan scan, more ...any) (*kept, error) {
	k := new(kept)
	err := scan(k.columns(append([]any{&k.number, &k.typeOf, &k.classes, &k.idkey, &k.c}, more...)...)...)
	k.unreadable = k.complete()
	k.Removed = k.Residue != nil // its class is what is to be checked
	return k, err
}

// An inspection is a part of a log with all that it is checked against.
type inspection struct {
	conn    *conn
	log     logRow
	rows    []*kept            // ascending
	related map[string][]*kept // by object id, ascending, without bytes
}

// Inspect returns records and what they are to be checked against.
func (s *Store) Inspect(ctx context.Context, log uuid.UUID, after int64, limit int) (st collections.Stretch, err error) {
	err = s.read(ctx, func(c *conn) error {
		l, err := c.log(log)
		if err != nil {
			return err
		}
		i := &inspection{conn: c, log: l}
		if err := i.read(after, limit); err != nil {
			return err
		}
		if err := i.relate(); err != nil {
			return err
		}
		if st, err = i.stretch(), nil; after <= 0 {
			st.Faults, err = i.atEnd(st.Faults)
		}
		return err
	})
	return st, err
}

// read reads records, as many as fit in the budget.
func (i *inspection) read(after int64, limit int) error {
	size := 0
	return i.conn.each(func(scan scan) (bool, error) {
		var raw []byte
		k, err := scanKept(scan, &raw)
		k.Raw = raw
		i.rows = append(i.rows, k)
		size += len(raw)
		return size < upkeepBudget, err
	}, selectKept, i.log.span(after, limit)...)
}

// relate reads all that the objects of the rows have.
func (i *inspection) relate() error {
	i.related = map[string][]*kept{}
	var keys []int64
	for _, k := range i.rows {
		if _, ok := i.related[k.ID]; k.Op != collections.OpControl && !ok {
			i.related[k.ID] = nil
			keys = append(keys, idKey(k.ID))
		}
	}
	slices.Sort(keys)
	err := inLists(slices.Compact(keys), func(list string, args []any) error {
		return i.conn.each(func(scan scan) (bool, error) {
			k, err := scanKept(scan)
			if of, ok := i.related[k.ID]; ok && k.Op != collections.OpControl {
				i.related[k.ID] = append(of, k)
			}
			return true, err
		}, selectRelated+list+` AND r.pos > ? AND r.pos <= ? ORDER BY r.idkey, r.pos`,
			append(args, i.log.c<<sequenceBits, i.log.c<<sequenceBits|lastSequence)...)
	})
	i.relateRows()
	return err
}

// relateRows makes sure of the rows themselves, whose keys may be wrong.
func (i *inspection) relateRows() {
	for _, k := range i.rows {
		of, ok := i.related[k.ID]
		if !ok || k.Op == collections.OpControl {
			continue
		}
		at, found := slices.BinarySearchFunc(of, k.pos, func(k *kept, pos int64) int { return cmp.Compare(k.pos, pos) })
		if !found {
			i.related[k.ID] = slices.Insert(of, at, k)
		}
	}
}

// stretch returns what was read, and what is wrong with it.
func (i *inspection) stretch() (st collections.Stretch) {
	classes := i.classes()
	st.Related = make(map[string][]collections.Record, len(i.related))
	for id, of := range i.related {
		st.Related[id] = recordsOf(of)
	}
	for _, k := range i.rows {
		st.Records = append(st.Records, k.Record)
		st.Faults = append(st.Faults, i.faults(k, classes[k.pos])...)
	}
	return st
}

func recordsOf(rows []*kept) []collections.Record {
	records := make([]collections.Record, len(rows))
	for i, k := range rows {
		records[i] = k.Record
		records[i].Raw = nil
	}
	return records
}

// classes returns the class, by position, of every record that was read.
func (i *inspection) classes() map[int64]class {
	classes := make(map[int64]class, len(i.rows))
	for _, k := range i.rows {
		classes[k.pos] = classOther
	}
	for _, of := range i.related {
		versions := collections.VersionsOf(recordsOf(of))
		marks := collections.Marks(versions)
		ranks := map[int64]stix.TLP{}
		for n, v := range versions {
			ranks[v.Sequence] = v.Rank
			if classes[i.log.c<<sequenceBits|v.Sequence] = classOf(v.Rank, marks[n]); v.Removed {
				classes[i.log.c<<sequenceBits|v.Sequence] = classRemoved
			}
		}
		for _, k := range of {
			if k.Op == collections.OpDelete {
				classes[k.pos] = k.deleteClass(ranks)
			}
		}
	}
	return classes
}

// deleteClass is the class of a delete of versions with these ranks, by sequence.
// That of earlier servers is as good.
func (k *kept) deleteClass(ranks map[int64]stix.TLP) class {
	if k.class == classOther {
		return classOther
	}
	lowest := stix.Red
	for _, seq := range k.Removes {
		if rank, ok := ranks[seq]; ok {
			lowest = min(lowest, rank)
		}
	}
	return classDelete + class(lowest)
}

// faults returns what is wrong with what is kept of a record that belongs into a
// class.
func (i *inspection) faults(k *kept, c class) (faults []collections.Fault) {
	add := func(rule collections.Rule, derived bool, found, expected string) {
		faults = append(faults, collections.Fault{Sequence: k.Sequence, Rule: rule, Derived: derived, Found: found, Expected: expected})
	}
	wrong := func(rule collections.Rule, what string, found, expected int64) {
		if found != expected {
			add(rule, true, fmt.Sprintf("%s %d", what, found), fmt.Sprint(expected))
		}
	}
	if k.unreadable != nil {
		add(collections.RuleRecord, false, k.unreadable.Error(), "what a server writes")
	}
	wrong(collections.RuleIndex, "idkey", k.idkey, idKey(k.ID))
	wrong(collections.RuleIndex, "c", k.c, i.log.c)
	wrong(collections.RuleIndex, "a type of log", k.typeOf, i.log.c)
	if k.Rank > stix.Red {
		return faults // no class is its own
	}
	wrong(collections.RuleMark, "class", int64(k.class), int64(c))
	if i.log.classes.with(c) != i.log.classes || k.classes.with(c) != k.classes {
		add(collections.RuleIndex, true, fmt.Sprintf("classes %b of its log and %b of its type", i.log.classes, k.classes), fmt.Sprintf("both with %d", c))
	}
	if k.Op == collections.OpAdd && isSpec(k.SpecVersion) && i.log.specs.with(k.SpecVersion) != i.log.specs {
		add(collections.RuleIndex, true, fmt.Sprintf("specification versions %b of its log", i.log.specs), "with "+k.SpecVersion)
	}
	return faults
}

// atEnd adds what is wrong with the end of the log as its row has it. Where records
// are lacking there, nothing can be mended.
func (i *inspection) atEnd(faults []collections.Fault) ([]collections.Fault, error) {
	last, added, err := i.conn.lastRecord(i.log.c)
	if err != nil || last < i.log.last || last == i.log.last && added == i.log.lastAdded {
		return faults, err
	}
	return append(faults, collections.Fault{
		Rule: collections.RuleIndex, Derived: true,
		Found:    fmt.Sprintf("a log that ends with record %d of %s", i.log.last, collections.FormatDateAdded(date(i.log.lastAdded))),
		Expected: fmt.Sprintf("record %d of %s", last, collections.FormatDateAdded(date(added))),
	}), nil
}
