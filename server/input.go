package server

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"

	"accord/stix"
)

// An input reads the objects of several files, one file after the other: each
// a bundle, an envelope, a list, one object or NDJSON, packed with gzip or not.
// The file "-" is stdin.
type input struct {
	names []string
	stdin io.Reader
	size  int64        // of all files, as they are stored; -1 where that is not known
	read  atomic.Int64 // bytes of them that have been read

	objects *stix.Reader // of the current file, nil before it is opened
	file    io.Closer
}

// newInput looks at each file, so that a name that is wrong is known before
// anything is done with the others.
func newInput(names []string, stdin io.Reader) (*input, error) {
	in := &input{names: names, stdin: stdin}
	for _, name := range names {
		if name == "-" {
			in.size = -1
			continue
		}
		info, err := statFile(name)
		if err != nil {
			return nil, err
		}
		if in.size >= 0 {
			in.size += info.Size()
		}
	}
	return in, nil
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

// Next returns the bytes of the next object, io.EOF after the last.
func (in *input) Next() ([]byte, error) {
	for len(in.names) > 0 {
		if in.objects == nil {
			if err := in.open(); err != nil {
				return nil, err
			}
		}
		raw, err := in.objects.Next()
		if err == nil {
			return raw, nil
		}
		if !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, fmt.Errorf("%s: %w", printable(in.names[0]), err)
		}
		in.Close()
		in.names = in.names[1:]
	}
	return nil, io.EOF
}

// open begins the first of the files that are left.
func (in *input) open() error {
	var r io.Reader = in.stdin
	if in.names[0] != "-" {
		f, err := os.Open(in.names[0])
		if err != nil {
			return err
		}
		r, in.file = f, f
	}
	r, err := unpack(&meter{r, &in.read, nil})
	if err != nil {
		in.Close()
		return fmt.Errorf("%s: %w", printable(in.names[0]), err)
	}
	in.objects = stix.NewReader(r, stix.File, stix.DefaultLimits)
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
