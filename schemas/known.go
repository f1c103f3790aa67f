package schemas

import (
	"bytes"
	"errors"
	"io"

	"accord/stix"
)

// Known are the extension definitions that some streams bring, in any order.
// One that the judge refuses defines nothing, as in a push. It may be asked from
// many goroutines while it does not learn.
type Known struct {
	Judge stix.Judge

	definitions map[stix.ID]stix.Object
	bytes       int
}

// maxKnown is how much of definitions is kept, in bytes; the largest real one
// has 20 kB.
const maxKnown = 64 << 20

// Learn takes the definitions out of a stream, up to the place where it cannot
// be read on, which Each will tell. The error is that of the stream's source.
func (k *Known) Learn(src io.Reader, wrapper stix.Wrapper) error {
	ready()
	s := newStretch(src)
	reader := stix.NewReader(s, wrapper, stix.DefaultLimits)
	reader.Roots = func(stix.Root) {}
	for {
		raw, err := reader.Next()
		if _, ok := errors.AsType[*stix.TooLargeError](err); ok {
			err = nil
		}
		if _, ok := errors.AsType[*stix.SyntaxError](err); ok || err == io.EOF || err == errEndless {
			return nil
		}
		if err != nil {
			return err
		}
		s.rest = maxStretch
		if bytes.Contains(raw, []byte(`"extension-definition"`)) {
			k.add(raw)
		}
	}
}

// add keeps the newest version of each definition.
func (k *Known) add(raw []byte) {
	o, findings := stix.ReadObject(raw, stix.DefaultLimits)
	before, again := k.definitions[o.ID]
	switch {
	case len(findings) > 0 || o.Type != "extension-definition",
		again && before.Version().Compare(o.Version()) >= 0,
		k.bytes+len(raw) > maxKnown,
		!k.Judge.Validate(o, nil).Accepted:
		return
	}
	if k.definitions == nil {
		k.definitions = map[stix.ID]stix.Object{}
	}
	k.definitions[o.ID] = o
	k.bytes += len(raw)
}

// Definition returns the definition of an id, nil if it is not known.
func (k *Known) Definition(id stix.ID) []byte { return k.definitions[id].Raw }
