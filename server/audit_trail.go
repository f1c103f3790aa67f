package server

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"accord/collections"
	"accord/server/api"
)

const (
	// followEvery is how often accord audit --follow looks for more. Servers
	// write what they recorded five times a second.
	followEvery = 500 * time.Millisecond

	// followBack is how far it looks back each time: of several servers on one
	// store one may be late.
	followBack = 5 * time.Second

	// accessPage is how many accesses are read at once.
	accessPage = 1000
)

// An auditTrail shows accesses, oldest first.
type auditTrail struct {
	service *collections.Service
	filter  collections.AccessFilter
	print   func([]collections.Access) error
	last    time.Time          // of the last that was shown
	recent  map[time.Time]bool // those shown that followBack reaches
}

// show shows the last accesses, or all of them.
func (t *auditTrail) show(ctx context.Context) error {
	if t.filter.Limit == 0 {
		return t.showFrom(ctx, t.filter.From)
	}
	f := t.filter
	f.NewestFirst = true
	var last []collections.Access
	for more := true; more && len(last) < t.filter.Limit; {
		var page []collections.Access
		var err error
		f.Limit = min(t.filter.Limit-len(last), accessPage)
		if page, more, err = t.service.AllAccesses(ctx, f); err != nil {
			return err
		}
		if len(page) > 0 {
			f.To = page[len(page)-1].Time
		}
		last = append(last, page...)
	}
	slices.Reverse(last)
	if len(last) > 0 {
		t.filter.From = last[0].Time // what is older was not asked for
	}
	return t.put(last)
}

// showFrom shows what is there from a time on and was not shown.
func (t *auditTrail) showFrom(ctx context.Context, from time.Time) error {
	f := t.filter
	f.From, f.Limit = from, accessPage
	for more := true; more; {
		var page []collections.Access
		var err error
		if page, more, err = t.service.AllAccesses(ctx, f); err != nil {
			return err
		}
		if len(page) > 0 {
			f.From = page[len(page)-1].Time.Add(time.Microsecond)
		}
		page = slices.DeleteFunc(page, func(a collections.Access) bool { return t.recent[a.Time] })
		if err := t.put(page); err != nil {
			return err
		}
	}
	return nil
}

// put prints accesses and remembers the recent ones.
func (t *auditTrail) put(accesses []collections.Access) error {
	for _, a := range accesses {
		t.recent[a.Time] = true
		t.last = later(t.last, a.Time)
	}
	old := t.last.Add(-2 * followBack)
	maps.DeleteFunc(t.recent, func(at time.Time, _ bool) bool { return at.Before(old) })
	return t.print(accesses)
}

// follow shows what comes, until ctx ends.
func (t *auditTrail) follow(ctx context.Context) error {
	t.last = later(t.last, time.Now())
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(followEvery):
		}
		err := t.showFrom(ctx, later(t.last.Add(-followBack), t.filter.From))
		if err != nil && ctx.Err() == nil {
			return err
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// newAccessPrinter returns what writes accesses as a table, or as JSON line by
// line.
func newAccessPrinter(w io.Writer, asJSON bool) func([]collections.Access) error {
	if asJSON {
		return func(accesses []collections.Access) error { return writeAccessLines(w, accesses) }
	}
	rows := [][]string{strings.Fields("TIME PARTY ACTION COLLECTION STATUS FROM TO COUNT OBJECT UNIT OFFICER REMOTE JTI")}
	var widths []int // of the columns so far, so that what comes later stands below them
	return func(accesses []collections.Access) error {
		for _, a := range accesses {
			rows = append(rows, accessRow(a))
		}
		text := layOut(rows, &widths)
		rows = nil
		_, err := io.WriteString(w, text)
		return err
	}
}

// layOut writes rows below each other, in columns that are widened as needed.
func layOut(rows [][]string, widths *[]int) string {
	for _, row := range rows {
		*widths = append(*widths, make([]int, max(0, len(row)-len(*widths)))...)
		for i, field := range row[:len(row)-1] { // nothing follows the last
			(*widths)[i] = max((*widths)[i], utf8.RuneCountInString(field))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		for i, field := range row[:len(row)-1] {
			fmt.Fprintf(&b, "%-*s  ", (*widths)[i], field)
		}
		fmt.Fprintln(&b, row[len(row)-1])
	}
	return b.String()
}

func writeAccessLines(w io.Writer, accesses []collections.Access) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	for _, a := range accesses {
		if err := encoder.Encode(api.NewAccess(a)); err != nil {
			return err
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// accessRow is a line of the table. What a client sent is made printable.
func accessRow(a collections.Access) []string {
	place, status := a.Agreement, strconv.Itoa(a.Status)
	if a.Alias != "" {
		place += "/" + a.Alias
	}
	if a.BrokenOff {
		status += " broken off"
	}
	row := []string{
		collections.FormatDateAdded(a.Time), a.Party, string(a.Action), place, status,
		position(a.First), position(a.Last), strconv.FormatInt(a.Count, 10),
		a.Object, a.Unit, a.Officer, a.Remote, a.JTI,
	}
	for i, field := range row {
		row[i] = cmp.Or(printable(field), "-")
	}
	return row
}

// position writes a sequence, "" for none.
func position(seq int64) string {
	if seq == 0 {
		return ""
	}
	return strconv.FormatInt(seq, 10)
}
