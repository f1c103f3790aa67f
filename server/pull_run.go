package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"accord/taxii/client"

	"github.com/spf13/cobra"
)

// once pulls what is new from every collection. A follow goes on to the next one
// where time may mend what went wrong with another.
func (p *pulling) once(ctx context.Context) error {
	var errs []error
	for _, from := range p.from {
		err := p.pull(ctx, from)
		if err != nil && (!p.follow || ctx.Err() != nil || !client.IsPassing(err)) {
			return err
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// pull writes what is new in a collection, and moves the state behind each page
// once that is written. Behind a bundle it moves at its end only.
func (p *pulling) pull(ctx context.Context, from *client.Collection) error {
	opts := p.opts
	if kept, ok := p.state.Cursors[from.URL()]; ok {
		opts.From = kept
	}
	return from.Pull(ctx, opts, func(objects []json.RawMessage, cursor client.Cursor) error {
		if err := p.out.page(objects); err != nil {
			return err
		}
		p.count += len(objects)
		p.bar.at(int64(p.count), fmt.Sprintf("%d objects", p.count))
		if len(objects) > 0 && len(cursor.Seen) == 0 && p.to.goesOn {
			return errNoDates
		}
		if reflect.DeepEqual(cursor, p.state.Cursors[from.URL()]) {
			return nil
		}
		p.state.Cursors[from.URL()] = cursor
		if p.to.bundle {
			return nil
		}
		return p.state.save()
	})
}

var errNoDates = errors.New("the server does not say when objects were added (X-TAXII-Date-Added-Last), so that no later pull can go on; pull without --state and --follow")

// keepOn pulls until a signal comes, which is no failure. A server that is away
// for longer than patience lasts is asked again at the next turn.
func (p *pulling) keepOn(cmd *cobra.Command) error {
	ctx := cmd.Context()
	for {
		err := p.once(ctx)
		if err != nil && ctx.Err() == nil && !client.IsPassing(err) {
			return err
		}
		if err != nil && ctx.Err() == nil {
			p.bar.end()
			fmt.Fprintln(cmd.ErrOrStderr(), "accord:", printableLines(err.Error()))
		}
		if until(ctx, p.every) != nil {
			return p.out.end()
		}
	}
}

// until is a pause that ends early when ctx does; then the error is its cause.
func until(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
