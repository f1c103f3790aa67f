package server

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"sync/atomic"

	"accord/stix"
)

// An input reads the objects of several files, one file after the other: each
// a bundle, an envelope, a list, one object or NDJSON, packed with gzip or not.
// The file "-" is stdin. Of none of them more than one object is in memory.
type input struct {
	names []string // of the files that are left; the first is being read
	stdin io.Reader
	size  int64        // of all files, as they are stored; -1 where that is not known
	read  atomic.Int64 // bytes of them that have been read

	objects *stix.Reader // of the first file, nil before it is opened
	count   int          // objects of it so far
	file    io.Closer
}

// A spot says where in the files something stands.
type spot struct {
	file  string
	index int // of an object in the file, counted from 0; -1 for what is none
	line  int // in which it begins, counted from 1; 0 where that is not known
}

// An unreadable is a part of an input that cannot be read: a line of NDJSON, an
// object that is larger than any may be, or the rest of a file.
type unreadable struct {
	spot
	err  error
	head []byte // of an object; its first bytes
	rest bool   // all that follows in the file is not read either
}

func (u *unreadable) Error() string { return fmt.Sprintf("%s: %v", u.file, u.err) }

// newInput looks at each file, so that a name that is wrong is known before
// anything is done with the others.
func newInput(names []string, stdin io.Reader) (*input, error) {
	in := &input{names: names, stdin: stdin}
	for i, name := range names {
		if name == "-" {
			if slices.Contains(names[:i], name) {
				return nil, errors.New("- stands there twice, and stdin can be read only once")
			}
			in.size = -1
			continue
		}
		info, err := statFile(name)
		if err != nil {
			return nil, err
		}
		if !info.Mode().IsRegular() {
			in.size = -1
		}
		in.size = addSizes(in.size, info.Size())
	}
	return in, nil
}

// addSizes adds sizes, of which -1 is one that nobody knows.
func addSizes(a, b int64) int64 {
	if a < 0 || b < 0 {
		return -1
	}
	return a + b
}

// statFile looks at what a name leads to, which must be no folder. In its errors
// the name is printable.
func statFile(name string) (fs.FileInfo, error) {
	info, err := os.Stat(name)
	if fault, ok := errors.AsType[*fs.PathError](err); ok {
		fault.Path = printable(name)
	}
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a folder; files are needed", printable(name))
	}
	return info, err
}

// Next returns the next object and its place, io.EOF after the last one of the
// last file, and the cause of ctx when that ends, even while somebody has to
// write first. An *unreadable is no end: the next call goes on behind it.
func (in *input) Next(ctx context.Context) ([]byte, spot, error) {
	for len(in.names) > 0 {
		raw, err := in.next(ctx)
		at := spot{in.names[0], in.count - 1, 0}
		if in.objects != nil {
			at.line = in.objects.Line()
		}
		switch {
		case err == nil:
			return raw, at, nil
		case ctx.Err() != nil:
			return nil, at, context.Cause(ctx)
		}
		broken := readError(err, at)
		if broken == nil || broken.rest {
			in.Close()
			in.names = in.names[1:]
		}
		if broken != nil {
			return nil, at, broken
		}
	}
	return nil, spot{}, io.EOF
}

// next reads on in the first file.
func (in *input) next(ctx context.Context) ([]byte, error) {
	if in.objects == nil {
		if err := in.open(ctx); err != nil {
			return nil, err
		}
	}
	raw, err := in.objects.Next()
	if _, large := errors.AsType[*stix.TooLargeError](err); err == nil || large {
		in.count++
	}
	return raw, err
}

// readError says what an error of reading means for the input, nil for the end of
// a file.
func readError(err error, at spot) *unreadable {
	if err == io.EOF {
		return nil
	}
	if large, ok := errors.AsType[*stix.TooLargeError](err); ok {
		return &unreadable{spot: at, err: large, head: large.Head}
	}
	at.index = -1
	if fault, ok := errors.AsType[*stix.SyntaxError](err); ok {
		if !fault.GoesOn {
			return &unreadable{spot: at, err: fault, rest: true}
		}
		at.line, err = fault.Line, fmt.Errorf("column %d: %s", fault.Column, fault.Message)
		if fault.Lost {
			err = fmt.Errorf("%w; what stands before the next line with an object was not read", err)
		}
		return &unreadable{spot: at, err: err}
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("the gzip data are cut off")
	}
	if fault, ok := errors.AsType[*fs.PathError](err); ok {
		err = fault.Err // the name is said already
	}
	return &unreadable{spot: at, err: err, rest: true}
}

// open begins the first of the files that are left.
func (in *input) open(ctx context.Context) error {
	name := in.names[0]
	r := readUntil(ctx, func() (io.ReadCloser, error) {
		if name == "-" {
			return io.NopCloser(in.stdin), nil
		}
		return os.Open(name)
	})
	in.file, in.count = r, 0
	content, err := unpack(&meter{r, &in.read, nil})
	if err != nil {
		return err
	}
	limits := stix.DefaultLimits
	limits.Objects = 0 // any number of them: they are not pushed as one
	in.objects = stix.NewReader(content, stix.File, limits)
	in.objects.Roots = func(stix.Root) {} // a list without objects is none to push
	return nil
}

// Close closes the current file.
func (in *input) Close() error {
	f := in.file
	in.objects, in.file = nil, nil
	if f == nil {
		return nil
	}
	return f.Close()
}

// unpack reads gzip as what is in it, and anything else as it is.
func unpack(r io.Reader) (io.Reader, error) {
	buffered := bufio.NewReaderSize(r, 64<<10)
	if head, _ := buffered.Peek(2); !bytes.Equal(head, []byte{0x1f, 0x8b}) {
		return buffered, nil
	}
	return gzip.NewReader(buffered)
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
