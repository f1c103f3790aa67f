package taxii

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"accord/collections"
	"accord/taxii/wire"

	"github.com/labstack/echo/v4"
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

// firstFetch is how many members are fetched before the first of them go out:
// few, because a client waits for them.
const firstFetch = 100

// maxFetch is how many members are fetched at once later: few enough that who
// takes them a byte at a time holds little memory, enough that the store is not
// asked too often.
const maxFetch = 400

// fetch fetches some of the members that are left, at most n.
func (p *page) fetch(ctx context.Context, get fetch, n int) error {
	n = min(n, len(p.rest))
	members, rest, err := get(ctx, p.rest[:n])
	p.members, p.rest = members, p.rest[n-len(rest):]
	return err
}

// writePage answers with the page that the request asks for: the headers of
// TAXII 2.1 §3.2, then {"more", "next", "objects"} streamed as it is fetched.
func (h *Handler) writePage(r *request, get fetch) error {
	if r.Request().Method == http.MethodHead {
		return headPage(r)
	}
	key, err := h.answers.key(r)
	if err != nil {
		return err
	}
	ready, wanted := h.answers.find(key)
	if ready != nil {
		return ready.write(r)
	}
	if wanted {
		defer h.answers.copied()
	}
	p, err := readPage(r, get)
	if err != nil {
		return err
	}
	setDateAdded(r, p.First, p.Last)
	if len(p.members) == 0 {
		return writeBody(r, http.StatusOK, []byte("{}"))
	}
	sent := h.sendPage(r, &p, get, key, wanted)
	if sent == nil {
		return nil
	}
	// What was read between two looks at the same world is of that world.
	if again, err := r.view.World(r.Request().Context()); err == nil && again == key.world {
		h.answers.keep(sent)
	}
	return nil
}

// headPage answers HEAD: what GET would answer, without looking at any member.
func headPage(r *request) error {
	p, err := r.view.Page(r.Request().Context(), r.query.Filter)
	if err != nil {
		return err
	}
	setDateAdded(r, p.First, p.Last)
	begin(r, http.StatusOK)
	return nil
}

// maxLooks is how often a page is looked up while objects of it are deleted, and
// mostLooks how often while it comes back without any: no client deletes so fast,
// and a store that has lost bytes must not keep a processor busy for ever.
const (
	maxLooks  = 5
	mostLooks = 100
)

// readPage returns the page that the request asks for with its first members.
// One of whose first something was removed between its positions and its bytes is
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
		p := page{Page: positions, rest: positions.Sequences}
		if err := p.fetch(ctx, get, firstFetch); err != nil {
			return page{}, err
		}
		whole := len(p.members)+len(p.rest) == len(positions.Sequences)
		if whole || looks >= maxLooks && len(p.members) > 0 {
			return p, nil
		}
		if looks >= mostLooks {
			return page{}, collections.Errorf(collections.ErrUnavailable, "the page changes faster than it can be read; ask again")
		}
	}
}

// sendPage sends a page, packed where its coding asks for it. It returns what it
// sent if that is wanted and not too large to be kept, else nil.
func (h *Handler) sendPage(r *request, p *page, get fetch, key answerKey, wanted bool) *keptPage {
	header := r.Response().Header()
	sent := keptPage{key: key, first: header.Get(headerFirst), last: header.Get(headerLast), packed: key.coding.Packs(p.size())}
	if sent.packed {
		header.Set(echo.HeaderContentEncoding, "gzip")
	}
	begin(r, http.StatusOK)
	out, copied := io.Writer(r.Response()), &limitedBuffer{}
	if wanted {
		out = io.MultiWriter(out, copied)
	}
	write := func(w io.Writer) error { h.streamPage(r, w, p, get); return nil }
	if !sent.packed {
		write(out)
	} else if err := wire.Pack(out, write); err != nil {
		panic(http.ErrAbortHandler) // the client has gone
	}
	if !wanted || copied.over {
		return nil
	}
	sent.body, sent.moved = bytes.Clone(copied.bytes), r.moved // no larger than it is
	return &sent
}

// size is the number of bytes of the page if it is small, else at least of its
// first members.
func (p *page) size() (n int) {
	for _, m := range p.members {
		n += len(m)
	}
	return n
}

// streamPage writes a page, and fetches more members as they go out. The status
// line has been sent, so a failure cannot be told any more; the connection is
// broken instead, lest the client takes a part for the whole.
func (h *Handler) streamPage(r *request, to io.Writer, p *page, get fetch) {
	w := buffers.Get().(*bufio.Writer)
	defer buffers.Put(w)
	w.Reset(to)
	w.WriteByte('{')
	if p.More {
		w.WriteString(`"more":true,"next":` + strconv.Quote(h.nextToken(r, p.Page)) + `,`)
	}
	w.WriteString(`"objects":[`)
	comma := false
	for n := 2 * firstFetch; ; n = maxFetch {
		r.moved.add(len(p.members), p.Sequences[0], p.Sequences[len(p.Sequences)-len(p.rest)-1])
		for i, member := range p.members {
			if comma {
				w.WriteByte(',')
			}
			comma = true
			w.Write(member)
			p.members[i] = nil // no memory for what has gone
		}
		if len(p.rest) == 0 {
			break
		}
		if err := w.Flush(); err != nil {
			panic(http.ErrAbortHandler) // the client has gone
		}
		if err := p.fetch(r.Request().Context(), get, n); err != nil {
			wire.Log(r, http.StatusInternalServerError, err, h.Log)
			panic(http.ErrAbortHandler)
		}
	}
	w.WriteString("]}")
	if err := w.Flush(); err != nil {
		panic(http.ErrAbortHandler)
	}
}

// buffers make few large writes of many small ones.
var buffers = sync.Pool{New: func() any { return bufio.NewWriterSize(nil, 128<<10) }}

// A limitedBuffer keeps what is written to it unless that gets too large.
type limitedBuffer struct {
	bytes []byte
	over  bool
}

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if b.over = b.over || len(b.bytes)+len(p) > maxAnswer; b.over {
		b.bytes = nil
	} else {
		b.bytes = append(b.bytes, p...)
	}
	return len(p), nil
}

// nextToken seals the position after a page.
func (h *Handler) nextToken(r *request, p collections.Page) string {
	at := cursor{sequence: p.Sequences[len(p.Sequences)-1], added: p.Last}
	return h.seal.token(at, r.view.ID, r.caller.Party)
}

const (
	headerFirst = "X-TAXII-Date-Added-First"
	headerLast  = "X-TAXII-Date-Added-Last"
)

// setDateAdded sets the X-TAXII headers (TAXII 2.1 §3.2). For an empty page,
// first and last being zero, they repeat the position that it was evaluated at,
// so that nobody moves on by them (TX-HDR-06).
func setDateAdded(r *request, first, last time.Time) {
	if last.IsZero() {
		first, last = r.query.position, r.query.position
	}
	header := r.Response().Header()
	header.Set(headerFirst, collections.FormatDateAdded(first))
	header.Set(headerLast, collections.FormatDateAdded(last))
}
