package storetest

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"strings"

	"accord/collections"
	"accord/stix"
)

// Instants of versions, in order.
const (
	t1 stix.Timestamp = "2026-01-01T00:00:00.001Z"
	t2 stix.Timestamp = "2026-01-01T00:00:00.002Z"
	t3 stix.Timestamp = "2026-01-01T00:00:00.003Z"
)

// objectID returns the id of the n-th object of a type.
func objectID(typ string, n int) string {
	return fmt.Sprintf("%s--%08d-0000-4000-8000-000000000000", typ, n)
}

// added returns an entry that adds a version of an object; without a version
// the object has none.
func added(id string, version stix.Timestamp, rank stix.TLP) collections.Entry {
	typ, _, _ := strings.Cut(id, "--")
	e := collections.Entry{
		Op: collections.OpAdd, ID: id, Type: typ, SpecVersion: "2.1", Version: version, Rank: rank,
		Poster: collections.Poster{Party: "cert-us", Unit: "cert", JTI: "jti-1"},
		Seed:   freshSeed(),
		Rules:  sha256.Sum256([]byte("rules")),
	}
	return withRaw(e, fmt.Appendf(nil, `{"type":%q,"id":%q,"modified":%q,"x_seed":"%x"}`, typ, id, version, e.Seed))
}

// withRaw returns e with other bytes.
func withRaw(e collections.Entry, raw []byte) collections.Entry {
	e.Raw, e.Hash = raw, sha256.Sum256(raw)
	return e
}

// inSpec returns e in another specification version.
func inSpec(spec string, e collections.Entry) collections.Entry {
	e.SpecVersion = spec
	return e
}

// removed returns an entry that deletes versions of an object.
func removed(id string, seqs ...int64) collections.Entry {
	typ, _, _ := strings.Cut(id, "--")
	return collections.Entry{
		Op: collections.OpDelete, ID: id, Type: typ, Removes: seqs,
		Poster: collections.Poster{Party: "cert-cn", JTI: "jti-2"},
		Seed:   freshSeed(),
	}
}

// manyAdded returns entries of n different objects of a type, all clear.
func manyAdded(typ string, n int) []collections.Entry {
	entries := make([]collections.Entry, n)
	for i := range entries {
		entries[i] = added(objectID(typ, i), t1, stix.Clear)
	}
	return entries
}

func freshSeed() (seed [16]byte) {
	rand.Read(seed[:]) // never fails
	return seed
}
