package schemas

import (
	"fmt"
	"strings"
	"testing"

	"accord/stix"
)

const ownIndicator = `{"type":"indicator","spec_version":"2.1","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
	"created":"2026-01-02T03:04:05.678Z","modified":"2026-01-02T03:04:05.678Z","name":"Phishing","description":"Copies a login form",
	"pattern":"[domain-name:value = 'login.bank.example']","pattern_type":"stix","valid_from":"2026-01-02T03:04:05Z",%s}`

// judgeOwn judges the indicator with some more members.
func judgeOwn(t *testing.T, profile, extra string, own map[string][]byte) stix.Verdict {
	t.Helper()
	judge, err := New().Judge(profile, own)
	if err != nil {
		t.Fatal(err)
	}
	o, findings := stix.ReadObject(fmt.Appendf(nil, ownIndicator, extra), stix.DefaultLimits)
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	return judge.Validate(o, nil)
}

// An agreement's own schema refuses under every profile what does not meet it,
// under its own rule and beside the rules of STIX.
func TestOwnSchemas(t *testing.T) {
	own := map[string][]byte{"indicator": []byte(`{"$id":"https://schema.example/indicator.json","required":["confidence","valid_until"],
		"properties":{"confidence":{"minimum":50},"labels":{"items":{"$ref":"#/definitions/label"}}},
		"definitions":{"label":{"enum":["phishing","malware"]}}}`)}
	for _, tc := range []struct {
		name, extra string
		want        string // RULE@POINTER of each error
	}{
		{"meets it", `"confidence":50,"valid_until":"2027-01-02T03:04:05Z"`, ""},
		{"too low", `"confidence":49,"valid_until":"2027-01-02T03:04:05Z"`, "AGREEMENT-SCHEMA@/confidence"},
		{"lacks one, and a wrong label", `"confidence":50,"labels":["phishing","x"]`, "AGREEMENT-SCHEMA@"},
		{"breaks STIX too", `"confidence":101,"valid_until":"2027-01-02T03:04:05Z","labels":["x"]`, "AGREEMENT-SCHEMA@/labels/0 COM-06@/confidence"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, profile := range []string{"standard", "strict"} {
				v := judgeOwn(t, profile, tc.extra, own)
				var got []string
				for _, f := range v.Findings {
					got = append(got, f.Rule+"@"+f.Pointer)
				}
				if strings.Join(got, " ") != tc.want || v.Accepted != (tc.want == "") {
					t.Errorf("%s: %+v, want %q", profile, v, tc.want)
				}
			}
		})
	}
	v := judgeOwn(t, "open", `"confidence":3`, own)
	if v.Accepted || !strings.Contains(v.Findings[0].Message, "valid_until is missing") || !strings.Contains(v.Findings[0].Message, "also at /confidence") {
		t.Errorf("open: %+v", v)
	}
}

// A schema that would be slow, would fetch, or is none, is refused when it is
// compiled, and the error says where and why.
func TestOwnSchemasRefused(t *testing.T) {
	for _, tc := range []struct{ name, typ, schema, want string }{
		{"no JSON", "*", `{"type":`, "cannot be read as JSON"},
		{"a list", "*", `[]`, "no JSON object"},
		{"no schema", "*", `{"required":"name"}`, "not a JSON Schema of draft 7"},
		{"a remote reference", "*", `{"properties":{"name":{"$ref":"https://schema.example/name.json"}}}`, `at /properties/name: $ref is "https://schema.example/name.json"; nothing is fetched`},
		{"a file", "*", `{"$ref":"file:///etc/passwd"}`, "nothing is fetched"},
		{"a name in place of a pointer", "*", `{"$ref":"#name"}`, "nothing is fetched, so it must be # and a JSON pointer"},
		{"a name that changes references", "*", `{"properties":{"a":{"$id":"https://schema.example/","$ref":"#/definitions/b"}}}`, "at /properties/a: $id"},
		{"a circle", "*", `{"definitions":{"a":{"allOf":[{"$ref":"#/definitions/a"}]}},"$ref":"#/definitions/a"}`, "leads in a circle"},
		{"itself", "*", `{"properties":{"a":{"$ref":"#"}}}`, "leads in a circle"},
		{"nowhere", "*", `{"$ref":"#/definitions/a"}`, "leads nowhere"},
		{"compiled anew for each object", "*", `{"patternProperties":{"^x_":{}}}`, "patternProperties"},
		{"a slow expression", "*", `{"properties":{"name":{"pattern":"(a|b|ab)*(a{1,40}b{1,40}){1,20}$"}}}`, "at /properties/name: the pattern"},
		{"an expression that explodes", "*", `{"pattern":"((a{1000}){1000}){1000}"}`, "at its root: the pattern"},
		{"no expression", "*", `{"pattern":"("}`, "missing closing )"},
		{"doubling references", "*", doubling(30), "more than 2000 parts"},
		{"for no type", "Indicators", `{}`, "neither a type"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := New().Judge("standard", map[string][]byte{tc.typ: []byte(tc.schema)})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
}

// doubling is a schema of n definitions, each of which is the next one twice.
func doubling(n int) string {
	var b strings.Builder
	b.WriteString(`{"$ref":"#/definitions/d0","definitions":{`)
	for i := range n {
		fmt.Fprintf(&b, `"d%d":{"allOf":[{"$ref":"#/definitions/d%[2]d"},{"$ref":"#/definitions/d%[2]d"}]},`, i, i+1)
	}
	fmt.Fprintf(&b, `"d%d":{}}}`, n)
	return b.String()
}

// What a hostile object can make an agreement's schema cost is bounded: by the
// number of list elements, and by the length of a text.
func TestOwnSchemaWork(t *testing.T) {
	own := map[string][]byte{"*": []byte(`{"properties":{"labels":{"items":{"anyOf":[{"const":"a"},{"const":"b"},{"const":"c"},
		{"allOf":[{"minLength":1},{"maxLength":70000},{"pattern":"^(a|b)+$"},{"format":"regex"},{"not":{"const":"z"}}]}]}}}}`)}
	labels := strings.TrimSuffix(strings.Repeat(`"a",`, 50_000), ",")
	if v := judgeOwn(t, "standard", `"labels":[`+labels+`]`, own); v.Accepted || v.Findings[0].Rule != "LIMIT" {
		t.Errorf("verdict on a long list %+v", v)
	}
	if v := judgeOwn(t, "standard", `"labels":["`+strings.Repeat("a", 900_000)+`"]`, own); !v.Accepted {
		t.Errorf("verdict on a long text %+v", v)
	}
	if v := judgeOwn(t, "standard", `"labels":["abc"]`, own); v.Accepted {
		t.Error("a label that does not match is accepted")
	}
}

// The hash of the rules changes with the profile and with the agreement's
// schemas, and with nothing else (LG-10).
func TestRulesHash(t *testing.T) {
	hash := func(profile string, own map[string][]byte) [32]byte {
		j, err := New().Judge(profile, own)
		if err != nil {
			t.Fatal(err)
		}
		return j.Rules()
	}
	any := map[string][]byte{"*": []byte(`{}`)}
	if first, again := hash("strict", any), hash("strict", any); first != again {
		t.Error("one rule set has two hashes")
	}
	seen := map[[32]byte]bool{}
	for _, h := range [][32]byte{
		hash("standard", nil), hash("strict", nil), hash("open", nil), hash("standard", any),
		hash("standard", map[string][]byte{"*": []byte(`{"type":"object"}`)}),
	} {
		if h == [32]byte{} || seen[h] {
			t.Error("two rule sets have one hash, or none")
		}
		seen[h] = true
	}
}
