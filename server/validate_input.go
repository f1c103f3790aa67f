package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"

	"accord/schemas"
	"accord/stix"
	"accord/taxii/wire"
)

// maxKept is how much is kept of what can be read only once, in bytes and as
// packed as it comes: some millions of objects. What has no end must not fill
// the disk.
const maxKept = 4 << 30

// A validateInput is a file that is read twice: for the extension definitions
// in it, then to be judged. What can be read only once, such as stdin, is kept
// as far as the first reading came: to its end, or to where it cannot be read on.
type validateInput struct {
	name  string // "-" for stdin
	stdin io.Reader
	info  fs.FileInfo  // nil where it is not known
	size  int64        // as it is stored; -1 where that is not known
	read  atomic.Int64 // bytes of it that the current reading has read

	err  error // why it can't be read at all
	kept *kept // nil where it can be read twice
}

func newValidateInput(name string, stdin io.Reader) *validateInput {
	in := &validateInput{name: name, stdin: stdin, size: -1}
	if name == "-" {
		in.kept = &kept{room: maxKept}
		if f, ok := stdin.(*os.File); ok {
			in.info, _ = f.Stat() // which tells no more than whether it is named twice
		}
		return in
	}
	in.info, in.err = statFile(name)
	switch {
	case in.err != nil:
		in.size = 0
	case in.info.Mode().IsRegular():
		in.size = in.info.Size()
	default:
		in.kept = &kept{room: maxKept}
	}
	return in
}

// Close releases what was kept.
func (in *validateInput) Close() error {
	if in.kept == nil {
		return nil
	}
	return in.kept.Close()
}

// checkNamedOnce checks that what can be read only once is named once.
func checkNamedOnce(inputs []*validateInput) error {
	for i, in := range inputs {
		for _, before := range inputs[:i] {
			switch {
			case !before.isSame(in):
			case before.name == in.name:
				return fmt.Errorf("%s stands there twice, and it can be read only once", printable(in.name))
			default:
				return fmt.Errorf("%s and %s are the same, and it can be read only once", printable(before.name), printable(in.name))
			}
		}
	}
	return nil
}

// isSame reports whether two inputs are one that can be read only once.
func (in *validateInput) isSame(other *validateInput) bool {
	if in.kept == nil || other.kept == nil {
		return false
	}
	return in.name == other.name || in.info != nil && other.info != nil && os.SameFile(in.info, other.info)
}

// learn is the first reading. Its failure is told by judge.
func (in *validateInput) learn(ctx context.Context, known *stix.Definitions, tell func(read int64)) {
	if in.err != nil {
		return
	}
	r := readUntil(ctx, in.open)
	defer r.Close()
	content, err := unpack(&meter{in.source(r), &in.read, tell})
	if err == nil {
		err = schemas.Walk(content, stix.File, func(raw []byte) error {
			known.Add(raw)
			return context.Cause(ctx) // what is packed small is large enough to look here too
		})
	}
	if err != nil && in.kept != nil {
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
	r := readUntil(ctx, in.again)
	defer r.Close()
	content, err := unpack(&meter{r, &in.read, nil})
	if err == nil {
		err = stream.Each(ctx, content, stix.File, yield)
	}
	return in.named(err)
}

// open opens it for the first reading.
func (in *validateInput) open() (io.ReadCloser, error) {
	if in.name == "-" {
		return io.NopCloser(in.stdin), nil
	}
	return os.Open(in.name)
}

// again opens it for the second reading.
func (in *validateInput) again() (io.ReadCloser, error) {
	if in.kept != nil {
		return io.NopCloser(in.kept.Reader()), nil
	}
	return in.open()
}

// source is what the first reading reads from.
func (in *validateInput) source(r io.Reader) io.Reader {
	if in.kept == nil {
		return r
	}
	return io.TeeReader(r, in.kept)
}

// named makes an error name the file, as that of opening it does already.
func (in *validateInput) named(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("the gzip data are cut off")
	}
	if fault, ok := errors.AsType[*fs.PathError](err); err == nil || ok && fault.Path == in.name {
		return err
	}
	return fmt.Errorf("%s: %w", in.name, err)
}

// readUntil reads what open gives, until ctx ends: then the error is its cause,
// even where somebody has to write first so that it can be read, or opened, as
// with stdin and named pipes.
func readUntil(ctx context.Context, open func() (io.ReadCloser, error)) io.ReadCloser {
	r, w := io.Pipe()
	stop := context.AfterFunc(ctx, func() { w.CloseWithError(context.Cause(ctx)) })
	go func() {
		defer stop()
		w.CloseWithError(copyOpened(w, open))
	}()
	return r
}

func copyOpened(w io.Writer, open func() (io.ReadCloser, error)) error {
	r, err := open()
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(w, r)
	return err
}

// A kept keeps what can be read only once, as long as there is room.
type kept struct {
	wire.Spool
	room int64 // in bytes
}

func (k *kept) Write(p []byte) (int, error) {
	if k.Size()+int64(len(p)) > k.room {
		return 0, fmt.Errorf("there are more than %d GiB, the most that is kept of what can be read only once; write it to a file and name that", maxKept>>30)
	}
	return k.Spool.Write(p)
}
