package sqlite

import (
	"bytes"
	"fmt"
	"testing"

	"accord/collections"
)

// P3: the bytes of many objects, of all sizes, stay what they were while more of
// them are read over the same connection.
func TestBlobsAreNew(t *testing.T) {
	s := openAt(t, newPath(t), Options{})
	entries := manyEntries(300, func(n int, e *collections.Entry) {
		e.Raw = fmt.Appendf(nil, `{"n":%d,"pad":%q}`, n, bytes.Repeat([]byte{byte('a' + n%26)}, n*n/10))
	})
	if _, err := s.Append(t.Context(), benchLog, deciding(entries)); err != nil {
		t.Fatal(err)
	}
	var dense, sparse []int64
	for i := range entries {
		dense = append(dense, int64(i+1))
		if i%3 != 1 {
			sparse = append(sparse, int64(i+1))
		}
	}
	var kept []collections.StoredObject
	for range 3 {
		for _, seqs := range [][]int64{dense, sparse} {
			for len(seqs) > 0 {
				objects, err := s.Objects(t.Context(), benchLog, seqs)
				if err != nil {
					t.Fatal(err)
				}
				kept, seqs = append(kept, objects...), seqs[len(objects):]
			}
		}
	}
	if want := 3 * (len(dense) + len(sparse)); len(kept) != want {
		t.Errorf("%d objects were read; want %d", len(kept), want)
	}
	for _, o := range kept {
		if want := entries[o.Sequence-1].Raw; !bytes.Equal(o.Raw, want) {
			t.Fatalf("object %d became %.60q; want %.60q", o.Sequence, o.Raw, want)
		}
	}
}
