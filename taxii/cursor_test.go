package taxii

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"accord/collections"

	"github.com/google/uuid"
)

var (
	testKey     = bytes.Repeat([]byte{7}, 32)
	collectionA = uuid.MustParse("6f3f5a51-32c9-4b3a-9d5e-0e2f2f3a4b5c")
	collectionB = uuid.MustParse("0a1b2c3d-32c9-4b3a-9d5e-0e2f2f3a4b5c")
)

func TestCursorComesBack(t *testing.T) {
	at := cursor{sequence: 1 << 40, added: time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)}
	token := newSeal(testKey).token(at, collectionA, "cert-us")
	// TX-FLT-44: another server with the same key makes and takes the same token.
	other := newSeal(testKey)
	if again := other.token(at, collectionA, "cert-us"); again != token {
		t.Errorf("the same cursor sealed again is %q, not %q", again, token)
	}
	if got, err := other.cursor(token, collectionA, "cert-us"); err != nil || got != at {
		t.Errorf("cursor(%q) = %+v, %v; want %+v", token, got, err, at)
	}
}

// TX-FLT-41, TX-FLT-42, TX-SEC-04: made up, altered and foreign tokens.
func TestCursorRefuses(t *testing.T) {
	s := newSeal(testKey)
	at := cursor{sequence: 5, added: time.Unix(1, 0)}
	good := s.token(at, collectionA, "cert-us")
	sealed, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	tokens := map[string]string{
		"made up":           "garbage",
		"a number":          "5",
		"right length":      string(bytes.Repeat([]byte("A"), len(good))),
		"cut":               good[:len(good)-1],
		"longer":            good + "A",
		"another alphabet":  base64.RawStdEncoding.EncodeToString(bytes.Repeat([]byte{0xff}, len(sealed))),
		"other key":         newSeal(bytes.Repeat([]byte{8}, 32)).token(at, collectionA, "cert-us"),
		"other collection":  s.token(at, collectionB, "cert-us"),
		"other party":       s.token(at, collectionA, "cert-cn"),
		"party of a longer": s.token(at, collectionA, "cert-us2"),
		"stray spare bits":  good[:len(good)-1] + string(good[len(good)-1]+1),
	}
	for i := range sealed {
		flipped := bytes.Clone(sealed)
		flipped[i] ^= 1
		tokens["flipped byte "+string(rune('a'+i))] = base64.RawURLEncoding.EncodeToString(flipped)
	}
	for name, token := range tokens {
		if got, err := s.cursor(token, collectionA, "cert-us"); !errors.Is(err, collections.ErrInvalid) {
			t.Errorf("%s: cursor(%q) = %+v, %v; want it refused", name, token, got, err)
		}
	}
}

// P6: the gaps between sequences would tell of hidden records.
func TestTokenHidesSequence(t *testing.T) {
	s := newSeal(testKey)
	const sequence = 0x1122334455667788
	sealed, err := base64.RawURLEncoding.DecodeString(s.token(cursor{sequence: sequence}, collectionA, "cert-us"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, binary.BigEndian.AppendUint64(nil, sequence)[:4]) {
		t.Errorf("the token %x shows its sequence", sealed)
	}
	one := s.token(cursor{sequence: 1}, collectionA, "cert-us")
	two := s.token(cursor{sequence: 2}, collectionA, "cert-us")
	same := 0
	for i := range one {
		if one[i] == two[i] {
			same++
		}
	}
	if same > len(one)/2 {
		t.Errorf("the tokens of neighbours share %d of %d characters: %s, %s", same, len(one), one, two)
	}
}

func TestShortSealKeyPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("newSeal took a key of 15 bytes")
		}
	}()
	newSeal(make([]byte, 15))
}

// FuzzCursor: whatever opens is what the seal made, letter for letter.
func FuzzCursor(f *testing.F) {
	s := newSeal(testKey)
	f.Add(s.token(cursor{sequence: 1, added: time.UnixMicro(1)}, collectionA, "cert-us"))
	f.Add(s.token(cursor{sequence: 1 << 62}, collectionA, "cert-us"))
	f.Add("garbage")
	f.Fuzz(func(t *testing.T, token string) {
		at, err := s.cursor(token, collectionA, "cert-us")
		if err != nil {
			if !errors.Is(err, collections.ErrInvalid) {
				t.Fatalf("cursor(%q): %v, which is no fault of the client", token, err)
			}
			return
		}
		if again := s.token(at, collectionA, "cert-us"); again != token {
			t.Fatalf("cursor(%q) seals as %q", token, again)
		}
	})
}
