package server

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"accord/stix"
	"accord/taxii/client"
)

// A pushReport says what became of the objects of a push: each one that was not
// taken at once, the sums at the end. For people the first go to errs and the
// sums to out; for programs all goes to out as one JSON object.
type pushReport struct {
	pushCounts
	out, errs io.Writer
	inJSON    bool
	clear     func() // takes away what stands in the way on the terminal

	begun  bool // the list of failures has
	unread []unreadInput
	err    error // of writing
}

// pushCounts are the sums of a push. Objects is the sum of Accepted, Refused and
// Unaccounted.
type pushCounts struct {
	Objects     int `json:"objects"`
	Accepted    int `json:"accepted"`
	Refused     int `json:"refused"`     // by the server, or not fit to be sent
	Unaccounted int `json:"unaccounted"` // of which the server's statuses say nothing
	Lifted      int `json:"lifted"`      // objects of STIX 2.0
	Skipped     int `json:"skipped"`     // answered in an earlier run
}

// A pushFailure is an object that was not taken, for programs.
type pushFailure struct {
	File    string `json:"file"`
	Index   int    `json:"index"` // in the file, from 0; -1 where it is no object or cannot be said
	Line    int    `json:"line"`  // from 1; 0 where it cannot be said
	ID      string `json:"id"`
	Version string `json:"version"`
	Message string `json:"message"`
}

// An unreadInput is a file that could not be read to its end.
type unreadInput struct {
	File    string `json:"file"`
	Message string `json:"message"`
}

// refused tells of an object that is not sent.
func (r *pushReport) refused(at spot, raw []byte, message string) {
	o, _ := stix.ReadObject(raw, stix.Limits{})
	r.Objects++
	r.Refused++
	r.failure(pushFailure{at.file, at.index, at.line, string(o.ID), string(o.Version()), message})
}

// refusedThere tells of an object that the server did not take; the server counts
// it.
func (r *pushReport) refusedThere(at spot, refusal client.Refusal) {
	r.failure(pushFailure{at.file, at.index, at.line, refusal.ID, refusal.Version, refusal.Message})
}

// unreadable tells of what cannot be read.
func (r *pushReport) unreadable(u *unreadable) {
	if !u.rest {
		r.refused(u.spot, u.head, u.err.Error())
		return
	}
	r.unread = append(r.unread, unreadInput{u.file, u.err.Error()})
	if !r.inJSON {
		r.tell("%s: it is not read on here: %v", u.file, u.err)
	}
}

func (r *pushReport) failure(f pushFailure) {
	if !r.inJSON {
		r.tell("%v", f)
		return
	}
	raw, err := json.Marshal(f)
	if err == nil {
		err = r.member(raw)
	}
	r.err = cmp.Or(r.err, err)
}

// member writes one of the list of failures.
func (r *pushReport) member(raw []byte) error {
	before := ",\n"
	if !r.begun {
		before, r.begun = "{\"failures\":[\n", true
	}
	_, err := fmt.Fprintf(r.out, "%s%s", before, raw)
	return err
}

// String says where the object stands, and why it was not taken.
func (f pushFailure) String() string {
	var where []string
	if f.Index >= 0 {
		where = append(where, fmt.Sprintf("object %d", f.Index))
	}
	if f.Line > 0 {
		where = append(where, fmt.Sprintf("line %d", f.Line))
	}
	if f.ID != "" {
		where = append(where, f.ID)
	}
	return strings.Join(append(nonEmpty(f.File, strings.Join(where, ", ")), cmp.Or(f.Message, "refused without a reason")), ": ")
}

func nonEmpty(list ...string) []string {
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}

// tell writes a line for people.
func (r *pushReport) tell(format string, args ...any) {
	r.clear()
	fmt.Fprintln(r.errs, "accord:", printable(fmt.Sprintf(format, args...)))
}

// add counts what a push to the server came to.
func (p *pushCounts) add(r client.PushResult) {
	p.Objects += r.Objects
	p.Accepted += r.Accepted
	p.Refused += r.Refused
	p.Unaccounted += r.Unaccounted
}

func (p pushCounts) String() string {
	return counted{"%d object: %d accepted, %d refused", "%d objects: %d accepted, %d refused"}.of(p.Objects, p.Accepted, p.Refused) + p.more()
}

// more says what is not always so.
func (p pushCounts) more() (text string) {
	for _, m := range []struct {
		n    int
		what string
	}{
		{p.Unaccounted, ", %d that the server says nothing of"},
		{p.Lifted, "; %d lifted from STIX 2.0"},
		{p.Skipped, "; %d answered before and not sent again"},
	} {
		if m.n > 0 {
			text += fmt.Sprintf(m.what, m.n)
		}
	}
	return text
}

// end writes the sums. statuses are the ids of the status resources, and failure
// what ended the push early, if anything did.
func (r *pushReport) end(statuses []string, dryRun bool, failure error) error {
	r.clear()
	if !r.inJSON {
		words := r.pushCounts.String()
		if dryRun {
			words = counted{"%d object could be sent, %d could not%s; nothing was sent", "%d objects could be sent, %d could not%s; nothing was sent"}.of(r.Objects-r.Refused, r.Refused, r.more())
		}
		_, err := fmt.Fprintln(r.out, words)
		return err
	}
	raw, err := json.Marshal(pushEnd{notNil(r.unread), r.pushCounts, dryRun, notNil(statuses), textOf(failure)})
	if err != nil {
		return err
	}
	if !r.begun {
		_, err = io.WriteString(r.out, `{"failures":[`)
	}
	_, written := fmt.Fprintf(r.out, "\n],\n%s\n", raw[1:]) // without its bracket
	return cmp.Or(r.err, err, written)
}

// A pushEnd is what comes behind the failures, for programs.
type pushEnd struct {
	Unread []unreadInput `json:"unread"`
	pushCounts
	DryRun   bool     `json:"dry_run"`
	Statuses []string `json:"statuses"`
	Error    string   `json:"error,omitempty"`
}

func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
