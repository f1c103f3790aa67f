package auth

import (
	"crypto/sha256"
	"sync"
)

// proven are tokens that were good when they were last seen, taken apart, each
// with the key that verified its signature: a signature costs more than all
// else of a small request. Whether that key still holds, whether the token is
// revoked, what its party may do, and the time are looked at every time.
type proven struct {
	mu     sync.RWMutex
	tokens map[[sha256.Size]byte]signedToken // by the hash of their text
}

// maxProven bounds the tokens that are remembered, each with about 2 kB. They
// are forgotten all at once, which is simple, and cheap because it is rare.
const maxProven = 4096

// read returns a token that was proven before, else takes it apart.
func (p *proven) read(text string) (*signedToken, error) {
	p.mu.RLock()
	t, known := p.tokens[sha256.Sum256([]byte(text))]
	p.mu.RUnlock()
	if known {
		return &t, nil
	}
	return readToken(text)
}

// keep remembers a good token that read has returned.
func (p *proven) keep(text string, t *signedToken) {
	if t.kept {
		return
	}
	t.kept = true
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tokens == nil || len(p.tokens) >= maxProven {
		p.tokens = map[[sha256.Size]byte]signedToken{}
	}
	p.tokens[sha256.Sum256([]byte(text))] = *t
}
