package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"accord/collections"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
)

func newStoreCheckCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "check", Short: "Prove that the store is whole, and mend what can be mended",
		Long: `Check walks over all records and proves that sequences are dense and dates rise, that bytes fit their
hashes and the ledger's leaves their records, that deletes name what is removed and nothing else, that
where a record shows follows from the versions of its object, that what it is looked up by is right, and
that statuses can be read. It may run beside a server.

With --repair it mends what follows from the records, and walks over all of it again. It never changes
a record: a fault there is for a backup. Stop the server first if indexes are to be made anew.

The exit code is 0 for a store that is sound, in the end, and 1 for one that is not.`,
		Example: "  accord store check --data /var/lib/accord\n  accord store check --repair -o json",
		Args:    takes(0, 0),
	}
	settings, asJSON := storeSettings(c), outputFlag(c)
	repair := c.Flags().Bool("repair", false, "mend what follows from the records")
	limit := c.Flags().Int("limit", 100, "tell at most so many `faults` one by one")
	c.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		if *limit < 0 {
			return usage(fmt.Errorf("--limit: %d is no number of faults", *limit))
		}
		cfg, err := settings.load()
		if err != nil {
			return err
		}
		store, err := openStore(cmd.Context(), cfg, storeOptions{mustExist: true})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, store.Close()) }()
		check := storeCheck{store: store, limit: *limit, errs: cmd.ErrOrStderr()}
		report, err := check.run(cmd.Context(), *repair)
		if err != nil {
			return err
		}
		if err := report.print(cmd.OutOrStdout(), *asJSON); err != nil || report.Sound {
			return err
		}
		return errReported
	}
	return c
}

// A storeCheck is a run of accord store check.
type storeCheck struct {
	store collections.Upkeep
	limit int
	errs  io.Writer
	names func(uuid.UUID) string
}

// A checkReport is what came of it.
type checkReport struct {
	Sound    bool         `json:"sound"` // in the end
	Logs     []checkedLog `json:"logs"`
	Records  int64        `json:"records"`
	Statuses int64        `json:"statuses"`
	Mended   faultList    `json:"mended"`
	Faults   faultList    `json:"faults"` // that are left
}

// A checkedLog is a log that was walked over. Two logs of one hash have the same records.
type checkedLog struct {
	Log     uuid.UUID `json:"log"`
	Name    string    `json:"name"`
	Records int64     `json:"records"`
	SHA256  string    `json:"sha256"`
}

func newCheckedLog(l collections.CheckedLog, name string) checkedLog {
	return checkedLog{l.Log, name, l.Records, fmt.Sprintf("%x", l.Hash)}
}

// A faultList is the first faults one by one, and how many there are of each kind.
type faultList struct {
	Total int64        `json:"total"`
	Kinds []faultKind  `json:"kinds"`
	First []storeFault `json:"first"`
}

type faultKind struct {
	Log   string           `json:"log"`
	Rule  collections.Rule `json:"rule"`
	Count int64            `json:"count"`
}

// A storeFault is a fault for people and programs.
type storeFault struct {
	Log      string           `json:"log"`      // its name; "" for what is of none
	Sequence int64            `json:"sequence"` // 0 for what is of no record
	Rule     collections.Rule `json:"rule"`
	Found    string           `json:"found"`
	Expected string           `json:"expected"`
}

// run walks over the store, and again after something was mended: what is left may look
// otherwise then.
func (c *storeCheck) run(ctx context.Context, repair bool) (*checkReport, error) {
	var err error
	if c.names, err = logNames(ctx, c.store); err != nil {
		return nil, err
	}
	report, mended, err := c.walk(ctx, repair, "records checked")
	if err == nil && mended.Total > 0 {
		report, _, err = c.walk(ctx, false, "records checked again")
	}
	if err == nil {
		report.Mended = mended
	}
	return report, err
}

// walk walks over the store once.
func (c *storeCheck) walk(ctx context.Context, repair bool, words string) (r *checkReport, mended faultList, err error) {
	bar := newProgress(c.errs, -1)
	defer bar.end()
	r, mended = &checkReport{Faults: newFaultList()}, newFaultList()
	check := collections.Check{
		Store: c.store, Repair: repair,
		Found: func(f collections.Fault) {
			if f.Mended {
				mended.add(c.named(f), c.limit)
			} else {
				r.Faults.add(c.named(f), c.limit)
			}
		},
		Progress: func(done, total int64) {
			bar.total = total
			bar.at(done, fmt.Sprintf("%d of %d %s", done, total, words))
		},
	}
	checked, err := check.Run(ctx)
	for _, l := range checked.Logs {
		r.Logs = append(r.Logs, newCheckedLog(l, c.names(l.Log)))
	}
	r.Records, r.Statuses, r.Sound = checked.Records(), checked.Statuses, r.Faults.Total == 0
	return r, mended, err
}

