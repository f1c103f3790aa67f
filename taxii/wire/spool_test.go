package wire

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
	"testing/iotest"

	"accord/collections"
)

// temporary is the folder for the temporary files of a test.
func temporary(t *testing.T) string {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	return dir
}

// A Spool gives back what was written, in memory and from a file, as often as
// it is asked; the file has no name.
func TestSpool(t *testing.T) {
	dir := temporary(t)
	for _, size := range []int{0, 1, spoolMemory, spoolMemory + 1, 3*spoolMemory + 7} {
		var s Spool
		want := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
		if n, err := io.Copy(&s, iotest.HalfReader(bytes.NewReader(want))); err != nil || n != int64(size) || s.Size() != n {
			t.Fatalf("%d bytes: wrote %d, %v; Size is %d", size, n, err, s.Size())
		}
		if (s.file != nil) != (size > spoolMemory) {
			t.Errorf("%d bytes: in a file is %v", size, s.file != nil)
		}
		for range 2 {
			if got, err := io.ReadAll(s.Reader()); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes: read %d others, %v", size, len(got), err)
			}
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
			t.Errorf("%d bytes: the folder holds %v, %v", size, entries, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestSpoolWithoutRoom(t *testing.T) {
	t.Setenv("TMPDIR", "/nowhere")
	var s Spool
	if _, err := s.Write(make([]byte, spoolMemory+1)); !errors.Is(err, collections.ErrUnavailable) {
		t.Errorf("a file in a folder that is not there: %v; want %v", err, collections.ErrUnavailable)
	}
	if s.Close() != nil {
		t.Error("Close fails, and there is nothing to close")
	}
}
