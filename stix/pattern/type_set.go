package pattern

import (
	"maps"
	"slices"
)

// A typeSet holds the types of objects that may satisfy a comparison
// expression. Nearly always it is one type; the empty set is the zero value.
type typeSet struct {
	first string              // one of them
	rest  map[string]struct{} // the others
}

func (s typeSet) empty() bool { return s.first == "" }

func (s typeSet) len() int { return len(s.rest) + 1 }

func (s typeSet) has(typ string) bool {
	_, ok := s.rest[typ]
	return ok || s.first == typ
}

// add returns the set with one more type; it may change s.
func (s typeSet) add(typ string) typeSet {
	if s.empty() {
		s.first = typ
	}
	if s.has(typ) {
		return s
	}
	if s.rest == nil {
		s.rest = map[string]struct{}{}
	}
	s.rest[typ] = struct{}{}
	return s
}

// union returns the types of both; it may change the larger set, so that a
// long chain is not copied again and again.
func (s typeSet) union(t typeSet) typeSet {
	if s.len() < t.len() {
		s, t = t, s
	}
	s = s.add(t.first)
	for typ := range t.rest {
		s = s.add(typ)
	}
	return s
}

// intersection returns the types that are in both.
func (s typeSet) intersection(t typeSet) typeSet {
	if s.len() > t.len() {
		s, t = t, s
	}
	var both typeSet
	if t.has(s.first) {
		both = both.add(s.first)
	}
	for _, typ := range slices.Sorted(maps.Keys(s.rest)) { // the first must not be left to chance
		if t.has(typ) {
			both = both.add(typ)
		}
	}
	return both
}
