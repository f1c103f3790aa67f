package conformance

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// A check asks a server some questions and decides requirements by the answers.
// What it neither fails nor skips has passed when it ends.
type check struct {
	name string
	ids  string // the requirements that it decides
	need need
	// writes tells that the check stores objects, or would on a server that
	// takes what it should refuse.
	writes bool
	// typical tells that its answers are of a kind that CheckAnswer wants to
	// see; together the typical checks show every kind.
	typical bool
	run     func(*probe)
}

// A need is what a check wants of the seat and the collection that it gets.
type need int

const (
	needNothing   need = iota // any seat
	needPlace                 // a collection
	needRead                  // a collection that the seat may read
	needBoth                  // one that it may read and write
	needReadOnly              // one that it may read and not write
	needWriteOnly             // one that it may write and not read
	needNeither               // one that it sees and may neither read nor write
	needOther                 // a second organisation
)

// suits reports whether a collection is one that the need wants.
func (n need) suits(p *place) bool {
	switch n {
	case needRead:
		return p.CanRead
	case needBoth:
		return p.CanRead && p.CanWrite
	case needReadOnly:
		return p.CanRead && !p.CanWrite
	case needWriteOnly:
		return p.CanWrite && !p.CanRead
	case needNeither:
		return !p.CanRead && !p.CanWrite
	}
	return true
}

// words says what is missing where nothing suits.
func (n need) words() string {
	return map[need]string{
		needPlace:     "no collection is visible with these tokens",
		needRead:      "no collection can be read with these tokens",
		needBoth:      "no collection can be read and written with these tokens",
		needReadOnly:  "no collection can be read and not written with these tokens (give --read-only-token)",
		needWriteOnly: "no collection can be written and not read with these tokens (give --write-only-token)",
		needNeither:   "no collection is visible with neither right",
		needOther:     "needs a user of another organisation (give --other-token)",
	}[n]
}

// A probe is a check at work: who asks by default, and which collection it is
// about.
type probe struct {
	*runner
	context.Context
	check   check
	seat    *seat
	at      *place // nil for needNothing
	decided map[string]bool
}

// A broken check could not go on; the reason is in why, and silent tells that
// the server gave no answer at all.
type broken struct {
	why    string
	silent bool
}

// run runs one check and reports whether the server answered.
func (r *runner) run(ctx context.Context, c check) (answered bool) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	p := &probe{runner: r, Context: ctx, check: c, decided: map[string]bool{}}
	if why := p.sit(); why != "" {
		r.skip(c, why)
		return true
	}
	defer func() {
		switch b := recover().(type) {
		case nil:
		case broken:
			answered = !b.silent
			p.breakOff(b)
		default:
			panic(b)
		}
	}()
	c.run(p)
	for id := range strings.FieldsSeq(c.ids) {
		if !p.decided[id] {
			r.tally.pass(id)
		}
	}
	return true
}

// sit finds who asks, and about which collection; else it says what is missing.
func (p *probe) sit() string {
	n := p.check.need
	if p.check.writes && !p.Write {
		return "needs to write (give --write)"
	}
	if n == needNothing {
		p.seat = p.seats[0]
		return ""
	}
	if n == needOther {
		if !slices.ContainsFunc(p.seats, func(s *seat) bool { return s.name == "other" }) {
			return n.words()
		}
		n = needRead
	}
	if p.seat, p.at = p.seatFor(n); p.at == nil {
		return n.words()
	}
	return ""
}

// breakOff settles what a check had not decided when it could not go on. Where
// the server gave no answer that is a failure of what was being asked for.
func (p *probe) breakOff(b broken) {
	for id := range strings.FieldsSeq(p.check.ids) {
		switch {
		case p.decided[id]:
		case b.silent:
			p.tally.fail(id, Failure{Request: p.check.name, Came: "no answer", Expected: b.why})
		default:
			p.tally.skip(id, fmt.Sprintf("an earlier step did not work: %.300s", b.why))
		}
	}
}

