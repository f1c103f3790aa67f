package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"accord/stix"
)

// DefaultEnvelope is how many objects an envelope holds when PushOptions do
// not say: enough to make the cost of a request small, few enough for an answer
// within a second.
const DefaultEnvelope = 1000

// Objects are the objects to push, one after the other; io.EOF ends them, and a
// *stix.TooLargeError is one object refused. A *stix.Reader is one.
type Objects interface {
	Next() ([]byte, error)
}

// PushOptions say how to push. The zero value is good.
type PushOptions struct {
	// Envelope is the largest number of objects in one envelope; 0 means
	// DefaultEnvelope. The server's max_content_length holds besides.
	Envelope int
	// Progress is called after each envelope with the result so far; may be nil.
	Progress func(PushResult)
}

// A PushResult is what became of the objects that were sent.
type PushResult struct {
	Objects  int `json:"objects"` // sent, or too large to be sent
	Accepted int `json:"accepted"`
	Refused  int `json:"refused"`
	// Refusals are the refused objects, in order. There may be fewer than
	// Refused, because a server need not give details.
	Refusals []Refusal `json:"refusals"`
}

// A Refusal is one object that the server did not take.
type Refusal struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	Message string `json:"message"`
}

// Push sends all objects in order, in envelopes, and waits until the server has
// decided on each (TAXII 2.1 §5.5). Refused objects are no error. With an error
// the result tells what was decided before it; the same push can be repeated.
func (c *Collection) Push(ctx context.Context, objects Objects, opts PushOptions) (PushResult, error) {
	var result PushResult
	if !c.CanWrite {
		return result, fmt.Errorf("the server does not let you write to the collection %q", c.name())
	}
	size := opts.Envelope
	if size <= 0 {
		size = DefaultEnvelope
	}
	e := newEnvelope(size, c.maxContentLength)
	for {
		raw, err := objects.Next()
		oversized, large := errors.AsType[*stix.TooLargeError](err)
		if err != nil && !large && !errors.Is(err, io.EOF) {
			return result, fmt.Errorf("read the object after %d others: %w", result.Objects+e.count, err)
		}
		if err != nil || !e.fits(raw) {
			if err := c.send(ctx, e, &result); err != nil {
				return result, err
			}
			if opts.Progress != nil {
				opts.Progress(result)
			}
		}
		switch {
		case large:
			result.refuse(oversized.Head, oversized.Error())
		case err != nil:
			return result, nil
		case !e.fits(raw):
			result.refuse(raw, fmt.Sprintf("the object has %d bytes; the server takes at most %d in one push", len(raw), e.maxBytes))
		default:
			e.add(raw)
		}
	}
}

// send posts the envelope, if there is anything in it, waits for the outcome,
// adds it to the result and empties the envelope.
func (c *Collection) send(ctx context.Context, e *envelope, result *PushResult) error {
	if e.count == 0 {
		return nil
	}
	objects := c.root.JoinPath("collections", c.ID, "objects", "/")
	var s status
	if err := c.client.post(ctx, objects, e.bytes(), &s); err != nil {
		return fmt.Errorf("push to %q: %w", c.name(), err)
	}
	if err := c.wait(ctx, &s); err != nil {
		return fmt.Errorf("wait for the status %s: %w", s.ID, err)
	}
	if s.SuccessCount+s.FailureCount != e.count {
		return fmt.Errorf("the status %s speaks of %d successes and %d failures for %d objects", s.ID, s.SuccessCount, s.FailureCount, e.count)
	}
	result.Objects += e.count
	result.Accepted += s.SuccessCount
	result.Refused += s.FailureCount
	result.Refusals = append(result.Refusals, s.Failures...)
	e.reset()
	return nil
}

// refuse counts an object that was never sent. Its head is enough to name it.
func (r *PushResult) refuse(head []byte, message string) {
	o, _ := stix.ReadObject(head, stix.Limits{})
	r.Objects++
	r.Refused++
	r.Refusals = append(r.Refusals, Refusal{string(o.ID), string(o.Version()), message})
}

// A status is the status resource (TAXII 2.1 §4.3).
type status struct {
	ID           string    `json:"id"`
	Status       string    `json:"status"`
	SuccessCount int       `json:"success_count"`
	FailureCount int       `json:"failure_count"`
	Failures     []Refusal `json:"failures"`
}

// Waits for a push that the server carries out later: they double from the
// first to the last.
const (
	firstWait = 200 * time.Millisecond
	lastWait  = 10 * time.Second
)

// wait asks for the status until it is complete.
func (c *Collection) wait(ctx context.Context, s *status) error {
	for pause := firstWait; s.Status == "pending"; pause = min(2*pause, lastWait) {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
		var next status
		if err := c.client.get(ctx, c.root.JoinPath("status", s.ID, "/"), &next); err != nil {
			return err
		}
		*s = next
	}
	if s.Status != "complete" {
		return fmt.Errorf("it is %q, and not complete or pending", s.Status)
	}
	return nil
}
