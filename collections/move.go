package collections

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// A Mover copies a store into one that was opened for importing: every record at
// its own place, statuses and accesses, and with the control log the store's id and
// secrets, so that tokens and cursors stay good. Then it reads both back and
// compares them. Wherever it is stopped, the next one goes on there.
//
// The source should not be written to meanwhile; if it is, Run says so in the end,
// and another Run moves the rest.
type Mover struct {
	From, To Upkeep

	// Progress, if any, is told how far the work has come, and what it is.
	Progress func(done, total int64, what string)
}

// Moved is what a Mover has moved.
type Moved struct {
	Logs     []MovedLog // by id
	Statuses int64      // that last for another hour
	Accesses int64
	Faults   int64 // in records, which were moved as they are
}

// A MovedLog is a log that is the same in both stores.
type MovedLog struct {
	CheckedLog
	Copied int64 // by this run; the others were there
}

// Run moves what is not there yet, proves that the stores are the same, and
// finishes the target. A target that holds something else, and stores that differ
// in the end, are ErrConflict.
func (m *Mover) Run(ctx context.Context) (done Moved, err error) {
	ends, there, err := m.begin(ctx)
	if err != nil {
		return done, err
	}
	if done.Logs, err = m.copyLogs(ctx, ends, there); err != nil {
		return done, err
	}
	if err := m.copyStatuses(ctx); err != nil {
		return done, err
	}
	if err := m.copyAccesses(ctx); err != nil {
		return done, err
	}
	if err := m.compare(ctx, &done); err != nil {
		return done, err
	}
	return done, m.To.Finish(ctx)
}

// Compare proves that the stores are the same, as Run does in the end, and changes
// neither. Stores that differ are ErrConflict.
func (m *Mover) Compare(ctx context.Context) (done Moved, err error) {
	ends, err := m.From.Logs(ctx)
	if err != nil {
		return done, err
	}
	for _, end := range ends {
		done.Logs = append(done.Logs, MovedLog{CheckedLog: CheckedLog{Log: end.Log}})
	}
	return done, m.compare(ctx, &done)
}

// begin returns the logs of the source, the control log first, and how far the
// target has got each.
func (m *Mover) begin(ctx context.Context) (ends []LogEnd, there map[uuid.UUID]int64, err error) {
	if err := m.settle(ctx); err != nil {
		return nil, nil, err
	}
	if ends, err = m.From.Logs(ctx); err != nil {
		return nil, nil, err
	}
	control := slices.IndexFunc(ends, func(e LogEnd) bool { return e.Log == ControlLog })
	if control < 0 {
		return nil, nil, Errorf(ErrInvalid, "the source holds no agreements and no secrets, so there is nothing to move")
	}
	ends[0], ends[control] = ends[control], ends[0]
	got, err := m.To.Logs(ctx)
	if err != nil {
		return nil, nil, err
	}
	there = map[uuid.UUID]int64{}
	for _, e := range got {
		there[e.Log] = e.Last
		from := slices.IndexFunc(ends, func(s LogEnd) bool { return s.Log == e.Log && s.Last >= e.Last })
		if from < 0 {
			return nil, nil, errOtherSource
		}
	}
	return ends, there, m.checkSource(ctx)
}

// settle has what follows from records written that a server left behind when it died:
// whoever appends next does so.
func (m *Mover) settle(ctx context.Context) error {
	ends, err := m.From.Logs(ctx)
	for i := 0; err == nil && i < len(ends); i++ {
		_, err = m.From.Append(ctx, ends[i].Log, func(context.Context, State) (Decision, error) { return Decision{}, nil })
	}
	return err
}

var errOtherSource = Errorf(ErrConflict, "the target holds part of another store: remove it, or give another target")

// checkSource compares the records that make a store what it is.
func (m *Mover) checkSource(ctx context.Context) error {
	from, err := m.From.Records(ctx, ControlLog, 0, 1)
	if err != nil {
		return err
	}
	to, err := m.To.Records(ctx, ControlLog, 0, 1)
	if err == nil && len(to) > 0 && (len(from) == 0 || from[0].Digest() != to[0].Digest()) {
		return errOtherSource
	}
	return err
}

// copyLogs copies what is not there yet of each log.
func (m *Mover) copyLogs(ctx context.Context, ends []LogEnd, there map[uuid.UUID]int64) (moved []MovedLog, err error) {
	progress := newMeter(ends, func(done, total int64) { m.say(done, 3*total, "copied") })
	for _, end := range ends {
		progress.add(int(there[end.Log]))
		l := MovedLog{CheckedLog: CheckedLog{Log: end.Log}}
		if l.Copied, err = m.copyLog(ctx, end.Log, there[end.Log], progress); err != nil {
			return nil, err
		}
		moved = append(moved, l)
	}
	slices.SortFunc(moved, func(a, b MovedLog) int { return slices.Compare(a.Log[:], b.Log[:]) })
	return moved, nil
}

func (m *Mover) copyLog(ctx context.Context, log uuid.UUID, after int64, progress *meter) (copied int64, err error) {
	for {
		records, err := m.From.Records(ctx, log, after, upkeepPage)
		if err != nil || len(records) == 0 {
			return copied, err
		}
		if err := m.To.Import(ctx, log, records); err != nil {
			return copied, fmt.Errorf("log %s: %w", log, err)
		}
		after = records[len(records)-1].Sequence
		copied += int64(len(records))
		progress.add(len(records))
	}
}

func (m *Mover) say(done, total int64, what string) {
	if m.Progress != nil {
		m.Progress(done, total, what)
	}
}

// copyStatuses copies all that have not expired, also those that are there already.
func (m *Mover) copyStatuses(ctx context.Context) error {
	for after, now := uuid.Nil, time.Now(); ; {
		saved, err := m.From.Statuses(ctx, after, statusPage)
		if err != nil || len(saved) == 0 {
			return err
		}
		var statuses []Status
		for _, s := range saved {
			if s.Fault != "" {
				return Errorf(ErrConflict, "the status %s %s, so it can't be moved", s.ID, s.Fault)
			}
			if s.Expires.After(now) {
				statuses = append(statuses, s.Status)
			}
		}
		if err := m.To.ImportStatuses(ctx, statuses); err != nil {
			return err
		}
		after = saved[len(saved)-1].ID
	}
}

// copyAccesses copies those later than what is there. Their times rise, so they
// are kept.
func (m *Mover) copyAccesses(ctx context.Context) error {
	newest, err := m.To.Accesses(ctx, AccessQuery{NewestFirst: true, Limit: 1})
	if err != nil {
		return err
	}
	var from time.Time
	if len(newest) > 0 {
		from = newest[0].Time.Add(time.Microsecond)
	}
	return eachAccesses(ctx, m.From, from, func(accesses []Access) error { return m.To.RecordAccesses(ctx, accesses) })
}

// eachAccesses calls f for all accesses from a time on, in parts.
func eachAccesses(ctx context.Context, s Store, from time.Time, f func([]Access) error) error {
	for {
		accesses, err := s.Accesses(ctx, AccessQuery{From: from, Limit: upkeepPage})
		if err != nil || len(accesses) == 0 {
			return err
		}
		if err := f(accesses); err != nil {
			return err
		}
		from = accesses[len(accesses)-1].Time.Add(time.Microsecond)
	}
}
