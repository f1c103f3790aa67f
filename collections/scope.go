package collections

import (
	"slices"
	"strings"
)

// Limits of a scope text. 256 words are more than an agreement has collections;
// a token that needs more says "*".
const (
	maxScopes     = 256
	maxScopeBytes = 16 << 10
)

// Scopes are what a token may do. The effective right is the intersection with
// the party's grants (P5).
type Scopes []Scope

// A Scope is one word of a token's scope. Agreement and Collection are "*" for
// every one, and "" where the verb takes none.
type Scope struct {
	Verb       string // read, write, request, search or admin
	Agreement  string
	Collection string // alias
}

// scopeForms lists for each verb how its word is written.
var scopeForms = map[string]string{
	"read":    "read:AGREEMENT/COLLECTION",
	"write":   "write:AGREEMENT/COLLECTION",
	"request": "request:AGREEMENT",
	"search":  "search:AGREEMENT",
	"admin":   "admin",
}

// ParseScopes reads words separated by spaces: read:AGREEMENT/COLLECTION,
// write:AGREEMENT/COLLECTION, request:AGREEMENT, search:AGREEMENT, admin.
// "*" stands for a whole segment. Anything else is ErrInvalid. No words are no
// scopes.
func ParseScopes(s string) (Scopes, error) {
	if len(s) > maxScopeBytes {
		return nil, Errorf(ErrInvalid, "the scope has %d bytes; at most %d are allowed", len(s), maxScopeBytes)
	}
	words := strings.Fields(s)
	if len(words) > maxScopes {
		return nil, Errorf(ErrInvalid, "the scope has %d words; at most %d are allowed", len(words), maxScopes)
	}
	var scopes Scopes
	for _, word := range words {
		scope, err := parseScope(word)
		if err != nil {
			return nil, err
		}
		scopes = append(scopes, scope)
	}
	return scopes, nil
}

func parseScope(word string) (Scope, error) {
	verb, rest, _ := strings.Cut(word, ":")
	form, known := scopeForms[verb]
	if !known {
		return Scope{}, Errorf(ErrInvalid, "scope %q: the verb %q is not known; read, write, request, search and admin are", word, verb)
	}
	scope := Scope{Verb: verb}
	scope.Agreement, scope.Collection, _ = strings.Cut(rest, "/")
	if scope.String() != word || !scope.wellFormed(form) {
		return Scope{}, Errorf(ErrInvalid, "scope %q: write %s, each segment a name or *", word, form)
	}
	return scope, nil
}

// wellFormed reports whether the segments that the form asks for are names or
// "*", and the others absent.
func (s Scope) wellFormed(form string) bool {
	segment := func(text, place string) bool {
		if !strings.Contains(form, place) {
			return text == ""
		}
		return text == "*" || isName(text)
	}
	return segment(s.Agreement, "AGREEMENT") && segment(s.Collection, "COLLECTION")
}

// String returns the scope as ParseScopes reads it.
func (s Scope) String() string {
	switch {
	case s.Agreement == "":
		return s.Verb
	case s.Collection == "":
		return s.Verb + ":" + s.Agreement
	}
	return s.Verb + ":" + s.Agreement + "/" + s.Collection
}

// String returns the scopes as ParseScopes reads them.
func (s Scopes) String() string {
	words := make([]string, len(s))
	for i, scope := range s {
		words[i] = scope.String()
	}
	return strings.Join(words, " ")
}

// Allows reports whether one of the scopes covers a verb in a place. The
// collection is named by its alias. Segments that the verb does not take are
// "". No verb implies another.
func (s Scopes) Allows(verb, agreement, collection string) bool {
	return slices.ContainsFunc(s, func(scope Scope) bool {
		return scope.Verb == verb && covers(scope.Agreement, agreement) && covers(scope.Collection, collection)
	})
}

func covers(segment, name string) bool { return segment == "*" || segment == name }
