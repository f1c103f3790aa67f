package collections

import (
	"regexp"
	"slices"
	"time"

	"go.yaml.in/yaml/v4"
)

// What an agreement may demand of a request, whom it may ask to confirm, and
// how a step of the ladder reaches a contact.
var (
	optionalOfRequest = []string{
		"object_refs", "start_time", "end_time", "legal_basis", "permitted_use", "respond_by", "norm_refs", "exercise",
	}
	requestActions = []string{
		"acknowledge", "accept", "ask", "answer", "update", "respond", "decline", "withdraw", "reopen",
		"rate", "close", "comment", "escalate", "acknowledge-escalation",
	}
	urgencies = []string{"routine", "urgent", "emergency"}
	vias      = []string{"webhook", "email"}
)

var intervalPattern = regexp.MustCompile(`^[1-9][0-9]{0,2} (day|week|month|year)s?$`)

// cooperation reads the terms of requests, after the parties.
func (f *agreementFile) cooperation(n node) {
	c := &Cooperation{}
	f.Cooperation = c
	oneOf := func(words []string) func(*string) func(node) {
		return func(to *string) func(node) { return f.oneOf(to, words...) }
	}
	f.mapping(n,
		optional("pairs", func(n node) { c.Pairs = f.pairs(n) }),
		optional("request_requires", f.set(&c.RequestRequires, oneOf(optionalOfRequest))),
		optional("two_officers", f.set(&c.TwoOfficers, oneOf(requestActions))),
		optional("acknowledge_within", func(n node) { c.Acknowledge = f.deadlines(n) }),
		optional("respond_within", func(n node) { c.Respond = f.deadlines(n) }),
		optional("hotline", func(n node) { c.Hotline = f.hotline(n) }),
		optional("dialogue", func(n node) { c.Dialogue = f.dialogue(n) }),
	)
}

// pairs reads "all", which is nil, or pairs of parties.
func (f *agreementFile) pairs(n node) [][2]string {
	if n.Kind == yaml.ScalarNode {
		var word string
		f.oneOf(&word, "all", "[[party, party]]")(n)
		return nil
	}
	pairs := [][2]string{}
	seen := lines{}
	f.list(n, func(n node) {
		var pair []string
		f.set(&pair, f.knownParty)(n)
		if slices.Sort(pair); len(pair) != 2 {
			f.fault(n, "a pair names two parties of this file")
		} else if f.once(seen, n, pair[0]+", "+pair[1]) {
			pairs = append(pairs, [2]string(pair))
		}
	})
	return pairs
}

func (f *agreementFile) deadlines(n node) map[string]time.Duration {
	within := map[string]time.Duration{}
	var fields []field
	for _, urgency := range urgencies {
		fields = append(fields, optional(urgency, func(n node) {
			var d time.Duration
			f.duration(&d)(n)
			within[urgency] = d
		}))
	}
	f.mapping(n, fields...)
	return within
}

func (f *agreementFile) hotline(n node) *Hotline {
	var h Hotline
	f.mapping(n,
		required("acknowledge_within", f.duration(&h.AcknowledgeWithin)),
		required("ladder", func(n node) {
			f.list(n, func(n node) { h.Ladder = append(h.Ladder, f.step(n)) })
			if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
				f.fault(n, "a ladder has at least one step")
			}
		}),
		optional("test_every", f.duration(&h.TestEvery)),
	)
	return &h
}

func (f *agreementFile) step(n node) Step {
	var s Step
	f.mapping(n,
		required("via", func(n node) {
			f.set(&s.Via, func(to *string) func(node) { return f.oneOf(to, vias...) })(n)
			if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
				f.fault(n, "a step names at least one way; allowed are webhook, email")
			}
		}),
		required("contact", func(n node) {
			if f.name(&s.Contact)(n); s.Contact != "" {
				f.reachable(n, s)
			}
		}),
		optional("after", f.duration(&s.After)),
	)
	return s
}

// reachable checks that the contact of a step stands at each party that lists
// contacts, with an address for one of the step's ways. A party that lists none
// has not set up its desk yet, but one party at least has.
func (f *agreementFile) reachable(n node, s Step) {
	listed := false
	for _, p := range f.Parties {
		if len(p.Contacts) == 0 {
			continue
		}
		listed = true
		i := slices.IndexFunc(p.Contacts, func(c Contact) bool { return c.ID == s.Contact })
		if i < 0 {
			f.fault(n, "the party %q has no contact %q", p.ID, s.Contact)
		} else if len(s.Via) > 0 && !p.Contacts[i].has(s.Via) {
			f.fault(n, "the contact %q of the party %q has no address for %q", s.Contact, p.ID, s.Via)
		}
	}
	if !listed {
		f.fault(n, "no party has a contact %q", s.Contact)
	}
}

// has reports whether c can be reached in one of the ways.
func (c Contact) has(vias []string) bool {
	return c.Email != "" && slices.Contains(vias, "email") || c.Webhook != "" && slices.Contains(vias, "webhook")
}

func (f *agreementFile) dialogue(n node) *Dialogue {
	var d Dialogue
	f.mapping(n,
		required("first", func(n node) {
			s, ok := f.scalar(n)
			if !ok {
				return
			}
			day, err := time.Parse(time.DateOnly, s)
			if err != nil {
				f.fault(n, "%q is no day: write one such as 2026-12-01", s)
			}
			d.First = day
		}),
		required("every", f.matching(&d.Every, "write an interval such as 6 months", intervalPattern.MatchString)),
	)
	return &d
}
