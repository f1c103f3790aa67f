package conformance

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
)

// An Outcome is what a run found out about a requirement.
type Outcome string

const (
	Pass          Outcome = "pass"
	Fail          Outcome = "fail"
	Untestable    Outcome = "untestable"     // from outside, or with these tokens
	NotApplicable Outcome = "not applicable" // an option that the server has not taken
)

// A Failure is one answer that breaks a requirement.
type Failure struct {
	Request  string `json:"request"`  // method, URL, what was special, who asked
	Came     string `json:"came"`     // status and the beginning of the body
	Expected string `json:"expected"` // what was wrong with it
}

// A Result is the outcome of one requirement.
type Result struct {
	Requirement
	Outcome  Outcome
	Reason   string    // why it is untestable or not applicable
	Notes    []string  // which of the outcomes that the standard allows the server has chosen
	Failures []Failure // at most maxFailures
}

// A Report is the result of every requirement, in the order of Requirements.
type Report struct {
	Server  string
	Results []Result
	Notes   []string // on the run: what of the server was not tested, what may be left in it
}

// Result returns that of one requirement.
func (r *Report) Result(id string) Result {
	i := slices.IndexFunc(r.Results, func(res Result) bool { return res.ID == id })
	if i < 0 {
		return Result{}
	}
	return r.Results[i]
}

// Count returns how many requirements have an outcome.
func (r *Report) Count(o Outcome) int {
	n := 0
	for _, res := range r.Results {
		if res.Outcome == o {
			n++
		}
	}
	return n
}

// Failed returns the ids of the requirements that the server does not keep.
func (r *Report) Failed() []string {
	var ids []string
	for _, res := range r.Results {
		if res.Outcome == Fail {
			ids = append(ids, res.ID)
		}
	}
	return ids
}

const (
	maxFailures = 3
	maxNotes    = 3
)

// A tally collects what the checks say of each requirement.
type tally struct {
	mu      sync.Mutex
	strict  bool // a choice that the standard allows counts as a failure
	entries map[string]*entry
}

type entry struct {
	passed        bool
	failures      []Failure
	notes         []string
	skipped       string // the first reason why a check could not decide it
	notApplicable string
}

func newTally(strict bool) *tally {
	t := &tally{strict: strict, entries: map[string]*entry{}}
	for _, r := range Requirements() {
		t.entries[r.ID] = &entry{}
	}
	return t
}

// of panics on an id that no requirement has: a mistake in a check.
func (t *tally) of(id string) *entry {
	e, ok := t.entries[id]
	if !ok {
		panic("conformance: no requirement " + id)
	}
	return e
}

func (t *tally) fail(id string, f Failure) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e := t.of(id); len(e.failures) < maxFailures {
		e.failures = append(e.failures, f)
	}
}

// note keeps a choice that the standard allows.
func (t *tally) note(id string, f Failure) {
	if t.strict {
		t.fail(id, f)
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	e, words := t.of(id), f.Expected
	if len(e.notes) < maxNotes && !slices.Contains(e.notes, words) {
		e.notes = append(e.notes, words)
	}
}

// findings takes what CheckAnswer said of an exchange.
func (t *tally) findings(x *exchange, findings []Finding) {
	for _, f := range findings {
		failure := Failure{x.line, x.came(), f.Detail}
		if f.Allowed {
			t.note(f.ID, failure)
		} else {
			t.fail(f.ID, failure)
		}
	}
}

// pass, skip and leave keep what a check decided, in that order of weight.
func (t *tally) pass(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.of(id).passed = true
}

func (t *tally) skip(id, reason string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.of(id).skipped = cmp.Or(t.of(id).skipped, reason)
}

func (t *tally) leave(id, reason string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.of(id).notApplicable = cmp.Or(t.of(id).notApplicable, reason)
}

// report draws the conclusion for every requirement.
func (t *tally) report(server string) *Report {
	r := &Report{Server: server}
	for _, requirement := range Requirements() {
		e := t.of(requirement.ID)
		res := Result{Requirement: requirement, Notes: e.notes, Failures: e.failures}
		res.Outcome, res.Reason = e.conclude(requirement.ID)
		r.Results = append(r.Results, res)
	}
	return r
}

func (e *entry) conclude(id string) (Outcome, string) {
	switch {
	case len(e.failures) > 0:
		return Fail, ""
	case e.passed:
		return Pass, ""
	case e.notApplicable != "":
		return NotApplicable, e.notApplicable
	case e.skipped != "":
		return Untestable, e.skipped
	case binds[id] != "":
		return Untestable, "it " + binds[id]
	case unseen[id] != "":
		return Untestable, unseen[id]
	}
	return Untestable, "no answer came in which it could be seen"
}

// Summary tells the figures in a sentence.
func (r *Report) Summary() string {
	passed, failed := r.Count(Pass), r.Count(Fail)
	return fmt.Sprintf("%d of %d requirements can be tested from outside with these tokens: %d passed, %d failed. %d more do not apply here.",
		passed+failed, len(r.Results), passed, failed, r.Count(NotApplicable))
}

// unseen says why a requirement is untestable where nothing in the run has
// decided it.
var unseen = map[string]string{
	"TX-TLS-04":  "needs a TLS client that offers early data",
	"TX-AUTH-08": "needs credentials that are good at one API root and not at another",
	"TX-AUTH-14": "needs a look into the server's own log",
	"TX-COL-11":  "needs the operator to withdraw a right in the middle of a walk",
	"TX-STAT-05": "needs a day between two answers",
	"TX-IOP-02":  "needs a day between two answers",
	"TX-ERR-08":  "needs a server that is overloaded or limits its clients",
	"TX-STAT-07": "needs a status and a second user (give --other-token)",
	"TX-DISC-04": "needs a user who sees no API root",
	"TX-FLT-33":  "needs a collection with more objects than the server puts on a page",
}
