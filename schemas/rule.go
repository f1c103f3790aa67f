package schemas

import (
	"slices"

	"accord/stix"
)

// A rule is one rule of STIX 2.1 that we enforce. Its row is the only place
// that names its id, grade and section.
type rule struct {
	id      string
	grade   grade
	section string // of STIX 2.1
	old     bool   // holds for STIX 2.0 as well
	check   func(*subject)
}

// A grade says which profiles refuse an object for breaking a rule.
type grade uint8

const (
	advice    grade = iota // a SHOULD: no profile
	tolerated              // a MUST that real objects break too often: strict
	binding                // a MUST: standard and strict
	vital                  // not to be stored, addressed or protected otherwise: all
)

// level is what a finding of grade g is under a profile.
func (g grade) level(profile string) stix.Level {
	refused := tolerated
	switch profile {
	case "open":
		refused = vital
	case "standard":
		refused = binding
	}
	if g < refused {
		return stix.LevelWarning
	}
	return stix.LevelError
}

// A ruleSet is all rules in the order in which they look at an object. Rules
// without a check are reported by the check of another row, or by the schema.
type ruleSet struct {
	rules  []rule
	grades map[string]grade // by rule id
}

func newRuleSet() *ruleSet {
	set := &ruleSet{
		rules:  slices.Concat(valueRules, typeRules, identifierRules, propertyRules, timestampRules, markingRules),
		grades: map[string]grade{},
	}
	for _, r := range set.rules {
		set.grades[r.id] = r.grade
	}
	return set
}
