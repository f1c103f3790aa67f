package collections

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Change is one line of what an apply does.
type Change struct {
	Action string `json:"action"` // added, changed, removed, closed, reopened or dropped
	What   string `json:"what"`   // for example: party cert-us
	Detail string `json:"detail"` // for example: clearance: amber → green
}

func (c Change) String() string {
	return fmt.Sprintf("%-8s %s: %s", c.Action, c.What, c.Detail)
}

// A thing is one noun of an agreement with all that its file says of it; ids
// that are made once and kept never change.
type thing struct {
	what   string // as Change.What
	facts  []fact
	closed bool
}

// A fact has the same name in every version of a thing; value is "" where
// nothing is said.
type fact struct{ name, value string }

// changes lists what the plan changes, in the order of the new file; what goes
// comes last.
func (p *plan) changes() []Change {
	if len(p.entries) == 0 {
		return nil
	}
	before, after := map[string]thing{}, map[string]bool{}
	for _, t := range things(p.before) {
		before[t.what] = t
	}
	var changes []Change
	for _, t := range things(p.after.agreements[p.Agreement]) {
		after[t.what] = true
		old, known := before[t.what]
		if !known {
			changes = append(changes, Change{"added", t.what, t.summary()})
			continue
		}
		changes = append(changes, t.changesFrom(old)...)
	}
	for _, t := range things(p.before) {
		if !after[t.what] {
			changes = append(changes, t.goes(p.drops))
		}
	}
	if changes == nil {
		changes = []Change{{"changed", "agreement " + p.Agreement, "the file's wording only, nothing that it says"}}
	}
	return changes
}

// changesFrom lists what differs between a thing and what it was.
func (t thing) changesFrom(old thing) []Change {
	if t.closed {
		if old.closed {
			return nil
		}
		return []Change{{"closed", t.what, "it holds records: still read by its last grants, no longer written; drop it to remove them"}}
	}
	var changes []Change
	if old.closed {
		changes = append(changes, Change{"reopened", t.what, t.summary()})
	}
	was := map[string]string{}
	for _, f := range old.facts {
		was[f.name] = f.value
	}
	for _, f := range t.facts {
		if was[f.name] != f.value {
			changes = append(changes, Change{"changed", t.what, f.from(was[f.name])})
		}
		delete(was, f.name)
	}
	for _, f := range old.facts {
		if _, left := was[f.name]; left && f.value != "" {
			changes = append(changes, Change{"changed", t.what, fact{f.name, ""}.from(f.value)})
		}
	}
	return changes
}

func (f fact) from(was string) string {
	line := fmt.Sprintf("%s: %s → %s", f.name, orNone(was), orNone(f.value))
	if f.name == "ceiling" {
		line += " (stored records keep their rank)"
	}
	return line
}

func orNone(value string) string {
	if value == "" {
		return "none"
	}
	return value
}

// goes says how a thing leaves the agreement.
func (t thing) goes(drops []dropRecord) Change {
	for _, d := range drops {
		switch {
		case t.what != "collection "+d.Alias:
		case d.Empty:
			return Change{"dropped", t.what, "it held no records"}
		default:
			return Change{"dropped", t.what, "with the records that it holds"}
		}
	}
	return Change{"removed", t.what, t.summary()}
}

// summary is all that is said of a thing, in one line.
func (t thing) summary() string {
	var said []string
	for _, f := range t.facts {
		if f.value != "" {
			said = append(said, f.name+" "+f.value)
		}
	}
	return strings.Join(said, ", ")
}

// things lists an agreement's nouns; nil has none.
func things(a *Agreement) []thing {
	if a == nil {
		return nil
	}
	list := []thing{{what: "agreement " + a.ID, facts: []fact{
		{"title", a.Title.line()},
		{"description", a.Description.line()},
		{"requires_signatures", strings.Join(a.RequiresSignatures, " ")},
	}}}
	for _, p := range a.Parties {
		list = append(list, thing{what: "party " + p.ID, facts: p.facts()})
	}
	for _, c := range a.Collections {
		list = append(list, thing{what: "collection " + c.Alias, facts: c.facts(a), closed: c.Closed})
	}
	for _, c := range a.Commitments {
		list = append(list, thing{what: "commitment " + c.ID, facts: []fact{{"text", c.Text.line()}}})
	}
	if a.Cooperation != nil {
		list = append(list, thing{what: "cooperation", facts: a.Cooperation.facts()})
	}
	return list
}

