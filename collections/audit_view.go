package collections

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// An AccessFilter is what somebody asks of the record of accesses.
type AccessFilter struct {
	Agreement   string // "" for all
	Collection  string // as AGREEMENT/ALIAS or AGREEMENT/ID; "" for all
	Party       string // who made the access; "" for all
	Action      Action // "" for all
	From, To    time.Time
	NewestFirst bool
	Limit       int
}

// Accesses returns accesses that the caller may see, at most f.Limit, and
// whether there are more.
//
// A token with the scope admin sees all of them. A party sees those to its own
// collections, which are the ones in which it may curate, and where nobody may,
// the ones to which it may write; the token needs the scope to read them (P5).
// Of another party's accesses it sees neither officer nor token nor address, and
// those of a party that was never in the agreement it does not see: it may not
// know that there is such a party.
//
// Whoever may not read all that the collection can hold is not told of hidden
// records by its accesses (P6): sequences are left out, for others' accesses
// count and object too, and others' pushes and deletes do not appear.
//
// A filter by an agreement or a collection of which the caller may not know is
// ErrNotFound; by a collection that is not his own: ErrForbidden.
func (s *Service) Accesses(ctx context.Context, f AccessFilter) (accesses []Access, more bool, err error) {
	roots, err := s.Roots(ctx)
	if err != nil {
		return nil, false, err
	}
	caller, _ := CallerFrom(ctx)
	if caller.Scopes.Allows("admin", "", "") {
		return s.AllAccesses(ctx, f)
	}
	a := audience{party: caller.Party, own: map[uuid.UUID]bool{}, hadParty: s.Control.hadParty}
	for _, root := range roots {
		a.admit(root)
	}
	if err := f.checkPlace(roots); err != nil {
		return nil, false, err
	}
	accesses, more, err = s.accesses(ctx, f, a.mayKnow)
	for i := range accesses {
		a.redact(&accesses[i])
	}
	return accesses, more, err
}

// AllAccesses is Accesses for the operator of the server, who sees everything.
func (s *Service) AllAccesses(ctx context.Context, f AccessFilter) (accesses []Access, more bool, err error) {
	agreement, name, err := f.place()
	if err != nil {
		return nil, false, err
	}
	if agreement != "" {
		if _, ok := s.Control.Agreement(agreement); !ok {
			return nil, false, Errorf(ErrNotFound, "there is no agreement %.100q", agreement)
		}
	}
	if name != "" && !s.Control.hadCollection(agreement, name) {
		return nil, false, Errorf(ErrNotFound, "there is no collection %.100q in the agreement %q", name, agreement)
	}
	return s.accesses(ctx, f, func(AccessKind) bool { return true })
}

func (s *Service) accesses(ctx context.Context, f AccessFilter, mayKnow func(AccessKind) bool) ([]Access, bool, error) {
	f.Limit = max(f.Limit, 1)
	accesses, err := s.Store.Accesses(ctx, AccessQuery{
		From: f.From, To: f.To, NewestFirst: f.NewestFirst, Limit: f.Limit + 1,
		Wanted: func(k AccessKind) bool { return f.admits(k) && mayKnow(k) },
	})
	more := len(accesses) > f.Limit
	return accesses[:min(len(accesses), f.Limit)], more, err
}

// place returns the agreement that f names, and the collection in it. Two
// agreements that differ are ErrInvalid.
func (f AccessFilter) place() (agreement, collection string, err error) {
	if f.Collection == "" {
		return f.Agreement, "", nil
	}
	agreement, collection, ok := strings.Cut(f.Collection, "/")
	if !ok || agreement == "" || collection == "" {
		err = Errorf(ErrInvalid, "collection is %.100q; it has the form AGREEMENT/ALIAS", f.Collection)
	} else if f.Agreement != "" && f.Agreement != agreement {
		err = Errorf(ErrInvalid, "collection is %.100q, which is not in the agreement %.100q", f.Collection, f.Agreement)
	}
	return agreement, collection, err
}

func (f AccessFilter) admits(k AccessKind) bool {
	agreement, collection, _ := f.place() // which was checked
	return (agreement == "" || k.Agreement == agreement) &&
		(collection == "" || k.Alias == collection || k.Collection.String() == collection) &&
		(f.Party == "" || k.Party == f.Party) &&
		(f.Action == "" || k.Action == f.Action)
}

// checkPlace refuses a filter by a place of which a caller with these roots may
// not know, and by a collection whose accesses he may not see.
func (f AccessFilter) checkPlace(roots []*Root) error {
	agreement, name, err := f.place()
	if err != nil || agreement == "" {
		return err
	}
	i := slices.IndexFunc(roots, func(r *Root) bool { return r.ID == agreement })
	if i < 0 {
		return Errorf(ErrNotFound, "there is no agreement %.100q", agreement)
	}
	if name == "" {
		return nil
	}
	v, err := roots[i].View(name)
	if err == nil && !v.mayAudit() {
		return Errorf(ErrForbidden, "you may not see the accesses to the collection %q: they are for who curates it or, where nobody does, who writes to it, with the scope to read it", v.Alias)
	}
	return err
}

// Owns reports whether a party is told of the accesses to the collection: it
// may curate it or, where nobody may, write to it.
func (c *Collection) Owns(party string) bool {
	right := Write
	for _, grants := range c.Grants {
		if slices.Contains(grants, Curate) {
			right = Curate
		}
	}
	return slices.Contains(c.Grants[party], right)
}

// mayAudit reports whether the caller may see accesses to the collection (P5).
func (v *View) mayAudit() bool {
	return v.Owns(v.root.party.ID) && v.root.caller.Scopes.Allows("read", v.root.ID, v.Alias)
}

// An audience is a party that is shown accesses.
type audience struct {
	party string
	own   map[uuid.UUID]bool // its collections; true where it may read all that they can hold

	hadParty func(agreement, party string) bool
}

func (a *audience) admit(root *Root) {
	for _, v := range root.Views() {
		if v.mayAudit() {
			a.own[v.ID] = v.CanRead && root.party.Clearance >= v.Reach
		}
	}
}

// mayKnow reports whether the party may see accesses of a kind.
func (a *audience) mayKnow(k AccessKind) bool {
	all, own := a.own[k.Collection]
	return own && a.hadParty(k.Agreement, k.Party) && (all || k.Party == a.party || !k.Action.writes())
}

// redact leaves out what the party may not see.
func (a *audience) redact(x *Access) {
	other := x.Party != a.party
	if other {
		x.Officer, x.JTI, x.Remote = "", "", ""
	}
	if a.own[x.Collection] {
		return
	}
	x.First, x.Last, x.Partial = 0, 0, true
	if other {
		x.Count, x.Object = 0, ""
	}
}

// ParseDays reads the first and the last day of a time, in UTC and as
// 2026-12-31, and returns its beginning and its end. "" is no bound. What is no
// day is ErrInvalid.
func ParseDays(first, last string) (from, to time.Time, err error) {
	if from, err = parseDay("from", first); err != nil {
		return from, to, err
	}
	if to, err = parseDay("to", last); err != nil {
		return from, to, err
	}
	if !to.IsZero() {
		to = to.AddDate(0, 0, 1)
		if !from.Before(to) {
			return from, to, Errorf(ErrInvalid, "from is %s, which is after %s", first, last)
		}
	}
	return from, to, nil
}

func parseDay(name, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return day, Errorf(ErrInvalid, "%s is %.100q; it is a day of the form 2026-12-31", name, text)
	}
	return day, nil
}
