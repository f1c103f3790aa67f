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
// to raise no rank: the poster says so, by a definition in the push or one that
// his party stored, and every definition that is found is a statement. So
// nobody takes the rank from what another marked by defining the marking, be it
// before him or once more (P6).
func (p *push) learnMarkings(ctx context.Context, batch []candidate) error {
	var unknown []string
	for _, c := range batch {
		for _, id := range c.object.Markings {
			if _, predefined := stix.MarkingRank(id); predefined || p.sought[id] || c.refused != nil {
				continue
			}
			p.sought[id] = true
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

// defined takes note of a definition that was found.
func (p *push) defined(id stix.ID, statement bool) {
	neutral, before := p.neutral[id]
	p.neutral[id] = statement && (neutral || !before)
}

// searchPush learns the markings that the push itself brings, once. One that is
// refused defines nothing, and leaves its marking unknown.
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
		c := p.consider(i, raw)
		if c.object.Type == "marking-definition" {
			p.mark(&c) // it may be above the ceiling
			p.defined(c.object.ID, c.refused == nil && isStatement(c.object))
		}
	}
	return ctx.Err()
}

// searchCollection learns those of the markings whose definitions are stored.
// What another party says of a marking may raise a rank and does not lower it.
func (p *push) searchCollection(ctx context.Context, ids []string) error {
	store := p.view.root.service.Store
	known, err := store.Versions(ctx, p.view.ID, ids)
	if err != nil {
		return err
	}
	for id, versions := range known {
		_, brought := p.neutral[stix.ID(id)]
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
				said := brought || v.Party == p.poster.Party
				p.defined(stix.ID(id), said && len(findings) == 0 && isStatement(o))
			}
		}
	}
	return nil
}

// isStatement reports whether o defines a marking that is only words. Markings
// of other kinds than TLP and statement, extensions among them, may restrict in
// ways that the server cannot enforce, so they stay unknown.
func isStatement(o stix.Object) bool {
	var definition map[string]any // a struct would take Definition_Type too
	return o.Type == "marking-definition" && json.Unmarshal(o.Raw, &definition) == nil &&
		definition["definition_type"] == "statement" && definition["extensions"] == nil
}
