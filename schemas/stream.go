package schemas

import (
	"cmp"
	"context"
	"errors"
	"io"
	"runtime"

	"accord/stix"

	"golang.org/x/sync/errgroup"
)

// A Stream is how the objects of a file or a request body are judged, one by
// one and on all processors. It may be used from many goroutines.
type Stream struct {
	Judge   stix.Judge
	Profile string // of the judge; what objects come in is judged under it too

	// Definition finds the extension definitions that are known besides our
	// own, as Judge wants it; may be nil.
	Definition func(stix.ID) []byte

	// Turn, if any, waits until the next objects may be judged; done is called
	// when they are, some milliseconds later.
	Turn func(context.Context) (done func(), err error)

	// Lift returns what is to be judged in the place of an object, nil for the
	// object itself; may be nil.
	Lift func(raw []byte) [][]byte
}

// A Member is a verdict in a stream: of one member of the wrapper, or of the
// wrapper itself where there is something to say of it.
type Member struct {
	Index  int         // counted from 0 through the whole stream; -1 for what the objects come in
	Line   int         // in which it begins, counted from 1; 0 where that is not known
	Object stix.Object // its header as far as it could be read, and its bytes unless it was too large
	stix.Verdict
}

const (
	// batchObjects and batchBytes end a batch: enough that handing it over costs
	// nothing against judging it, and little memory while it waits.
	batchObjects = 32
	batchBytes   = 256 << 10

	// maxStretch is how much is read in search of the end of one member: what a
	// whole push may have.
	maxStretch = 64 << 20
)

// A batch is some members of a stream that are judged together.
type batch struct {
	members []Member
	judged  chan struct{} // closed when they are
	bytes   int
	full    bool
}

