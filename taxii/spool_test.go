package taxii

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"
)

func TestSpool(t *testing.T) {
	for _, tc := range []struct {
		name string
		size int
	}{
		{"empty", 0},
		{"one byte", 1},
		{"the most in memory", spoolMemory},
		{"the least in a file", spoolMemory + 1},
		{"in a file", 3*spoolMemory + 5},
	} {
		t.Run(tc.name, func(t *testing.T) {
			want, dir := bytes.Repeat([]byte("0123456789"), tc.size/10+1)[:tc.size], t.TempDir()
			s, err := newSpool(iotest.HalfReader(bytes.NewReader(want)), dir)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			got, err := io.ReadAll(io.NewSectionReader(s, 0, s.size))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("spool of %d bytes holds %d, %v", len(want), len(got), err)
			}
			if names, _ := filepath.Glob(filepath.Join(dir, "*")); len(names) > 0 {
				t.Errorf("the spool left %v in the folder", names)
			}
		})
	}
}

func TestSpoolKeepsErrorsApart(t *testing.T) {
	broken := errors.New("broken pipe")
	for _, before := range []int{0, 10, spoolMemory + 1, 2 * spoolMemory} {
		r := io.MultiReader(bytes.NewReader(make([]byte, before)), iotest.ErrReader(broken))
		if _, err := newSpool(r, t.TempDir()); !errors.Is(err, broken) {
			t.Errorf("a reader that breaks after %d bytes: %v; want its own error", before, err)
		}
	}
	missing := filepath.Join(t.TempDir(), "missing")
	if _, err := newSpool(bytes.NewReader(make([]byte, spoolMemory+1)), missing); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder that is missing: %v; want %v", err, os.ErrNotExist)
	}
}
