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
		d.fail(*c.refused)
		return nil
	}
	rival, same, err := d.rival(ctx, c)
	switch {
	case err != nil:
		return err
	case same && d.mayKnow(*rival):
		d.succeed(*rival, "already there; nothing was changed")
		return nil
	case rival != nil && !same:
		d.fail(c.failure(conflict(c)))
		return nil
	}
	return d.enter(ctx, c, rival)
}

// enter adds c to the decision if it may stand beside the other versions of its
// id. One that is there, hidden from the poster, stays instead, and all is said
// as if c were new (P6).
func (d *decision) enter(ctx context.Context, c candidate, hidden *Version) error {
	findings, err := d.versionFindings(ctx, c)
	if err != nil {
		return err
	}
	if refusing := errorsOnly(findings); len(refusing) > 0 {
		d.fail(c.failure(refusing...))
		return nil
	}
	c.warn(findings...)
	if hidden != nil {
		d.succeed(*hidden, c.warnings)
		return nil
	}
	d.add(c)
	return nil
}

// rival returns the version that is there in c's place and whether it is the
// same; nil if c is new. Of versions without a timestamp, of which there may be
// many, only the newest is compared by value and the others by their bytes.
func (d *decision) rival(ctx context.Context, c candidate) (_ *Version, same bool, err error) {
	known, newest := d.known[string(c.object.ID)], true
	for i := len(known) - 1; i >= 0; i-- { // there may be many: nothing is copied
		u := &known[i]
		if !d.rivals(u, &c) {
			continue
		}
		if same = u.Hash == c.hash; !same && newest {
			same, err = d.same(ctx, *u, c)
		}
		if newest = false; err != nil || same || !c.unversioned() {
			return u, same, err
		}
	}
	return nil, false, nil
}

// conflict says why c cannot stand beside its rival.
func conflict(c candidate) stix.Finding {
	if c.object.Type == "marking-definition" {
		return stix.Finding{
			Rule:    "VER-10",
			Message: "this marking is already there with other content; the first one stays, because that is what objects are marked with",
		}
	}
	return stix.Finding{
		Rule:    "VER-05",
		Message: fmt.Sprintf("version %s of this object is already there with other content; the first one stays, and a change needs a later modified", c.object.Version()),
	}
}

// rivals reports whether u stands in c's place. A marking definition has one
// place for ever (VER-10). An object without a version stands beside others of
// its id, so one that the poster may not know of is no rival: to find it would
// tell him what is hidden (P6).
func (d *decision) rivals(u *Version, c *candidate) bool {
	switch {
	case u.Removed || u.SpecVersion != c.object.Spec():
		return false
	case c.object.Type == "marking-definition":
		return true
	case c.unversioned():
		return u.Timestamp == "" && d.mayKnow(*u)
	}
	version := c.object.Version()
	if len(version) == len(u.Timestamp) {
		return version == u.Timestamp // equal digits: no need to take them apart
	}
	return u.Timestamp != "" && version.Compare(u.Timestamp) == 0
}

// versionFindings are what is wrong with c as a version among the others of its
// id.
func (d *decision) versionFindings(ctx context.Context, c candidate) ([]stix.Finding, error) {
	foreign, err := d.foreign(ctx, c)
	if err != nil {
		return nil, err
	}
	if foreign {
		return []stix.Finding{{
			Rule: "VER-08", Level: stix.LevelError, Pointer: "/created_by_ref",
			Message: "another party made this object, and only that party makes versions of it; make an object of your own and relate it",
		}}, nil
	}
	return d.historyFindings(ctx, c)
}

// foreign reports whether c would be a version of what another party of the
// agreement made. That c names no author, or a third one, does not make it the
// poster's (VER-08).
func (d *decision) foreign(ctx context.Context, c candidate) (bool, error) {
	if c.unversioned() {
		return false, nil // an observable has no author (VER-11)
	}
	for _, u := range d.known[string(c.object.ID)] {
		if u.Removed || u.Party == d.push.poster.Party {
			continue // what he stored himself passed this rule
		}
		raw, err := d.raw(ctx, u.Sequence)
		if err != nil {
			return false, err
		}
		first, _ := stix.ReadObject(raw, stix.Limits{})
		return d.push.view.otherParty(first.CreatedBy) != nil, nil
	}
	return false, nil
}

// wordy is how many members of a push the status speaks of at length. What it
// says of the rest is cut, so that no push makes a status that costs memory.
const (
	wordy = 5000
	terse = 200 // bytes
)

// fail counts the next failure.
func (d *decision) fail(f Failure) {
	if len(d.done.Status.Failures) >= wordy {
		f.Message = cut(f.Message, terse)
	}
	d.done.Status.Failures = append(d.done.Status.Failures, f)
}

// add makes c the next entry.
func (d *decision) add(c candidate) {
	e := Entry{
		Op: OpAdd, ID: string(c.object.ID), Type: c.object.Type, SpecVersion: c.object.Spec(),
		Version: c.object.Version(), Rank: c.rank, Raw: c.object.Raw, Hash: c.hash,
		Poster: d.push.poster, Rules: d.push.judge.Rules(),
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
	if len(d.done.Versions) >= wordy {
		message = cut(message, terse)
	}
	d.done.Versions = append(d.done.Versions, u)
	runs := d.done.Status.Successes
	if n := len(runs); n > d.earlier && runs[n-1].Sequence+runs[n-1].Count == u.Sequence && runs[n-1].Message == message {
		runs[n-1].Count++
		return
	}
	d.done.Status.Successes = append(runs, Success{Sequence: u.Sequence, Count: 1, Message: message})
}

// mayKnow reports whether the poster may know that u is there: his clearance
// admits it, or his own party stored it.
func (d *decision) mayKnow(u Version) bool {
	return u.Rank <= d.push.view.root.party.Clearance || u.Party == d.push.poster.Party
}

// same reports whether c has the content of u, by value and not by bytes
// (TX-OBJ-POST-02).
func (d *decision) same(ctx context.Context, u Version, c candidate) (bool, error) {
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
