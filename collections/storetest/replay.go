package storetest

import (
	"cmp"
	"fmt"
	"slices"

	"accord/collections"
	"accord/stix"
)

// A replay goes through the states of a log, one after each record.
type replay struct {
	records  []collections.Record
	versions map[string][]collections.Version // that are there in the state
	lists    map[list][]int64                 // what clearances see in the state
	last     [stix.Red + 1]int64
	state    int64 // the last sequence of the log
}

// A list is what pages are cut from.
type list struct {
	clearance stix.TLP
	every     bool // all versions, else the latest
}

func newReplay(records []collections.Record) *replay {
	r := &replay{records: records, versions: map[string][]collections.Version{}, lists: map[list][]int64{}}
	for clearance := stix.Clear; clearance <= stix.Red; clearance++ {
		r.lists[list{clearance, true}], r.lists[list{clearance, false}] = nil, nil
	}
	return r
}

// step goes to the next state. A version that is there already must not come again.
func (r *replay) step() error {
	record := r.records[r.state]
	before := r.versions[record.ID]
	var after []collections.Version
	if record.Op == collections.OpAdd {
		added := versionsOf([]collections.Record{record})[0]
		added.Removed = false
		if slices.ContainsFunc(before, func(v collections.Version) bool { return v.Timestamp == added.Timestamp }) {
			return fmt.Errorf("record %d adds the version %s of %s, which is there", record.Sequence, record.Version, record.ID)
		}
		after = append(slices.Clone(before), added)
	} else {
		after = slices.DeleteFunc(slices.Clone(before), func(v collections.Version) bool { return slices.Contains(record.Removes, v.Sequence) })
	}
	r.state, r.versions[record.ID] = record.Sequence, after
	for l := range r.lists {
		r.lists[l] = replaced(r.lists[l], selected(before, l.query()), selected(after, l.query()))
	}
	for clearance := range r.last {
		if changes(stix.TLP(clearance), r.records, record) {
			r.last[clearance] = record.Sequence
		}
	}
	return nil
}

func (l list) query() collections.Query {
	if l.every {
		return every(l.clearance)
	}
	return latest(l.clearance)
}

// replaced is an ascending list with other versions of an object in it.
func replaced(seqs []int64, before, after []collections.Version) []int64 {
	for _, v := range before {
		i, _ := slices.BinarySearch(seqs, v.Sequence)
		seqs = slices.Delete(seqs, i, i+1)
	}
	for _, v := range after {
		i, _ := slices.BinarySearch(seqs, v.Sequence)
		seqs = slices.Insert(seqs, i, v.Sequence)
	}
	return seqs
}

// page is pageOf in the state, cut from a list that is there already.
func (r *replay) page(q collections.Query) (p collections.Page) {
	seqs := r.lists[list{q.Clearance, q.Versions.All}]
	i, _ := slices.BinarySearch(seqs, q.After+1)
	for _, seq := range seqs[i:] {
		record := &r.records[seq-1]
		if q.Types != nil && !slices.Contains(q.Types, record.Type) || !record.DateAdded.After(q.AddedAfter) {
			continue
		}
		if p.More = len(p.Sequences) == q.Limit; p.More {
			return p
		}
		if p.Sequences = append(p.Sequences, seq); len(p.Sequences) == 1 {
			p.First = record.DateAdded
		}
		p.Last = record.DateAdded
	}
	return p
}

// A sighting is an answer that must be true in one of the states from one to another.
type sighting interface {
	between() (from, to int64)
	in(r *replay) bool
	compare(r *replay) string // with what it would be in the state
}

// A seenLast is an answer of Last.
type seenLast struct {
	From, To  int64
	Clearance stix.TLP
	Last      int64
}

func (l *seenLast) between() (from, to int64) { return l.From, l.To }
func (l *seenLast) in(r *replay) bool         { return l.Last == r.last[l.Clearance] }
func (l *seenLast) compare(r *replay) string {
	return fmt.Sprintf("Last for %s gives %d; want %d", l.Clearance, l.Last, r.last[l.Clearance])
}

// A seenPage is an answer of Page, with the hashes of its bytes instead of them.
type seenPage struct {
	From, To int64
	Query    collections.Query
	Page     collections.Page
	Hashes   [][32]byte
}

func (p *seenPage) between() (from, to int64) { return p.From, p.To }
func (p *seenPage) in(r *replay) bool         { return samePage(p.Page, r.page(p.Query)) }
func (p *seenPage) compare(r *replay) string {
	return fmt.Sprintf("Page(%+v)\n got %+v\nwant %+v", p.Query, p.Page, r.page(p.Query))
}

// bytes checks that a page brings the bytes of its first records, in order.
func (p *seenPage) bytes(records []collections.Record) error {
	if len(p.Hashes) > min(p.Query.Objects, len(p.Page.Sequences)) {
		return fmt.Errorf("Page(%+v) brings the bytes of %d records", p.Query, len(p.Hashes))
	}
	for i, hash := range p.Hashes {
		seq, got := p.Page.Sequences[i], p.Page.Objects[i].Sequence
		if got != seq || records[seq-1].Hash != hash {
			return fmt.Errorf("Page(%+v) brings in place %d, of record %d, bytes of %d with the hash %x", p.Query, i, seq, got, hash)
		}
	}
	return nil
}

// hold holds sightings against all states that could be seen, and returns the
// first faults.
func (r *replay) hold(sightings []sighting, visible func(state int64) bool) (faults []error) {
	slices.SortFunc(sightings, func(a, b sighting) int {
		i, _ := a.between()
		k, _ := b.between()
		return cmp.Compare(i, k)
	})
	for open := []sighting(nil); len(faults) < 3; {
		for len(sightings) > 0 && r.begins(sightings[0]) {
			open, sightings = append(open, sightings[0]), sightings[1:]
		}
		if visible(r.state) {
			open = slices.DeleteFunc(open, func(s sighting) bool { return s.in(r) })
		}
		atEnd := r.state == int64(len(r.records))
		for _, s := range open {
			if from, to := s.between(); to == r.state || atEnd {
				faults = append(faults, fmt.Errorf("of no state from %d to %d, and not of %d: %s", from, to, r.state, s.compare(r)))
			}
		}
		if atEnd {
			if len(sightings) > 0 {
				faults = append(faults, fmt.Errorf("after the end of the log: %s", sightings[0].compare(r)))
			}
			return faults
		}
		if err := r.step(); err != nil {
			return append(faults, err)
		}
	}
	return faults
}

func (r *replay) begins(s sighting) bool {
	from, _ := s.between()
	return from <= r.state
}
