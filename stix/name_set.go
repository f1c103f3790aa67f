package stix

import "slices"

// A nameSet is a set of texts. It keeps slices of what it is given, so that a
// small one, which is nearly every one, costs no memory of its own.
type nameSet struct {
	few  [][]byte
	many map[string]struct{} // all of them, once they are no longer few
}

// fewNames is how many names are searched one by one: at about this number a
// map becomes faster.
const fewNames = 32

// add adds a name and reports whether it is new.
func (s *nameSet) add(name []byte) bool {
	if s.many != nil {
		size := len(s.many)
		s.many[string(name)] = struct{}{}
		return len(s.many) > size
	}
	if slices.ContainsFunc(s.few, func(b []byte) bool { return string(b) == string(name) }) {
		return false
	}
	if s.few == nil {
		s.few = make([][]byte, 0, fewNames/2)
	}
	s.few = append(s.few, name)
	if len(s.few) == fewNames {
		s.many = make(map[string]struct{}, 2*fewNames)
		for _, b := range s.few {
			s.many[string(b)] = struct{}{}
		}
	}
	return true
}

// emptied returns an empty set that uses the memory of s.
func (s *nameSet) emptied() nameSet { return nameSet{few: s.few[:0]} }
