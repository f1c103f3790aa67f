package taxii

import (
	"bytes"
	"io"
	"os"
)

// spoolMemory is the largest body that is kept in memory. Most pushes are
// smaller, and a hundred of them at once still fit anywhere.
const spoolMemory = 1 << 20

// A spool holds bytes that have been read to their end: few in memory, many in
// a file that has no name any more, so that it goes with the process.
type spool struct {
	io.ReaderAt
	size  int64
	close func() error
}

// newSpool reads r to its end. Errors of the file are *fs.PathError; all others
// are those of r.
func newSpool(r io.Reader, dir string) (*spool, error) {
	var head bytes.Buffer
	n, err := io.CopyN(&head, r, spoolMemory+1)
	if err == io.EOF {
		return &spool{bytes.NewReader(head.Bytes()), n, func() error { return nil }}, nil
	}
	if err != nil {
		return nil, err
	}
	file, err := nameless(dir)
	if err != nil {
		return nil, err
	}
	n, err = io.Copy(file, io.MultiReader(&head, r))
	if err != nil {
		file.Close()
		return nil, err
	}
	return &spool{file, n, file.Close}, nil
}

// Close releases the bytes.
func (s *spool) Close() error { return s.close() }

// nameless returns a new file that is removed already.
func nameless(dir string) (*os.File, error) {
	file, err := os.CreateTemp(dir, "accord-push-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}
