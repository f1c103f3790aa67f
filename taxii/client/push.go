package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// DefaultEnvelope is how many objects an envelope holds when PushOptions do
// not say: enough to make the cost of a request small, few enough for an answer
// within a second.
const DefaultEnvelope = 1000

// Objects are the objects to push, one after the other; io.EOF ends them. A
// *stix.Reader is one.
type Objects interface {
	Next() ([]byte, error)
}

// PushOptions say how to push. The zero value is good.
type PushOptions struct {
	// Envelope is the largest number of objects in one envelope; 0 means
	// DefaultEnvelope. The server's max_content_length holds besides.
	Envelope int
	// Refused is called for each refused object that the server names, before
	// the call of Answered that counts it; may be nil.
	Refused func(Refusal)
	// Answered is called whenever the server has decided on more objects, with
	// the result so far: on the first result.Objects of them it has decided, on
	// no other. An error ends the push. May be nil.
	Answered func(result PushResult) error
}

// A PushResult is what became of the objects that were sent.
type PushResult struct {
	Objects  int // sent and decided, or too large to be sent
	Accepted int
	Refused  int
	// Unaccounted is how many objects the server's statuses say nothing of.
	Unaccounted int
	// Statuses are the ids of the status resources, in order.
	Statuses []string
}

// A Refusal is one object that the server did not take.
type Refusal struct {
	// Object says which one, in the order of Next, counted from 0; -1 where that
	// cannot be said.
	Object  int    `json:"-"`
	ID      string `json:"id"`      // as the server names it; "" where it names a place only
	Version string `json:"version"` // likewise; may be empty
	Message string `json:"message"` // the server's reason; may be empty
}

// Push sends all objects in order, in envelopes, and waits until the server has
// decided on each (TAXII 2.1 §5.5). Refused objects are no error. With an error
// the result tells what was decided before it; the same push can be repeated.
//
// An envelope that the server or a proxy finds too large, or that it refuses as
// a whole for what is in it, is sent again in halves, so that one object costs
// no other.
func (c *Collection) Push(ctx context.Context, objects Objects, opts PushOptions) (PushResult, error) {
	if opts.Envelope <= 0 {
		opts.Envelope = DefaultEnvelope
	}
	e := &envelope{maxObjects: opts.Envelope, maxBytes: c.maxContentLength}
	p := &push{to: c, opts: opts, next: e}
	if !c.CanWrite {
		return p.result, fmt.Errorf("the server does not let you write to the collection %q", c.Name())
	}
	for {
		raw, err := objects.Next()
		if err != nil && !errors.Is(err, io.EOF) {
			return p.result, err
		}
		if err != nil || !e.fits(raw) {
			if err := p.send(ctx, e.objects); err != nil {
				return p.result, err
			}
			e.reset()
		}
		switch {
		case err != nil:
			return p.result, nil
		case !e.fits(raw):
			err := p.refuse(raw, fmt.Sprintf("the object has %d bytes, and the server takes at most %d in one push", len(raw), e.maxBytes))
			if err != nil {
				return p.result, err
			}
		default:
			e.add(raw)
		}
	}
}

// A push is a running push.
type push struct {
	to     *Collection
	opts   PushOptions
	next   *envelope
	result PushResult
}

// send posts objects as one envelope, waits for the outcome and adds it to the
// result.
func (p *push) send(ctx context.Context, objects [][]byte) error {
	if len(objects) == 0 {
		return nil
	}
	var s status
	err := p.to.client.post(ctx, p.to.below("collections", p.to.ID, "objects"), pack(objects), &s)
	if refusal, ok := errors.AsType[*Error](err); ok && refusal.isOfContent() {
		if half := len(objects) / 2; half > 0 {
			if refusal.StatusCode == http.StatusRequestEntityTooLarge {
				p.next.maxObjects = half
			}
			if err := p.send(ctx, objects[:half]); err != nil {
				return err
			}
			return p.send(ctx, objects[half:])
		}
		if refusal.StatusCode == http.StatusRequestEntityTooLarge {
			p.next.maxObjects = p.opts.Envelope // it was this object, and not how many there were
		}
		return p.refuse(objects[0], refusal.Error())
	}
	if err != nil {
		return fmt.Errorf("push to %q: %w", p.to.Name(), err)
	}
	if err := p.to.wait(ctx, &s); err != nil {
		return fmt.Errorf("wait for the status %s: %w", s.ID, err)
	}
	return p.count(s, objects)
}

// isOfContent reports whether a refusal is of what was sent, so that less of it
// may be taken.
func (e *Error) isOfContent() bool {
	return e.StatusCode == http.StatusRequestEntityTooLarge || e.StatusCode == http.StatusUnprocessableEntity
}

// count adds a status to the result.
func (p *push) count(s status, objects [][]byte) error {
	if s.SuccessCount < 0 || s.FailureCount < 0 || s.SuccessCount+s.FailureCount > len(objects) {
		return fmt.Errorf("the status %s speaks of %d successes and %d failures for %d objects", s.ID, s.SuccessCount, s.FailureCount, len(objects))
	}
	for i, place := range locate(s.Failures, objects) {
		if p.opts.Refused != nil {
			if s.Failures[i].Object = place; place >= 0 {
				s.Failures[i].Object += p.result.Objects
			}
			if standIn(s.Failures[i].ID, len(objects)) != nil {
				s.Failures[i].ID = "" // its place in one envelope, which says nothing to others
			}
			p.opts.Refused(s.Failures[i])
		}
	}
	p.result.Objects += len(objects)
	p.result.Accepted += s.SuccessCount
	p.result.Refused += s.FailureCount
	p.result.Unaccounted += len(objects) - s.SuccessCount - s.FailureCount
	p.result.Statuses = append(p.result.Statuses, s.ID)
	return p.answered()
}

// refuse counts an object that the server does not take at all.
func (p *push) refuse(raw []byte, message string) error {
	if p.opts.Refused != nil {
		id, version := named(raw)
		p.opts.Refused(Refusal{p.result.Objects, id, version, message})
	}
	p.result.Objects++
	p.result.Refused++
	return p.answered()
}

func (p *push) answered() error {
	if p.opts.Answered == nil {
		return nil
	}
	return p.opts.Answered(p.result)
}
