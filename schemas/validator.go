package schemas

import (
	"cmp"
	"slices"

	"accord/stix"

	"github.com/xeipuuv/gojsonschema"
)

// A Validator judges objects by their own content. It may be used from many
// goroutines.
type Validator struct {
	// STIX21Only makes an object of STIX 2.0 a violation of COM-02. Collections
	// leave it false: whether a collection takes STIX 2.0 is not the object's
	// fault, so it is judged by the rules that both versions share.
	STIX21Only bool

	common *gojsonschema.Schema
	rules  *ruleSet
}

// New returns a validator for collections.
func New() *Validator {
	return &Validator{common: mustCompile(commonJSON), rules: newRuleSet()}
}

// Validate judges one object under a profile: "open" refuses what cannot be
// stored, addressed or protected; "standard" refuses every violation of a MUST
// but those that half of the world's real objects have; "strict", and any name
// that is not known, refuses every violation of a MUST. What does not refuse
// the object stays in the verdict as a warning.
//
// Each place that breaks a rule is one finding, at most ten for each rule, or
// twenty where they refuse under every profile.
func (v *Validator) Validate(profile string, o stix.Object) stix.Verdict {
	s := &subject{Validator: v, Object: o, profile: profile, class: sdo}
	s.judge()
	// Errors first: the words of the levels sort so.
	slices.SortFunc(s.findings, func(a, b stix.Finding) int {
		return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Pointer, b.Pointer))
	})
	return stix.Verdict{
		Accepted: len(s.findings) == 0 || s.findings[0].Level != stix.LevelError,
		Findings: s.findings,
	}
}

// Rules is the hash of the rule set under a profile. It is zero, which says
// that a ledger leaf does not name the rules that judged its object.
func (v *Validator) Rules(profile string) [32]byte { return [32]byte{} }
