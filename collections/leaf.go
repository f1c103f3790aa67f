package collections

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"accord/stix"

	"github.com/google/uuid"
)

// LeafSize is the length of a leaf in bytes.
const LeafSize = 124

// Kinds of leaf (LG-10).
const (
	LeafAdd       byte = 1
	LeafDelete    byte = 2
	LeafAgreement byte = 3
	LeafKey       byte = 4
	LeafGone      byte = 5 // the bytes were gone before the ledger began
)

// RankAgreement is the rank of every leaf in an agreement's own log.
const RankAgreement byte = 255

const leafVersion = 1

// A Leaf is what the ledger keeps of a record (LG-10). It is rebuilt from the
// record at any time, also when the record's bytes are gone.
type Leaf struct {
	Kind       byte
	Rank       byte      // a stix.TLP, or RankAgreement
	Collection uuid.UUID // see AgreementLog for kinds 3 and 4
	DateAdded  time.Time // whole microseconds
	Content    [32]byte  // salted, so that it tells nothing of the bytes
	Poster     [32]byte  // salted, with a salt of its own
	Rules      [32]byte
}

// Bytes returns the leaf as it enters the tree: LeafSize bytes.
func (l Leaf) Bytes() []byte {
	b := make([]byte, 0, LeafSize)
	b = append(b, leafVersion, l.Kind, l.Rank, 0)
	b = append(b, l.Collection[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(l.DateAdded.UnixMicro()))
	b = append(b, l.Content[:]...)
	b = append(b, l.Poster[:]...)
	return append(b, l.Rules[:]...)
}

// Hash returns the leaf hash of RFC 6962 (LG-11).
func (l Leaf) Hash() [32]byte {
	return hash([]byte{0}, l.Bytes())
}

// ParseLeaf reads what Bytes wrote. Other lengths, versions, kinds and ranks
// are ErrInvalid (LG-10).
func ParseLeaf(b []byte) (Leaf, error) {
	if len(b) != LeafSize {
		return Leaf{}, Errorf(ErrInvalid, "a leaf has %d bytes, not %d", LeafSize, len(b))
	}
	if b[0] != leafVersion || b[3] != 0 {
		return Leaf{}, Errorf(ErrInvalid, "leaf version %d.%d is not known; 1.0 is", b[0], b[3])
	}
	l := Leaf{
		Kind: b[1], Rank: b[2],
		Collection: uuid.UUID(b[4:20]),
		DateAdded:  time.UnixMicro(int64(binary.BigEndian.Uint64(b[20:28]))).UTC(),
		Content:    [32]byte(b[28:60]),
		Poster:     [32]byte(b[60:92]),
		Rules:      [32]byte(b[92:124]),
	}
	if l.Kind < LeafAdd || l.Kind > LeafGone {
		return Leaf{}, Errorf(ErrInvalid, "leaf kind %d is not known; 1 to 5 are", l.Kind)
	}
	ofAgreement := l.Kind == LeafAgreement || l.Kind == LeafKey
	if ofAgreement != (l.Rank == RankAgreement) || !ofAgreement && l.Rank > byte(stix.Red) {
		return Leaf{}, Errorf(ErrInvalid, "a leaf of kind %d can't have rank %d", l.Kind, l.Rank)
	}
	return l, nil
}

// AgreementLog is what stands for the collection in the leaves of an
// agreement's own log.
func AgreementLog(agreement string) uuid.UUID {
	h := hash([]byte("accord/agreement/v1\n"), []byte(agreement))
	return uuid.UUID(h[:16])
}

// RecordSeed returns the seed of the record in a place, counted from 0, among
// what one push stores. The push seed is 32 random bytes (LG-12).
func RecordSeed(pushSeed []byte, place uint64) [16]byte {
	h := hash([]byte("accord/seed/v1\n"), pushSeed, binary.BigEndian.AppendUint64(nil, place))
	return [16]byte(h[:16])
}

// Removed is what the record of a delete must know of a version that it removes.
type Removed struct {
	Hash [32]byte // its leaf hash
	Rank stix.TLP
}

// LeafHashes returns what Record.Leaves holds. removed names the versions that
// an OpDelete removes, in the order of Removes; it is nil for other records.
func (r Record) LeafHashes(log uuid.UUID, removed []Removed) [][32]byte {
	switch {
	case r.Op == OpAdd, r.isAgreement():
		return [][32]byte{r.Leaf(log).Hash()}
	case r.Op == OpDelete:
		hashes := make([][32]byte, len(removed))
		for i, v := range removed {
			hashes[i] = r.DeleteLeaf(log, v).Hash()
		}
		return hashes
	}
	return nil
}

// Leaf returns the leaf of an added object or of an applied agreement. It
// needs no more of a removed record than its Residue.
func (r Record) Leaf(log uuid.UUID) Leaf {
	l := Leaf{Kind: LeafAdd, Rank: byte(r.Rank), Collection: log, DateAdded: r.DateAdded, Rules: r.Rules}
	if r.isAgreement() {
		l.Kind, l.Rank, l.Collection = LeafAgreement, RankAgreement, AgreementLog(r.ID)
	}
	residue := r.Residue
	if residue == nil {
		residue = Residue(r)
	}
	copy(l.Content[:], residue)
	copy(l.Poster[:], residue[len(l.Content):])
	return l
}

// DeleteLeaf returns the leaf of an OpDelete for one of the versions that it
// removes (LG-13).
func (r Record) DeleteLeaf(log uuid.UUID, removed Removed) Leaf {
	return Leaf{
		Kind: LeafDelete, Rank: byte(removed.Rank), Collection: log, DateAdded: r.DateAdded, Rules: r.Rules,
		Content: hash([]byte("accord/delete/v1\n"), removed.Hash[:]),
		Poster:  r.posterHash(),
	}
}

// Residue returns what must stay of a record when its bytes and its seed go:
// the salted content hash, then the salted poster hash, 64 bytes (LG-12, LG-14).
func Residue(r Record) []byte {
	salted := salt("content", r.Seed)
	content := hash([]byte("accord/content/v1\n"), salted[:], r.Hash[:])
	poster := r.posterHash()
	return slices.Concat(content[:], poster[:])
}

func (r Record) posterHash() [32]byte {
	salted := salt("poster", r.Seed)
	return hash([]byte("accord/poster/v1\n"), salted[:], []byte(r.Poster.Party+"\n"+r.Poster.Unit))
}

func (r Record) isAgreement() bool { return r.Op == OpControl && r.Type == controlAgreement }

func salt(purpose string, seed [16]byte) [16]byte {
	h := hash([]byte("accord/salt/v1\n"+purpose+"\n"), seed[:])
	return [16]byte(h[:16])
}

// hash returns the SHA-256 of the parts joined.
func hash(parts ...[]byte) [32]byte {
	return sha256.Sum256(slices.Concat(parts...))
}
