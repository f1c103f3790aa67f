package schemas

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"accord/stix"
)

func TestSelects(t *testing.T) {
	object, err := decode([]byte(`{
		"description": "text", "count": 0, "revoked": false, "abstract": "", "labels": ["a", "", ["b"]],
		"hashes": {"SHA-256": "00", "0": "zero"}, "external_references": [{"source_name": "x"}]
	}`))
	if err != nil {
		t.Fatal(err)
	}
	for selector, want := range map[string]bool{
		"description":                         true,
		"count":                               true,
		"revoked":                             true,
		"abstract":                            true,
		"labels":                              true,
		"labels.[1]":                          true,
		"labels.[2].[0]":                      true,
		"hashes.SHA-256":                      true,
		"hashes.0":                            true,
		"external_references.[0].source_name": true,

		"name":                              false,
		"description.[0]":                   false,
		"description.text":                  false,
		"count.[0]":                         false,
		"abstract.[0]":                      false,
		"labels.[3]":                        false,
		"labels.0":                          false,
		"labels.a":                          false,
		"labels.[18446744073709551616]":     false,
		"hashes.[0]":                        false,
		"hashes.sha-256":                    false,
		"external_references.source_name":   false,
		"external_references.[0].[0]":       false,
		"external_references.[0].x.y.z.[0]": false,
	} {
		if got := selects(object, selector); got != want {
			t.Errorf("selects(%q) = %v, want %v", selector, got, want)
		}
	}
}

// selectorsOf lists the selectors of all values below a value.
func selectorsOf(selector string, value any, all map[string]bool) {
	if selector != "" {
		all[selector] = true
		selector += "."
	}
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			if !strings.Contains(name, ".") {
				selectorsOf(selector+name, member, all)
			}
		}
	case []any:
		for i, element := range value {
			selectorsOf(fmt.Sprintf("%s[%d]", selector, i), element, all)
		}
	}
}

// A selector of the right form leads somewhere exactly if it is one of those
// that the object has.
func FuzzSelects(f *testing.F) {
	for _, selector := range []string{"labels.[0]", "labels.[1]", "description.[0]", "hashes.SHA-256", "a.b.[0].c", "labels"} {
		f.Add(`{"labels":["x"],"description":"y","hashes":{"SHA-256":"0"},"a":{"b":[{"c":[]}]}}`, selector)
	}
	f.Fuzz(func(t *testing.T, text, selector string) {
		object, err := decode([]byte(text))
		if err != nil || !isSelector(selector) || strings.Contains(selector, "[0") && !strings.Contains(selector, "[0]") {
			return // [007] is an index too, but not how we write one
		}
		all := map[string]bool{}
		selectorsOf("", object, all)
		if got := selects(object, selector); got != all[selector] {
			t.Errorf("selects(%s, %q) = %v", text, selector, got)
		}
	})
}

// Even an object full of selectors that lead deep and nowhere is judged at once.
func TestHostileSelectors(t *testing.T) {
	deep, path := `1`, "x_deep"
	for range 28 {
		deep, path = `{"aa":`+deep+`}`, path+".aa"
	}
	var b strings.Builder
	b.WriteString(`{"type":"campaign","spec_version":"2.1","id":"campaign--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",` +
		`"created":"2026-01-02T03:04:05.678Z","modified":"2026-01-02T03:04:05.678Z","name":"Night heron","x_deep":` + deep +
		`,"granular_markings":[{"lang":"en","selectors":[` + strconv.Quote(path))
	for b.Len() < 1_000_000 {
		b.WriteString(`,` + strconv.Quote(path+".b"))
	}
	b.WriteString(`]}]}`)
	o, findings := stix.ReadObject([]byte(b.String()), stix.DefaultLimits)
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	value, err := decode(o.Raw)
	if err != nil {
		t.Fatal(err)
	}
	ready()
	s := &subject{Object: o, profile: "standard", value: value}
	start := time.Now()
	checkSelectors(s)
	if took := time.Since(start); took > time.Second { // 20 ms without the race detector
		t.Errorf("selectors of 1 MB take %v; want a second at most", took)
	}
	if got := s.counts[ruleOf("GRN-04")]; got != 2*maxPlaces {
		t.Errorf("%d places are kept; want %d", got, 2*maxPlaces)
	}
}
