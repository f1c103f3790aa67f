package sqlite

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"accord/collections"

	"github.com/google/uuid"
)

// LG-14: what a delete took is in no file of the store.
func TestDeletedBytesAreGone(t *testing.T) {
	path, log := newPath(t), uuid.New()
	s := openAt(t, path, Options{})
	seed := [16]byte([]byte("the record's eed"))
	entries := manyEntries(50, func(n int, e *collections.Entry) {
		e.Raw = bytes.Repeat([]byte("secret of the object "), 1+n*20) // some on pages of their own
		e.Seed = seed
	})
	if _, err := s.Append(t.Context(), log, deciding(entries)); err != nil {
		t.Fatal(err)
	}
	deletes := make([]collections.Entry, len(entries))
	for i, e := range entries {
		deletes[i] = collections.Entry{Op: collections.OpDelete, ID: e.ID, Type: e.Type, Poster: e.Poster, Removes: []int64{int64(i + 1)}}
	}
	if _, err := s.Append(t.Context(), log, deciding(deletes)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(path + "*")
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil || bytes.Contains(content, []byte("secret of")) || bytes.Contains(content, seed[:]) {
			t.Errorf("%s holds what was deleted (%v)", filepath.Base(file), err)
		}
		if !bytes.Contains(content, []byte(entries[0].ID)) {
			t.Errorf("%s does not hold the id of what was deleted", filepath.Base(file))
		}
	}
}
