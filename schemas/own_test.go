package schemas

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"accord/stix"

	"github.com/xeipuuv/gojsonschema"
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
	if v.Accepted || !strings.Contains(v.Findings[0].Message, "valid_until is missing") || !strings.Contains(v.Findings[0].Message, "at /confidence: 3 is less than 50") {
		t.Errorf("open: %+v", v)
	}
}

// A schema that would be slow, would fetch, or is none, is refused when it is
// compiled, and the error says where and why.
func TestOwnSchemasRefused(t *testing.T) {
	for _, tc := range []struct{ name, typ, schema, want string }{
		{"no JSON", "*", `{"type":`, "cannot be read as JSON"},
		{"a list", "*", `[]`, "no JSON object"},
		{"of another draft", "*", `{"$schema":"https://json-schema.org/draft/2020-12/schema"}`, "schemas of draft 7 are taken"},
		{"a keyword that judges nothing", "*", `{"properties":{"name":{"minLenght":3}}}`, `at /properties/name: "minLenght" is no keyword of JSON Schema draft 7`},
		{"the id of draft 4 at the root", "*", `{"id":"http://schema.example/x#f","properties":{"name":{"$ref":"#/definitions/a"}},"definitions":{"a":{}}}`, `at its root: "id" is no keyword`},
		{"the id of draft 4 inside", "*", `{"properties":{"name":{"id":"http://schema.example/","$ref":"#/definitions/a"}},"definitions":{"a":{"id":"file:///etc/passwd"}}}`, `at /definitions/a: "id" is no keyword`},
		{"a circle behind a percent sign", "*", `{"definitions":{"a%62":true,"ab":{"allOf":[{"$ref":"#/definitions/a%62"}]}},"properties":{"name":{"$ref":"#/definitions/a%62"}}}`, "leads in a circle"},
		{"a reference that is no text", "*", `{"$ref":7}`, "$ref is 7; nothing is fetched"},
		{"no object", "*", `true`, "it is no JSON object"},
		{"a name in place of a list", "*", `{"required":"name"}`, `at its root: required is "name"; it must be a list of names`},
		{"a name that is none", "*", `{"required":[1]}`, `it must be a list of names`},
		{"a type that is none", "*", `{"properties":{"name":{"type":"text"}}}`, `at /properties/name: type is "text"; it must be one of array, boolean,`},
		{"a length that is none", "*", `{"minLength":-1}`, "minLength is -1; it must be a whole number, 0 or more"},
		{"a factor that is none", "*", `{"multipleOf":0}`, "multipleOf is 0; it must be a number above 0"},
		{"a limit that is none", "*", `{"maximum":"5"}`, `maximum is "5"; it must be a number`},
		{"a limit that takes hours", "*", `{"maximum":1e999999999}`, "it must be a number"},
		{"no values", "*", `{"enum":[]}`, "it must be a list of at least one value"},
		{"no alternatives", "*", `{"anyOf":[]}`, "it must be a list of at least one schema"},
		{"a schema that is none", "*", `{"items":7}`, "items is 7; it must be a schema or a list of schemas"},
		{"a property's schema that is none", "*", `{"properties":{"name":"text"}}`, "it must be an object with a schema under each name"},
		{"a need that is none", "*", `{"dependencies":{"name":"lang"}}`, "or a list of names, under each name"},
		{"a name twice", "*", `{"required":["name","name"]}`, "it is not a JSON Schema of draft 7: "},
		{"a remote reference", "*", `{"properties":{"name":{"$ref":"https://schema.example/name.json"}}}`, `at /properties/name: $ref is "https://schema.example/name.json"; nothing is fetched`},
		{"a file", "*", `{"$ref":"file:///etc/passwd"}`, "nothing is fetched"},
		{"a name in place of a pointer", "*", `{"$ref":"#name"}`, "nothing is fetched, so it must be # and a JSON pointer"},
		{"a name that changes references", "*", `{"properties":{"a":{"$id":"https://schema.example/"}}}`, "at /properties/a: $id"},
		{"a circle", "*", `{"definitions":{"a":{"allOf":[{"$ref":"#/definitions/a"}]}},"$ref":"#/definitions/a"}`, "leads in a circle"},
		{"itself", "*", `{"properties":{"a":{"$ref":"#"}}}`, "leads in a circle"},
		{"nowhere", "*", `{"$ref":"#/definitions/a"}`, "leads nowhere"},
		{"compiled anew for each object", "*", `{"patternProperties":{"^x_":{}}}`, "patternProperties"},
		{"a slow expression", "*", `{"properties":{"name":{"pattern":"(a|b|ab)*(a{1,40}b{1,40}){1,20}$"}}}`, "at /properties/name: the pattern"},
		{"an expression that explodes", "*", `{"pattern":"((a{1000}){1000}){1000}"}`, "at its root: the pattern"},
		{"a format that is slow", "*", `{"properties":{"name":{"format":"regex"}}}`, `at /properties/name: the format "regex" is not judged here; these are: date,`},
		{"a format that is none", "*", `{"format":"datetime"}`, `the format "datetime" is not judged here`},
		{"no expression", "*", `{"pattern":"("}`, "missing closing )"},
		{"doubling references", "*", doubling(30), "more than 2000 parts"},
		{"a list that compiles slowly", "*", `{"required":[` + terms(5001) + `]}`, "at /required: there are 5001 elements"},
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

// Nothing is fetched for a schema: neither what a part refers to that nobody
// needs, nor what stands where a schema is only quoted.
func TestOwnSchemasFetchNothing(t *testing.T) {
	fetched := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { fetched = true }))
	defer server.Close()
	for _, schema := range []string{
		`{"definitions":{"a":{"$ref":"URL"}}}`,
		`{"definitions":{"a":{"$id":"URL","$ref":"#/b"}},"properties":{"name":{"minLength":1}}}`,
		`{"default":{"$ref":"URL"},"examples":[{"$ref":"URL"}],"const":{"$ref":"URL"}}`,
		`{"$id":"URL","properties":{"name":{"$ref":"#/definitions/a"}},"definitions":{"a":{}}}`,
		`{"properties":{"$ref":{"enum":["URL"]},"$id":{"const":"URL"}}}`,
	} {
		own := map[string][]byte{"*": []byte(strings.ReplaceAll(schema, "URL", server.URL))}
		judgeOwn(t, "standard", `"confidence":3`, own)
		if fetched {
			t.Fatalf("%s was followed", schema)
		}
	}
	loader := gojsonschema.NewSchemaLoader()
	if _, err := loader.Compile(fetchless{gojsonschema.NewStringLoader(`{"$ref":"` + server.URL + `"}`)}); err == nil || fetched {
		t.Errorf("the wall let a reference through: %v", err)
	}
}

