package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// An envelope collects objects for one push (TAXII 2.1 §3.7).
type envelope struct {
	maxObjects int
	maxBytes   int // of the whole body, as the API root says; 0 for no limit

	count int
	body  []byte // all but the end
}

const (
	envelopeHead = `{"objects":[`
	envelopeTail = `]}`
)

func newEnvelope(maxObjects, maxBytes int) *envelope {
	return &envelope{maxObjects: maxObjects, maxBytes: maxBytes, body: []byte(envelopeHead)}
}

// fits reports whether one more object keeps the envelope within its limits.
func (e *envelope) fits(raw []byte) bool {
	length := len(e.body) + len(raw) + len(envelopeTail)
	if e.count > 0 {
		length += len(",")
	}
	return e.count < e.maxObjects && (e.maxBytes <= 0 || length <= e.maxBytes)
}

func (e *envelope) add(raw []byte) {
	if e.count > 0 {
		e.body = append(e.body, ',')
	}
	e.body = append(e.body, raw...)
	e.count++
}

// bytes returns the body to post. It is good until the next add or reset.
func (e *envelope) bytes() []byte { return append(e.body, envelopeTail...) }

func (e *envelope) reset() { e.count, e.body = 0, e.body[:len(envelopeHead)] }

// A page is an envelope that the server sent.
type page struct {
	objects []json.RawMessage
	more    bool
	next    string
	last    string // X-TAXII-Date-Added-Last
}

var errTooLarge = fmt.Errorf("the page has more than %d bytes; ask for fewer objects", maxPage)

// readPage reads an envelope to its end. The bytes of its objects are those
// that the server sent.
func readPage(r io.Reader) (page, error) {
	var body struct {
		Objects []json.RawMessage `json:"objects"`
		More    bool              `json:"more"`
		Next    string            `json:"next"`
	}
	limited := &io.LimitedReader{R: r, N: maxPage + 1}
	err := json.NewDecoder(limited).Decode(&body)
	if limited.N == 0 {
		return page{}, errTooLarge
	}
	if err != nil {
		return page{}, fmt.Errorf("read a page: %w", err)
	}
	return page{objects: body.Objects, more: body.More, next: body.Next}, nil
}

// after reports where the page after p begins; errEndless says that the server
// does not tell, as one does that promises more without a next.
func (p page) after(q query) (query, error) {
	switch {
	case p.next != "" && p.next != q.next:
		q.next = p.next
	case p.next == "" && p.last != "" && p.last != q.addedAfter && len(p.objects) > 0:
		q.next, q.addedAfter = "", p.last
	default:
		return q, errEndless
	}
	return q, nil
}

var errEndless = errors.New("the server promises more objects but does not say how to get them")
