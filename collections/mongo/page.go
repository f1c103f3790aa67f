package mongo

import (
	"context"
	"slices"

	"accord/collections"
	"accord/stix"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Page returns the positions of one page: with a horizon in one look at the database,
// without one in two. A horizon at which something was there that is gone is left for the
// newest state.
func (s *Store) Page(ctx context.Context, log uuid.UUID, q collections.Query) (page collections.Page, err error) {
	q.Limit = max(q.Limit, 1)
	for looks := 0; ; looks++ {
		w := &walk{store: s, query: q}
		err = s.read(ctx, func() error { return w.look(ctx, log) })
		if err != nil {
			return page, err
		}
		if !w.gone || looks == maxHelp {
			return w.page(), nil
		}
		if err := s.help(ctx, log); err != nil {
			return page, err
		}
		q.Horizon = 0
	}
}

// maxHelp is how often a page is looked up again because deletes were under way.
const maxHelp = 3

// help has that written which follows from records behind the watermark: their writer may
// be dead, and what a delete has taken would be missing from every page until somebody
// writes to the log.
func (s *Store) help(ctx context.Context, log uuid.UUID) error {
	_, err := s.Append(ctx, log, func(context.Context, collections.State) (collections.Decision, error) {
		return collections.Decision{}, nil
	})
	return err
}

// asOf returns a log at a horizon, or as it is now for none. What else the log says may
// be newer: it only grows, and tells of what there is at most.
func (s *Store) asOf(ctx context.Context, id uuid.UUID, horizon int64) (logDoc, error) {
	if l, ok := s.lastSeen(id); ok && 0 < horizon && horizon <= l.Applied && s.fault != noWatermark {
		l.Applied = horizon
		return l, nil
	}
	return s.log(ctx, id)
}

// A walk is one query on a log at its watermark.
type walk struct {
	store *Store
	log   logDoc
	query collections.Query
	from  int64 // the position before the first
	dated bool  // whether AddedAfter has been turned into from
	found []recordDoc
	gone  bool // something that was there at the watermark has no bytes any more
}

// look makes the walk on a log.
func (w *walk) look(ctx context.Context, log uuid.UUID) (err error) {
	if w.log, err = w.store.asOf(ctx, log, w.query.Horizon); err != nil || w.log.C == 0 {
		return err
	}
	w.from = w.log.pos(w.query.After)
	return w.find(ctx)
}

// page cuts what was found to the limit.
func (w *walk) page() (p collections.Page) {
	found := w.found
	if p.More = len(found) > w.query.Limit; p.More {
		found = found[:w.query.Limit]
	}
	if len(found) == 0 {
		return p
	}
	collect := collector{}
	for i, d := range found {
		p.Sequences = append(p.Sequences, sequence(d.Pos))
		// One that was removed since the watermark has no bytes: those behind it do not come.
		if i < w.query.Objects && i == len(collect.objects) && w.brings() && !collect.full {
			collect.add(d)
		}
	}
	p.First, p.Last, p.Objects = date(found[0].Added), date(found[len(found)-1].Added), collect.objects
	return p
}

// brings reports whether the objects come with their positions: those of small pages do,
// unless there are large ones in the log.
func (w *walk) brings() bool {
	return w.query.Limit <= w.query.Objects && w.log.Lasts.Large <= smallObject && w.query.IDs == nil
}

// find finds the records of the page and one more if there is one.
func (w *walk) find(ctx context.Context) error {
	f := &w.query.Versions
	single, within := w.specs(f.SpecVersions)
	if f.SpecVersions != nil && single {
		if !within {
			return nil
		}
		f.SpecVersions = nil // asks for all that there is
	}
	switch {
	case w.query.IDs != nil:
		return w.ofIDs(ctx)
	case f.IsLatest():
		return w.walk(ctx, true, w.latest)
	case f.All && (single || f.SpecVersions != nil && within):
		return w.walk(ctx, false, w.there)
	}
	return w.walk(ctx, false, w.selected)
}

// specs reports whether the log has objects of one specification version at most, and
// whether all that it has are in a list.
func (w *walk) specs(list []string) (single, within bool) {
	l := w.log.Lasts
	within = (l.Spec0 == 0 || slices.Contains(list, "2.0")) && (l.Spec1 == 0 || slices.Contains(list, "2.1"))
	return l.Spec0 == 0 || l.Spec1 == 0, within
}

// ofIDs finds versions of the objects asked for.
func (w *walk) ofIDs(ctx context.Context) error {
	if err := w.turnDate(ctx); err != nil {
		return err
	}
	versions, newer, err := w.store.versions(ctx, w.log, w.query.IDs, nil)
	if err != nil {
		return err
	}
	w.gone = newer // maybe
	for _, vs := range versions {
		for _, v := range w.choose(vs) {
			if pos := w.log.pos(v.Sequence); pos > w.from {
				w.found = append(w.found, recordDoc{Pos: pos, Added: v.DateAdded.UnixMicro()})
			}
		}
	}
	slices.SortFunc(w.found, func(a, b recordDoc) int { return int(a.Pos - b.Pos) })
	return nil
}

// choose returns those of the versions of one object that the query keeps. The start of
// the page narrows what is shown, not the world in which a version is the latest.
func (w *walk) choose(versions []collections.Version) []collections.Version {
	return w.query.Versions.Select(slices.DeleteFunc(versions, func(v collections.Version) bool {
		return v.Removed || v.Rank > w.query.Clearance || w.query.Types != nil && !slices.Contains(w.query.Types, v.Type)
	}))
}

// turnDate makes AddedAfter a position.
func (w *walk) turnDate(ctx context.Context) error {
	if w.query.AddedAfter.IsZero() || w.dated {
		return nil
	}
	w.dated = true
	filter := append(w.log.whole(), bson.E{Key: "at", Value: bson.D{{Key: "$lte", Value: w.query.AddedAfter.UnixMicro()}}})
	last, _, err := one[recordDoc](ctx, w.store.records, filter, options.FindOne().SetSort(descending("at")).SetProjection(fields("at")).SetHint(indexByAdded))
	w.from = max(w.from, last.Pos)
	return err
}

// walk goes over records that the marks admit, in runs, until the page is full. keep
// returns those of a run that the query keeps.
func (w *walk) walk(ctx context.Context, latest bool, keep func(context.Context, []recordDoc) ([]recordDoc, error)) error {
	for to := w.log.pos(w.log.Applied); len(w.found) <= w.query.Limit && w.from < to; {
		run, err := w.run(ctx, latest, to)
		if err != nil || len(run) == 0 {
			return err
		}
		w.from = run[len(run)-1].Pos
		whole := len(run) < w.runLength()
		kept, err := keep(ctx, run)
		if err != nil {
			return err
		}
		if w.found = append(w.found, kept...); whole {
			return nil
		}
	}
	return nil
}

// maxRun is how many records are read at once at most.
const maxRun = 4096

func (w *walk) runLength() int { return min(w.query.Limit+1, maxRun) }

// run reads the next records that the marks admit.
func (w *walk) run(ctx context.Context, latest bool, to int64) (run []recordDoc, err error) {
	filter, hint, ok := w.filter(latest)
	if !ok {
		return nil, nil
	}
	sort := ascending("_id")
	if !w.query.AddedAfter.IsZero() && !w.dated && w.query.After <= 0 && hint == nil {
		// Dates rise with positions, so one may stand for the other.
		filter = append(filter, bson.E{Key: "at", Value: bson.D{{Key: "$gt", Value: w.query.AddedAfter.UnixMicro()}}})
		sort, hint, w.dated = ascending("at"), indexByAdded, true
	} else if err := w.turnDate(ctx); err != nil {
		return nil, err
	}
	if hint == nil {
		hint = ascending("_id")
	} else {
		filter = append(filter, bson.E{Key: "c", Value: w.log.C})
	}
	o := options.Find().SetSort(sort).SetLimit(int64(w.runLength())).SetHint(hint)
	if !w.brings() {
		o.SetProjection(fields("m", "at", "id", "type", "tlp"))
	} else {
		o.SetProjection(fields("m", "at", "id", "type", "tlp", "raw", "packed"))
	}
	filter = append(byID(between(w.from, to)), filter...)
	err = each(ctx, w.store.records, filter, largeBatch, o, func(d recordDoc) bool {
		run = append(run, d)
		w.gone = w.gone || d.Mark.kind() == kindRemoved
		return true
	})
	return run, err
}

// maxSpans is how many parts of an index the database merges in their order.
const maxSpans = 200

// filter returns what a record must have that the marks admit, and the index that
// serves it, nil for the primary one. It reports false where there is none.
func (w *walk) filter(latest bool) (filter bson.D, hint any, some bool) {
	var ranks []int
	hidden := false
	for rank, last := range w.log.Lasts.ranks() {
		switch {
		case stix.TLP(rank) > w.query.Clearance:
			hidden = hidden || last > 0
		case last > 0:
			ranks = append(ranks, rank)
		}
	}
	if len(ranks) == 0 {
		return nil, nil, false
	}
	if hidden {
		filter, hint = append(filter, bson.E{Key: "tlp", Value: in(ranks)}), indexByRank
	}
	if w.query.Types != nil {
		types := slices.Compact(slices.Sorted(slices.Values(w.query.Types)))
		filter = append(filter, bson.E{Key: "type", Value: in(types)})
		if len(types)*len(ranks) <= maxSpans {
			hint = indexByType
			if !hidden {
				filter = append(filter, bson.E{Key: "tlp", Value: in(ranks)})
			}
		}
	}
	return append(filter, w.marked(latest)...), hint, true
}

// marked is a filter for records of which the mark at the watermark says that they are
// to be shown, or says something of later records.
func (w *walk) marked(latest bool) bson.D {
	lowest := int64(stix.Clear)
	if latest {
		lowest = int64(w.query.Clearance) + 1
	}
	or := bson.A{bson.D{{Key: "m", Value: bson.D{{Key: "$gte", Value: (w.log.Applied + 1) << 3}}}}}
	for kind := min(lowest, int64(collections.NoneNewer)); kind <= int64(collections.NoneNewer); kind++ {
		or = append(or, bson.D{{Key: "m", Value: bson.D{{Key: "$mod", Value: bson.A{8, kind}}}}})
	}
	return bson.D{{Key: "op", Value: int(collections.OpAdd)}, {Key: "$or", Value: or}}
}

// latest keeps the latest versions. Where the mark is that of a later record than the
// watermark, it is worked out anew what it was.
func (w *walk) latest(ctx context.Context, run []recordDoc) ([]recordDoc, error) {
	var uncertain []string
	for _, d := range run {
		if d.Mark.at() > w.log.Applied {
			uncertain = append(uncertain, d.ID)
		}
	}
	if len(uncertain) == 0 || w.store.fault == certain {
		return run, nil
	}
	versions, _, err := w.store.versions(ctx, w.log, uncertain, nil)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(run, func(d recordDoc) bool {
		return d.Mark.at() > w.log.Applied && !isLatest(versions[d.ID], sequence(d.Pos), w.query.Clearance)
	}), nil
}

func isLatest(versions []collections.Version, seq int64, clearance stix.TLP) bool {
	i := slices.IndexFunc(versions, func(v collections.Version) bool { return v.Sequence == seq })
	return i >= 0 && !versions[i].Removed && collections.Marks(versions)[i] > clearance
}

// there keeps all: what was removed by a later record than the watermark was there.
func (w *walk) there(_ context.Context, run []recordDoc) ([]recordDoc, error) { return run, nil }

// selected keeps what takes a look at all versions of each object.
func (w *walk) selected(ctx context.Context, run []recordDoc) ([]recordDoc, error) {
	objects := make([]string, len(run))
	for i, d := range run {
		objects[i] = d.ID
	}
	versions, _, err := w.store.versions(ctx, w.log, objects, nil)
	if err != nil {
		return nil, err
	}
	chosen := map[int64]bool{}
	for _, vs := range versions {
		for _, v := range w.choose(vs) {
			chosen[v.Sequence] = true
		}
	}
	return slices.DeleteFunc(run, func(d recordDoc) bool { return !chosen[sequence(d.Pos)] }), nil
}
