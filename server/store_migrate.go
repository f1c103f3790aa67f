package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"accord/collections"
	"accord/collections/mongo"

	"github.com/spf13/cobra"
)

func newStoreMigrateCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "migrate --from STORE --to STORE", Short: "Copy a store into another one, of the other kind or the same",
		Long: `Migrate copies every record at its own place and with its own date, statuses, agreements, tokens and the
record of accesses. Cursors of pollers and tokens stay good. At the end it reads both stores and compares
them, record by record; only then can the target be served.

Stop the servers first. Interrupt it where you like: given again, the command goes on where it was.
Until it has ended, the target is refused by every other command. The source stays as it was: never serve
both. The keys in the data folder are in neither store: serve the target with the same --data.

So that a password is seen by nobody else on the machine, ACCORD_FROM and ACCORD_TO may say what --from
and --to do.`,
		Example: "  accord store migrate --from sqlite:accord-data/accord.db --to 'mongodb://db1.example,db2.example/accord?replicaSet=rs0'",
		Args:    takes(0, 0),
	}
	m := &migration{asJSON: outputFlag(c)}
	c.Flags().StringVar(&m.from.Store, "from", "", "the `store` to copy: sqlite:PATH or mongodb://…")
	c.Flags().StringVar(&m.to.Store, "to", "", "the `store` to make: sqlite:PATH of a file that is not there, or mongodb://… of an empty database")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		m.from.Store, m.to.Store = cmp.Or(m.from.Store, os.Getenv("ACCORD_FROM")), cmp.Or(m.to.Store, os.Getenv("ACCORD_TO"))
		if err := m.check(); err != nil {
			return usage(err)
		}
		return m.run(cmd)
	}
	return c
}

// A migration is a run of accord store migrate.
type migration struct {
	from, to Config // of which only Store is set
	asJSON   *bool
}

// check refuses stores that no store can be.
func (m *migration) check() error {
	for _, side := range []struct {
		flag string
		cfg  *Config
	}{{"--from", &m.from}, {"--to", &m.to}} {
		if side.cfg.Store == "" {
			return fmt.Errorf("%s: which store? It is sqlite:PATH or mongodb://HOST/DATABASE", side.flag)
		}
		if err := checkStore(side.cfg.Store); err != nil {
			return fmt.Errorf("%s: %w", side.flag, err)
		}
	}
	if m.from.storeName() == m.to.storeName() {
		return fmt.Errorf("--to: %s is the store that is to be copied", m.to.storeName())
	}
	return nil
}

// storeName is what the store of c is called for people: one name for one store.
func (c *Config) storeName() string {
	if c.onMongo() {
		return mongo.Redact(c.Store)
	}
	path, err := filepath.Abs(c.realStoreFile())
	if err != nil {
		path = c.storeFile()
	}
	return "sqlite:" + path
}

func (m *migration) run(cmd *cobra.Command) (err error) {
	ctx := cmd.Context()
	from, err := openStore(ctx, &m.from, storeOptions{mustExist: true})
	if errors.Is(err, errNoStore) {
		return fmt.Errorf("--from: %w %s", errNoStore, m.from.storeName())
	}
	if err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	for _, cfg := range []*Config{&m.from, &m.to} {
		release, err := holdFile(ctx, cfg)
		if err != nil {
			return err
		}
		defer release()
	}
	bar := newProgress(cmd.ErrOrStderr(), -1)
	mover := &collections.Mover{From: from, Progress: func(done, total int64, what string) {
		bar.total = total
		bar.at(done, fmt.Sprintf("records are %s", what))
	}}
	report, err := m.move(ctx, mover)
	if bar.end(); err != nil {
		return err
	}
	return report.print(cmd.OutOrStdout(), *m.asJSON)
}

// move copies the store. One that was copied before, by a command that was killed when it
// had ended, is compared once more.
func (m *migration) move(ctx context.Context, mover *collections.Mover) (report *moveReport, err error) {
	work := mover.Run
	to, err := openStore(ctx, &m.to, storeOptions{importing: true})
	isStore := err
	if errors.Is(err, collections.ErrConflict) {
		work = mover.Compare
		to, err = openStore(ctx, &m.to, storeOptions{mustExist: true})
	}
	if err != nil {
		return nil, fmt.Errorf("--to: %w", err)
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	mover.To = to
	moved, err := work(ctx)
	if isStore != nil && errors.Is(err, collections.ErrConflict) {
		return nil, fmt.Errorf("--to: %w", isStore)
	}
	if err != nil {
		return nil, err
	}
	return m.report(ctx, moved, to)
}

// holdFile keeps servers, and other migrations, from a store that is a file.
func holdFile(ctx context.Context, cfg *Config) (release func() error, err error) {
	if cfg.onMongo() {
		return func() error { return nil }, nil
	}
	lock, err := lockServer(ctx, cfg, time.Second)
	if errors.Is(err, errServed) {
		return nil, fmt.Errorf("%w %s: stop it first", errServed, cfg.storeName())
	}
	if err != nil {
		return nil, err
	}
	return lock.Close, nil
}

func (m *migration) report(ctx context.Context, moved collections.Moved, to collections.Upkeep) (*moveReport, error) {
	names, err := logNames(ctx, to)
	if err != nil {
		return nil, err
	}
	report := &moveReport{
		From: m.from.storeName(), To: m.to.storeName(), Logs: []movedLog{},
		Statuses: moved.Statuses, Accesses: moved.Accesses, Faults: moved.Faults,
	}
	for _, l := range moved.Logs {
		report.Logs = append(report.Logs, movedLog{newCheckedLog(l.CheckedLog, names(l.Log)), l.Copied})
		report.Records += l.Records
	}
	return report, nil
}

// A moveReport is what was moved.
type moveReport struct {
	From     string     `json:"from"`
	To       string     `json:"to"`
	Logs     []movedLog `json:"logs"`
	Records  int64      `json:"records"`
	Statuses int64      `json:"statuses"` // that last for another hour
	Accesses int64      `json:"accesses"`
	Faults   int64      `json:"faults"` // in records, which were moved as they are
}

type movedLog struct {
	checkedLog
	Copied int64 `json:"copied"` // by this run; the others were there
}

func (r *moveReport) print(w io.Writer, asJSON bool) error {
	if asJSON {
		return printJSON(w, r)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "LOG\tRECORDS\tCOPIED\tSHA-256")
	for _, l := range r.Logs {
		fmt.Fprintf(table, "%s\t%d\t%d\t%s\n", printable(l.Name), l.Records, l.Copied, l.SHA256)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if r.Faults > 0 {
		fmt.Fprintf(w, "%s as in the source, which accord store check tells of\n", counted{"%d fault is in the records,", "%d faults are in the records,"}.of(int(r.Faults)))
	}
	_, err := fmt.Fprintf(w, "%s: %s, %s, %s, the same as in %s\n", printable(r.To), counted{"%d record", "%d records"}.of(int(r.Records)),
		counted{"%d status", "%d statuses"}.of(int(r.Statuses)), counted{"%d access", "%d accesses"}.of(int(r.Accesses)), printable(r.From))
	return err
}
