package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// PullOptions say what to pull. The zero value is the latest version of every
// object.
type PullOptions struct {
	From         Cursor   // go on from here
	Types        []string // only these types; nil for all
	IDs          []string // only these objects; nil for all
	Versions     []string // which versions: all, first, last or their dates; nil for the last
	SpecVersions []string // only these versions of STIX; nil leaves it to the server
	Limit        int      // objects for each request; 0 leaves it to the server
}

// Pull hands on what is in the collection, oldest date_added first, page by
// page (TAXII 2.1 §5.4). The bytes of an object are those that the server sent.
// A page is handed on once and only when it is whole; cursor is the From with
// which a later pull goes on after this page, the zero Cursor as long as the
// server does not say when an object was added. An error of take ends the pull
// and is returned as it is.
//
// Where a server promises more without saying where, the next page is asked for
// by date, as with a Cursor.
func (c *Collection) Pull(ctx context.Context, opts PullOptions, take func(objects []json.RawMessage, cursor Cursor) error) error {
	if !c.CanRead {
		return fmt.Errorf("the server does not let you read the collection %q", c.Name())
	}
	w := newWalk(opts)
	for {
		p, err := c.page(ctx, w.query)
		if err != nil {
			return fmt.Errorf("pull from %q: %w", c.Name(), err)
		}
		objects := w.fresh(p)
		if err := take(objects, w.cursor); err != nil {
			return err
		}
		if !p.more {
			return nil
		}
		if err := w.goOn(p); err != nil {
			return fmt.Errorf("pull from %q: %w", c.Name(), err)
		}
	}
}

// A walk is a running pull.
type walk struct {
	query  query
	cursor Cursor
	seen   map[string]bool // marks of what came before the date that was asked with last

	byNext bool     // the page was asked for by next
	marks  []string // of the page
	before []string // of the one before
	empty  int      // pages without objects since the last one with some
}

func newWalk(opts PullOptions) *walk {
	w := &walk{
		cursor: opts.From,
		query: query{addedAfter: opts.From.since(), limit: opts.Limit, match: map[string][]string{
			"type": opts.Types, "id": opts.IDs, "version": opts.Versions, "spec_version": opts.SpecVersions,
		}},
	}
	w.leaveOut(opts.From.Seen)
	return w
}

func (w *walk) leaveOut(seen []string) {
	w.seen = make(map[string]bool, len(seen))
	for _, mark := range seen {
		w.seen[mark] = true
	}
}

// fresh returns the objects of a page that have not been seen and moves the
// cursor behind it.
func (w *walk) fresh(p page) []json.RawMessage {
	w.before, w.marks = w.marks, make([]string, len(p.objects))
	var fresh []json.RawMessage
	for i, raw := range p.objects {
		w.marks[i] = mark(raw)
		if !w.seen[w.marks[i]] {
			fresh = append(fresh, raw)
		}
	}
	w.cursor = w.cursor.after(p, w.marks, w.byNext)
	return fresh
}

var (
	errEndless = errors.New("the server promises more objects but does not say how to get them")
	errLoop    = errors.New("the server sends the same page again and again")
	errTies    = errors.New("the server sends the same page again and again: it gives no next, and more objects than it sends at once may share one date_added")
	errEmpty   = fmt.Errorf("the server promises more objects in %d pages without any", maxEmpty)
)

// maxEmpty is how many pages in a row may promise more and hold nothing: a
// server may search for long, and not for ever.
const maxEmpty = 1000

// goOn makes the query for the page after p, which is not the last.
func (w *walk) goOn(p page) error {
	if w.empty++; len(p.objects) > 0 {
		w.empty = 0
	}
	repeated := len(p.objects) > 0 && slices.Equal(w.marks, w.before)
	switch {
	case w.empty >= maxEmpty:
		return errEmpty
	case p.next != "" && (repeated || len(p.objects) == 0 && p.next == w.query.next):
		return errLoop // the same next with other objects is no loop: there are servers that keep the place
	case p.next != "":
		w.query.next, w.byNext = p.next, true
		if w.query.limit == 0 && len(p.objects) > 0 {
			// The reference server fails without a limit. A page may be short for
			// reasons of its own, and is no measure of those to come.
			w.query.limit = max(len(p.objects), DefaultEnvelope)
		}
		return nil
	case p.last == "" || len(p.objects) == 0:
		return errEndless
	case repeated && len(p.objects) < w.query.limit:
		return errTies
	case repeated: // perhaps no more than the objects of one date have room
		w.query.limit = 2 * max(len(p.objects), w.query.limit)
		return nil
	}
	w.query.next, w.byNext, w.query.addedAfter = "", false, w.cursor.since()
	w.leaveOut(w.cursor.Seen)
	return nil
}
