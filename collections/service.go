package collections

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"
)

// A Service answers what a caller may see and do. Every surface asks it; none
// decides for itself. The caller is the one in the context.
type Service struct {
	Store     Store
	Control   *Control
	Validator Validator
	Log       *slog.Logger
	Now       func() time.Time // the clock; time.Now in production

	Turns Turns // of the parties, in what their requests cost

	// Recorder keeps a record of each access to what is in a collection; nil
	// for none. Surfaces feed it.
	Recorder *Recorder

	judges judges
}

// A Root is an agreement as one of its parties sees it: an API root.
type Root struct {
	*Agreement
	service *Service
	caller  Caller
	party   *Party
}

// Roots returns the agreements that the caller is a party to, ordered by id.
// Without a caller: ErrUnauthenticated.
func (s *Service) Roots(ctx context.Context) ([]*Root, error) {
	caller, ok := CallerFrom(ctx)
	if !ok {
		return nil, Errorf(ErrUnauthenticated, "no credentials")
	}
	if err := s.Control.Fresh(); err != nil {
		return nil, err
	}
	var roots []*Root
	for _, a := range s.Control.Agreements() {
		if root := s.root(a, caller); root != nil {
			roots = append(roots, root)
		}
	}
	return roots, nil
}

// Root returns one agreement that the caller is a party to. An unknown one and
// a foreign one are both ErrNotFound.
func (s *Service) Root(ctx context.Context, id string) (*Root, error) {
	roots, err := s.Roots(ctx)
	if err != nil {
		return nil, err
	}
	for _, root := range roots {
		if root.ID == id {
			return root, nil
		}
	}
	return nil, Errorf(ErrNotFound, "there is no API root %q", id)
}

// root returns a as the caller sees it, nil if it is none of his: he is not a
// party, or his token speaks in other agreements only.
func (s *Service) root(a *Agreement, caller Caller) *Root {
	if caller.Agreements != nil && !slices.Contains(caller.Agreements, a.ID) {
		return nil
	}
	party := a.Party(caller.Party)
	if party == nil {
		return nil
	}
	return &Root{Agreement: a, service: s, caller: caller, party: party}
}

// Views returns the collections in which the caller has a grant, ascending by
// id (TAXII 2.1 §3.3, IOP §2.1.7).
func (r *Root) Views() []*View {
	var views []*View
	for i := range r.Collections {
		if v := r.view(&r.Collections[i]); v != nil {
			views = append(views, v)
		}
	}
	slices.SortFunc(views, func(a, b *View) int { return cmp.Compare(a.ID.String(), b.ID.String()) })
	return views
}

// View returns the collection with that id or alias. One that does not exist
// and one in which the caller has no grant are both ErrNotFound.
func (r *Root) View(name string) (*View, error) {
	if c := r.named(name); c != nil {
		if v := r.view(c); v != nil {
			return v, nil
		}
	}
	return nil, Errorf(ErrNotFound, "there is no collection %q", name)
}

// view decides the rights of the caller in c: grant ∩ scope (P5). It is nil
// where he has no grant.
func (r *Root) view(c *Collection) *View {
	grants := c.Grants[r.party.ID]
	if len(grants) == 0 {
		return nil
	}
	may := func(right Right, verb string) bool {
		return slices.Contains(grants, right) && r.caller.Scopes.Allows(verb, r.ID, c.Alias)
	}
	return &View{
		Collection: c,
		CanRead:    may(Read, "read"),
		CanWrite:   may(Write, "write") && !c.Closed,
		canCurate:  may(Curate, "write"),
		root:       r,
	}
}

// CanRequest reports whether the caller may send and answer requests (P5).
func (r *Root) CanRequest() bool {
	return r.MayRequest(r.party.ID) && r.caller.Scopes.Allows("request", r.ID, "")
}

// CanSearch reports whether the caller may search what he may read (P5).
func (r *Root) CanSearch() bool {
	return r.MaySearch(r.party.ID) && r.caller.Scopes.Allows("search", r.ID, "")
}

// Status returns what became of a push that the caller's party made in this
// agreement; anything else is ErrNotFound.
func (r *Root) Status(ctx context.Context, id string) (Status, error) {
	none := Errorf(ErrNotFound, "there is no status %q", id)
	parsed, err := uuid.Parse(id)
	if err != nil || parsed.String() != id {
		return Status{}, none
	}
	status, err := r.service.Store.Status(ctx, parsed)
	if err != nil {
		return Status{}, err
	}
	if status.Agreement != r.ID || status.Party != r.caller.Party {
		return Status{}, none
	}
	return status, nil
}
