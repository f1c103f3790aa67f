package collections

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// compare reads both stores and proves that the target is what the source is, and
// that it is sound.
func (m *Mover) compare(ctx context.Context, done *Moved) error {
	ends, err := m.From.Logs(ctx)
	if err != nil {
		return err
	}
	progress := newMeter(ends, func(n, total int64) { m.say(total+n, 3*total, "read") })
	from := map[uuid.UUID]LogSum{}
	for _, end := range ends {
		if from[end.Log], err = sumOf(ctx, m.From, end, progress); err != nil {
			return err
		}
	}
	checked, err := m.checkTarget(ctx, done)
	if err != nil {
		return err
	}
	if err := m.compareLogs(ctx, done, from, checked.Logs); err != nil {
		return err
	}
	if err := m.compareRest(ctx, done); err != nil {
		return err
	}
	now, err := m.From.Logs(ctx)
	if err == nil && !slices.Equal(now, ends) {
		return errWritten
	}
	return err
}

var errWritten = Errorf(ErrConflict, "the source was written to meanwhile: end what writes there and give the command again; it goes on where it was")

// sumOf walks over a log up to its end.
func sumOf(ctx context.Context, u Upkeep, end LogEnd, progress *meter) (sum LogSum, err error) {
	for after := int64(0); after < end.Last; {
		records, err := u.Records(ctx, end.Log, after, upkeepPage)
		if err != nil || len(records) == 0 {
			return sum, err
		}
		for _, r := range records {
			if r.Sequence <= end.Last {
				sum.Add(r)
			}
		}
		after = records[len(records)-1].Sequence
		progress.add(len(records))
	}
	return sum, nil
}

// checkTarget checks the target. A fault in what it has derived is an error: it has
// derived it now. Faults in records came with them.
func (m *Mover) checkTarget(ctx context.Context, done *Moved) (Checked, error) {
	var derived *Fault
	check := Check{
		Store: m.To,
		Found: func(f Fault) {
			if done.Faults++; f.Derived {
				derived = &f
			}
		},
		Progress: func(n, total int64) { m.say(2*total+n, 3*total, "compared") },
	}
	checked, err := check.Run(ctx)
	if err == nil && derived != nil {
		err = fmt.Errorf("the target is not sound: record %d of log %s: %s: found %s, expected %s",
			derived.Sequence, derived.Log, derived.Rule, derived.Found, derived.Expected)
	}
	return checked, err
}

// compareLogs compares what was read of the logs.
func (m *Mover) compareLogs(ctx context.Context, done *Moved, from map[uuid.UUID]LogSum, to []CheckedLog) error {
	if len(to) != len(from) {
		return errWritten
	}
	for _, l := range to {
		at := slices.IndexFunc(done.Logs, func(d MovedLog) bool { return d.Log == l.Log })
		switch {
		case at < 0 || l.Records != from[l.Log].Records:
			return errWritten
		case l.LogSum != from[l.Log]:
			return m.difference(ctx, l)
		}
		done.Logs[at].CheckedLog = l
	}
	return nil
}

// difference names the first record in which a log differs.
func (m *Mover) difference(ctx context.Context, l CheckedLog) error {
	for after := int64(0); ; {
		from, err := m.From.Records(ctx, l.Log, after, upkeepPage)
		if err != nil {
			return err
		}
		to, err := m.To.Records(ctx, l.Log, after, upkeepPage)
		if err != nil {
			return err
		}
		both := min(len(from), len(to))
		for i := range both {
			if after++; from[i].Digest() != to[i].Digest() {
				return Errorf(ErrConflict, "record %d of log %s is not the same in source and target: "+
					"remove the target and begin anew, with a source that nothing writes to", after, l.Log)
			}
		}
		if both == 0 {
			return errWritten
		}
	}
}

// compareRest compares statuses, of those that last for a while, and accesses.
func (m *Mover) compareRest(ctx context.Context, done *Moved) error {
	lasting := time.Now().Add(time.Hour)
	var sums [2]struct{ statuses, accesses restSum }
	for i, u := range []Upkeep{m.From, m.To} {
		err := eachStatus(ctx, u, func(s SavedStatus) error {
			if s.Expires.After(lasting) {
				sums[i].statuses.add(s.Status)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := eachAccesses(ctx, u, time.Time{}, sums[i].accesses.addAll); err != nil {
			return err
		}
	}
	if sums[0].statuses != sums[1].statuses {
		return errUnlike("statuses", sums[0].statuses.n, sums[1].statuses.n)
	}
	if sums[0].accesses != sums[1].accesses {
		return errUnlike("accesses", sums[0].accesses.n, sums[1].accesses.n)
	}
	done.Statuses, done.Accesses = sums[1].statuses.n, sums[1].accesses.n
	return nil
}

func errUnlike(what string, from, to int64) error {
	return Errorf(ErrConflict, "the %s are not the same in source and target, which have %d and %d of them: end what writes to the source and give the command again", what, from, to)
}

// A restSum says how many values there were, and what.
type restSum struct {
	n    int64
	hash [32]byte
}

func (s *restSum) add(v any) {
	s.n++
	text, _ := json.Marshal(v) // of statuses and accesses it can't fail
	s.hash = sha256.Sum256(append(s.hash[:], text...))
}

func (s *restSum) addAll(accesses []Access) error {
	for _, a := range accesses {
		s.add(a)
	}
	return nil
}
