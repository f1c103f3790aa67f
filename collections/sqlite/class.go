package sqlite

import "accord/stix"

// A class is where a record shows: rank<<3 | mark for a version that is there,
// with the mark of collections.Marks, and one of a few others for what no page
// shows. The numbers are stored.
type class int64

const (
	classRemoved class = 40
	classOther   class = 41 // control records, and deletes of earlier servers
	classDelete  class = 42 // deletes; to it the lowest rank is added of what they remove
	classNever   class = -1 // no record has it
)

func classOf(rank, mark stix.TLP) class { return class(rank)<<3 | class(mark) }

// A classSet is a bitmap of classes.
type classSet int64

func (s classSet) with(c class) classSet { return s | 1<<c }

// isVersion reports whether a record is a version of an object, there or removed.
func (c class) isVersion() bool { return c < classOther }

// changing returns the classes of s of the records that change what a clearance
// sees: versions that it admits and deletes of such versions.
func (s classSet) changing(clearance stix.TLP) []class {
	classes := s.admitted(clearance, false)
	for c := classOther; c <= classDelete+class(min(clearance, stix.Red)); c++ {
		if s&(1<<c) != 0 {
			classes = append(classes, c)
		}
	}
	return classes
}

// hides reports whether s has records that change nothing for a clearance. One
// that was removed is followed by its delete.
func (s classSet) hides(clearance stix.TLP) bool {
	s &^= 1 << classRemoved
	for _, c := range s.changing(clearance) {
		s &^= 1 << c
	}
	return s != 0
}

// admitted returns the classes of s that a clearance sees: of the latest
// versions in its world, or of all.
func (s classSet) admitted(clearance stix.TLP, latest bool) []class {
	var classes []class
	for rank := stix.Clear; rank <= min(clearance, stix.Red); rank++ {
		for mark := stix.Clear; mark <= stix.Red+1; mark++ {
			c := classOf(rank, mark)
			if s&(1<<c) != 0 && (!latest || mark > clearance) {
				classes = append(classes, c)
			}
		}
	}
	return classes
}
