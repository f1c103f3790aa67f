package collections

import (
	"context"
	"fmt"

	"accord/stix"
)

// A decision is what becomes of one batch on one state of the log.
type decision struct {
	push    *push
	state   State
	known   map[string][]Version // versions of the batch's ids, those of the batch included
	entries []Entry
	added   []int  // for each entry, its place in done.Versions
	done    Pushed // what it appends to is shared with the push, whose own lengths hide it until then
	earlier int    // successes of earlier batches, which are not changed
}

// decide adds one candidate to the decision: refused, already there, in
// conflict with what is there, or new (D-10).
func (d *decision) decide(ctx context.Context, c candidate) error {
	if c.refused != nil {
		d.done.Status.Failures = append(d.done.Status.Failures, *c.refused)
		return nil
	}
	id, version := string(c.object.ID), c.object.Version()
	for _, u := range d.known[id] {
		if u.Removed || u.SpecVersion != c.object.Spec() {
			continue
		}
		if version == "" != (u.Timestamp == "") || version != "" && version.Compare(u.Timestamp) != 0 {
			continue
		}
		same, err := d.same(ctx, u, c)
		switch {
		case err != nil:
			return err
		case same:
			d.succeed(u, d.alreadyThere(u))
			return nil
		case version != "":
			d.done.Status.Failures = append(d.done.Status.Failures, c.failure(stix.Finding{
				Rule:    "VER-05",
				Message: fmt.Sprintf("version %s of this object is already there with other content; the first one stays, and a change needs a later modified", version),
			}))
			return nil
		}
	}
	d.add(c)
	return nil
}

// add makes c the next entry.
func (d *decision) add(c candidate) {
	e := Entry{
		Op: OpAdd, ID: string(c.object.ID), Type: c.object.Type, SpecVersion: c.object.Spec(),
		Version: c.object.Version(), Rank: c.rank, Raw: c.object.Raw, Hash: c.hash,
		Poster: d.push.poster, Rules: d.push.rules,
		Seed: RecordSeed(d.done.Status.PushSeed, uint64(len(d.done.Versions))),
	}
	d.entries = append(d.entries, e)
	d.added = append(d.added, len(d.done.Versions))
	u := Version{
		Sequence: d.state.Last() + int64(len(d.entries)), ID: e.ID, Type: e.Type,
		SpecVersion: e.SpecVersion, Timestamp: e.Version, Rank: e.Rank, Hash: e.Hash, Party: e.Poster.Party,
	}
	d.known[e.ID] = append(d.known[e.ID], u)
	d.succeed(u, c.warnings)
}

// succeed counts a version that is there now as the next success.
func (d *decision) succeed(u Version, message string) {
	d.done.Versions = append(d.done.Versions, u)
	runs := d.done.Status.Successes
	if n := len(runs); n > d.earlier && runs[n-1].Sequence+runs[n-1].Count == u.Sequence && runs[n-1].Message == message {
		runs[n-1].Count++
		return
	}
	d.done.Status.Successes = append(runs, Success{Sequence: u.Sequence, Count: 1, Message: message})
}

// alreadyThere says so of a version, unless the poster may not know that it is
// there (P6).
func (d *decision) alreadyThere(u Version) string {
	if u.Rank > d.push.view.root.party.Clearance {
		return ""
	}
	return "already there; nothing was changed"
}

// same reports whether c has the content of u, by value and not by bytes
// (TX-OBJ-POST-02).
func (d *decision) same(ctx context.Context, u Version, c candidate) (bool, error) {
	if u.Hash == c.hash {
		return true, nil
	}
	raw, err := d.raw(ctx, u.Sequence)
	return err == nil && stix.SameContent(raw, c.object.Raw), err
}

// raw returns bytes that are stored, or about to be.
func (d *decision) raw(ctx context.Context, seq int64) ([]byte, error) {
	if i := seq - d.state.Last() - 1; i >= 0 {
		return d.entries[i].Raw, nil
	}
	return d.state.Object(ctx, seq)
}
