package taxii

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"accord/collections"

	"github.com/google/uuid"
)

// A cursor is the position after a page: the sequence of its last record, and
// when that was added.
type cursor struct {
	sequence int64
	added    time.Time // whole microseconds
}

// A seal turns cursors into next tokens. A token says nothing to the client,
// since the gaps between sequences would tell of records that he may not see;
// it is good for one party in one collection; and equal cursors have equal
// tokens. Nothing about it is kept, so it works after a restart and on every
// server that has the key.
type seal struct {
	nonceKey []byte
	aead     cipher.AEAD
}

const (
	nonceSize  = 12 // AES-GCM
	cursorSize = 16 // sequence and microseconds, big endian
	sealedSize = nonceSize + cursorSize + 16
)

// tokenText is strict, so that each token has one spelling.
var tokenText = base64.RawURLEncoding.Strict()

// newSeal derives its keys from a secret of at least 16 bytes, and panics on
// less: that is a fault in the wiring.
func newSeal(secret []byte) seal {
	if len(secret) < 16 {
		panic("taxii: the seal key has less than 16 bytes")
	}
	aesKey := derive(secret, "accord next token: encryption")
	block, err := aes.NewCipher(aesKey)
	if err != nil {
		panic(err) // 32 bytes are a key
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has the block size of GCM
	}
	return seal{nonceKey: derive(secret, "accord next token: nonce"), aead: aead}
}

func derive(secret []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, purpose, 32)
	if err != nil {
		panic(err) // 32 bytes are within HKDF's limit
	}
	return key
}

// token seals a cursor. The nonce is a keyed hash of all that is sealed, so it
// repeats only where the whole token does.
func (s seal) token(c cursor, collection uuid.UUID, party string) string {
	var plain [cursorSize]byte
	binary.BigEndian.PutUint64(plain[:8], uint64(c.sequence))
	binary.BigEndian.PutUint64(plain[8:], uint64(c.added.UnixMicro()))
	bound := binding(collection, party)

	mac := hmac.New(sha256.New, s.nonceKey)
	mac.Write(plain[:])
	mac.Write(bound)
	nonce := mac.Sum(nil)[:nonceSize]
	return tokenText.EncodeToString(s.aead.Seal(nonce, nonce, plain[:], bound))
}

// cursor opens a token that was made for the same party and collection; any
// other is ErrInvalid, and no answer tells why.
func (s seal) cursor(token string, collection uuid.UUID, party string) (cursor, error) {
	invalid := collections.Errorf(collections.ErrInvalid,
		"next is not a token that this collection gave you; start the walk again without it")
	if len(token) != tokenText.EncodedLen(sealedSize) {
		return cursor{}, invalid
	}
	sealed, err := tokenText.DecodeString(token)
	if err != nil {
		return cursor{}, invalid
	}
	plain, err := s.aead.Open(nil, sealed[:nonceSize], sealed[nonceSize:], binding(collection, party))
	if err != nil {
		return cursor{}, invalid
	}
	return cursor{
		sequence: int64(binary.BigEndian.Uint64(plain[:8])),
		added:    time.UnixMicro(int64(binary.BigEndian.Uint64(plain[8:]))).UTC(),
	}, nil
}

// binding is what a token is bound to. The id has a fixed length, so no two
// pairs look alike.
func binding(collection uuid.UUID, party string) []byte {
	return append(collection[:], party...)
}
