package taxii

import (
	"bufio"
	"context"
	"net/http"
	"strconv"
	"time"

	"accord/collections"
	"accord/taxii/wire"
)

// A fetch returns, as JSON, the members of a list that stand at positions of a
// page, beginning with the first, and the positions that are left. Members that
// were removed meanwhile are left out. It may be called while the one before
// is still being sent, so it holds nothing of the store.
type fetch func(ctx context.Context, seqs []int64) (members [][]byte, rest []int64, err error)

// A page is positions in a collection, and the members at the first of them.
type page struct {
	collections.Page
	members [][]byte // none for an empty page only
	rest    []int64  // the positions that have not been fetched
}

// writePage answers with the page that the request asks for: the headers of
// TAXII 2.1 §3.2, then {"more", "next", "objects"} streamed as it is fetched.
func (h *Handler) writePage(r *request, get fetch) error {
	p, err := readPage(r, get)
	if err != nil {
		return err
	}
	setDateAdded(r, p.First, p.Last)
	if len(p.members) == 0 {
		return writeBody(r, http.StatusOK, []byte("{}"))
	}
	begin(r, http.StatusOK)
	if r.Request().Method == http.MethodHead {
		return nil
	}
	w := bufio.NewWriterSize(r.Response(), 32<<10)
	w.WriteByte('{')
	if p.More {
		w.WriteString(`"more":true,"next":` + strconv.Quote(h.nextToken(r, p.Page)) + `,`)
	}
	w.WriteString(`"objects":[`)
	h.streamMembers(r, w, p, get)
	w.WriteString("]}")
	return w.Flush()
}

// maxLooks is how often a page is looked up while objects of it are deleted.
const maxLooks = 5

// readPage returns the page that the request asks for with its first members.
// One of which something was removed between its positions and its bytes is
// looked up again, so that its headers are the dates of what it holds; where
// removing goes on and on, of what it held a moment before. A page that became
// empty always is, because clients take it for the end (TX-PAG-11).
func readPage(r *request, get fetch) (page, error) {
	ctx := r.Request().Context()
	for looks := 1; ; looks++ {
		positions, err := r.view.Page(ctx, r.query.Filter)
		if err != nil || len(positions.Sequences) == 0 {
			return page{}, err
		}
		members, rest, err := get(ctx, positions.Sequences)
		if err != nil {
			return page{}, err
		}
		whole := len(members)+len(rest) == len(positions.Sequences)
		if whole || looks >= maxLooks && len(members) > 0 {
			return page{positions, members, rest}, nil
		}
	}
}

// streamMembers writes the members of a page, joined by commas, and fetches
// more of them as they go out. The status line has been sent, so a failure
// cannot be told any more; the connection is broken instead, lest the client
// takes a part for the whole.
func (h *Handler) streamMembers(r *request, w *bufio.Writer, p page, get fetch) {
	ctx := r.Request().Context()
	comma := false
	for {
		r.moved.add(len(p.members), p.Sequences[0], p.Sequences[len(p.Sequences)-len(p.rest)-1])
		for _, member := range p.members {
			if comma {
				w.WriteByte(',')
			}
			comma = true
			if _, err := w.Write(member); err != nil {
				panic(http.ErrAbortHandler) // the client has gone
			}
		}
		if len(p.rest) == 0 {
			return
		}
		var err error
		if p.members, p.rest, err = get(ctx, p.rest); err != nil {
			wire.Log(r, http.StatusInternalServerError, err, h.Log)
			panic(http.ErrAbortHandler)
		}
	}
}

// nextToken seals the position after a page.
func (h *Handler) nextToken(r *request, p collections.Page) string {
	at := cursor{sequence: p.Sequences[len(p.Sequences)-1], added: p.Last}
	return h.seal.token(at, r.view.ID, r.caller.Party)
}

// setDateAdded sets the X-TAXII headers (TAXII 2.1 §3.2). For an empty page,
// first and last being zero, they repeat the position that it was evaluated at,
// so that nobody moves on by them (TX-HDR-06).
func setDateAdded(r *request, first, last time.Time) {
	if last.IsZero() {
		first, last = r.query.position, r.query.position
	}
	header := r.Response().Header()
	header.Set("X-TAXII-Date-Added-First", collections.FormatDateAdded(first))
	header.Set("X-TAXII-Date-Added-Last", collections.FormatDateAdded(last))
}
