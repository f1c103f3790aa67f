package collections_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"accord/collections"
	"accord/stix"

	"github.com/google/uuid"
)

// vectorLog and vectorRecord are the vector of the leaf's specification.
var vectorLog = uuid.MustParse("6f3f5a51-0000-4000-8000-000000000001")

func vectorRecord() collections.Record {
	pushSeed := make([]byte, 32)
	for i := range pushSeed {
		pushSeed[i] = byte(i)
	}
	raw := []byte(`{"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd","value":"198.51.100.3"}`)
	return collections.Record{
		Entry: collections.Entry{
			Op: collections.OpAdd, Rank: stix.Amber, Raw: raw, Hash: sha256.Sum256(raw),
			Poster: collections.Poster{Party: "cert-us", Unit: "cert", JTI: "not in the leaf"},
			Seed:   collections.RecordSeed(pushSeed, 0), Rules: sha256.Sum256([]byte("rules")),
		},
		Sequence: 7, DateAdded: time.UnixMicro(1796083200000001).UTC(),
	}
}

// LG-10, LG-11, LG-12: the vector.
func TestLeafVector(t *testing.T) {
	r := vectorRecord()
	hashes := r.LeafHashes(vectorLog, nil)
	if len(hashes) != 1 {
		t.Fatalf("an added object has %d leaves, want 1", len(hashes))
	}
	leaf := r.Leaf(vectorLog)
	for _, tc := range []struct{ name, got, want string }{
		{"seed", hex.EncodeToString(r.Seed[:]), "0ef11f4dea040fee6916b18c2693ea3a"},
		{"content", hex.EncodeToString(leaf.Content[:]), "4c748dce23f7caf475d05fc0757442a3ffd63e5cc2069c152999ede9b193df4a"},
		{"poster", hex.EncodeToString(leaf.Poster[:]), "1247064153d5337f7f967bcb92bd6ec94b82d6faa645fdfb6c8916ae5a3927e9"},
		{"hash", base64.StdEncoding.EncodeToString(hashes[0][:]), "s+3BEi/RpinceSuK94exW2x3W9VSEb6iPVkVLWHpduk="},
	} {
		if tc.got != tc.want {
			t.Errorf("%s = %s, want %s", tc.name, tc.got, tc.want)
		}
	}
}

// LG-14: the leaf of a removed record is rebuilt from its residue alone.
func TestLeafAfterRemoval(t *testing.T) {
	r := vectorRecord()
	want := r.Leaf(vectorLog)
	r.Residue, r.Removed = collections.Residue(r), true
	r.Raw, r.Seed, r.Hash = nil, [16]byte{}, [32]byte{}
	r.Poster = collections.Poster{}
	if len(r.Residue) != 64 {
		t.Errorf("residue has %d bytes, want 64", len(r.Residue))
	}
	if got := r.Leaf(vectorLog); got != want {
		t.Errorf("leaf after removal = %+v, want %+v", got, want)
	}
}

