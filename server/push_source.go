package server

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"accord/stix/lift"
	"accord/taxii/client"
)

// A pushSource hands out the objects of an input for a push, lifted where that is
// asked for, and knows of each where it stands until the server has answered for
// it. What it cannot hand out it tells the report.
type pushSource struct {
	next   func() ([]byte, spot, error) // of the input
	lift   bool
	report *pushReport

	sum   hash.Hash // of the objects that were read
	count int       // of them

	made     [][]byte      // of the object that was read last, and not handed out yet
	at       spot          // of that object
	done     pushMark      // of what has been handed out whole
	waiting  []pushedThing // handed out and not answered
	answered int           // handed out before those
}

// A pushedThing is an object that was handed out.
type pushedThing struct {
	spot
	done pushMark // of the input when this one is answered
}

// A pushMark says how far an input is done: how many of its objects are, and a
// hash of them, so that another input is not taken for it.
type pushMark struct {
	Objects int    `json:"objects"`
	SHA256  string `json:"sha256"`
}

var _ client.Objects = (*pushSource)(nil)

// newPushSource hands out the objects of in until ctx ends.
func newPushSource(ctx context.Context, in *input, lifts bool, report *pushReport) *pushSource {
	next := func() ([]byte, spot, error) { return in.Next(ctx) }
	return &pushSource{next: next, lift: lifts, report: report, sum: sha256.New()}
}

// Next implements client.Objects.
func (s *pushSource) Next() ([]byte, error) {
	for len(s.made) == 0 {
		raw, err := s.read()
		if err != nil {
			return nil, err
		}
		s.made = s.lifted(raw)
	}
	first := s.made[0]
	if s.made = s.made[1:]; len(s.made) == 0 {
		s.done = s.mark()
	}
	s.waiting = append(s.waiting, pushedThing{s.at, s.done})
	return first, nil
}

// read returns the next object that can be read, and tells of what cannot.
func (s *pushSource) read() ([]byte, error) {
	for {
		raw, at, err := s.next()
		broken, ok := errors.AsType[*unreadable](err)
		if err != nil && !ok {
			return nil, err
		}
		s.at = at
		if !ok {
			s.add(raw)
			return raw, nil
		}
		if broken.head != nil {
			s.add(broken.head)
		}
		s.report.unreadable(broken)
	}
}

// add counts an object that was read.
func (s *pushSource) add(raw []byte) {
	s.count++
	s.sum.Write(binary.BigEndian.AppendUint64(nil, uint64(len(raw)))) // a hash takes all there is
	s.sum.Write(raw)
}

func (s *pushSource) mark() pushMark {
	return pushMark{s.count, hex.EncodeToString(s.sum.Sum(nil))}
}

// lifted returns what is to be pushed for an object: itself, or what it becomes
// in STIX 2.1. Nothing is where it cannot be lifted, which is told.
func (s *pushSource) lifted(raw []byte) [][]byte {
	if !s.lift {
		return [][]byte{raw}
	}
	made, err := lift.Object(raw)
	switch {
	case err != nil:
		s.report.refused(s.at, raw, "it cannot be lifted to STIX 2.1: "+err.Error())
	case made == nil:
		return [][]byte{raw}
	default:
		s.report.Lifted++
	}
	return made
}

// skip reads over the part of the input that a state file says is done.
func (s *pushSource) skip(done pushMark, file string) error {
	for s.count < done.Objects {
		if _, err := s.read(); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
	}
	if s.mark() != done {
		return usage(fmt.Errorf("%s belongs to a push of other files: these do not begin with the %d objects that are done; use another state file", printable(file), done.Objects))
	}
	s.done = done
	return nil
}

// options are those of a push of these objects. answered is called with what the
// server has decided, and how far the input is done; it may be nil.
func (s *pushSource) options(answered func(client.PushResult, pushMark) error) client.PushOptions {
	return client.PushOptions{
		Refused: func(r client.Refusal) { s.report.refusedThere(s.find(r.Object), r) },
		Answered: func(r client.PushResult) error {
			done := s.answer(r.Objects)
			if answered == nil {
				return nil
			}
			return answered(r, done)
		},
	}
}

// find returns where the object stands that was handed out as the n-th, counted
// from 0, and is not answered yet.
func (s *pushSource) find(n int) spot {
	if i := n - s.answered; i >= 0 && i < len(s.waiting) {
		return s.waiting[i].spot
	}
	return spot{index: -1}
}

// answer lets go of the objects before the n-th, and returns how far the input
// is done then.
func (s *pushSource) answer(n int) pushMark {
	last := s.waiting[n-s.answered-1]
	s.waiting = s.waiting[n-s.answered:]
	s.answered = n
	return last.done
}
