package server

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"accord/taxii/client"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
)

func newPullCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "pull --server URL --collection AGREEMENT/ALIAS",
		Short: "Pull STIX objects out of a collection of any TAXII 2.1 server",
		Long: `Pull writes every object of a collection to standard output, oldest date_added first: one object a
line (ndjson), or one bundle. With --state it remembers how far it came, so that the next pull brings
only what is new.`,
		Example: "  accord pull --server https://taxii.example --collection us-cn/activity-from-cn --state cursor.json >> objects.ndjson",
		Args:    cobra.NoArgs,
	}
	from, opts := remoteFlags(c), client.PullOptions{}
	f := c.Flags()
	f.StringVar(&opts.AddedAfter, "added-after", "", "only what was added after this `instant`, such as 2026-01-02T03:04:05Z")
	f.IntVar(&opts.Limit, "limit", 0, "`objects` in each answer of the server (default what it gives)")
	f.StringSliceVar(&opts.Types, "type", nil, "only these `types`")
	format := f.String("format", "ndjson", "ndjson or bundle")
	stateFile := f.String("state", "", "`file` that remembers how far the pull came")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		if *format != "ndjson" && *format != "bundle" {
			return usage(fmt.Errorf("--format: %q is neither ndjson nor bundle", *format))
		}
		collection, err := from.open(cmd.Context())
		if err != nil {
			return err
		}
		state, err := loadPullState(*stateFile, collection.URL(), opts)
		if err != nil {
			return err
		}
		opts.AddedAfter = state.AddedAfter
		out := &objectWriter{w: bufio.NewWriter(cmd.OutOrStdout()), bundle: *format == "bundle"}
		return pull(cmd.Context(), collection, opts, out, state, cmd.ErrOrStderr())
	}
	return c
}

// pull writes what a collection holds and moves the state behind each page of
// lines, or behind the whole bundle, once that is written.
func pull(ctx context.Context, from *client.Collection, opts client.PullOptions, out *objectWriter, state *pullState, terminal io.Writer) error {
	bar := newProgress(terminal, -1)
	defer bar.end()
	err := from.Pull(ctx, opts, func(objects []json.RawMessage, cursor string) error {
		if err := out.page(objects); err != nil {
			return err
		}
		bar.at(int64(out.count), fmt.Sprintf("%d objects", out.count))
		if cursor != "" {
			state.AddedAfter = cursor
		}
		if out.bundle {
			return nil
		}
		return state.save()
	})
	if err != nil {
		return err
	}
	if err := out.end(); err != nil {
		return err
	}
	return state.save()
}

// An objectWriter writes objects as lines or as one bundle.
type objectWriter struct {
	w      *bufio.Writer
	bundle bool
	count  int
}

// page writes objects, and lines all the way out: then the cursor may advance.
func (o *objectWriter) page(objects []json.RawMessage) error {
	for _, raw := range objects {
		if err := o.object(raw); err != nil {
			return err
		}
	}
	return o.w.Flush()
}

func (o *objectWriter) object(raw []byte) error {
	if bytes.ContainsAny(raw, "\r\n") {
		var line bytes.Buffer
		if err := json.Compact(&line, raw); err != nil {
			return err
		}
		raw = line.Bytes()
	}
	switch {
	case o.bundle && o.count == 0:
		fmt.Fprintf(o.w, `{"type":"bundle","id":"bundle--%s","objects":[`+"\n", uuid.NewString())
	case o.bundle:
		o.w.WriteString(",\n")
	}
	o.count++
	o.w.Write(raw)
	if !o.bundle {
		o.w.WriteByte('\n')
	}
	return nil // the writer keeps its first error for Flush
}

// end completes a bundle. One without objects has no list of them (BUN-02).
func (o *objectWriter) end() error {
	switch {
	case o.bundle && o.count == 0:
		fmt.Fprintf(o.w, `{"type":"bundle","id":"bundle--%s"}`+"\n", uuid.NewString())
	case o.bundle:
		o.w.WriteString("\n]}\n")
	}
	return o.w.Flush()
}

// A pullState remembers how far a pull came. It belongs to one collection and
// one choice of types: with another it would leave objects out.
type pullState struct {
	Collection string   `json:"collection"`
	Types      []string `json:"types,omitempty"`
	AddedAfter string   `json:"added_after,omitempty"`

	file string // "" remembers nothing
}

// loadPullState reads the state file. One that is not there yet begins where
// the options say.
func loadPullState(file, collection string, opts client.PullOptions) (*pullState, error) {
	fresh := &pullState{Collection: collection, Types: slices.Sorted(slices.Values(opts.Types)), AddedAfter: opts.AddedAfter, file: file}
	raw, err := os.ReadFile(file)
	if file == "" || errors.Is(err, fs.ErrNotExist) {
		return fresh, nil
	}
	if err != nil {
		return nil, err
	}
	kept := &pullState{file: file}
	if err := json.Unmarshal(raw, kept); err != nil {
		return nil, usage(fmt.Errorf("%s is no state file of a pull: %w", file, err))
	}
	switch {
	case kept.Collection != fresh.Collection || !slices.Equal(kept.Types, fresh.Types):
		return nil, usage(fmt.Errorf("%s belongs to the collection %s and the types %v; use another file for this pull", file, kept.Collection, kept.Types))
	case opts.AddedAfter != "":
		return nil, usage(fmt.Errorf("%s says where to go on; leave out --added-after, or remove the file", file))
	}
	return kept, nil
}

// save replaces the file in one step: whatever happens, the old state or the
// new one is there.
func (s *pullState) save() error {
	if s.file == "" {
		return nil
	}
	raw, err := json.Marshal(s)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(s.file), filepath.Base(s.file)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // no effect once renamed
	_, err = f.Write(append(raw, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("save the state: %w", err)
	}
	return os.Rename(f.Name(), s.file)
}