// Each judges every member of a stream and hands out the verdicts in order. A
// stream that cannot be read on ends with a verdict that says so (GEN-01,
// LIMIT), but for the lines of NDJSON, each of which has such a verdict; one that
// goes on within one member for 64 MiB is not read to its end.
// The error is that of the stream's source, which comes behind the verdicts that
// there are, or of ctx or of yield, behind which nothing is judged any more.
//
// Memory holds a few hundred objects, whatever the stream.
func (s *Stream) Each(ctx context.Context, src io.Reader, wrapper stix.Wrapper, yield func(Member) error) error {
	ready()
	g, judging := errgroup.WithContext(ctx)
	batches := make(chan *batch, 2*runtime.GOMAXPROCS(0))
	var broken error // the source, which ends no judging
	g.Go(func() error {
		defer close(batches)
		broken = s.read(newStretch(src), wrapper, func(b *batch) error {
			b.judged = make(chan struct{})
			select {
			case batches <- b: // waits while as many are being judged
			case <-judging.Done():
				return judging.Err()
			}
			g.Go(func() error { return s.judge(judging, b) })
			return nil
		})
		return nil
	})
	g.Go(func() error {
		for b := range batches {
			<-b.judged
			for _, m := range b.members {
				if err := judging.Err(); err != nil {
					return err // and m may have no verdict
				}
				if err := yield(m); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return cmp.Or(g.Wait(), broken)
}

// judge judges those members of a batch that still have no verdict, until ctx
// ends.
func (s *Stream) judge(ctx context.Context, b *batch) error {
	defer close(b.judged)
	if s.Turn != nil {
		done, err := s.Turn(ctx)
		if err != nil {
			return err
		}
		defer done()
	}
	for i, m := range b.members {
		if err := ctx.Err(); err != nil {
			return err
		}
		if m.Index >= 0 && m.Object.Raw != nil {
			b.members[i] = judgeMember(m, m.Object.Raw, s.Judge, s.Definition)
		}
	}
	return nil
}

// read cuts a stream into batches.
func (s *Stream) read(src *stretch, wrapper stix.Wrapper, send func(*batch) error) error {
	b, index := &batch{}, 0
	reader := newReader(src, wrapper)
	reader.Roots = func(root stix.Root) {
		if m := judgeRoot(root, s.Profile); len(m.Findings) > 0 {
			b.members = append(b.members, m)
		}
	}
	for {
		raw, err := reader.Next()
		m := Member{Index: index, Line: reader.Line(), Object: stix.Object{Raw: raw}}
		if tooLarge, ok := errors.AsType[*stix.TooLargeError](err); ok {
			m, err = judgeTooLarge(m, tooLarge, s.Profile), nil
		}
		if fault, ok := errors.AsType[*stix.SyntaxError](err); ok && fault.GoesOn {
			m, err = judgeFault(fault, s.Profile), nil
		}
		if err != nil {
			last, err := s.judgeEnd(err)
			b.members = append(b.members, last...)
			return errors.Join(send(b), err)
		}
		src.rest = maxStretch
		if m.Index >= 0 {
			index++
		}
		b.add(s.lifted(m)...)
		if b.full {
			if err := send(b); err != nil {
				return err
			}
			b = &batch{}
		}
	}
}

// lifted returns what is to be judged in the place of a member.
func (s *Stream) lifted(m Member) []Member {
	if s.Lift == nil || m.Index < 0 || m.Object.Raw == nil {
		return []Member{m}
	}
	var made []Member
	for _, raw := range s.Lift(m.Object.Raw) {
		one := m
		one.Object = stix.Object{Raw: raw}
		made = append(made, one)
	}
	if made == nil {
		return []Member{m}
	}
	return made
}

func (b *batch) add(members ...Member) {
	for _, m := range members {
		b.members = append(b.members, m)
		b.bytes += len(m.Object.Raw)
	}
	b.full = len(b.members) >= batchObjects || b.bytes >= batchBytes
}

// judgeEnd makes a verdict of why a stream has ended, if there is one to make.
func (s *Stream) judgeEnd(err error) ([]Member, error) {
	if fault, ok := errors.AsType[*stix.SyntaxError](err); ok {
		return []Member{judgeFault(fault, s.Profile)}, nil
	}
	switch err {
	case io.EOF:
		return nil, nil
	case errEndless:
		return []Member{judgeEndless(s.Profile)}, nil
	}
	return nil, err
}

// A stretch is a stream that ends in errEndless when too much of it is read at
// one stretch.
type stretch struct {
	io.Reader
	rest int64
}

var errEndless = errors.New("no end of an object")

func newStretch(src io.Reader) *stretch { return &stretch{src, maxStretch} }

func (s *stretch) Read(p []byte) (int, error) {
	if s.rest <= 0 {
		return 0, errEndless
	}
	n, err := s.Reader.Read(p)
	s.rest -= int64(n)
	return n, err
}

// newReader reads objects under the limits of a push, but for their number in a
// file, which is not pushed as one.
func newReader(src io.Reader, wrapper stix.Wrapper) *stix.Reader {
	limits := stix.DefaultLimits
	if wrapper == stix.File {
		limits.Objects = 0
	}
	return stix.NewReader(src, wrapper, limits)
}

// Walk hands out the bytes of each object in a stream, which may be kept, up to
// the place where it cannot be read on; those that are too large, and lines that
// cannot be read, are left out.
// The error is that of the stream's source or of do, which ends it.
func Walk(src io.Reader, wrapper stix.Wrapper, do func(raw []byte) error) error {
	s := newStretch(src)
	reader := newReader(s, wrapper)
	reader.Roots = func(stix.Root) {}
	for {
		raw, err := reader.Next()
		fault, broken := errors.AsType[*stix.SyntaxError](err)
		if _, ok := errors.AsType[*stix.TooLargeError](err); ok || broken && fault.GoesOn {
			s.rest = maxStretch
			continue
		}
		if broken || err == io.EOF || err == errEndless {
			return nil
		}
		if err != nil {
			return err
		}
		s.rest = maxStretch
		if err := do(raw); err != nil {
			return err
		}
	}
}
