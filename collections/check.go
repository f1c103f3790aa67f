package collections

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// upkeepPage is how many records or accesses are read, and imported, at once. A
// transaction of some thousands costs little more than what is in it.
const upkeepPage = 4000

// checkPage is how many records are checked at once. Few, because a mend of all of
// them holds up those who write.
const checkPage = 1000

// statusPage is how many statuses are read at once.
const statusPage = 500

// A Check walks a store from one end to the other and proves that it keeps what it
// was given: that sequences are dense and dates rise, that bytes, hashes and
// leaves fit, that deletes name what is gone, that what is derived follows from the
// records, and that statuses can be read. Others may write meanwhile.
type Check struct {
	Store Upkeep

	// Repair mends what is derived. A fault can hide others or look like one that
	// it is not, so only a walk that mended nothing says that a store is sound.
	Repair bool

	// Found is told of each fault as it is met, what was mended too.
	Found func(Fault)

	// Progress, if any, is told how many of the records were walked over.
	Progress func(done, total int64)
}

// Checked is what a Check walked over.
type Checked struct {
	Logs     []CheckedLog // by id
	Statuses int64
}

// A CheckedLog is a log that was walked over.
type CheckedLog struct {
	Log uuid.UUID
	LogSum
}

// Records is how many there are in all logs.
func (c Checked) Records() (n int64) {
	for _, l := range c.Logs {
		n += l.Records
	}
	return n
}

// Run walks over the store as it is now; what is added while it walks may be left
// out. Faults are no error: an error says that the walk could not go on.
func (c *Check) Run(ctx context.Context) (done Checked, err error) {
	if err := c.engine(ctx); err != nil {
		return done, err
	}
	ends, err := c.Store.Logs(ctx)
	if err != nil {
		return done, err
	}
	progress := newMeter(ends, c.Progress)
	for _, end := range ends {
		l := &logCheck{Check: c, log: end.Log}
		if err := l.run(ctx, end.Last, progress); err != nil {
			return done, fmt.Errorf("log %s after record %d: %w", end.Log, l.last, err)
		}
		done.Logs = append(done.Logs, CheckedLog{end.Log, l.sum})
	}
	done.Statuses, err = c.statuses(ctx)
	return done, err
}

// A meter says how far a walk over logs has come.
type meter struct {
	done, total int64
	say         func(done, total int64) // may be nil
}

func newMeter(ends []LogEnd, say func(done, total int64)) *meter {
	m := &meter{say: say}
	for _, end := range ends {
		m.total += end.Last
	}
	return m
}

func (m *meter) add(n int) {
	if m.done += int64(n); m.say != nil {
		m.say(min(m.done, m.total), m.total)
	}
}

// engine asks what lies below the records.
func (c *Check) engine(ctx context.Context) error {
	before, err := c.Store.Engine(ctx, false)
	after := before
	if err == nil && c.Repair && slices.ContainsFunc(before, func(f Fault) bool { return f.Derived }) {
		after, err = c.Store.Engine(ctx, true)
	}
	for _, f := range before {
		f.Mended = !slices.Contains(after, f)
		c.Found(f)
	}
	return err
}

// A logCheck is a Check of one log.
type logCheck struct {
	*Check
	log  uuid.UUID
	last int64 // the sequence of the last record that was seen
	date time.Time
	sum  LogSum
}

// run walks over the records up to end at least.
func (l *logCheck) run(ctx context.Context, end int64, progress *meter) error {
	for l.last < end {
		s, err := l.Store.Inspect(ctx, l.log, l.last, checkPage)
		if err != nil {
			return err
		}
		if len(s.Records) == 0 {
			l.found(Fault{Sequence: l.last + 1, Rule: RuleSequence, Found: "the end of the log", Expected: fmt.Sprintf("records up to %d", end)})
			return nil
		}
		if err := l.derived(ctx, s.Faults); err != nil {
			return err
		}
		removers := s.removers()
		for _, r := range s.Records {
			l.record(r, s.Related[r.ID], removers[r.Sequence])
		}
		progress.add(len(s.Records))
	}
	return nil
}

func (l *logCheck) found(f Fault) {
	f.Log = l.log
	l.Found(f)
}

// derived tells of the faults that the store knows of itself, and mends them.
func (l *logCheck) derived(ctx context.Context, faults []Fault) error {
	var seqs []int64
	mend := false
	for _, f := range faults {
		mend = mend || l.Repair && f.Derived
		if f.Derived && f.Sequence > 0 {
			seqs = append(seqs, f.Sequence)
		}
	}
	if mend {
		if err := l.Store.Mend(ctx, l.log, slices.Compact(seqs)); err != nil {
			return err
		}
	}
	for _, f := range faults {
		f.Mended = mend && f.Derived
		l.found(f)
	}
	return nil
}

