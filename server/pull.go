package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"accord/stix"
	"accord/taxii/client"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func newPullCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "pull --server URL --collection AGREEMENT/ALIAS",
		Short: "Pull STIX objects out of a collection of any TAXII 2.1 server",
		Long: `Pull writes every object of a collection, oldest date_added first: to standard output, one object a
line (NDJSON), or as --bundle, --out and --dir say. The bytes of an object are those that the server sent;
only blanks go from one that has line feeds and becomes a line.

With --state it remembers how far it came, so that the next pull brings only what is new, and --follow
goes on pulling. The state moves when what was written is on the disk, or has left through a pipe:
wherever a pull is stopped, the next one misses no object; those of the last page may come twice. Of
--out FILE, a last line that was cut off is then taken away.

--collection may be given several times; --all takes every collection that you may read, of the API root
that --server names or else of all API roots. While the server is busy or away, pull waits and tries again.

The exit code is 0 when all is pulled, or a --follow was ended by a signal, 1 when something failed, 2
after wrong use.`,
		Example: `  accord pull --server https://taxii.example --collection us-cn/activity-from-cn > all.ndjson
  accord pull --collection us-cn/activity-from-cn --state cn.json --out cn.ndjson
  accord pull --all --state all.json --dir objects --follow --every 5m
  accord pull --collection us-cn/activity-from-cn --type indicator --bundle | accord validate -`,
		Args: takes(0, 0),
	}
	p := &pulling{remote: remoteFlags(c)}
	f := c.Flags()
	f.StringArrayVar(&p.names, "collection", nil, "`AGREEMENT/ALIAS`, or an id in place of the alias; may be repeated")
	f.BoolVar(&p.all, "all", false, "every collection that you may read")
	f.StringVar(&p.opts.From.AddedAfter, "added-after", "", "only what was added after this `instant`, such as 2026-01-02T03:04:05Z")
	f.StringSliceVar(&p.opts.Types, "type", nil, "only these `types`")
	f.StringSliceVar(&p.opts.IDs, "id", nil, "only the objects with these `ids`")
	f.StringSliceVar(&p.opts.Versions, "version", nil, "these `versions`: all, first, last or their dates (default last)")
	f.StringSliceVar(&p.opts.SpecVersions, "spec-version", nil, "only objects of these `versions` of STIX (default what the server gives)")
	f.IntVar(&p.opts.Limit, "limit", 0, "`objects` in each answer of the server (default what it gives)")
	f.StringVar(&p.stateFile, "state", "", "`FILE` that remembers how far the pull came")
	f.BoolVar(&p.follow, "follow", false, "go on until a signal comes, and ask for what is new")
	f.DurationVar(&p.every, "every", time.Minute, "how long a --follow `waits` before it asks again")
	f.BoolVar(&p.to.bundle, "bundle", false, "write one bundle")
	f.StringVar(&p.to.file, "out", "", "write to this `FILE`: a new one in one step, or with --state or --follow to its end")
	f.StringVar(&p.to.folder, "dir", "", "write a file for each version of an object into this `folder`: TYPE/ID.VERSION.json, with a hash for what has no date")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		switch a, b := exclusive(f, [][2]string{{"collection", "all"}, {"out", "dir"}, {"bundle", "dir"}, {"bundle", "follow"}}); {
		case a != "":
			return usage(fmt.Errorf("--%s and --%s exclude each other", a, b))
		case p.opts.Limit < 0:
			return usage(errors.New("--limit: the server gives one object at least"))
		case f.Changed("every") && !p.follow:
			return usage(errors.New("--every says how long --follow waits, which is not given"))
		case p.every <= 0:
			return usage(errors.New("--every: there must be a wait, such as 60s"))
		case len(p.names) == 0 && !p.all:
			return usage(errors.New("which collection? Give --collection AGREEMENT/ALIAS, or --all"))
		}
		if after := p.opts.From.AddedAfter; after != "" {
			if _, err := stix.ParseTimestamp(after); err != nil {
				return usage(fmt.Errorf("--added-after: %w", err))
			}
		}
		return p.run(cmd)
	}
	return c
}

// exclusive finds two flags that were both given, though they exclude each other.
func exclusive(f *pflag.FlagSet, pairs [][2]string) (a, b string) {
	for _, pair := range pairs {
		if f.Changed(pair[0]) && f.Changed(pair[1]) {
			return pair[0], pair[1]
		}
	}
	return "", ""
}

// A pulling is a run of accord pull.
type pulling struct {
	remote    *remote
	names     []string
	all       bool
	opts      client.PullOptions
	stateFile string
	follow    bool
	every     time.Duration
	to        pullTarget

	from  []*client.Collection
	state *pullState
	out   sink
	bar   *progress
	count int // objects so far
}

func (p *pulling) run(cmd *cobra.Command) (err error) {
	of, err := p.find(cmd)
	if err != nil {
		return err
	}
	file, err := openState(p.stateFile)
	if err != nil {
		return err
	}
	defer file.Close()
	if p.state, err = loadPullState(file, of, p.opts); err != nil {
		return err
	}
	p.to.durable, p.to.goesOn = file != nil, file != nil || p.follow
	if p.out, err = p.to.open(cmd.OutOrStdout()); err != nil {
		return err
	}
	defer p.out.Close()
	p.bar = newProgress(cmd.ErrOrStderr(), -1)
	defer p.bar.end()
	p.remote.clear = p.bar.end
	if p.to.isTerminal(cmd.OutOrStdout()) {
		p.bar.out = nil // it would stand among the objects
	}
	if p.follow {
		err = p.keepOn(cmd)
	} else {
		err = p.whole(cmd.Context())
	}
	if name := cmp.Or(p.to.file, p.to.folder); err == nil && name != "" {
		p.bar.end()
		fmt.Fprintln(cmd.ErrOrStderr(), counted{"%d object written to %s", "%d objects written to %s"}.of(p.count, printable(name)))
	}
	return err
}

// whole pulls what is new once, and completes what was written.
func (p *pulling) whole(ctx context.Context) error {
	if err := p.once(ctx); err != nil {
		return err
	}
	if err := p.out.end(); err != nil {
		return err
	}
	return p.state.save()
}

// find finds the collections, and says what they were asked for as.
func (p *pulling) find(cmd *cobra.Command) (of []string, err error) {
	c, err := p.remote.connect(cmd)
	if err != nil {
		return nil, err
	}
	if p.all {
		all, err := c.Collections(cmd.Context())
		if err != nil {
			return nil, err
		}
		p.from = slices.DeleteFunc(all, func(c *client.Collection) bool { return !c.CanRead })
		if len(p.from) == 0 {
			return nil, fmt.Errorf("%s shows you no collection that you may read", c.URL())
		}
		return []string{"all of " + c.URL()}, nil
	}
	for _, name := range p.names {
		collection, err := c.Collection(cmd.Context(), name)
		if err != nil {
			return nil, err
		}
		if slices.Contains(of, collection.URL()) {
			return nil, usage(fmt.Errorf("--collection: %s is named twice", printable(name)))
		}
		p.from, of = append(p.from, collection), append(of, collection.URL())
	}
	slices.Sort(of)
	return of, nil
}
