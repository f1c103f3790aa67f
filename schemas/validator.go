package schemas

import (
	"accord/stix"
)

// A Validator judges objects by their own content. It may be used from many
// goroutines.
type Validator struct {
	// STIX21Only makes an object of STIX 2.0 a violation of COM-02. Collections
	// leave it false: whether a collection takes STIX 2.0 is not the object's
	// fault, so it is judged by the rules that both versions share.
	STIX21Only bool
}

// New returns a validator for collections.
func New() *Validator { return &Validator{} }

// Judge returns the judge of a profile: "open" refuses what cannot be stored,
// addressed or protected; "standard" refuses every violation of a MUST but
// those that half of the world's real objects have; "strict", and any name that
// is not known, refuses every violation of a MUST. What does not refuse the
// object stays in the verdict as a warning.
//
// own are JSON Schemas of an agreement that objects must also meet under every
// profile: by type, or "*" for all types. The error says which of them does not
// compile, or would cost too much, and why.
func (v *Validator) Judge(profile string, own map[string][]byte) (stix.Judge, error) {
	ready() // whoever made the Validator
	schemas, err := compileOwn(own)
	if err != nil {
		return nil, err
	}
	return &judge{profile: profile, strict21: v.STIX21Only, own: schemas, rules: rulesHash(profile, own)}, nil
}

// A judge is a profile and the schemas of an agreement.
type judge struct {
	profile  string
	strict21 bool
	own      map[string]*ownSchema
	rules    [32]byte
}

// Validate lists each rule that the object breaks once, at the first place, and
// names a few of the others.
func (j *judge) Validate(o stix.Object, definition func(stix.ID) []byte) stix.Verdict {
	s := &subject{Object: o, profile: j.profile, strict21: j.strict21, definition: definition}
	s.judge()
	for _, typ := range []string{"*", s.Type} {
		if own := j.own[typ]; own != nil && s.countable {
			own.check(s)
		}
	}
	return s.verdict()
}

// Rules is the hash of the rule set, of the profile and of the agreement's own
// schemas.
func (j *judge) Rules() [32]byte { return j.rules }
