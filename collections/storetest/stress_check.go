package storetest

import (
	"slices"

	"accord/collections"
)

// checkStress holds what the writers and readers of a stress were answered against
// the log that they left. It returns how many answers of each kind there were.
func (l log) checkStress(events []event) (counts stressCounts) {
	l.t.Helper()
	records := l.records()
	inside := map[int64]bool{} // states that only half a decision has reached
	var sightings []sighting
	for _, e := range events {
		switch {
		case e.Appended != nil:
			counts.Appends++
			l.wantAppended(records, *e.Appended)
			for _, r := range e.Appended.Records[:max(0, len(e.Appended.Records)-1)] {
				inside[r.Sequence] = true
			}
		case e.Walk != nil:
			l.wantWalked(records, *e.Walk)
		case e.Page != nil:
			counts.Pages++
			sightings = append(sightings, e.Page, e.Last)
			if err := e.Page.bytes(records); err != nil {
				l.t.Error(err)
			}
		default:
			counts.Followed += len(e.Followed)
			l.wantRecords(records, e.Followed)
		}
	}
	for _, fault := range newReplay(records).hold(sightings, func(state int64) bool { return !inside[state] }) {
		l.t.Error(fault)
	}
	counts.Records = len(records)
	for _, r := range records {
		if r.Op == collections.OpDelete {
			counts.Deletes++
		}
	}
	return counts
}

// stressCounts say how much a stress has done.
type stressCounts struct {
	Records, Deletes, Appends, Followed, Pages int
}

func (c *stressCounts) add(d stressCounts) {
	c.Records += d.Records
	c.Deletes += d.Deletes
	c.Appends += d.Appends
	c.Followed += d.Followed
	c.Pages += d.Pages
}

// wantAppended: what was called a success is in the log, in its place, with its
// status (P2).
func (l log) wantAppended(records []collections.Record, a appended) {
	l.t.Helper()
	l.wantRecords(records, a.Records)
	if a.Status == nil {
		return
	}
	got, err := l.store.Status(l.t.Context(), a.Status.ID)
	if err != nil {
		l.t.Errorf("the status of %d records: %v", len(a.Records), err)
		return
	}
	wantSame(l.t, "the status", []collections.Status{got}, []collections.Status{*a.Status})
}

// wantRecords: bare records are in the log, in their places.
func (l log) wantRecords(records, want []collections.Record) {
	l.t.Helper()
	if len(want) == 0 {
		return
	}
	first := want[0].Sequence
	if end := first + int64(len(want)) - 1; end > int64(len(records)) {
		l.t.Errorf("record %d was seen; the log has %d", end, len(records))
		return
	}
	wantSame(l.t, "what was seen of the log", bare(records[first-1:][:len(want)]), want)
}

// wantWalked: a poller who read to the end met all that is there (P1).
func (l log) wantWalked(records []collections.Record, w walked) {
	l.t.Helper()
	for _, v := range selected(versionsOf(records), every(w.Clearance)) {
		if _, met := slices.BinarySearch(w.Sequences, v.Sequence); !met && v.Sequence <= w.End {
			l.t.Errorf("a poller for %s missed record %d of %d", w.Clearance, v.Sequence, len(records))
		}
	}
}
