package collections

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
)

// ApplyOptions say how a file is applied.
type ApplyOptions struct {
	// Drop are the aliases of collections that go for good: closed ones, and
	// ones that the file leaves out.
	Drop []string
	// DryRun says what would change and writes nothing.
	DryRun bool
	// RefuseOld refuses a file that was applied before and has been superseded,
	// so that a server that starts with an old file gives no right back.
	RefuseOld bool
	// Schemas are the files that the agreement file names.
	Schemas SchemaFiles
}

// Applied is what an apply did, or would do.
type Applied struct {
	Agreement string
	Hash      [32]byte // SHA-256 of the file
	Changes   []Change // nil when everything stood so already
}

// Apply makes the server match an agreement file, in one step. A collection
// that the file leaves out is closed, or dropped when it holds no records. A
// file that breaks a rule is ErrInvalid, one that contradicts what is in force
// ErrConflict; either may join several errors. Applying the file in force
// again changes nothing.
func (c *Control) Apply(ctx context.Context, poster Poster, src []byte, o ApplyOptions) (Applied, error) {
	src = slices.Clone(src)
	a, err := ParseAgreement(src, o.Schemas)
	if err != nil {
		return Applied{}, err
	}
	schemas := a.schemaFiles() // are read once
	o.Schemas = SchemaFiles{Read: func(name string) ([]byte, error) { return schemas[name], nil }}
	var p *plan
	decide := func() (_ []ControlEntry, err error) {
		p, err = c.plan(ctx, src, o)
		if err != nil {
			return nil, err
		}
		return p.entries, nil
	}
	run := func() error { return c.Append(ctx, poster, decide) }
	if o.DryRun {
		run = func() error {
			if err := c.Refresh(ctx); err != nil {
				return err
			}
			_, err := decide()
			return err
		}
	}
	if err := run(); err != nil {
		return Applied{}, err
	}
	return p.Applied, nil
}

// A plan is what an apply will do, as decided on one state of the log.
type plan struct {
	Applied
	entries []ControlEntry
	drops   []dropRecord
	before  *Agreement    // in force now; nil for a new one
	after   *controlState // once the entries are folded
}

// plan decides what to append. It reads the file anew each time, because
// enacting it fills in ids that depend on the state.
func (c *Control) plan(ctx context.Context, src []byte, o ApplyOptions) (*plan, error) {
	a, err := ParseAgreement(src, o.Schemas)
	if err != nil {
		return nil, err
	}
	state := c.state.Load()
	p := &plan{
		Applied: Applied{Agreement: a.ID, Hash: sha256.Sum256(src)},
		before:  state.agreements[a.ID],
		after:   state.clone(),
	}
	if !p.before.saysWhat(a) {
		if err := p.replace(state, a, o); err != nil {
			return nil, err
		}
	}
	if err := p.drop(ctx, c.store, o.Drop); err != nil {
		return nil, err
	}
	if err := p.checkTitles(); err != nil {
		return nil, err
	}
	p.Changes = p.changes()
	return p, nil
}

// replace puts a in place of the agreement before.
func (p *plan) replace(state *controlState, a *Agreement, o ApplyOptions) error {
	if o.RefuseOld {
		if err := state.checkNotOld(a, p.Hash); err != nil {
			return err
		}
	}
	if err := state.check(a); err != nil {
		return err
	}
	p.entries = append(state.newSchemas(a), ControlEntry{Type: controlAgreement, ID: a.ID, Raw: a.Source})
	p.after.enact(a, state.last+int64(len(p.entries)))
	return nil
}

// saysWhat reports whether a, which is in force, says what b says, to the byte.
// Nothing, which nil stands for, says that.
func (a *Agreement) saysWhat(b *Agreement) bool {
	return a != nil && bytes.Equal(a.Source, b.Source) && a.schemasHash() == b.schemasHash()
}

// newSchemas are the entries of those schemas of a that are not in the log as
// they are now. They come before a itself, so that who reads a has them.
func (s *controlState) newSchemas(a *Agreement) []ControlEntry {
	var entries []ControlEntry
	files := a.schemaFiles()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		id := schemaID(a.ID, name)
		if old, known := s.schemas[id]; !known || !bytes.Equal(old, files[name]) {
			entries = append(entries, ControlEntry{Type: controlSchema, ID: id, Raw: files[name]})
		}
	}
	return entries
}

// drop drops the collections that the caller names and those that the file
// leaves out and that hold no records.
func (p *plan) drop(ctx context.Context, store Store, aliases []string) error {
	after := p.after.agreements[p.Agreement]
	for _, alias := range aliases {
		if c := after.collection(alias); c == nil {
			return Errorf(ErrInvalid, "drop: the agreement %q has no collection %q", p.Agreement, alias)
		} else if !c.Closed {
			return Errorf(ErrInvalid, "drop: the collection %q is in the file; leave it out to drop it", alias)
		}
	}
	for _, c := range after.Collections {
		if !c.Closed {
			continue
		}
		records, err := store.Follow(ctx, c.ID, 0, 1)
		if err != nil {
			return err
		}
		empty := len(records) == 0
		if !empty && !slices.Contains(aliases, c.Alias) {
			continue
		}
		d := dropRecord{Agreement: p.Agreement, Alias: c.Alias, Collection: c.ID, Empty: empty}
		raw, err := json.Marshal(d)
		if err != nil {
			return err
		}
		p.entries = append(p.entries, ControlEntry{Type: controlDrop, ID: p.Agreement + "/" + c.Alias, Raw: raw})
		p.drops = append(p.drops, d)
		p.after.drop(d)
	}
	return nil
}

