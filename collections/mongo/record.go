package mongo

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"accord/collections"
	"accord/stix"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// A recordDoc is a record. Of its fields only m changes, and what a delete takes:
// raw, packed and seed, in place of which comes residue.
type recordDoc struct {
	Pos     int64   `bson:"_id"`
	C       int64   `bson:"c"`
	Token   []byte  `bson:"k"` // of the batch that it was written in, so that a writer knows its own
	End     int64   `bson:"n"` // the last sequence of that batch
	Mark    mark    `bson:"m"`
	Object  int64   `bson:"o"` // see objectKey
	Added   int64   `bson:"at"`
	Op      int     `bson:"op"`
	ID      string  `bson:"id"`
	Type    string  `bson:"type"`
	Spec    string  `bson:"spec"`
	Version string  `bson:"version"`
	Rank    int     `bson:"tlp"`
	Party   string  `bson:"party"`
	Unit    string  `bson:"unit"`
	JTI     string  `bson:"jti"`
	Hash    []byte  `bson:"hash,omitempty"`
	Seed    []byte  `bson:"seed,omitempty"`
	Rules   []byte  `bson:"rules,omitempty"`
	Leaf    []byte  `bson:"leaf,omitempty"` // 32 bytes for each leaf
	Removes []int64 `bson:"removes,omitempty"`
	Residue []byte  `bson:"residue,omitempty"`
	Size    int64   `bson:"size"`             // of the object, in bytes
	Raw     []byte  `bson:"raw"`              // null for none
	Packed  []byte  `bson:"packed,omitempty"` // in place of raw, compressed
	Keys    []byte  `bson:"keys,omitempty"`   // of the first record of a batch: o of all, 8 bytes each
}

// maxRaw is how large the bytes of an object may be that are kept as they are. A
// document has 16 MiB at most. Larger ones are artifacts, whose payload is base64,
// so that three quarters are left of them.
const maxRaw = 12 << 20

// maxPacked is how large they may be then.
const maxPacked = 15 << 20

// objectKey returns the key of an object id in its index: whole ids, which are
// random text, would make the index large. Different ids may have one key.
func objectKey(id string) int64 {
	h := sha256.Sum256([]byte(id))
	return int64(binary.BigEndian.Uint64(h[:]))
}

// docOf makes the document of a record. Bytes that no document can hold are
// ErrTooLarge.
func docOf(r *collections.Record, c int64, m mark) (recordDoc, error) {
	d := recordDoc{
		Pos: c<<sequenceBits | r.Sequence, C: c, Mark: m, Object: objectKey(r.ID), Added: r.DateAdded.UnixMicro(),
		Op: int(r.Op), ID: r.ID, Type: r.Type, Spec: r.SpecVersion, Version: string(r.Version), Rank: int(r.Rank),
		Party: r.Poster.Party, Unit: r.Poster.Unit, JTI: r.Poster.JTI,
		Hash: unlessZero(r.Hash[:]), Seed: unlessZero(r.Seed[:]), Rules: unlessZero(r.Rules[:]), Leaf: slices.Concat(sliced(r.Leaves)...),
		Removes: r.Removes, Residue: r.Residue, Size: int64(len(r.Raw)), Raw: r.Raw,
	}
	if len(d.Raw) <= maxRaw {
		return d, nil
	}
	d.Packed, d.Raw = pack(d.Raw), nil
	if len(d.Packed) > maxPacked {
		return d, collections.Errorf(collections.ErrTooLarge, "the object %q has %d bytes, and packed still %d; the database takes %d at most", r.ID, len(r.Raw), len(d.Packed), maxPacked)
	}
	return d, nil
}

func sliced(leaves [][32]byte) [][]byte {
	all := make([][]byte, len(leaves))
	for i := range leaves {
		all[i] = leaves[i][:]
	}
	return all
}

func unlessZero(b []byte) []byte {
	for _, x := range b {
		if x != 0 {
			return b
		}
	}
	return nil
}

func pack(raw []byte) []byte {
	var packed bytes.Buffer
	w, _ := flate.NewWriter(&packed, flate.BestSpeed) // the level is a valid one
	w.Write(raw)                                      // a buffer takes all
	w.Close()
	return packed.Bytes()
}

// raw returns the bytes of the record, nil for none.
func (d *recordDoc) raw() ([]byte, error) {
	if d.Packed == nil {
		return d.Raw, nil
	}
	raw, err := io.ReadAll(flate.NewReader(bytes.NewReader(d.Packed)))
	if err != nil {
		return nil, fmt.Errorf("unpack record %d: %w", sequence(d.Pos), err)
	}
	return raw, nil
}

// removed reports whether a delete took the version's bytes.
func (d *recordDoc) removed() bool {
	return d.Mark.kind() == kindRemoved && d.Op == int(collections.OpAdd)
}

// record is the record, without its bytes.
func (d *recordDoc) record() collections.Record {
	r := collections.Record{
		Entry: collections.Entry{
			Op: collections.Op(d.Op), ID: d.ID, Type: d.Type, SpecVersion: d.Spec, Version: stix.Timestamp(d.Version), Rank: stix.TLP(d.Rank),
			Poster: collections.Poster{Party: d.Party, Unit: d.Unit, JTI: d.JTI}, Removes: d.Removes,
		},
		Sequence: sequence(d.Pos), DateAdded: date(d.Added), Removed: d.removed(), Residue: d.Residue,
	}
	copy(r.Hash[:], d.Hash)
	copy(r.Seed[:], d.Seed)
	copy(r.Rules[:], d.Rules)
	for l := range slices.Chunk(d.Leaf, len(r.Hash)) {
		if len(l) == len(r.Hash) { // a part of one is a fault, which collections.Check finds
			r.Leaves = append(r.Leaves, [32]byte(l))
		}
	}
	return r
}

// whole is the record with its bytes.
func (d *recordDoc) whole() (r collections.Record, err error) {
	r = d.record()
	r.Raw, err = d.raw()
	return r, err
}

// Follow returns up to limit records after a sequence.
func (s *Store) Follow(ctx context.Context, log uuid.UUID, after int64, limit int) (records []collections.Record, err error) {
	err = s.read(ctx, func() error {
		l, err := s.log(ctx, log)
		if err == nil {
			records, err = s.follow(ctx, l, after, limit)
		}
		return err
	})
	return records, err
}

// follow is Follow up to the watermark of l. There must be no hole: the watermark
// has moved over none.
func (s *Store) follow(ctx context.Context, l logDoc, after int64, limit int) (records []collections.Record, err error) {
	from := l.pos(after)
	to := l.pos(l.Applied)
	if limit <= 0 || from >= to {
		return nil, nil
	}
	var fault error
	err = each(ctx, s.records, byID(between(from, min(to, from+int64(limit)))), smallBatch, options.Find().SetSort(ascending("_id")).SetLimit(int64(limit)), func(d recordDoc) bool {
		r, err := d.whole()
		if fault = err; d.Pos != from+int64(len(records))+1 {
			fault = collections.Errorf(collections.ErrUnavailable, "record %d of a log is not to be seen now; try again", sequence(from)+int64(len(records))+1)
		}
		records = append(records, r)
		return fault == nil
	})
	if err == nil {
		err = fault
	}
	return records, err
}