// References and siblings of references mean what draft 7 says.
func TestOwnReferences(t *testing.T) {
	for schema, accepted := range map[string]bool{
		`{"properties":{"confidence":{"$ref":"#/definitions/a b"}},"definitions":{"a b":{"minimum":50}}}`:                   false,
		`{"properties":{"confidence":{"$ref":"#/definitions/a%20b"}},"definitions":{"a b":{"minimum":50}}}`:                 false,
		`{"properties":{"confidence":{"$ref":"#/definitions/a~1b"}},"definitions":{"a/b":{"minimum":50}}}`:                  false,
		`{"properties":{"confidence":{"$ref":"#/definitions/a","minimum":50}},"definitions":{"a":{"minimum":1}}}`:           true,
		`{"properties":{"confidence":{"$ref":"#/definitions/a"},"lang":{"$ref":"#/definitions/a"}},"definitions":{"a":{}}}`: true,
		`{"properties":{"confidence":{"$ref":"#/properties/x_y"},"x_y":{"minimum":50}}}`:                                    false,
		`{"dependencies":{"confidence":["lang"]}}`:                                                                          false,
		`{"dependencies":{"confidence":{"required":["lang"]}}}`:                                                             false,
		`{"properties":{"confidence":false}}`:                                                                               false,
		`{"items":false,"if":{"required":["confidence"]},"else":false}`:                                                     true,
	} {
		if v := judgeOwn(t, "standard", `"confidence":3`, map[string][]byte{"*": []byte(schema)}); v.Accepted != accepted {
			t.Errorf("%s: %+v", schema, v)
		}
	}
}

