package wire

import (
	"bytes"
	"io"
	"os"

	"accord/collections"
)

// spoolMemory is how much of a Spool is kept in memory. Most bodies and reports
// are smaller, and a hundred of them at once still fit anywhere.
const spoolMemory = 1 << 20

// A Spool keeps what is written to it until it is closed: little in memory, much
// in a temporary file that has no name any more, so that it goes with the process.
// The zero value is empty and ready for use; one goroutine writes.
type Spool struct {
	memory bytes.Buffer
	file   *os.File // once the memory is not enough
	size   int64
}

// Write takes p. Where there is no room for it: ErrUnavailable.
func (s *Spool) Write(p []byte) (n int, err error) {
	if s.file == nil && s.memory.Len()+len(p) <= spoolMemory {
		n, err = s.memory.Write(p)
	} else if err = s.move(); err == nil {
		n, err = s.file.Write(p)
	}
	s.size += int64(n)
	if err != nil {
		return n, &collections.Error{Kind: collections.ErrUnavailable, Detail: "no room for what has to be kept for a moment", Err: err}
	}
	return n, nil
}

// move moves what there is into a file.
func (s *Spool) move() (err error) {
	if s.file != nil {
		return nil
	}
	if s.file, err = nameless(); err != nil {
		return err
	}
	_, err = s.file.Write(s.memory.Bytes())
	s.memory = bytes.Buffer{}
	return err
}

// Size is how many bytes have been written.
func (s *Spool) Size() int64 { return s.size }

// Reader reads what has been written, from its start. It may be used, at given
// offsets, from many goroutines.
func (s *Spool) Reader() *io.SectionReader {
	if s.file == nil {
		return io.NewSectionReader(bytes.NewReader(s.memory.Bytes()), 0, s.size)
	}
	return io.NewSectionReader(s.file, 0, s.size)
}

// Close closes the file, if there is one.
func (s *Spool) Close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// nameless returns a new file that is removed already.
func nameless() (*os.File, error) {
	file, err := os.CreateTemp("", "accord-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}