// checkTitles refuses a title that a closed collection, which readers still
// see, has already.
func (p *plan) checkTitles() error {
	aliases := map[string]string{}
	for _, c := range p.after.agreements[p.Agreement].Collections {
		title := c.Title.First()
		if other, twice := aliases[title]; twice {
			return Errorf(ErrConflict, "the closed collection %q has the title %q, as %q has in the file; change the title or drop %[1]q",
				c.Alias, title, other)
		}
		aliases[title] = c.Alias
	}
	return nil
}

// checkNotOld refuses a file that was in force before, be it with other
// schemas, and the file in force with schemas that it had before.
func (s *controlState) checkNotOld(a *Agreement, hash [32]byte) error {
	history := s.history[a.ID]
	for _, file := range history {
		if current := history[len(history)-1].Hash; file.Hash == hash && (hash != current || file.Schemas == a.schemasHash()) {
			return Errorf(ErrConflict, "this file of the agreement %q was applied on %s and has been superseded since; "+
				"if it is meant to hold again, apply it by hand", a.ID, file.Time.Format(time.DateOnly))
		}
	}
	return nil
}

// check holds a file against what is in force, and returns all contradictions.
func (s *controlState) check(a *Agreement) error {
	var errs []error
	conflict := func(format string, args ...any) { errs = append(errs, Errorf(ErrConflict, format, args...)) }
	if !slices.Equal(a.RequiresSignatures, []string{"none"}) {
		conflict("requires_signatures: this version of accord can't verify signatures, so no file counts as signed; write none")
	}
	s.checkParties(a, conflict)
	s.checkIssuers(a, conflict)
	s.checkCollections(a, conflict)
	return errors.Join(errs...)
}

// checkParties makes sure that a party id means the same organisation on the
// whole server.
func (s *controlState) checkParties(a *Agreement, conflict func(string, ...any)) {
	for _, p := range a.Parties {
		kept, known := s.identities[p.ID]
		if known && p.Identity != "" && p.Identity != kept {
			conflict("party %q: its identity is %q, made once and kept; the file says %q", p.ID, kept, p.Identity)
		}
		for other, identity := range s.identities {
			if other != p.ID && p.Identity == identity {
				conflict("party %q: the identity %q is that of the party %q", p.ID, identity, other)
			}
		}
		for _, b := range s.others(a) {
			if q := b.Party(p.ID); q != nil && q.Territory != p.Territory {
				conflict("party %q: its territory is %q in the agreement %q and %q in this file; a party id means the same organisation on the whole server",
					p.ID, q.Territory, b.ID, p.Territory)
			}
		}
	}
}

// checkIssuers makes sure that an issuer speaks for one party, and that files
// that declare issuers of one party declare the same.
func (s *controlState) checkIssuers(a *Agreement, conflict func(string, ...any)) {
	for _, b := range s.others(a) {
		parties := map[string]string{}
		for _, q := range b.Parties {
			for _, issuer := range q.Issuers {
				parties[issuer.Iss] = q.ID
			}
		}
		for _, p := range a.Parties {
			for _, issuer := range p.Issuers {
				if other, taken := parties[issuer.Iss]; taken && other != p.ID {
					conflict("party %q: the issuer %q speaks for the party %q in the agreement %q", p.ID, issuer.Iss, other, b.ID)
				}
			}
			if q := b.Party(p.ID); q != nil && !sameIssuers(p.Issuers, q.Issuers) {
				conflict("party %q: its issuers are others in the agreement %q; declare the same in both, or none in one of them", p.ID, b.ID)
			}
		}
	}
}

// sameIssuers reports whether two lists, where both say something, say the same.
func sameIssuers(a, b []Issuer) bool {
	contains := func(list []Issuer) func(Issuer) bool {
		return func(i Issuer) bool { return !slices.Contains(list, i) }
	}
	return len(a) == 0 || len(b) == 0 ||
		!slices.ContainsFunc(a, contains(b)) && !slices.ContainsFunc(b, contains(a))
}

// checkCollections makes sure that an id means one collection for ever.
func (s *controlState) checkCollections(a *Agreement, conflict func(string, ...any)) {
	taken := map[uuid.UUID]string{}
	for _, b := range s.agreements {
		for _, c := range b.Collections {
			taken[c.ID] = fmt.Sprintf("%s/%s", b.ID, c.Alias)
		}
	}
	for _, c := range a.Collections {
		kept := s.agreements[a.ID].collection(c.Alias)
		holder, used := taken[c.ID]
		d, gone := s.dropped[c.ID]
		switch {
		case c.ID == uuid.Nil:
		case kept != nil && kept.ID != c.ID:
			conflict("collection %q: its id is %s, made once and kept; the file says %s", c.Alias, kept.ID, c.ID)
		case kept == nil && used:
			conflict("collection %q: the id %s is that of the collection %s", c.Alias, c.ID, holder)
		case kept == nil && gone && d != (dropRecord{a.ID, c.Alias, c.ID, true}):
			conflict("collection %q: the id %s was that of the collection %s/%s, which was dropped; leave the id out",
				c.Alias, c.ID, d.Agreement, d.Alias)
		}
	}
}

// others returns the agreements in force except that of a's id.
func (s *controlState) others(a *Agreement) []*Agreement {
	var others []*Agreement
	for _, b := range s.agreements {
		if b.ID != a.ID {
			others = append(others, b)
		}
	}
	slices.SortFunc(others, func(a, b *Agreement) int { return cmp.Compare(a.ID, b.ID) })
	return others
}
