package mongo

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"accord/collections"
	"accord/stix"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// An inspection is a part of a log at a watermark, with all that it is checked against.
// Marks, and what deletes take, may be written for later records at any moment, also by a
// server that dies before it moves the watermark. As a mark says of which record it
// tells, it is held against the records up to that.
type inspection struct {
	store   *Store
	log     logDoc
	rows    []*recordDoc       // ascending
	related map[string]*object // by id
}

// An object is all that a log has of one.
type object struct {
	docs  []*recordDoc              // ascending, those behind the watermark too, without bytes
	kinds map[int64]map[int64]int64 // of its records by their sequences, as they were at some sequences
}

// Inspect returns records and what they are to be checked against.
func (s *Store) Inspect(ctx context.Context, log uuid.UUID, after int64, limit int) (st collections.Stretch, err error) {
	err = s.read(ctx, func() error {
		l, err := s.log(ctx, log) // first: all that follows is as new
		if err != nil {
			return err
		}
		i := &inspection{store: s, log: l}
		err = s.someOf(ctx, l, after, limit, func(d *recordDoc) bool {
			i.rows = append(i.rows, d)
			return true
		})
		if err == nil {
			err = i.relate(ctx)
		}
		if err != nil {
			return err
		}
		if st = i.stretch(); after <= 0 {
			st.Faults = append(i.ahead(), st.Faults...)
		}
		return nil
	})
	return st, err
}

// relate reads all that the objects of the rows have.
func (i *inspection) relate(ctx context.Context) error {
	i.related = map[string]*object{}
	for _, d := range i.rows {
		if d.Op != int(collections.OpControl) {
			i.related[d.ID] = &object{kinds: map[int64]map[int64]int64{}}
		}
	}
	for part := range slices.Chunk(slices.Collect(maps.Keys(i.related)), lookUpAtOnce) {
		filter, hint := i.log.ofObjects(part, nil)
		o := options.Find().SetProjection(withoutBytes).SetHint(hint)
		err := each(ctx, i.store.records, filter, largeBatch, o, func(d recordDoc) bool {
			if of := i.related[d.ID]; of != nil && d.Op != int(collections.OpControl) {
				of.docs = append(of.docs, &d)
			}
			return true
		})
		if err != nil {
			return err
		}
	}
	for _, of := range i.related {
		slices.SortFunc(of.docs, func(a, b *recordDoc) int { return cmp.Compare(a.Pos, b.Pos) })
	}
	for _, d := range i.rows { // whose keys may be wrong
		if of := i.related[d.ID]; of != nil && d.Op != int(collections.OpControl) {
			if at, found := of.find(d.Pos); !found {
				of.docs = slices.Insert(of.docs, at, d)
			}
		}
	}
	return nil
}

func (o *object) find(pos int64) (at int, found bool) {
	return slices.BinarySearchFunc(o.docs, pos, func(d *recordDoc, pos int64) int { return cmp.Compare(d.Pos, pos) })
}

// upTo are its records up to a position.
func (o *object) upTo(pos int64) []*recordDoc {
	at, _ := o.find(pos + 1)
	return o.docs[:at]
}

// stretch returns what was read, and what is wrong with it.
func (i *inspection) stretch() (st collections.Stretch) {
	st.Related = make(map[string][]collections.Record, len(i.related))
	for id, of := range i.related {
		st.Related[id] = i.upToHere(of.docs)
	}
	for _, d := range i.rows {
		d = i.newest(d)
		r := d.found()
		var err error
		if r.Raw, err = d.raw(); err != nil {
			st.Faults = append(st.Faults, collections.Fault{Sequence: r.Sequence, Rule: collections.RuleRecord, Found: err.Error(), Expected: "what a server writes"})
		}
		st.Records = append(st.Records, r)
		st.Faults = append(st.Faults, i.faults(d)...)
	}
	return st
}

// newest is a row, or what is left of it where it was removed while its object was read.
func (i *inspection) newest(d *recordDoc) *recordDoc {
	if of := i.related[d.ID]; of != nil && d.Residue == nil {
		if at, found := of.find(d.Pos); found && of.docs[at].Residue != nil {
			return of.docs[at]
		}
	}
	return d
}

// found is the record without its bytes. What is removed is told by the residue: its mark
// is what is to be checked.
func (d *recordDoc) found() collections.Record {
	r := d.record()
	r.Removed = d.Residue != nil
	return r
}

// upToHere returns the records of an object up to the watermark, and of deletes behind it
// what they have taken already.
func (i *inspection) upToHere(of []*recordDoc) (records []collections.Record) {
	gone := map[int64]bool{}
	for _, d := range of {
		r := d.found()
		gone[r.Sequence] = r.Removed
		if r.Sequence > i.log.Applied {
			r.Removes = slices.DeleteFunc(slices.Clone(r.Removes), func(seq int64) bool { return !gone[seq] })
		}
		if r.Sequence <= i.log.Applied || len(r.Removes) > 0 {
			records = append(records, r)
		}
	}
	return records
}

