package collections

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"accord/stix"
)

// mark gives c its rank: the highest of its markings. No marking is clear; one
// that raises no rank, such as a statement, counts nothing; one that the
// server does not know counts as the collection's ceiling.
func (p *push) mark(c *candidate) {
	var unknown []stix.ID
	for _, id := range c.object.Markings {
		if _, predefined := stix.MarkingRank(id); !predefined && !p.neutral[id] {
			unknown = append(unknown, id)
		}
	}
	c.rank = markedRank(c.object)
	if unknown != nil {
		c.rank = p.view.Ceiling // nothing above it comes in
		c.warn(unknownMarkings(unknown, p.view.Ceiling))
	}
}

// markedRank is the highest TLP that an object is marked with.
func markedRank(o stix.Object) (highest stix.TLP) {
	for _, id := range o.Markings {
		if rank, predefined := stix.MarkingRank(id); predefined {
			highest = max(highest, rank)
		}
	}
	return highest
}

// unknownMarkings says that markings raise their object to the ceiling. It says
// the same of one that nobody defined and of one that is known to be more than
// words, because who defined what may be hidden (P6).
func unknownMarkings(ids []stix.ID, ceiling stix.TLP) stix.Finding {
	more := ""
	if len(ids) > 1 {
		more = fmt.Sprintf(" (and %d more)", len(ids)-1)
	}
	return stix.Finding{
		Rule: "MRK-UNKNOWN", Level: stix.LevelWarning,
		Message: fmt.Sprintf("the marking %.100s%s is not known here as a statement, so the object counts as %s, the highest that the collection holds",
			ids[0], more, label(ceiling)),
	}
}

// label is a rank as documents show it, such as TLP:GREEN.
func label(rank stix.TLP) string { return "TLP:" + strings.ToUpper(rank.String()) }

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
	turns := &p.view.root.service.Turns
	found, err := ofType(ctx, turns.Worker(ctx), p.posted, "marking-definition")
	if err != nil {
		return err
	}
	brought := make([]struct {
		id        stix.ID // "" for what is no definition
		statement bool
	}, len(found))
	err = turns.inParallel(ctx, len(found), func(i int) error {
		c, err := p.candidate(found[i])
		if c.object.Type == "marking-definition" {
			brought[i].id, brought[i].statement = c.object.ID, c.refused == nil && isStatement(c.object)
		}
		return err
	})
	for _, b := range brought {
		if b.id != "" {
			p.defined(b.id, b.statement)
		}
	}
	return err
}

// searchCollection learns those of the markings whose definitions are stored.
// What another party says of a marking may raise a rank and does not lower it.
func (p *push) searchCollection(ctx context.Context, ids []string) error {
	store := p.view.root.service.Store
	known, err := store.Versions(ctx, p.view.ID, ids)
	if err != nil {
		return err
	}
	worker := p.view.root.service.Turns.Worker(ctx)
	for id, versions := range known {
		_, brought := p.neutral[stix.ID(id)]
		for _, v := range versions {
			if v.Removed {
				continue
			}
			if !brought && v.Party != p.poster.Party {
				p.defined(stix.ID(id), false)
				continue
			}
			stored, err := store.Objects(ctx, p.view.ID, []int64{v.Sequence})
			if err != nil {
				return err
			}
			if err := worker.Work(); err != nil {
				return err
			}
			for _, s := range stored {
				o, findings := stix.ReadObject(s.Raw, stix.Limits{})
				p.defined(stix.ID(id), len(findings) == 0 && isStatement(o))
			}
			worker.Rest()
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