// LG-13: what becomes a leaf.
func TestLeafOfEachRecord(t *testing.T) {
	added := vectorRecord()
	removed := []collections.Removed{
		{Hash: added.Leaf(vectorLog).Hash(), Rank: stix.Green},
		{Hash: sha256.Sum256([]byte("another")), Rank: stix.Amber},
	}
	deletion := vectorRecord()
	deletion.Op, deletion.Raw, deletion.Hash, deletion.Rules = collections.OpDelete, nil, [32]byte{}, [32]byte{}
	control := func(typ string) collections.Record {
		r := vectorRecord()
		r.Op, r.Type, r.ID = collections.OpControl, typ, "us-cn"
		return r
	}
	byServer := vectorRecord()
	byServer.Poster = collections.Poster{Party: "*"}
	name := sha256.Sum256([]byte("accord/agreement/v1\nus-cn"))
	agreementLog := uuid.UUID(name[:16])

	for _, tc := range []struct {
		name    string
		record  collections.Record
		removed []collections.Removed
		want    []collections.Leaf // of which kind, rank and collection are compared
	}{
		{"object", added, nil, []collections.Leaf{{Kind: 1, Rank: 2, Collection: vectorLog}}},
		{"server record", byServer, nil, []collections.Leaf{{Kind: 1, Rank: 2, Collection: vectorLog}}},
		{"delete, one leaf for each version", deletion, removed, []collections.Leaf{
			{Kind: 2, Rank: 1, Collection: vectorLog}, {Kind: 2, Rank: 2, Collection: vectorLog}}},
		{"agreement", control("agreement"), nil, []collections.Leaf{{Kind: 3, Rank: 255, Collection: agreementLog}}},
		{"setting has none", control("setting"), nil, nil},
		{"key has none yet", control("key"), nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			hashes := tc.record.LeafHashes(vectorLog, tc.removed)
			if len(hashes) != len(tc.want) {
				t.Fatalf("%d leaves, want %d", len(hashes), len(tc.want))
			}
			for i, want := range tc.want {
				leaf := tc.record.Leaf(vectorLog)
				if tc.record.Op == collections.OpDelete {
					leaf = tc.record.DeleteLeaf(vectorLog, tc.removed[i])
				}
				if leaf.Kind != want.Kind || leaf.Rank != want.Rank || leaf.Collection != want.Collection {
					t.Errorf("leaf %d = %+v, want %+v", i, leaf, want)
				}
				if hashes[i] != leaf.Hash() {
					t.Errorf("leaf hash %d is not that of its leaf", i)
				}
			}
		})
	}
}

// LG-13: the content of a delete is unsalted, over the leaf hash of what it removes.
func TestDeleteLeafContent(t *testing.T) {
	removed := collections.Removed{Hash: vectorRecord().Leaf(vectorLog).Hash(), Rank: stix.Amber}
	want := sha256.Sum256(append([]byte("accord/delete/v1\n"), removed.Hash[:]...))
	if got := vectorRecord().DeleteLeaf(vectorLog, removed).Content; got != want {
		t.Errorf("content = %x, want %x", got, want)
	}
}

// LG-12: a different place, poster or purpose gives different hashes; equal
// bytes in two places can't be told to be equal.
func TestSaltsHideWhatIsEqual(t *testing.T) {
	a, b := vectorRecord(), vectorRecord()
	b.Seed = collections.RecordSeed(bytes.Repeat([]byte{1}, 32), 1)
	la, lb := a.Leaf(vectorLog), b.Leaf(vectorLog)
	if la.Content == lb.Content || la.Poster == lb.Poster {
		t.Error("two seeds give equal content or poster")
	}
}

// LG-10: other lengths, versions, kinds and ranks are refused.
func TestParseLeaf(t *testing.T) {
	good := vectorRecord().Leaf(vectorLog)
	with := func(at int, value byte) []byte {
		b := good.Bytes()
		b[at] = value
		return b
	}
	agreement := with(1, 3)
	agreement[2] = 255
	for _, tc := range []struct {
		name string
		in   []byte
		kind error
	}{
		{"as written", good.Bytes(), nil},
		{"agreement", agreement, nil},
		{"empty", nil, collections.ErrInvalid},
		{"too short", good.Bytes()[:123], collections.ErrInvalid},
		{"too long", append(good.Bytes(), 0), collections.ErrInvalid},
		{"version 0", with(0, 0), collections.ErrInvalid},
		{"version 2", with(0, 2), collections.ErrInvalid},
		{"kind 0", with(1, 0), collections.ErrInvalid},
		{"kind 6", with(1, 6), collections.ErrInvalid},
		{"rank 5", with(2, 5), collections.ErrInvalid},
		{"object with the rank of agreements", with(2, 255), collections.ErrInvalid},
		{"agreement with the rank of objects", with(1, 3), collections.ErrInvalid},
		{"reserved byte", with(3, 1), collections.ErrInvalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			leaf, err := collections.ParseLeaf(tc.in)
			if !errors.Is(err, tc.kind) {
				t.Fatalf("ParseLeaf(%x) = %v, want %v", tc.in, err, tc.kind)
			}
			if err == nil && !bytes.Equal(leaf.Bytes(), tc.in) {
				t.Errorf("ParseLeaf(%x).Bytes() = %x", tc.in, leaf.Bytes())
			}
		})
	}
}
