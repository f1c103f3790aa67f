package mongo

import (
	"context"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"time"

	"accord/collections"
)

// A group takes requests that wait until it has so many entries or so many bytes.
// More in one batch saves little; later requests wait longer.
const (
	groupRequests = 256
	groupEntries  = 4096
	groupBytes    = 4 << 20
)

// A group is what several requests, one after the other, make of a log in one
// batch.
type group struct {
	store *Store
	base  end
	index *ids // nil for none
	now   time.Time

	marker  // versions has an entry for each object that was looked up
	records []collections.Record
	marks   []mark
	bytes   int

	outcomes []outcome
	wanted   []string // by those who were only asked what they need to know
}

// An outcome is what a request's decision came to: its records [from, to) of the
// group, or an error.
type outcome struct {
	request  *request
	from, to int
	status   *collections.Status
	err      error
}

func (c *committer) newGroup() *group {
	return &group{
		store: c.store, base: c.end, index: c.ids, now: c.store.clock.now(),
		marker: *newMarker(map[string][]collections.Version{}),
	}
}

// end is where the group ends so far.
func (g *group) end() int64 { return g.base.last + int64(len(g.records)) }

func (g *group) full() bool { return len(g.records) >= groupEntries || g.bytes >= groupBytes }

// scout finds out which objects several requests want to know of, by beginning
// their decisions, so that one look at the database serves them all.
func (g *group) scout(ctx context.Context, waiting []*request) error {
	if len(waiting) < 2 {
		return nil
	}
	for _, r := range waiting {
		if r.ctx.Err() == nil && r.imports == nil {
			_, _ = r.decide.Guarded(r.ctx, &state{group: g, scouting: true})
		}
	}
	return g.lookUp(ctx, g.wanted)
}

// decide runs the decision of a request on the state of the log behind the group so
// far, and takes what it returns into the group.
func (g *group) decide(r *request) {
	o := outcome{request: r, from: len(g.records)}
	d, err := g.decision(r)
	switch {
	case err != nil:
	case r.imports != nil:
		err = g.takeOver(r.ctx, r.imports)
	default:
		err = g.take(r.ctx, d.Entries)
	}
	o.status, o.err, o.to = d.Status, err, len(g.records)
	g.outcomes = append(g.outcomes, o)
}

func (g *group) decision(r *request) (collections.Decision, error) {
	if err := r.ctx.Err(); err != nil || r.imports != nil {
		return collections.Decision{}, err
	}
	return r.decide.Guarded(r.ctx, &state{group: g})
}

// take makes entries the next records of the group.
func (g *group) take(ctx context.Context, entries []collections.Entry) error {
	var objects []string
	for _, e := range entries {
		if e.Op != collections.OpControl {
			objects = append(objects, e.ID)
		}
	}
	if err := g.lookUp(ctx, objects); err != nil {
		return err
	}
	effect, err := g.baseOf(ctx).Effect(entries, g.now)
	if err != nil {
		return err
	}
	return g.mark(effect)
}

// baseOf is what the effect of further entries starts from.
func (g *group) baseOf(ctx context.Context) collections.Base {
	return collections.Base{
		Log: g.base.id, Last: g.end(), Added: g.added(), Versions: g.versions,
		Record: func(seq int64) (collections.Record, error) { return g.record(ctx, seq) },
	}
}

// mark gives the records of an effect their marks, and takes them into the group.
func (g *group) mark(effect *collections.Effect) error {
	if err := g.fit(effect.Records); err != nil {
		return err
	}
	residues := map[int64][]byte{}
	for _, r := range slices.Concat(effect.Removed, effect.Records) {
		residues[r.Sequence] = r.Residue
	}
	for _, r := range effect.Records {
		r.Removed = false // until its delete comes, which may be in another batch
		g.marks = append(g.marks, g.marker.take(&r, int64(len(r.Raw)), func(seq int64) []byte { return residues[seq] }))
		g.bytes += len(r.Raw)
	}
	g.records = append(g.records, effect.Records...)
	return nil
}

// fit refuses what no document can hold, before anything is written.
func (g *group) fit(records []collections.Record) error {
	for i := range records {
		if len(records[i].Raw) > maxRaw {
			if _, err := docOf(&records[i], 0, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// added is when the last record was added.
func (g *group) added() time.Time {
	if n := len(g.records); n > 0 {
		return g.records[n-1].DateAdded
	}
	return g.base.added
}

// lookUp makes the versions of objects known.
func (g *group) lookUp(ctx context.Context, objects []string) error {
	unknown := slices.DeleteFunc(slices.Clone(objects), func(id string) bool {
		_, ok := g.versions[id]
		return ok
	})
	if len(unknown) == 0 {
		return nil
	}
	found, _, err := g.store.versions(ctx, g.base.log(), unknown, g.index)
	maps.Copy(g.versions, found)
	return err
}

// record returns a record of the group, or one before it, without its bytes.
func (g *group) record(ctx context.Context, seq int64) (collections.Record, error) {
	if i := seq - g.base.last - 1; i >= 0 {
		return g.records[i], nil
	}
	d, err := g.store.withoutBytes(ctx, g.base.log(), []int64{seq})
	if err == nil && len(d) == 0 {
		err = collections.Errorf(collections.ErrUnavailable, "record %d of the log is not to be seen now; try again", seq)
	}
	if err != nil {
		return collections.Record{}, err
	}
	return d[0].record(), nil
}

// docs are the documents of the group.
func (g *group) docs(token []byte) ([]recordDoc, error) {
	docs := make([]recordDoc, len(g.records))
	for i := range g.records {
		d, err := docOf(&g.records[i], g.base.c, g.marks[i])
		if err != nil {
			return nil, err
		}
		d.Token, d.End = token, g.end()
		docs[i] = d
	}
	for i := range docs {
		docs[0].Keys = binary.BigEndian.AppendUint64(docs[0].Keys, uint64(docs[i].Object))
	}
	return docs, nil
}

// settled is how many requests are settled when so many records of the group are in the
// log, and somebody else's stands behind them unless these are all. Where a request
// decided to write nothing, or to fail, a record that was inserted behind it proves that
// this was on the newest state.
func (g *group) settled(inserted int) int {
	if inserted == len(g.records) {
		return len(g.outcomes)
	}
	for i, o := range g.outcomes {
		if o.to > inserted || o.from == o.to && o.to >= inserted {
			return i
		}
	}
	return len(g.outcomes)
}

var errScouting = errors.New("only asked what it needs to know")
