package schemas

import (
	"reflect"
	"testing"

	"accord/stix"
)

// Whatever is sent: no panic, the same verdict twice, every finding with a
// known rule and once for its level, and an object that one profile refuses is
// refused by every stricter one. What open accepts has a usable type, id and
// version.
func FuzzValidate(f *testing.F) {
	for _, o := range soundObjects(f) {
		f.Add([]byte(o.Valid))
		if wrong, err := o.invalid(); err == nil && o.Patch != nil {
			f.Add(wrong)
		}
	}
	f.Add(indicator790)
	f.Add([]byte(`{"type":"x","extensions":{"a":{"extension_type":"new-sco"}},"granular_markings":[[]]}`))
	open, standard, strict := judgeOf("open"), judgeOf("standard"), judgeOf("strict")
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, _ := stix.ReadObject(raw, stix.DefaultLimits)
		o.Raw = raw
		byOpen, byStandard, byStrict := open.Validate(o, nil), standard.Validate(o, nil), strict.Validate(o, nil)
		if !reflect.DeepEqual(byStrict, strict.Validate(o, nil)) {
			t.Error("two verdicts of one object")
		}
		if byStrict.Accepted && !byStandard.Accepted || byStandard.Accepted && !byOpen.Accepted {
			t.Errorf("accepted: open %v, standard %v, strict %v", byOpen.Accepted, byStandard.Accepted, byStrict.Accepted)
		}
		checkFindings(t, byStrict.Findings)
		if _, err := stix.ParseID(string(o.ID)); err != nil && byStandard.Accepted {
			t.Errorf("standard accepts the id %q", o.ID)
		}
		if byOpen.Accepted {
			checkUsable(t, o)
		}
	})
}

func checkFindings(t *testing.T, findings []stix.Finding) {
	t.Helper()
	seen := map[string]bool{}
	for _, f := range findings {
		key := f.Rule + " " + string(f.Level)
		if rulesByID[f.Rule] == nil || f.Message == "" || seen[key] {
			t.Errorf("finding %+v", f)
		}
		seen[key] = true
	}
}

func checkUsable(t *testing.T, o stix.Object) {
	t.Helper()
	if !stix.ValidType(o.Type) || o.ID.Type() == "" || o.MarkingsUnreadable {
		t.Errorf("open accepts %q", o.Raw)
	}
	if version := o.Version(); version != "" {
		if _, err := stix.ParseTimestamp(string(version)); err != nil {
			t.Errorf("open accepts the version %q", version)
		}
	}
}

// Whatever an agreement calls a schema: no panic, neither when it is compiled
// nor when it judges, and nothing left of it that leads elsewhere.
func FuzzOwnSchema(f *testing.F) {
	for _, schema := range []string{
		`{"$id":"urn:x","required":["name"],"properties":{"labels":{"items":[{"$ref":"#/definitions/a"}],"additionalItems":false}},"definitions":{"a":{"enum":["b"]}}}`,
		`{"$ref":"#/definitions/a%62","definitions":{"ab":{"dependencies":{"name":["lang"],"lang":{"not":true}}}}}`,
		`{"if":{"contains":{}},"then":{"propertyNames":{"pattern":"^a"}},"anyOf":[{"const":{"$ref":"#"}}]}`,
		doubling(3),
	} {
		f.Add([]byte(schema))
	}
	o, _ := stix.ReadObject(indicator790, stix.DefaultLimits)
	f.Fuzz(func(t *testing.T, text []byte) {
		judge, err := New().Judge("standard", map[string][]byte{"*": text})
		if err == nil {
			checkFindings(t, judge.Validate(o, nil).Findings)
		}
	})
}
