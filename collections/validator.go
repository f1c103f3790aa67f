package collections

import "accord/stix"

// A Validator judges one object by its own content. The profile is that of the
// collection: standard, strict or open. It may be called from many goroutines.
type Validator interface {
	Validate(profile string, o stix.Object) stix.Verdict

	// Rules is the hash of the rule set under a profile, for the ledger leaf;
	// zeros as long as the rule set has none (LG-10).
	Rules(profile string) [32]byte
}
