package collections

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"

	"accord/stix"
)

// residueSize is the length of a residue (LG-14).
const residueSize = 64

// misshapen says why Append can't have written a record, "" where it can. The
// values of its hashes are not looked at.
func (r Record) misshapen() string {
	switch {
	case r.Removed != (r.Residue != nil):
		return fmt.Sprintf("is removed: %t, and has a residue of %d bytes", r.Removed, len(r.Residue))
	case r.Removed && (len(r.Residue) != residueSize || len(r.Raw) > 0 || r.Seed != [16]byte{}):
		return fmt.Sprintf("is removed, with a residue of %d bytes, and has %d bytes or a seed left", len(r.Residue), len(r.Raw))
	case r.Removed && r.Op != OpAdd:
		return "is removed and was no object"
	case r.Op != OpDelete && len(r.Removes) > 0:
		return "removes others and is no delete"
	}
	switch r.Op {
	case OpAdd:
		return r.misshapenObject()
	case OpDelete:
		return r.misshapenDelete()
	case OpControl:
		return ""
	}
	return fmt.Sprintf("has the unknown operation %d", r.Op)
}

func (r Record) misshapenObject() string {
	switch {
	case r.ID == "" || r.Type == "":
		return "is an object without id or type"
	case r.SpecVersion != "2.0" && r.SpecVersion != "2.1":
		return fmt.Sprintf("has the unknown specification version %q", r.SpecVersion)
	case r.Rank > stix.Red:
		return fmt.Sprintf("has the unknown rank %d", r.Rank)
	case len(r.Leaves) != 1:
		return fmt.Sprintf("has %d leaves in place of one", len(r.Leaves))
	}
	return ""
}

func (r Record) misshapenDelete() string {
	switch {
	case len(r.Removes) == 0:
		return "is a delete that names no version"
	case len(r.Leaves) != len(r.Removes):
		return fmt.Sprintf("is a delete of %d versions with %d leaves", len(r.Removes), len(r.Leaves))
	case len(r.Raw) > 0 || r.Hash != [32]byte{}:
		return "is a delete and has bytes or a hash"
	}
	return ""
}

// Digest is the same for two records exactly when all of them is, so that the
// records of two stores can be compared. No bytes and bytes of no length are one.
func (r Record) Digest() [32]byte {
	sum := sha256.New()
	d := digest{sum}
	d.numbers(r.Sequence, r.DateAdded.UnixMicro(), int64(r.Op), int64(r.Rank), int64(len(r.Removes)), int64(len(r.Leaves)))
	d.texts(r.ID, r.Type, r.SpecVersion, string(r.Version), r.Poster.Party, r.Poster.Unit, r.Poster.JTI)
	d.numbers(r.Removes...)
	for _, leaf := range r.Leaves {
		d.Write(leaf[:])
	}
	d.Write(r.Hash[:])
	d.Write(r.Seed[:])
	d.Write(r.Rules[:])
	d.bytes(r.Residue)
	d.bytes(r.Raw)
	if r.Removed {
		d.numbers(1)
	}
	return [32]byte(sum.Sum(nil))
}

// A digest takes in values, each with what tells its end.
type digest struct{ io.Writer }

func (d digest) numbers(numbers ...int64) {
	for _, n := range numbers {
		d.Write(binary.BigEndian.AppendUint64(nil, uint64(n)))
	}
}

func (d digest) bytes(b []byte) {
	d.numbers(int64(len(b)))
	d.Write(b)
}

func (d digest) texts(texts ...string) {
	for _, t := range texts {
		d.bytes([]byte(t))
	}
}

// A LogSum says how many records a log has and what they are: two logs have
// one Hash when each record of the one is that of the other, in the same order.
type LogSum struct {
	Records int64
	Hash    [32]byte
}

// Add takes in the next record.
func (s *LogSum) Add(r Record) {
	next := r.Digest()
	s.Records++
	s.Hash = sha256.Sum256(append(s.Hash[:], next[:]...))
}