// skip settles a whole check that does not run.
func (r *runner) skip(c check, reason string) {
	for id := range strings.FieldsSeq(c.ids) {
		r.tally.skip(id, reason)
	}
}

// do sends a request and returns its answer; without one the check is over.
func (p *probe) do(q request) *exchange {
	x, err := p.try(q)
	if err != nil {
		panic(broken{err.Error(), true})
	}
	return x
}

// try is do for requests that a server may cut off.
func (p *probe) try(q request) (*exchange, error) {
	if q.as == nil {
		q.as = p.seat
	}
	x, err := p.ask(p, q)
	if err != nil && p.Err() != nil { // a silent server is given up on sooner, by requestTimeout
		panic(broken{fmt.Sprintf("the test was interrupted, or the check took longer than %s", checkTimeout), false})
	}
	return x, err
}

// get reads a URL as the seat of the check.
func (p *probe) get(url, query string) *exchange { return p.do(request{url: url, query: query}) }

// decide marks an id as decided. It panics on one that the check has not named,
// so that a report of what runs is complete.
func (p *probe) decide(id string) {
	if !slices.Contains(strings.Fields(p.check.ids), id) {
		panic("conformance: the check " + p.check.name + " does not name " + id)
	}
	p.decided[id] = true
}

// fail says that an answer breaks requirements.
func (p *probe) fail(ids string, x *exchange, format string, args ...any) {
	for id := range strings.FieldsSeq(ids) {
		p.decide(id)
		p.tally.fail(id, Failure{x.line, x.came(), fmt.Sprintf(format, args...)})
	}
}

// chose says that an answer is one that the standard allows and that serves
// clients worse than another. The requirement passes, with a note.
func (p *probe) chose(ids string, x *exchange, format string, args ...any) {
	for id := range strings.FieldsSeq(ids) {
		p.decide(id)
		p.tally.pass(id)
		p.tally.note(id, Failure{x.line, x.came(), fmt.Sprintf(format, args...)})
	}
}

// untestable says why requirements could not be decided.
func (p *probe) untestable(ids, format string, args ...any) {
	for id := range strings.FieldsSeq(ids) {
		p.decide(id)
		p.tally.skip(id, fmt.Sprintf(format, args...))
	}
}

// notApplicable says which option the server has not taken.
func (p *probe) notApplicable(ids, format string, args ...any) {
	for id := range strings.FieldsSeq(ids) {
		p.decide(id)
		p.tally.leave(id, fmt.Sprintf(format, args...))
	}
}

// want holds the status of an answer against the only ones that are right, and
// reports whether it is one.
func (p *probe) want(ids string, x *exchange, statuses ...int) bool {
	if slices.Contains(statuses, x.Status) {
		return true
	}
	p.fail(ids, x, "want %s", statusWords(statuses))
	return false
}

// prefer holds a status against the best one and the others that the standard
// allows.
func (p *probe) prefer(ids string, x *exchange, best int, allowed ...int) bool {
	if slices.Contains(allowed, x.Status) {
		p.chose(ids, x, "it answers %d; %d serves clients better", x.Status, best)
		return false
	}
	return p.want(ids, x, append([]int{best}, allowed...)...)
}

// must is want for what the rest of the check builds on.
func (p *probe) must(ids string, x *exchange, statuses ...int) {
	if !p.want(ids, x, statuses...) {
		panic(broken{fmt.Sprintf("%s: %s", x.line, x.came()), false})
	}
}

// stop ends a check that cannot go on.
func (p *probe) stop(format string, args ...any) { panic(broken{fmt.Sprintf(format, args...), false}) }

func statusWords(statuses []int) string {
	var words []string
	for _, s := range statuses {
		words = append(words, fmt.Sprintf("%d %s", s, http.StatusText(s)))
	}
	return strings.Join(words, " or ")
}
