package server

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"

	"accord/schemas"
	"accord/stix"
	"accord/taxii/wire"
)

// A validateInput is a file that is read twice: for the extension definitions
// in it, then to be judged. What can be read only once, such as stdin, is kept
// as far as the first reading came: to its end, or to where it cannot be read on.
type validateInput struct {
	name  string // "-" for stdin
	stdin io.Reader
	size  int64        // as it is stored; -1 where that is not known
	read  atomic.Int64 // bytes of it that the current reading has read

	err   error // why it can't be read at all
	spool *wire.Spool
}

func newValidateInput(name string, stdin io.Reader) *validateInput {
	in := &validateInput{name: name, stdin: stdin, size: -1}
	if name == "-" {
		in.spool = &wire.Spool{}
		return in
	}
	info, err := os.Stat(name)
	switch {
	case err != nil:
		in.err, in.size = err, 0
	case info.IsDir():
		in.err, in.size = fmt.Errorf("%s is a folder; files are needed", name), 0
	case info.Mode().IsRegular():
		in.size = info.Size()
	default:
		in.spool = &wire.Spool{}
	}
	return in
}

// Close releases what was kept.
func (in *validateInput) Close() error {
	if in.spool == nil {
		return nil
	}
	return in.spool.Close()
}

// learn is the first reading. Its failure is told by judge.
func (in *validateInput) learn(known *schemas.Known, tell func(read int64)) {
	if in.err != nil {
		return
	}
	r, err := in.open()
	if err != nil {
		in.err = err
		return
	}
	defer r.Close()
	content, err := unpack(&meter{in.source(r), &in.read, tell})
	if err == nil {
		err = known.Learn(content, stix.File)
	}
	if err != nil && in.spool != nil {
		in.err = in.named(err)
	}
}

// judge is the second reading. The error is why the file can't be read, or that
// of yield.
func (in *validateInput) judge(ctx context.Context, stream *schemas.Stream, yield func(schemas.Member) error) error {
	if in.err != nil {
		return in.err
	}
	in.read.Store(0)
	var r io.ReadCloser
	if in.spool != nil {
		r = io.NopCloser(in.spool.Reader())
	} else if file, err := in.open(); err != nil {
		return err
	} else {
		r = file
	}
	defer r.Close()
	content, err := unpack(&meter{r, &in.read, nil})
	if err == nil {
		err = stream.Each(ctx, content, stix.File, yield)
	}
	return in.named(err)
}

func (in *validateInput) open() (io.ReadCloser, error) {
	if in.name == "-" {
		return io.NopCloser(in.stdin), nil
	}
	return os.Open(in.name)
}

// source is what the first reading reads from.
func (in *validateInput) source(r io.Reader) io.Reader {
	if in.spool == nil {
		return r
	}
	return io.TeeReader(r, in.spool)
}

// named makes an error name the file, as most do already.
func (in *validateInput) named(err error) error {
	if err == nil || strings.Contains(err.Error(), in.name) {
		return err
	}
	return fmt.Errorf("%s: %w", in.name, err)
}

// A meter adds up what is read, for all who look, and tells the reader's own
// goroutine.
type meter struct {
	io.Reader
	n    *atomic.Int64
	tell func(int64) // may be nil
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.Reader.Read(p)
	read := m.n.Add(int64(n))
	if m.tell != nil {
		m.tell(read)
	}
	return n, err
}