// Every error of an agreement's schema is a sentence, numbers in it as they are.
func TestOwnMessages(t *testing.T) {
	for schema, want := range map[string]string{
		`{"properties":{"name":{"minLength":30}}}`:             `"Phishing" has fewer than 30 characters`,
		`{"properties":{"name":{"maxLength":3}}}`:              `"Phishing" has more than 3 characters`,
		`{"properties":{"labels":{"minItems":30}}}`:            `the list has fewer than 30 elements`,
		`{"properties":{"labels":{"uniqueItems":true}}}`:       `the elements 0 and 2 of the list are equal`,
		`{"maxProperties":2}`:                                  `there are more than 2 properties`,
		`{"properties":{"confidence":{"minimum":50}}}`:         `3 is less than 50`,
		`{"properties":{"confidence":{"multipleOf":2}}}`:       `3 is not a multiple of 2`,
		`{"properties":{"name":{"enum":[` + terms(90) + `]}}}`: `"Phishing" is not one of "term-0", "term-1", `,
	} {
		v := judgeOwn(t, "standard", `"confidence":3,"labels":["a","b","a"]`, map[string][]byte{"*": []byte(schema)})
		if len(v.Findings) == 0 || !strings.HasPrefix(v.Findings[0].Message, want) || len(v.Findings[0].Message) > 300 {
			t.Errorf("%s: %+v; want %s", schema, v.Findings, want)
		}
	}
}

// terms are so many texts of a list.
func terms(n int) string {
	quoted := make([]string, n)
	for i := range quoted {
		quoted[i] = fmt.Sprintf(`"term-%d"`, i)
	}
	return strings.Join(quoted, ",")
}

// expensive are schemas that are taken, and objects for which they would take
// seconds, minutes or hours: those are refused for that alone, before it starts.
func expensive() map[string][2]string {
	repeat := func(format string, n int) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = strings.ReplaceAll(format, "#", strconv.Itoa(i))
		}
		return strings.Join(parts, ",")
	}
	const pattern = `{"pattern":"^([a-z]{1,20}#|[0-9]{1,9})+$"}`
	return map[string][2]string{
		"expressions on a long text":      {`{"properties":{"x_text":{"anyOf":[` + repeat(pattern, 500) + `]}}}`, `"x_text":"` + strings.Repeat("a", 64<<10) + `"`},
		"expressions on many texts":       {`{"properties":{"labels":{"items":{"anyOf":[` + repeat(pattern, 240) + `]}}}}`, `"labels":[` + repeat(`"`+strings.Repeat("a", 500)+`#"`, 1000) + `]`},
		"alternatives for each member":    {`{"additionalProperties":{"anyOf":[` + repeat(`{"minLength":#}`, 1900) + `]}}`, repeat(`"x_#":"a"`, 900)},
		"alternatives deep inside":        {`{"additionalProperties":{"additionalProperties":{"anyOf":[` + repeat(`{"minLength":#}`, 1900) + `]}}}`, `"x_a":{` + repeat(`"a#":"a"`, 900) + `}`},
		"alternatives for names":          {`{"propertyNames":{"anyOf":[` + repeat(`{"maxLength":#}`, 1900) + `]}}`, repeat(`"x_#":"a"`, 900)},
		"a long enumeration":              {`{"properties":{"labels":{"items":{"enum":[` + repeat(`"term-#"`, 5000) + `]}}}}`, `"labels":[` + repeat(`"x#"`, 5000) + `]`},
		"the whole object in many places": {`{"anyOf":[` + repeat(`{"const":#}`, 500) + `]}`, `"x_text":"` + strings.Repeat("a", 512<<10) + `"`},
		"elements compared":               {`{"properties":{"labels":{"allOf":[` + repeat(`{"uniqueItems":true}`, 100) + `]}}}`, `"labels":[` + repeat(`"x#"`, 49_000) + `]`},
		"many names required":             {`{"properties":{"x_a":{"items":{"required":[` + repeat(`"a#"`, 1000) + `]}}}}`, `"x_a":[` + repeat(`{"b":#}`, 5000) + `]`},
	}
}

func TestOwnSchemaWork(t *testing.T) {
	for name, tc := range expensive() {
		v := judgeOwn(t, "standard", tc[1], map[string][]byte{"*": []byte(tc[0])})
		if v.Accepted || v.Findings[0].Rule != "LIMIT" {
			t.Errorf("%s: %.500v", name, fmt.Sprint(v.Findings))
		}
	}
	hashes := `{"properties":{"x_hash":{"items":{"enum":[` + terms(1000) + `],"pattern":"^[a-z0-9-]{1,60}$"}}}}`
	if v := judgeOwn(t, "standard", `"x_hash":[`+strings.Repeat(`"term-7",`, 3999)+`"term-1"]`, map[string][]byte{"*": []byte(hashes)}); !v.Accepted {
		t.Errorf("a long list with a long enumeration: %+v", v)
	}
	if v := judgeOwn(t, "standard", `"x_a":1e-999999`, map[string][]byte{"*": []byte(`{"additionalProperties":{"minimum":1}}`)}); v.Findings[0].Rule != "GEN-01" {
		t.Errorf("a number that cannot be calculated with: %+v", v)
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
