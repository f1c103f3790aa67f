package collections

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"accord/stix"
)

// mark gives c its rank: the highest of its markings. No marking is clear; one
// that raises no rank, such as a statement, counts nothing; one that the
// server does not know counts as the collection's ceiling. A rank above the
// ceiling refuses the object.
func (p *push) mark(c *candidate) {
	ceiling := p.view.Ceiling
	for _, id := range c.object.Markings {
		rank, predefined := stix.MarkingRank(id)
		switch {
		case predefined:
			c.rank = max(c.rank, rank)
		case !p.neutral[id]:
			c.rank = max(c.rank, ceiling)
		}
	}
	if c.rank > ceiling {
		failure := c.failure(stix.Finding{
			Rule: "TLP-CEILING", Pointer: "/object_marking_refs",
			Message: fmt.Sprintf("the object is marked TLP:%s, and the collection holds at most TLP:%s", c.rank, ceiling),
		})
		c.refused = &failure
	}
}

// learnMarkings finds out which of the markings that a batch names are known
// to raise no rank: their definitions stand in the collection, or anywhere in
// the push.
func (p *push) learnMarkings(ctx context.Context, batch []candidate) error {
	var unknown []string
	for _, c := range batch {
		for _, id := range c.object.Markings {
			_, seen := p.neutral[id]
			if _, predefined := stix.MarkingRank(id); predefined || seen || c.refused != nil {
				continue
			}
			p.neutral[id] = false
			unknown = append(unknown, string(id))
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	if err := p.searchPush(ctx); err != nil {
		return err
	}
	return p.searchCollection(ctx, unknown)
}

// searchPush learns the statement markings that the push itself brings, once.
func (p *push) searchPush(ctx context.Context) error {
	if p.scanned {
		return nil
	}
	p.scanned = true
	for i := range p.posted.Len() {
		raw, err := p.posted.Object(i)
		if err != nil {
			return fmt.Errorf("read member %d of the push: %w", i, err)
		}
		if !bytes.Contains(raw, []byte(`"marking-definition"`)) {
			continue
		}
		o, findings := stix.ReadObject(raw, stix.DefaultLimits)
		if len(findings) == 0 && isStatement(o) && p.view.root.service.Validator.Validate(p.view.Profile, o).Accepted {
			p.neutral[o.ID] = true
		}
	}
	return ctx.Err()
}

// searchCollection learns those of the markings whose definitions are stored.
func (p *push) searchCollection(ctx context.Context, ids []string) error {
	store := p.view.root.service.Store
	known, err := store.Versions(ctx, p.view.ID, ids)
	if err != nil {
		return err
	}
	for id, versions := range known {
		for _, v := range versions {
			if v.Removed {
				continue
			}
			stored, err := store.Objects(ctx, p.view.ID, []int64{v.Sequence})
			if err != nil {
				return err
			}
			for _, s := range stored {
				o, findings := stix.ReadObject(s.Raw, stix.Limits{})
				p.neutral[stix.ID(id)] = len(findings) == 0 && isStatement(o)
			}
		}
	}
	return nil
}

// isStatement reports whether o defines a marking that is only words. Markings
// of other kinds than TLP and statement may restrict in ways that the server
// cannot enforce, so they stay unknown.
func isStatement(o stix.Object) bool {
	var definition struct {
		Type string `json:"definition_type"`
	}
	return o.Type == "marking-definition" &&
		json.Unmarshal(o.Raw, &definition) == nil && definition.Type == "statement"
}
