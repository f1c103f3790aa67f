package collections

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"accord/stix"
)

// A candidate is one member of a push, judged by all that needs no look at its
// collection's records.
type candidate struct {
	index    int
	object   stix.Object
	rank     stix.TLP
	hash     [32]byte
	warnings string   // for the details of a success
	refused  *Failure // nil when it may be stored
}

// examine reads and judges the members [from, to), on the processors that the
// caller's turns give it.
func (p *push) examine(ctx context.Context, from, to int) ([]candidate, error) {
	batch := make([]candidate, to-from)
	if err := p.view.root.service.Turns.inParallel(ctx, len(batch), func(i int) (err error) {
		batch[i], err = p.candidate(from + i)
		return err
	}); err != nil {
		return nil, err
	}
	if err := p.learnMarkings(ctx, batch); err != nil {
		return nil, err
	}
	for i := range batch {
		if c := &batch[i]; c.refused == nil {
			p.mark(c)
		}
	}
	return batch, nil
}

// candidate reads and judges one member.
func (p *push) candidate(i int) (candidate, error) {
	raw, err := p.posted.Object(i)
	if err != nil {
		return candidate{}, fmt.Errorf("read member %d of the push: %w", i, err)
	}
	o, v := verdict(p.judge, raw, p.definition)
	c := candidate{index: i, object: o}
	if !v.Accepted {
		failure := c.failure(errorsOnly(v.Findings)...)
		c.refused = &failure
		return c, nil
	}
	c.warn(v.Findings...)
	c.hash = sha256.Sum256(raw)
	return c, nil
}

// verdict judges the bytes of an object by all that needs no look at what is
// stored, but for extension definitions.
func verdict(judge stix.Judge, raw []byte, definition func(stix.ID) []byte) (stix.Object, stix.Verdict) {
	o, faults := stix.ReadObject(raw, stix.DefaultLimits)
	v := judge.Validate(o, definition)
	if len(faults) > 0 && v.Accepted { // whatever the judge makes of them
		v = stix.Verdict{Findings: faults}
	}
	return o, v
}

// warn adds findings that do not refuse c to what its success says.
func (c *candidate) warn(findings ...stix.Finding) {
	if c.warnings != "" && len(findings) > 0 {
		c.warnings += "; "
	}
	c.warnings += describe(findings)
}

// unversioned reports whether c tells its version by nothing but the date on
// which it is added. A marking definition has its created at least.
func (c *candidate) unversioned() bool { return c.object.Version() == "" }

// What a status says of one member is bounded, because a body of 100 kB,
// inflated, can hold a hundred thousand members that break many rules each.
const maxMessage = 1500 // bytes: room for the longest pointer and a reason

// failure is how a refused member stands in the status (TX-STAT-09, TX-STAT-10).
func (c candidate) failure(findings ...stix.Finding) Failure {
	f := Failure{ID: string(c.object.ID), Version: string(c.object.Version()), Message: describe(findings)}
	if f.ID == "" || len(f.ID) > MaxAccessObject {
		f.ID = fmt.Sprintf("objects[%d]", c.index)
	}
	if f.Version == "" || len(f.Version) > MaxAccessObject {
		f.Version = "unknown"
	}
	return f
}

// describe writes findings in one line, each beginning with its rule.
func describe(findings []stix.Finding) string {
	var line string
	for i, f := range findings {
		at := ""
		if f.Pointer != "" {
			at = " at " + f.Pointer
		}
		next := f.Rule + at + ": " + f.Message
		switch {
		case i == 0:
			line = cut(next, maxMessage)
		case len(line)+len(next) > maxMessage:
			return fmt.Sprintf("%s; and %d more", line, len(findings)-i)
		default:
			line += "; " + next
		}
	}
	return line
}

// cut returns s, or as much of it as fits in about n bytes.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

func errorsOnly(findings []stix.Finding) []stix.Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f stix.Finding) bool { return f.Level != stix.LevelError })
}