// line writes the text in all its languages, in their order.
func (t Text) line() string {
	words := make([]string, len(t))
	for i, l := range t {
		words[i] = l.Lang + " " + strconv.Quote(l.Text)
	}
	return strings.Join(words, " ")
}

func (p Party) facts() []fact {
	facts := []fact{
		{"name", p.Name.line()},
		{"territory", p.Territory},
		{"clearance", p.Clearance.String()},
		{"units", strings.Join(p.Units, " ")},
	}
	for _, c := range p.Contacts {
		facts = append(facts, fact{"contact " + c.ID, c.line()})
	}
	for _, i := range p.Issuers {
		facts = append(facts, fact{"issuer " + i.Iss, i.JWKSURL + i.JWKSFile}) // one of them is empty
	}
	return append(facts, fact{"signing_keys", strings.Join(p.SigningKeys, " ")})
}

// line writes what is known of the contact.
func (c Contact) line() string {
	said := []string{c.Role, c.Name, c.Email, c.Phone, c.Webhook, strings.Join(c.Languages, " "), c.TimeZone}
	return strings.Join(slices.DeleteFunc(said, func(s string) bool { return s == "" }), ", ")
}

func (c Collection) facts(a *Agreement) []fact {
	facts := []fact{
		{"title", c.Title.line()},
		{"description", c.Description.line()},
		{"origin", strings.Join(c.Origin, " ")},
		{"purpose", c.Purpose},
		{"ceiling", c.Ceiling.String()},
		{"profile", c.Profile},
		{"stix_versions", strings.Join(c.STIXVersions, " ")},
	}
	for _, s := range c.Schemas {
		facts = append(facts, fact{"schema " + s.Type, fmt.Sprintf("%s sha256 %x", s.File, s.Hash())})
	}
	for _, p := range a.Parties {
		facts = append(facts, fact{"grant " + p.ID, rights(c.Grants[p.ID])})
	}
	return facts
}

func rights(granted []Right) string {
	words := make([]string, len(granted))
	for i, right := range granted {
		words[i] = string(right)
	}
	return strings.Join(words, " ")
}

func (c *Cooperation) facts() []fact {
	pairs := "all"
	if c.Pairs != nil {
		pairs = ""
		for _, pair := range c.Pairs {
			pairs += " " + pair[0] + "+" + pair[1]
		}
	}
	facts := []fact{
		{"pairs", strings.TrimSpace(pairs)},
		{"request_requires", strings.Join(c.RequestRequires, " ")},
		{"two_officers", strings.Join(c.TwoOfficers, " ")},
	}
	for _, urgency := range urgencies {
		facts = append(facts,
			fact{"acknowledge_within " + urgency, within(c.Acknowledge[urgency])},
			fact{"respond_within " + urgency, within(c.Respond[urgency])})
	}
	if h := c.Hotline; h != nil {
		facts = append(facts, fact{"hotline acknowledge_within", within(h.AcknowledgeWithin)},
			fact{"hotline test_every", within(h.TestEvery)})
		for i, s := range h.Ladder {
			step := s.Contact + " via " + strings.Join(s.Via, " ")
			if s.After > 0 {
				step += " after " + within(s.After)
			}
			facts = append(facts, fact{fmt.Sprintf("hotline step %d", i+1), step})
		}
	}
	if d := c.Dialogue; d != nil {
		facts = append(facts, fact{"dialogue", "first " + d.First.Format(time.DateOnly) + ", every " + d.Every})
	}
	return facts
}

// within writes a duration as the file does, "" for none.
func within(d time.Duration) string {
	switch {
	case d == 0:
		return ""
	case d%(24*time.Hour) == 0:
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dm", d/time.Minute)
}
