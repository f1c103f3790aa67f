package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"strings"
)

const (
	// handlePrefix lets people and secret scanners recognise a handle.
	handlePrefix = "accord_"
	handleLength = 40
)

// newHandle returns the prefix and 33 characters of base 32, which are 165
// random bits: too many to guess, so a plain hash is enough to keep.
func newHandle() string {
	return (handlePrefix + rand.Text() + rand.Text())[:handleLength]
}

func isHandle(token string) bool {
	return len(token) == handleLength && strings.HasPrefix(token, handlePrefix)
}

func hashHandle(handle string) [32]byte { return sha256.Sum256([]byte(handle)) }