func (c *storeCheck) named(f collections.Fault) storeFault {
	named := storeFault{Sequence: f.Sequence, Rule: f.Rule, Found: f.Found, Expected: f.Expected}
	if f.Log != uuid.Nil {
		named.Log = c.names(f.Log)
	}
	return named
}

// logNames returns what logs are called. Where the control log can't be read, that is
// for the check to tell, and they are called by their ids.
func logNames(ctx context.Context, store collections.Upkeep) (func(uuid.UUID) string, error) {
	ends, err := store.Logs(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(ends, func(e collections.LogEnd) bool { return e.Log == collections.ControlLog }) {
		return nameByID, nil // and none is begun
	}
	control, err := collections.OpenControl(ctx, store)
	if err != nil {
		return nameByID, nil
	}
	return control.LogName, nil
}

func nameByID(log uuid.UUID) string {
	if log == collections.ControlLog {
		return collections.ControlLogName
	}
	return log.String()
}

func newFaultList() faultList { return faultList{Kinds: []faultKind{}, First: []storeFault{}} }

func (l *faultList) add(f storeFault, limit int) {
	l.Total++
	at := slices.IndexFunc(l.Kinds, func(k faultKind) bool { return k.Log == f.Log && k.Rule == f.Rule })
	if at < 0 {
		at = len(l.Kinds)
		l.Kinds = append(l.Kinds, faultKind{Log: f.Log, Rule: f.Rule})
	}
	if l.Kinds[at].Count++; len(l.First) < limit {
		l.First = append(l.First, f)
	}
}

func (r *checkReport) print(w io.Writer, asJSON bool) error {
	if asJSON {
		r.Logs = notNil(r.Logs)
		return printJSON(w, r)
	}
	return cmp.Or(r.Mended.print(w, "mended: "), r.Faults.print(w, ""), r.summary(w))
}

// print writes the first faults, and of the others how many there are.
func (l *faultList) print(w io.Writer, before string) error {
	left := map[faultKind]int64{}
	for _, k := range l.Kinds {
		left[faultKind{Log: k.Log, Rule: k.Rule}] = k.Count
	}
	for _, f := range l.First {
		left[faultKind{Log: f.Log, Rule: f.Rule}]--
		if _, err := fmt.Fprintln(w, before+f.String()); err != nil {
			return err
		}
	}
	kinds := slices.SortedFunc(maps.Keys(left), func(a, b faultKind) int {
		return cmp.Or(cmp.Compare(a.Log, b.Log), cmp.Compare(a.Rule, b.Rule))
	})
	for _, k := range kinds {
		if n := left[k]; n > 0 {
			words := counted{"%d more fault", "%d more faults"}.of(int(n))
			if _, err := fmt.Fprintf(w, "%s%s: %s\n", before, storeFault{Log: k.Log, Rule: k.Rule}.place(), words); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f storeFault) String() string {
	return printable(fmt.Sprintf("%s: %s; expected is %s", f.place(), f.Found, f.Expected))
}

// place is where a fault is, and the rule that it breaks.
func (f storeFault) place() string {
	where := cmp.Or(f.Log, "the store")
	if f.Sequence > 0 {
		where += fmt.Sprintf(", record %d", f.Sequence)
	}
	return where + ": " + string(f.Rule)
}

func (r *checkReport) summary(w io.Writer) error {
	outcome := "sound"
	if !r.Sound {
		outcome = counted{"%d fault", "%d faults"}.of(int(r.Faults.Total))
	}
	if r.Mended.Total > 0 {
		outcome += fmt.Sprintf(" (mended: %d)", r.Mended.Total)
	}
	_, err := fmt.Fprintf(w, "%s, %s, %s: %s\n", counted{"%d log", "%d logs"}.of(len(r.Logs)),
		counted{"%d record", "%d records"}.of(int(r.Records)), counted{"%d status", "%d statuses"}.of(int(r.Statuses)), outcome)
	return err
}
