package collections

import (
	"context"
	"crypto/sha256"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"accord/stix"

	"golang.org/x/sync/errgroup"
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

// judge reads and judges the members [from, to), on all processors.
func (p *push) judge(ctx context.Context, from, to int) ([]candidate, error) {
	batch := make([]candidate, to-from)
	if err := inParallel(ctx, len(batch), func(i int) (err error) {
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

// inParallel runs f for 0 … n-1, in runs of neighbours so that handing out the
// work costs nothing against doing it.
func inParallel(ctx context.Context, n int, f func(i int) error) error {
	const run = 32
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for from := 0; from < n; from += run {
		g.Go(func() error {
			for i := from; i < min(from+run, n); i++ {
				if err := f(i); err != nil {
					return err
				}
			}
			return ctx.Err()
		})
	}
	return g.Wait()
}

// candidate reads and judges one member.
func (p *push) candidate(i int) (candidate, error) {
	raw, err := p.posted.Object(i)
	if err != nil {
		return candidate{}, fmt.Errorf("read member %d of the push: %w", i, err)
	}
	c := candidate{index: i}
	var findings []stix.Finding
	c.object, findings = stix.ReadObject(raw, stix.DefaultLimits)
	if len(findings) == 0 {
		findings = p.view.findings(c.object)
	}
	if len(findings) == 0 {
		verdict := p.view.root.service.Validator.Validate(p.view.Profile, c.object)
		if verdict.Accepted {
			c.warnings = describe(verdict.Findings)
			c.hash = sha256.Sum256(raw)
			return c, nil
		}
		findings = errorsOnly(verdict.Findings)
	}
	failure := c.failure(findings...)
	c.refused = &failure
	return c, nil
}

// findings are the rules of the collection and the agreement, which no schema
// knows.
func (v *View) findings(o stix.Object) []stix.Finding {
	var found []stix.Finding
	refuse := func(rule, pointer, format string, args ...any) {
		found = append(found, stix.Finding{Rule: rule, Level: stix.LevelError, Pointer: pointer, Message: fmt.Sprintf(format, args...)})
	}
	if spec := o.Spec(); spec == "2.0" && !slices.Contains(v.STIXVersions, spec) {
		refuse("COM-02", "/spec_version", "this is a STIX 2.0 object, and the collection takes %s", strings.Join(v.MediaTypes(), ", "))
	}
	for i := range v.root.Parties {
		if other := &v.root.Parties[i]; other.ID != v.root.caller.Party && o.CreatedBy != "" && other.Identity == o.CreatedBy {
			refuse("VER-08", "/created_by_ref", "this is the identity of the party %q, and only that party makes versions of its objects", other.ID)
		}
	}
	if len(v.Origin) > 0 && o.Origins != nil && !slices.ContainsFunc(o.Origins, func(t string) bool { return slices.Contains(v.Origin, t) }) {
		refuse("CTX-ORIGIN", "/extensions/"+string(stix.ActivityContext)+"/origin_territories",
			"the collection is for activity that comes from %s, and the object names only %s", strings.Join(v.Origin, ", "), strings.Join(o.Origins, ", "))
	}
	return found
}

// failure is how a refused member stands in the status (TX-STAT-09, TX-STAT-10).
func (c candidate) failure(findings ...stix.Finding) Failure {
	f := Failure{ID: string(c.object.ID), Version: string(c.object.Version()), Message: describe(findings)}
	if f.ID == "" {
		f.ID = fmt.Sprintf("objects[%d]", c.index)
	}
	if f.Version == "" {
		f.Version = "unknown"
	}
	return f
}

// describe writes findings in one line, each beginning with its rule.
func describe(findings []stix.Finding) string {
	parts := make([]string, len(findings))
	for i, f := range findings {
		at := ""
		if f.Pointer != "" {
			at = " at " + f.Pointer
		}
		parts[i] = f.Rule + at + ": " + f.Message
	}
	return strings.Join(parts, "; ")
}

func errorsOnly(findings []stix.Finding) []stix.Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f stix.Finding) bool { return f.Level != stix.LevelError })
}
