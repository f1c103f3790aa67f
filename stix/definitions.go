package stix

import "bytes"

// maxDefinitions and maxDefinitionBytes are how many extension definitions of
// others are kept, and how large they are together. Real feeds bring a handful;
// the largest real one has 20 kB.
const (
	maxDefinitions     = 1000
	maxDefinitionBytes = 4 << 20
)

// Definitions are the extension definitions among some objects: the newest
// version of each that the judge accepts. At most 1,000 of 4 MiB together are
// kept; which ones is decided by the order of the objects. It may be asked from
// many goroutines while nothing is added.
type Definitions struct {
	Judge Judge

	newest map[ID]definition
	bytes  int // of what is in newest
}

type definition struct {
	raw     []byte
	version Timestamp
}

// Add looks at an object, and keeps its bytes if it is a definition.
func (d *Definitions) Add(raw []byte) {
	if !bytes.Contains(raw, []byte(`"extension-definition"`)) {
		return
	}
	o, findings := ReadObject(raw, DefaultLimits)
	old, again := d.newest[o.ID]
	size := d.bytes - len(old.raw) + len(raw)
	switch {
	case len(findings) > 0 || o.Type != "extension-definition",
		again && old.version.Compare(o.Version()) >= 0,
		!again && len(d.newest) == maxDefinitions,
		size > maxDefinitionBytes,
		!d.Judge.Validate(o, nil).Accepted:
		return
	}
	if d.newest == nil {
		d.newest = map[ID]definition{}
	}
	d.newest[o.ID], d.bytes = definition{raw, o.Version()}, size
}

// Definition returns the definition of an id, nil if it is not known.
func (d *Definitions) Definition(id ID) []byte { return d.newest[id].raw }
