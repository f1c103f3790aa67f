package taxii

import (
	"container/list"
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"

	"accord/collections"
	"accord/taxii/wire"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
)

// answers are pages as they went out, for those who ask again for the same. A
// page is kept when the same party asks for it a second time, so that walks,
// which ask once, push nothing out.
//
// No right is decided here: whoever asks has been judged as always. Each clearance
// has a shelf for each collection. A shelf holds pages of one state of what the
// clearance sees, and is emptied when that changes: so no page that is sent is
// older than the last push that was answered (P1), and none that comes late tells
// of a push that is hidden (P6). A delete by this server does that at once.
type answers struct {
	mu      sync.Mutex
	shelves map[collections.World]*shelf // by the world without its state
	recent  list.List                    // of *keptPage, the one asked for last first
	size    int                          // of all, in bytes of memory
	copying []string                     // parties of the pages that are copied while they go out
	taken   map[string]int               // bytes of the kept pages that go out to a party
}

const (
	maxAnswers = 32 << 20 // bytes of memory of all kept pages: what a small server can spare
	maxAnswer  = 4 << 20  // bytes of one: a page of the usual limit, unpacked, is a fifth of it
	maxCopying = 4        // pages that are copied at once, one of a party: a slow reader holds his copy for as long as he reads
	maxTaken   = 8 << 20  // bytes of kept pages on their way to one party, which are in memory until it has them
	maxAsked   = 1 << 8   // questions that a shelf remembers: more than pollers ask between two pushes
	maxQuery   = 1 << 10  // bytes of a query string; what is longer is not asked for twice
)

// A shelf holds pages of one world.
type shelf struct {
	last  int64              // of the world
	asked map[answerKey]bool // before; false if the page was too large to be kept
	kept  map[answerKey]*list.Element
}

// An answerKey is all that a page follows from. A next token is good for one party,
// and so is a page that has one.
type answerKey struct {
	party       string
	world       collections.World
	coding      wire.Coding
	path, query string
}

// A keptPage is a page as it went out.
type keptPage struct {
	key         answerKey
	first, last string // X-TAXII headers
	packed      bool
	body        []byte
	moved       extent // for the record of the access
	readers     int    // to whom it goes out now
}

// size is what the page takes of memory, more or less: of small ones most is not
// the body.
func (p *keptPage) size() int {
	const around = 1 << 10 // the structs, headers, and a place in a list and a map
	return len(p.body) + len(p.key.path) + len(p.key.query) + around
}

func (p *keptPage) write(r *request) error {
	r.moved = p.moved
	header := r.Response().Header()
	header.Set(headerFirst, p.first)
	header.Set(headerLast, p.last)
	if p.packed {
		header.Set(echo.HeaderContentEncoding, "gzip")
	}
	return writeReady(r, http.StatusOK, p.body)
}

// key returns the key of the page that a request asks for. Its texts are copies:
// those of the request hold the whole line that they were cut from.
func (a *answers) key(r *request) (answerKey, error) {
	world, err := r.view.World(r.Request().Context())
	u := r.Request().URL
	return answerKey{r.caller.Party, world, wire.AcceptedCoding(r.Request().Header), strings.Clone(u.Path), strings.Clone(u.RawQuery)}, err
}

// find returns a page that was kept, else nil and whether it is worth keeping.
// When a page that was found has gone out left is to be called, and copied after
// one that is worth keeping.
func (a *answers) find(k answerKey) (found *keptPage, wanted bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.shelf(k.world)
	if s == nil || len(k.query) > maxQuery {
		return nil, false
	}
	if e := s.kept[k]; e != nil {
		a.recent.MoveToFront(e)
		return a.take(e.Value.(*keptPage)), false
	}
	fits, again := s.asked[k]
	if !again {
		if len(s.asked) >= maxAsked {
			clear(s.asked)
		}
		s.asked[k] = true
	}
	if wanted = fits && len(a.copying) < maxCopying && !slices.Contains(a.copying, k.party); wanted {
		a.copying = append(a.copying, k.party)
	}
	return nil, wanted
}

// take returns a page for one more reader, nil if those of its party hold as much
// as they may: then it is read from the store.
func (a *answers) take(p *keptPage) *keptPage {
	if p.readers == 0 {
		if a.taken[p.key.party]+p.size() > maxTaken {
			return nil
		}
		if a.taken == nil {
			a.taken = map[string]int{}
		}
		a.taken[p.key.party] += p.size()
	}
	p.readers++
	return p
}

// left ends what take began.
func (a *answers) left(p *keptPage) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p.readers--; p.readers == 0 {
		a.taken[p.key.party] -= p.size()
	}
}

// copied ends a copy, whatever became of it.
func (a *answers) copied(k answerKey) {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := slices.Index(a.copying, k.party)
	a.copying = slices.Delete(a.copying, i, i+1)
}

// refuse remembers that a page is too large, so that nobody copies it again.
func (a *answers) refuse(k answerKey) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if s := a.shelf(k.world); s != nil {
		s.asked[k] = false
	}
}

// keep keeps a page that was read in the world of its key from its beginning to
// its end.
func (a *answers) keep(p *keptPage) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.shelf(p.key.world)
	if s == nil || s.kept[p.key] != nil {
		return
	}
	s.kept[p.key] = a.recent.PushFront(p)
	a.size += p.size()
	for a.size > maxAnswers {
		a.remove(a.recent.Back())
	}
}

// forgetDeleted drops what was kept of a collection before a delete, for whatever
// clearance.
func (a *answers) forgetDeleted(ctx context.Context, store collections.Store, collection uuid.UUID) {
	for _, world := range a.worlds(collection) {
		now, err := store.Last(ctx, world.Collection, world.Clearance)
		a.mu.Lock()
		if err != nil {
			a.drop(a.shelves[world]) // the next who asks finds out how it stands
		} else {
			world.Last = now.Last
			a.shelf(world)
		}
		a.mu.Unlock()
	}
}

// worlds are those of a collection that have a shelf.
func (a *answers) worlds(collection uuid.UUID) (worlds []collections.World) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for w := range a.shelves {
		if w.Collection == collection {
			worlds = append(worlds, w)
		}
	}
	return worlds
}

// shelf returns the shelf of a world, after dropping what is older. It is nil
// for a world that is older than the shelf: who asks began before it changed.
func (a *answers) shelf(w collections.World) *shelf {
	place := stateless(w)
	s := a.shelves[place]
	switch {
	case s != nil && s.last == w.Last:
		return s
	case s != nil && s.last > w.Last:
		return nil
	case s != nil:
		a.drop(s)
	}
	if a.shelves == nil {
		a.shelves = map[collections.World]*shelf{}
	}
	s = &shelf{w.Last, map[answerKey]bool{}, map[answerKey]*list.Element{}}
	a.shelves[place] = s
	return s
}

// stateless is a world without its state.
func stateless(w collections.World) collections.World {
	w.Last = 0
	return w
}

func (a *answers) drop(s *shelf) {
	clear(s.asked)
	for _, e := range s.kept {
		a.remove(e)
	}
}

func (a *answers) remove(e *list.Element) {
	p := a.recent.Remove(e).(*keptPage)
	a.size -= p.size()
	delete(a.shelves[stateless(p.key.world)].kept, p.key)
}
