package server

import (
	"context"
	"errors"
	"fmt"
	"io"

	"accord/taxii/client"

	"github.com/spf13/cobra"
)

func newPushCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "push --server URL --collection AGREEMENT/ALIAS FILE…",
		Short: "Push STIX objects into a collection of any TAXII 2.1 server",
		Long: `Push sends every object of the files into a collection and says what became of each.

A file is a bundle, an envelope, a list, one object or NDJSON, packed with gzip or not, of any size; - is
stdin. Objects go out in envelopes that the server takes (max_content_length), and each status is
followed until the server has decided. While the server is busy or away, push waits and tries again.

Each object that was not taken is named on stderr, with its place and the server's reason; the sums are
printed at the end. Pushing the same files again does no harm: what is there already counts as accepted.
With --state the next run goes on behind what was answered, also in files that have grown.

The exit code is 0 when every object was taken, 1 when one was not or a file breaks off, 2 after wrong
use, such as a file that is not there.`,
		Example: `  accord push --server https://taxii.example --collection us-cn/activity-from-cn indicators.json.gz
  accord push --collection us-cn/activity-from-cn --lift old-stix20.json
  accord push --collection us-cn/activity-from-cn --state push.json feed.ndjson
  tail -n +1 feed.ndjson | accord push --collection us-cn/activity-from-cn -o json -
  accord push --dry-run --lift *.json`,
		Args: takes(1, anyNumber),
	}
	p := &pushing{remote: remoteFlags(c), asJSON: outputFlag(c)}
	f := c.Flags()
	f.StringVar(&p.alias, "collection", "", "`AGREEMENT/ALIAS`, or an id in place of the alias")
	f.IntVar(&p.envelope, "envelope", client.DefaultEnvelope, "most `objects` in one envelope")
	f.StringVar(&p.state, "state", "", "`FILE` that remembers what was answered, so that the next run goes on there")
	f.BoolVar(&p.lift, "lift", false, "turn objects of STIX 2.0 into STIX 2.1")
	f.BoolVar(&p.dryRun, "dry-run", false, "read, lift and count, and send nothing; needs no server")
	c.RunE = func(cmd *cobra.Command, files []string) error {
		if p.envelope < 1 {
			return usage(errors.New("--envelope: an envelope holds at least one object"))
		}
		if a, b := exclusive(f, [][2]string{{"dry-run", "state"}}); a != "" {
			return usage(fmt.Errorf("--%s and --%s exclude each other", a, b))
		}
		return p.run(cmd, files)
	}
	return c
}

// A pushing is a run of accord push.
type pushing struct {
	remote       *remote
	alias        string // of the collection, with its API root
	state        string
	envelope     int
	lift, dryRun bool
	asJSON       *bool

	to     *client.Collection
	in     *input
	bar    *progress
	report *pushReport
}

func (p *pushing) run(cmd *cobra.Command, files []string) (err error) {
	if p.in, err = newInput(files, cmd.InOrStdin()); err != nil {
		return usage(err)
	}
	defer p.in.Close()
	p.bar = newProgress(cmd.ErrOrStderr(), p.in.size)
	defer p.bar.end()
	p.remote.clear = p.bar.end
	p.report = &pushReport{out: cmd.OutOrStdout(), errs: cmd.ErrOrStderr(), inJSON: *p.asJSON, clear: p.bar.end}
	source := newPushSource(cmd.Context(), p.in, p.lift, p.report)
	var result client.PushResult
	if p.dryRun {
		err = p.read(source)
	} else {
		var file *stateFile
		if file, err = p.prepare(cmd, source); err != nil {
			return errors.Join(err, file.Close())
		}
		defer file.Close()
		result, err = p.send(cmd.Context(), source, file)
	}
	p.report.add(result)
	return errors.Join(p.report.end(result.Statuses, p.dryRun, err), err, p.report.failed())
}

// read is a dry run.
func (p *pushing) read(source *pushSource) error {
	for {
		_, err := source.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		source.answer(source.answered + 1)
		p.report.Objects++
		p.bar.at(p.in.read.Load(), fmt.Sprintf("%d objects", p.report.Objects))
	}
}

// prepare finds the collection, and reads over what the state file says is done.
func (p *pushing) prepare(cmd *cobra.Command, source *pushSource) (file *stateFile, err error) {
	if p.to, err = p.remote.open(cmd, p.alias); err != nil {
		return nil, err
	}
	if file, err = openState(p.state); err != nil {
		return nil, err
	}
	var kept pushState
	found, err := file.load(&kept)
	switch {
	case err != nil || !found:
		return file, err
	case kept.Collection != p.to.URL():
		return file, usage(fmt.Errorf("%s belongs to the collection %s; use another file for this push", printable(p.state), printable(kept.Collection)))
	case kept.Lift != p.lift:
		return file, usage(fmt.Errorf("%s belongs to a push that says --lift=%t; use another file for this push", printable(p.state), kept.Lift))
	}
	p.report.Skipped = kept.Done.Objects
	return file, source.skip(kept.Done, p.state)
}

// send pushes to the server, and remembers what it answered.
func (p *pushing) send(ctx context.Context, source *pushSource, file *stateFile) (client.PushResult, error) {
	save := func(done pushMark) error { return file.save(pushState{p.to.URL(), p.lift, done}) }
	opts := source.options(func(r client.PushResult, done pushMark) error {
		p.show(r)
		return save(done)
	})
	opts.Envelope = p.envelope
	result, err := p.to.Push(ctx, source, opts)
	if err != nil {
		return result, err
	}
	return result, save(source.mark()) // behind what was not fit to be sent at the end, too
}

// A pushState remembers how far a push came.
type pushState struct {
	Collection string   `json:"collection"`
	Lift       bool     `json:"lift"`
	Done       pushMark `json:"done"`
}

// show shows on a terminal how far the push has come.
func (p *pushing) show(r client.PushResult) {
	counts := p.report.pushCounts
	counts.add(r)
	p.bar.at(p.in.read.Load(), counts.String())
}

// failed is the error that not everything was taken, nil if it was.
func (r *pushReport) failed() error {
	switch {
	case r.Refused > 0:
		return fmt.Errorf("%d of %d objects were refused", r.Refused, r.Objects)
	case r.Unaccounted > 0:
		return fmt.Errorf("the server says nothing of %d objects", r.Unaccounted)
	case len(r.unread) > 0:
		return errReported
	}
	return nil
}
