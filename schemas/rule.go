package schemas

import (
	"slices"
	"sync"

	"accord/stix"
)

// A rule is one rule of STIX 2.1, or of ours. Its row is the only place that
// names its id, grade, section and words; its examples lie under its id in
// testdata/rules.
type rule struct {
	id      string
	grade   grade
	layer   layer
	section string // of STIX 2.1, or of the document that it names; "" for our own
	old     bool   // holds for STIX 2.0 as well
	as      string // the id under which it is reported, where another rule says the same
	en, zh  string // the rule in words
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

// A layer says what it takes to decide on a rule.
type layer string

const (
	inSchema layer = "schema"   // the type's JSON Schema states it
	inCode   layer = "semantic" // code looks at the object
	inStore  layer = "store"    // the collection, or the agreement, decides
)

// The tables that everything here is looked up in. They are made once, when the
// first validator is, because they refer to one another and the schemas take
// tens of milliseconds to compile.
var (
	setUp     sync.Once
	ruleRows  []rule // in the order in which they look at an object
	rulesByID map[string]*rule
	forms     map[string]form
	schemas   map[string]*schema // by the name of the file
)

// ready makes the tables. A row without a check is reported by the check of
// another, by a schema, or by the collection.
func ready() {
	setUp.Do(func() {
		ruleRows = slices.Concat(
			valueRules, typeRules, identifierRules, propertyRules, timestampRules, referenceRules, hashRules,
			markingRules, extensionRules, languageRules, objectRules, observableRules, patternRules, ourRules, bundleRules, storeRules,
		)
		rulesByID = map[string]*rule{}
		for i := range ruleRows {
			rulesByID[ruleRows[i].id] = &ruleRows[i]
		}
		forms = allForms()
		schemas = loadSchemas()
	})
}

// ruleOf returns the row under which violations of a rule are reported. An id
// without a row is a fault of ours that tests find.
func ruleOf(id string) *rule {
	r := rulesByID[id]
	if r == nil {
		panic("no rule " + id)
	}
	if r.as != "" {
		return ruleOf(r.as)
	}
	return r
}

// A Rule is what there is to know of one rule.
type Rule struct {
	ID         string     `json:"id"`
	Level      stix.Level `json:"level"`       // under the profile that was asked for
	Layer      string     `json:"layer"`       // schema, semantic or store
	Section    string     `json:"section"`     // of STIX 2.1, or of the document that it names
	ReportedAs string     `json:"reported_as"` // the id in findings
	Words      string     `json:"words"`
}

// Rules lists the rules by id, with their levels under a profile and their
// words in a language, en or zh.
func Rules(profile, lang string) []Rule {
	ready()
	var rules []Rule
	for _, r := range ruleRows {
		words := r.en
		if lang == "zh" {
			words = r.zh
		}
		reported := ruleOf(r.id)
		rules = append(rules, Rule{
			ID: r.id, Level: max(r.grade, reported.grade).level(profile), Layer: string(r.layer),
			Section: r.section, ReportedAs: reported.id, Words: words,
		})
	}
	slices.SortFunc(rules, func(a, b Rule) int { return compareIDs(a.ID, b.ID) })
	return rules
}