// kind returns of which kind a record was at a position.
func (o *object) kind(d *recordDoc, at int64) int64 {
	if o.kinds[at] == nil {
		o.kinds[at] = kindsOf(o.upTo(at))
	}
	return o.kinds[at][sequence(d.Pos)]
}

// kindsOf returns the kinds that follow from the records of an object.
func kindsOf(docs []*recordDoc) map[int64]int64 {
	kinds := map[int64]int64{}
	var versions []collections.Version
	for _, d := range docs {
		if d.Op == int(collections.OpAdd) {
			versions = append(versions, d.record().Made())
			continue
		}
		kinds[sequence(d.Pos)] = kindRemoved
		for _, gone := range d.Removes {
			kinds[gone] = kindRemoved
		}
	}
	for n := range versions {
		versions[n].Removed = kinds[versions[n].Sequence] == kindRemoved
	}
	marks := collections.Marks(versions)
	for n, v := range versions {
		if !v.Removed {
			kinds[v.Sequence] = int64(marks[n])
		}
	}
	return kinds
}

// faults returns what is wrong with what is kept of a record.
func (i *inspection) faults(d *recordDoc) (faults []collections.Fault) {
	add := func(rule collections.Rule, found, expected string) {
		faults = append(faults, collections.Fault{Sequence: sequence(d.Pos), Rule: rule, Derived: true, Found: found, Expected: expected})
	}
	if d.Object != objectKey(d.ID) {
		add(collections.RuleIndex, fmt.Sprintf("o %d", d.Object), fmt.Sprint(objectKey(d.ID)))
	}
	if d.C != i.log.C {
		add(collections.RuleIndex, fmt.Sprintf("c %d", d.C), fmt.Sprint(i.log.C))
	}
	if right, ok := i.mark(d); !ok {
		add(collections.RuleMark, d.Mark.String(), right.String())
	}
	if least := i.lasts(d); !i.log.Lasts.cover(least) {
		add(collections.RuleIndex, fmt.Sprintf("a log with %+v", i.log.Lasts), fmt.Sprintf("no less than %+v", least))
	}
	return faults
}

// mark returns the mark that a record has at the watermark, and whether its own is as
// good: that of any of its object's records, and of the kind that followed from it.
func (i *inspection) mark(d *recordDoc) (right mark, ok bool) {
	of := i.related[d.ID]
	if of == nil || d.Op == int(collections.OpControl) {
		right = markOf(sequence(d.Pos), kindOther)
		return right, d.Mark == right
	}
	here := of.upTo(i.log.pos(i.log.Applied))
	last := here[len(here)-1].Pos
	right = markOf(sequence(last), of.kind(d, last))
	told := i.log.C<<sequenceBits | d.Mark.at()
	_, known := of.find(told)
	return right, known && told >= d.Pos && d.Mark.kind() == of.kind(d, max(told, last))
}

func (m mark) String() string { return fmt.Sprintf("kind %d from record %d", m.kind(), m.at()) }

// lasts are what the log has to know of at least, because of a record.
func (i *inspection) lasts(d *recordDoc) (l lasts) {
	seq := sequence(d.Pos)
	switch collections.Op(d.Op) {
	case collections.OpAdd:
		*l.rank(stix.TLP(d.Rank)) = seq
		*l.spec(d.Spec) = seq
		l.Large = d.Size
	case collections.OpDelete:
		*l.rank(i.lowest(d)) = seq
	default:
		l.Rank0 = seq
	}
	return l
}

// lowest is the lowest rank of what a delete removes.
func (i *inspection) lowest(d *recordDoc) stix.TLP {
	lowest := stix.Red
	for _, seq := range d.Removes {
		of := i.related[d.ID]
		if at, found := of.find(i.log.C<<sequenceBits | seq); found {
			lowest = min(lowest, stix.TLP(of.docs[at].Rank))
		}
	}
	return lowest
}

// cover reports whether l knows of all that least does.
func (l lasts) cover(least lasts) bool {
	return l.Rank0 >= least.Rank0 && l.Rank1 >= least.Rank1 && l.Rank2 >= least.Rank2 && l.Rank3 >= least.Rank3 && l.Rank4 >= least.Rank4 &&
		l.Spec0 >= least.Spec0 && l.Spec1 >= least.Spec1 && l.Large >= least.Large
}

// ahead returns what the log knows of records behind its watermark, to which it can't
// have come.
func (i *inspection) ahead() (faults []collections.Fault) {
	for name, last := range i.log.Lasts.sequences() {
		if *last > i.log.Applied {
			faults = append(faults, collections.Fault{
				Rule: collections.RuleIndex, Derived: true, Found: fmt.Sprintf("a log with %s %d", name, *last), Expected: fmt.Sprintf("%d at most", i.log.Applied),
			})
		}
	}
	return faults
}

// sequences are the fields that are sequences, by their names.
func (l *lasts) sequences() map[string]*int64 {
	all := l.all()
	delete(all, "large")
	return all
}
