package schemas

import (
	"errors"
	"io"

	"accord/stix"
)

// Known are the extension definitions that some streams bring, in any order.
// One that the judge refuses defines nothing, as in a push. It may be asked from
// many goroutines while it does not learn.
type Known struct{ stix.Definitions }

// Learn takes the definitions out of a stream, up to the place where it cannot
// be read on, which Each will tell. The error is that of the stream's source.
func (k *Known) Learn(src io.Reader, wrapper stix.Wrapper) error {
	return Walk(src, wrapper, func(raw []byte) error { k.Add(raw); return nil })
}

// Walk hands out the bytes of each object in a stream, which may be kept, up to
// the place where it cannot be read on; those that are too large are left out.
// The error is that of the stream's source or of do, which ends it.
func Walk(src io.Reader, wrapper stix.Wrapper, do func(raw []byte) error) error {
	s := newStretch(src)
	reader := stix.NewReader(s, wrapper, stix.DefaultLimits)
	reader.Roots = func(stix.Root) {}
	for {
		raw, err := reader.Next()
		if _, ok := errors.AsType[*stix.TooLargeError](err); ok {
			s.rest = maxStretch
			continue
		}
		if _, ok := errors.AsType[*stix.SyntaxError](err); ok || err == io.EOF || err == errEndless {
			return nil
		}
		if err != nil {
			return err
		}
		s.rest = maxStretch
		if err := do(raw); err != nil {
			return err
		}
	}
}