// removers returns, by the sequence of a version, the deletes that name it.
func (s Stretch) removers() map[int64][]int64 {
	by := map[int64][]int64{}
	for _, related := range s.Related {
		for _, r := range related {
			for _, seq := range r.Removes {
				by[seq] = append(by[seq], r.Sequence)
			}
		}
	}
	return by
}

// record checks a record beside all of its object, and in its place. by are the
// deletes that name it.
func (l *logCheck) record(r Record, related []Record, by []int64) {
	l.place(r)
	if what := r.misshapen(); what != "" {
		l.fault(r, RuleRecord, "it "+what, "what a server writes")
		return // the rest would say the same in other words
	}
	if got := sha256.Sum256(r.Raw); r.Op != OpDelete && !r.Removed && got != r.Hash {
		l.fault(r, RuleHash, fmt.Sprintf("%d bytes with SHA-256 %x", len(r.Raw), got), fmt.Sprintf("%x", r.Hash))
	}
	removed, what := removals(r, related, by)
	if what != "" {
		l.fault(r, RuleDelete, what, "each removed version named by one delete, and nothing else")
		return // its leaves follow from what it removes
	}
	if want := r.LeafHashes(l.log, removed); !slices.Equal(r.Leaves, want) {
		l.fault(r, RuleLeaf, hexList(r.Leaves), hexList(want))
	}
}

// place checks that a record follows the one before.
func (l *logCheck) place(r Record) {
	if r.Sequence != l.last+1 {
		l.fault(r, RuleSequence, fmt.Sprintf("record %d behind record %d", r.Sequence, l.last), fmt.Sprintf("record %d", l.last+1))
	}
	if !r.DateAdded.After(l.date) {
		l.fault(r, RuleDate, FormatDateAdded(r.DateAdded), "a date later than "+FormatDateAdded(l.date))
	}
	l.last, l.date = r.Sequence, r.DateAdded
	l.sum.Add(r)
}

func (l *logCheck) fault(r Record, rule Rule, found, expected string) {
	l.found(Fault{Sequence: r.Sequence, Rule: rule, Found: found, Expected: expected})
}

// removals checks that a delete and the versions that it removes agree. For a delete
// it returns what its leaves are made of.
func removals(r Record, related []Record, by []int64) (removed []Removed, fault string) {
	switch {
	case r.Op == OpDelete:
		return removedBy(r, related)
	case r.Removed && len(by) == 0:
		return nil, "it is removed, and no delete names it"
	case !r.Removed && len(by) > 0:
		return nil, fmt.Sprintf("it is there, and record %d removes it", by[0])
	case len(by) > 1:
		return nil, fmt.Sprintf("records %v remove it", by)
	}
	return nil, ""
}

// removedBy returns what a delete removes, in its order.
func removedBy(r Record, related []Record) (removed []Removed, fault string) {
	for _, seq := range r.Removes {
		at, ok := slices.BinarySearchFunc(related, seq, func(o Record, seq int64) int { return int(o.Sequence - seq) })
		switch {
		case !ok || related[at].Op != OpAdd || len(related[at].Leaves) != 1 || seq >= r.Sequence:
			return nil, fmt.Sprintf("it removes record %d, which is no version of its object before it", seq)
		case !related[at].Removed:
			return nil, fmt.Sprintf("it removes record %d, which is there", seq)
		}
		removed = append(removed, Removed{Hash: related[at].Leaves[0], Rank: related[at].Rank})
	}
	return removed, ""
}

// hexList writes leaves, the first of many.
func hexList(leaves [][32]byte) string {
	const most = 4
	switch n := len(leaves); {
	case n == 0:
		return "none"
	case n > most:
		return fmt.Sprintf("%d leaves from %x on", n, leaves[:most])
	}
	return fmt.Sprintf("%x", leaves)
}

// statuses checks that each can be read.
func (c *Check) statuses(ctx context.Context) (n int64, err error) {
	err = eachStatus(ctx, c.Store, func(s SavedStatus) error {
		if n++; s.Fault != "" {
			c.Found(Fault{Rule: RuleStatus, Found: s.Fault, Expected: fmt.Sprintf("the status %s", s.ID)})
		}
		return nil
	})
	return n, err
}

// eachStatus calls f for every status, in the order of their ids.
func eachStatus(ctx context.Context, u Upkeep, f func(SavedStatus) error) error {
	for after := uuid.Nil; ; {
		statuses, err := u.Statuses(ctx, after, statusPage)
		if err != nil || len(statuses) == 0 {
			return err
		}
		for _, s := range statuses {
			if bytes.Compare(s.ID[:], after[:]) <= 0 {
				return fmt.Errorf("the statuses are in no order: %s comes after %s", s.ID, after)
			}
			after = s.ID
			if err := f(s); err != nil {
				return err
			}
		}
	}
}
