package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"accord/taxii/client"

	"github.com/spf13/cobra"
)

func newPushCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "push --server URL --collection AGREEMENT/ALIAS FILE…",
		Short: "Push STIX objects into a collection of any TAXII 2.1 server",
		Long: `Push sends every object of the files into a collection and says what became of each.
A file is a bundle, an envelope, a list, one object or NDJSON, packed with gzip or not; - is stdin.
Each object that was refused is named with the server's reason; then the exit code is 1.
Pushing the same file again does no harm: what is there already counts as accepted.`,
		Example: "  accord push --server https://taxii.example --collection us-cn/activity-from-cn indicators.json.gz",
		Args:    cobra.MinimumNArgs(1),
	}
	to, asJSON := remoteFlags(c), outputFlag(c)
	envelope := c.Flags().Int("envelope", client.DefaultEnvelope, "most `objects` in one envelope")
	c.RunE = func(cmd *cobra.Command, files []string) error {
		if *envelope < 1 {
			return usage(errors.New("--envelope: an envelope holds at least one object"))
		}
		in, err := newInput(files, cmd.InOrStdin())
		if err != nil {
			return usage(err)
		}
		defer in.Close()
		collection, err := to.open(cmd.Context())
		if err != nil {
			return err
		}
		result, err := push(cmd.Context(), collection, in, *envelope, cmd.ErrOrStderr())
		return errors.Join(writePushed(cmd.OutOrStdout(), result, *asJSON), err, refused(result))
	}
	return c
}

// push pushes an input and shows on a terminal how far it has come.
func push(ctx context.Context, to *client.Collection, in *input, envelope int, terminal io.Writer) (client.PushResult, error) {
	bar := newProgress(terminal, in.size)
	defer bar.end()
	return to.Push(ctx, in, client.PushOptions{
		Envelope: envelope,
		Progress: func(r client.PushResult) { bar.at(in.read.Load(), pushed(r)) },
	})
}

func pushed(r client.PushResult) string {
	return fmt.Sprintf("%d objects: %d accepted, %d refused", r.Objects, r.Accepted, r.Refused)
}

// refused is the error that objects were refused, nil if none was.
func refused(r client.PushResult) error {
	if r.Refused == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d objects were refused", r.Refused, r.Objects)
}

func writePushed(w io.Writer, r client.PushResult, inJSON bool) error {
	if inJSON {
		r.Refusals = notNil(r.Refusals)
		return printJSON(w, r)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, refusal := range r.Refusals {
		fmt.Fprintf(table, "refused\t%s\t%s\t%s\n", printable(refusal.ID), printable(refusal.Version), printable(refusal.Message))
	}
	fmt.Fprintln(table, pushed(r))
	return table.Flush()
}
