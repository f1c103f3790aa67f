package collections

import "accord/stix"

// A Validator makes the judges of collections. It may be called from many
// goroutines.
type Validator interface {
	// Judge returns the judge of a profile (standard, strict or open) and of the
	// JSON Schemas that a collection adds to it: by object type, or "*" for all
	// types. The error says which of them does not compile, or would cost too
	// much, and why.
	Judge(profile string, own map[string][]byte) (stix.Judge, error)
}
