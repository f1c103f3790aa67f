package schemas

import (
	"reflect"
	"testing"

	"accord/stix"
)

// Whatever is sent: no panic, the same verdict twice, every finding with a
// known rule, and an object that one profile refuses is refused by every
// stricter one. What open accepts has a usable type, id and version.
func FuzzValidate(f *testing.F) {
	for _, tc := range cases {
		f.Add(change(tc.class, tc.change))
	}
	f.Add(indicator790)
	f.Add([]byte(`{"type":"x","extensions":{"a":{"extension_type":"new-sco"}},"granular_markings":[[]]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, _ := stix.ReadObject(raw, stix.DefaultLimits)
		o.Raw = raw
		v := New()
		open, standard, strict := v.Validate("open", o), v.Validate("standard", o), v.Validate("strict", o)
		if !reflect.DeepEqual(strict, v.Validate("strict", o)) {
			t.Error("two verdicts of one object")
		}
		if strict.Accepted && !standard.Accepted || standard.Accepted && !open.Accepted {
			t.Errorf("accepted: open %v, standard %v, strict %v", open.Accepted, standard.Accepted, strict.Accepted)
		}
		for _, finding := range strict.Findings {
			if _, ok := v.rules.grades[finding.Rule]; !ok || finding.Message == "" {
				t.Errorf("finding %+v", finding)
			}
		}
		if _, err := stix.ParseID(string(o.ID)); err != nil && standard.Accepted {
			t.Errorf("standard accepts the id %q", o.ID)
		}
		if !open.Accepted {
			return
		}
		if !stix.ValidType(o.Type) || o.ID.Type() == "" || o.MarkingsUnreadable {
			t.Errorf("open accepts %q", raw)
		}
		if version := o.Version(); version != "" {
			if _, err := stix.ParseTimestamp(string(version)); err != nil {
				t.Errorf("open accepts the version %q", version)
			}
		}
	})
}
