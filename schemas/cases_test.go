package schemas

import (
	"encoding/json"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"

	"accord/stix"
)

// The object of each case has no finding; with its one change it breaks the
// rule at the expected place, and nothing else but what stands beside it.
func TestRuleCases(t *testing.T) {
	ready()
	files, err := fs.Glob(ruleFiles, "testdata/rules/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		id := strings.TrimSuffix(strings.TrimPrefix(file, "testdata/rules/"), ".json")
		if rulesByID[id] == nil {
			t.Errorf("%s: no such rule", file)
			continue
		}
		cases, err := casesOf(id)
		if err != nil || len(cases) == 0 {
			t.Errorf("%s: %d cases, %v", file, len(cases), err)
		}
		for _, c := range cases {
			t.Run(id+"/"+c.Name, func(t *testing.T) { checkCase(t, id, &c) })
		}
	}
}

func checkCase(t *testing.T, id string, c *ruleCase) {
	if got := c.findings(t, c.Valid); len(got) > 0 {
		t.Errorf("valid %s\nhas %q", c.Valid, got)
	}
	raw, err := c.invalid()
	if err != nil {
		t.Fatal(err)
	}
	want := ruleOf(id).id + "@" + c.Pointer
	if c.Level == string(stix.LevelError) {
		want += "!"
	}
	all := append([]string{want}, c.Beside...)
	slices.Sort(all)
	if got := c.findings(t, raw); !reflect.DeepEqual(got, all) {
		t.Errorf("invalid %s\nhas %q, want %q", raw, got, all)
	}
}

// findings judges an object, and writes what is found as "RULE@POINTER", errors
// with "!", sorted.
func (c *ruleCase) findings(t *testing.T, raw []byte) []string {
	profile := c.Profile
	if profile == "" {
		profile = "standard"
	}
	judge, err := (&Validator{STIX21Only: true}).Judge(profile, nil)
	if err != nil {
		t.Fatal(err)
	}
	o, findings := stix.ReadObject(raw, stix.DefaultLimits)
	switch about, _ := stix.ReadObject(c.Valid, stix.DefaultLimits); {
	case about.Type == "bundle":
		findings = streamFindings(t, Stream{Judge: judge, Profile: profile}, raw)
	case len(findings) == 0:
		findings = judge.Validate(o, c.definition).Findings
	}
	said := []string{}
	for _, f := range findings {
		text := f.Rule + "@" + f.Pointer
		if f.Level == stix.LevelError {
			text += "!"
		}
		said = append(said, text)
	}
	slices.Sort(said)
	return said
}

func (c *ruleCase) definition(id stix.ID) []byte {
	for _, raw := range c.Definitions {
		var d struct{ ID stix.ID }
		if json.Unmarshal(raw, &d) == nil && d.ID == id {
			return raw
		}
	}
	return nil
}

// Every rule that is decided on an object alone has cases, and words in both
// languages.
func TestRulesComplete(t *testing.T) {
	for _, r := range Rules("standard", "zh") {
		if cases, _ := casesOf(r.ID); len(cases) == 0 && r.Layer != string(inStore) {
			t.Errorf("%s has no cases", r.ID)
		}
		if rulesByID[r.ID].en == "" || r.Words == "" {
			t.Errorf("%s has no words in English or Chinese", r.ID)
		}
	}
}
