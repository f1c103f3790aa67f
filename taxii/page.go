package taxii

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
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
// were removed meanwhile are left out. The client may take what it returns slowly,
// so it holds nothing of the store.
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

// fetch fetches some of the members that are left, at most n, or takes those that
// came with the positions.
func (p *page) fetch(ctx context.Context, get fetch, n int) error {
	n = min(n, len(p.rest))
	if came := p.Objects; len(came) > 0 {
		var rest []int64
		p.members, rest = rawOf(came, p.rest[:n])
		p.Objects, p.rest = nil, p.rest[n-len(rest):]
		return nil
	}
	members, rest, err := get(ctx, p.rest[:n])
	p.members, p.rest = members, p.rest[n-len(rest):]
	return err
}

// writePage answers with the page that the request asks for: the headers of
// TAXII 2.1 §3.2, then {"more", "next", "objects"} streamed as it is fetched.
func (h *Handler) writePage(r *request, get fetch) error {
	if r.Request().Method == http.MethodHead {
		return h.headPage(r)
	}
	key, err := h.answers.key(r)
	if err != nil {
		return err
	}
	ready, wanted := h.answers.find(key)
	if ready != nil {
		defer h.answers.left(ready)
		return ready.write(r)
	}
	if wanted {
		defer h.answers.copied(key)
	}
	worker := h.pageWorker(r)
	defer worker.Rest()
	p, err := readPage(r, worker, get)
	if err != nil {
		return err
	}
	setDateAdded(r, p.First, p.Last)
	if len(p.members) == 0 {
		worker.Rest()
		return writeBody(r, http.StatusOK, []byte("{}"))
	}
	sent := h.sendPage(r, worker, &p, get, key, wanted)
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
func (h *Handler) headPage(r *request) error {
	worker := h.pageWorker(r)
	defer worker.Rest()
	if err := worker.Work(); err != nil {
		return err
	}
	r.query.Objects = 0
	p, err := r.view.Page(r.Request().Context(), r.query.Filter)
	if err != nil {
		return err
	}
	setDateAdded(r, p.First, p.Last)
	begin(r, http.StatusOK)
	return nil
}

// pageWorker returns the worker for a page that may keep a processor busy; for
// others it is nil, so that they go out beside whatever else their party does.
func (h *Handler) pageWorker(r *request) *collections.Worker {
	versions := r.query.Versions
	if r.query.Limit <= firstFetch && (versions.IsLatest() || versions.All) {
		h.Service.Turns.Small()
		return nil
	}
	return h.Service.Turns.Worker(r.Request().Context())
}

// maxLooks is how often a page is looked up while objects of it are deleted: no
// client deletes so fast.
const maxLooks = 10

// readPage returns the page that the request asks for with its first members.
// Where one of these was removed between its positions and its bytes it is looked
// up again, so that its headers are the dates of what it holds. After maxLooks it
// is taken as it is, but never empty: clients take that for the end (TX-PAG-11).
func readPage(r *request, worker *collections.Worker, get fetch) (page, error) {
	if err := worker.Work(); err != nil {
		return page{}, err
	}
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
		whole, err := p.whole(ctx, r.view)
		if err != nil {
			return page{}, err
		}
		switch last := looks == maxLooks; {
		case whole, last && len(p.members) > 0:
			return p, nil
		case last:
			return page{}, &collections.Error{
				Kind: collections.ErrUnavailable, Detail: "the page could not be read; ask again",
				Err: fmt.Errorf("collection %s has no bytes at %d positions from %d on", r.view.ID, len(positions.Sequences), positions.Sequences[0]),
			}
		}
	}
}

// whole reports whether nothing was removed of the first members of a page. Those
// of them that were not fetched did not fit, or are gone.
func (p *page) whole(ctx context.Context, v *collections.View) (bool, error) {
	fetched := len(p.Sequences) - len(p.rest)
	if len(p.members) < fetched || fetched >= min(firstFetch, len(p.Sequences)) {
		return len(p.members) == fetched, nil
	}
	next, err := v.Manifest(ctx, p.rest[:1])
	return len(next) > 0, err
}

// sendPage sends a page, packed where its coding asks for it. It returns what it
// sent if that is wanted and not too large to be kept, else nil. The status line
// goes out first, so that a failure cannot be told any more; the connection is
// broken instead, lest the client takes a part for the whole.
func (h *Handler) sendPage(r *request, worker *collections.Worker, p *page, get fetch, key answerKey, wanted bool) *keptPage {
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
	part := parts.Get().(*bytes.Buffer)
	defer giveBack(part)
	stream := func(w io.Writer) error { return h.streamPage(r, worker, p, get, w, part, out) }
	send := stream
	if sent.packed {
		send = func(w io.Writer) error { return wire.Pack(w, stream) }
	}
	err := send(part)
	worker.Rest()
	if err == nil {
		_, err = part.WriteTo(out)
	}
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	switch {
	case !wanted:
		return nil
	case copied.over:
		h.answers.refuse(key)
		return nil
	}
	sent.body, sent.moved = bytes.Clone(copied.bytes), r.moved // no larger than it is
	return &sent
}

// size is the number of bytes of the members that were fetched, which decide
// whether packing is worth its while.
func (p *page) size() (n int) {
	for _, m := range p.members {
		n += len(m)
	}
	return n
}

// streamPage writes a page to w, which fills part, and fetches more members when
// part has gone out. What is left in part at the end is the caller's to send. The
// worker rests while the client takes what it gets.
func (h *Handler) streamPage(r *request, worker *collections.Worker, p *page, get fetch, w io.Writer, part *bytes.Buffer, out io.Writer) error {
	io.WriteString(w, "{")
	if p.More {
		io.WriteString(w, `"more":true,"next":`+strconv.Quote(h.nextToken(r, p.Page))+`,`)
	}
	io.WriteString(w, `"objects":[`)
	comma := false
	for n := 2 * firstFetch; ; n = maxFetch {
		r.moved.add(len(p.members), p.Sequences[0], p.Sequences[len(p.Sequences)-len(p.rest)-1])
		for i, member := range p.members {
			if comma {
				w.Write([]byte{','})
			}
			comma = true
			w.Write(member)
			p.members[i] = nil // no memory for what has been written
		}
		if len(p.rest) == 0 {
			_, err := io.WriteString(w, "]}")
			return err
		}
		worker.Rest()
		if _, err := part.WriteTo(out); err != nil {
			return err // the client has gone
		}
		err := worker.Work()
		if err == nil {
			err = p.fetch(r.Request().Context(), get, n)
		}
		if err != nil {
			h.logCut(r, err)
			return err
		}
	}
}

// logCut logs a fault of ours in an answer that had begun as an error; that the
// client went away is for those who debug.
func (h *Handler) logCut(r *request, err error) {
	ctx, level := r.Request().Context(), slog.LevelError
	if ctx.Err() != nil {
		level = slog.LevelDebug
	}
	h.Log.Log(ctx, level, "an answer was cut off", "id", r.Response().Header().Get(echo.HeaderXRequestID), "err", err)
}

// parts make few large writes of many small ones.
var parts = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// giveBack keeps a buffer for the next page, unless large objects made it large.
func giveBack(part *bytes.Buffer) {
	if part.Reset(); part.Cap() <= 1<<20 {
		parts.Put(part)
	}
}

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
