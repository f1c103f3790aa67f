package schemas

import (
	"fmt"
	"strings"
	"testing"

	"accord/stix"
)

// indicator790 is an indicator of 790 bytes, the size that all figures of the
// project are given for.
var indicator790 = []byte(`{"type":"indicator","spec_version":"2.1","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",` +
	`"created_by_ref":"identity--f431f809-377b-45e0-aa1c-6a4751cae5ff","created":"2026-01-02T03:04:05.678Z","modified":"2026-01-02T03:04:05.678Z",` +
	`"name":"Phishing site","description":"Seen in mail to customers of several banks; the page copies the login form.",` +
	`"indicator_types":["malicious-activity"],"pattern":"[domain-name:value = 'login.bank.example' OR url:value = 'https://login.bank.example/session']",` +
	`"pattern_type":"stix","pattern_version":"2.1","valid_from":"2026-01-02T03:04:05.678Z","labels":["phishing"],"confidence":85,` +
	`"object_marking_refs":["marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"]}`)

var relationship = []byte(`{"type":"relationship","spec_version":"2.1","id":"relationship--b28d4f60-7a15-4c93-8e2b-d9013c5f67a4",` +
	`"created_by_ref":"identity--f431f809-377b-45e0-aa1c-6a4751cae5ff","created":"2026-01-02T03:04:05.678Z","modified":"2026-01-02T03:04:05.678Z",` +
	`"relationship_type":"indicates","source_ref":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","target_ref":"malware--c7e94b1d-2f36-4a58-9d0c-81b5f2a6e347",` +
	`"object_marking_refs":["marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"]}`)

// From raw bytes to verdict, schema, rules and pattern together: at most 40 µs
// for the indicator and 25 µs for the relationship on the machine of the design.
func BenchmarkValidate(b *testing.B)             { benchmarkValidate(b, indicator790) }
func BenchmarkValidateRelationship(b *testing.B) { benchmarkValidate(b, relationship) }

func benchmarkValidate(b *testing.B, raw []byte) {
	judge := judgeOf("standard")
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		o, findings := stix.ReadObject(raw, stix.DefaultLimits)
		if verdict := judge.Validate(o, nil); len(findings)+len(verdict.Findings) > 0 {
			b.Fatal(findings, verdict)
		}
	}
}

// What a mistake in every property costs.
func BenchmarkValidateBad(b *testing.B) {
	o, _ := stix.ReadObject(change("indicator", `"labels":[1,2],"confidence":101,"lang":"en_US","revoked":1,"id":"x","created":"y","X":null`), stix.DefaultLimits)
	judge := judgeOf("standard")
	b.ReportAllocs()
	for b.Loop() {
		judge.Validate(o, nil)
	}
}

// mebibyte is the size of a hostile object.
const mebibyte = 1 << 20

// filled returns an object with a property that is as long as an object may
// be: the beginning, so many elements as fit but at most most, and the end.
func filled(class, beginning, element, end string, most int) []byte {
	n := min(most, (mebibyte-1000-len(beginning))/(len(element)+3)) // a # becomes three digits
	elements := make([]string, n)
	for i := range elements {
		elements[i] = strings.ReplaceAll(element, "#", fmt.Sprint(i%1000))
	}
	return change(class, beginning+strings.Join(elements, ",")+end)
}

// hostileObjects are the costliest objects within the limits that we could
// think of.
func hostileObjects() map[string][]byte {
	const id = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"
	list := func(class, property, element string) []byte {
		return filled(class, `"`+property+`":[`, element, `]`, 50_000)
	}
	members := func(class, property, member string) []byte {
		return filled(class, `"`+property+`":{`, member, `}`, 1000)
	}
	text := func(class, property, repeated string) []byte {
		return change(class, `"`+property+`":"`+strings.Repeat(repeated, (mebibyte-1000)/len(repeated))+`"`)
	}
	deep := strings.Repeat("[", 29) + "1" + strings.Repeat("]", 29)
	return map[string][]byte{
		"right labels":               list("indicator", "labels", `"abcdefghijklmno"`),
		"wrong labels":               list("indicator", "labels", `4711`),
		"null labels":                list("indicator", "labels", `null`),
		"empty labels":               list("indicator", "labels", `[]`),
		"right terms":                list("indicator", "indicator_types", `"benign"`),
		"wrong terms":                list("indicator", "indicator_types", `"strange"`),
		"right references":           list("report", "object_refs", `"indicator--`+id+`"`),
		"wrong references":           list("report", "object_refs", `"indicator"`),
		"bundle references":          list("report", "object_refs", `"bundle--`+id+`"`),
		"external references":        list("indicator", "external_references", `{"source_name":"a","external_id":"1"}`),
		"external references, wrong": list("indicator", "external_references", `{"source":"a","url":" "}`),
		"references with hashes":     list("indicator", "external_references", `{"source_name":"a","url":"b","hashes":{"MD5":"c","foo-#":"d"}}`),
		"kill chain phases":          list("indicator", "kill_chain_phases", `{"kill_chain_name":"A b","phase_name":"c"}`),
		"markings":                   list("indicator", "object_marking_refs", `"marking-definition--`+id+`"`),
		"granular markings":          list("indicator", "granular_markings", `{"lang":"en","selectors":["name"]}`),
		"granular markings, wrong":   list("indicator", "granular_markings", `{"selectors":["no.[#]"]}`),
		"selectors":                  filled("indicator", `"granular_markings":[{"lang":"en","selectors":[`, `"labels.[#]"`, `]}]`, 50_000),
		"long selectors":             filled("indicator", `"granular_markings":[{"lang":"en","selectors":[`, `"a`+strings.Repeat(".b", 500)+`"`, `]}]`, 50_000),
		"many selectors, long list":  filled("indicator", `"labels":["`+strings.Repeat(`a","`, 49_000)+`"],"granular_markings":[{"lang":"en","selectors":[`, `"labels.[48#]"`, `]}]`, 30_000),
		"properties":                 change("indicator", strings.TrimPrefix(string(many(`"x_#":["abcdefghijklm"]`, 900)), ",")),
		"undefined properties":       change("indicator", string(many(`"abc#":{"abc":"d"}`, 900))),
		"names that are none":        change("indicator", string(many(`"A-#":null`, 900))),
		"long names":                 change("indicator", string(many(`"`+strings.Repeat("A", 1000)+`#":1`, 900))),
		"depth":                      list("indicator", "x_a", deep),
		"deep properties":            change("indicator", string(many(`"x_#":[`+strings.Repeat(deep+",", 17)+`1]`, 900))),
		"lists in a list":            list("indicator", "x_a", `[1,2,3,4,5]`),
		"empty lists in lists":       list("indicator", "x_a", `[[],[],[]]`),
		"empty objects":              list("indicator", "x_a", `{}`),
		"objects":                    list("indicator", "x_a", `{"a":1,"b":2,"c":3}`),
		"keys":                       members("process", "environment_variables", `"KEY_#":"1"`),
		"wrong keys":                 members("process", "environment_variables", `"KEY #":1`),
		"hashes":                     members("file", "hashes", `"MD5-#":"x"`),
		"extensions":                 members("indicator", "extensions", `"extension-definition--`+id[:33]+`#":{"extension_type":"property-extension"}`),
		"languages":                  members("language-content", "contents", `"en-x-a#":{"name":"b"}`),
		"language":                   text("indicator", "lang", "en-abcdefgh-"),
		"name":                       text("indicator", "name", "abcdefgh"),
		"identifier":                 text("indicator", "id", "indicator--"),
		"timestamp":                  change("indicator", `"modified":"2026-01-02T03:04:05.`+strings.Repeat("6", mebibyte-1000)+`Z"`),
		"number":                     change("indicator", `"confidence":`+strings.Repeat("1", mebibyte-1000)),
		"number with an exponent":    change("indicator", `"confidence":1e-999999999,"x_a":1e999999`),
		"address":                    text("email-addr", "value", "a.b@"),
		"domain":                     text("domain-name", "value", "a.b-c."),
		"international domain":       text("domain-name", "value", "ä.中."),
		"URL":                        text("url", "value", "https://a/%20?b"),
		"media type":                 text("artifact", "mime_type", "a/b;"),
		"binary":                     text("artifact", "payload_bin", "AAAA"),
		"container":                  members("observed-data", "objects", `"#":{"type":"domain-name","value":"a.example","resolves_to_refs":["1","2","x"]}`),
		"pattern":                    change("indicator", `"pattern":"[`+strings.Repeat("a:b = 1 OR ", 9_000)+`a:b = 1]"`),
		"pattern without end":        text("indicator", "pattern", "[a:b = (("),
	}
}

// many writes a member so many times, with # counted, as text of an object.
func many(member string, n int) []byte {
	members := make([]string, n)
	for i := range members {
		members[i] = strings.ReplaceAll(member, "#", fmt.Sprint(i))
	}
	return []byte(strings.Join(members, ","))
}

// Each below 50 ms on the machine of the design.
func BenchmarkHostile(b *testing.B) {
	judge := judgeOf("standard")
	for name, raw := range hostileObjects() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				o, _ := stix.ReadObject(raw, stix.DefaultLimits)
				judge.Validate(o, nil)
			}
		})
	}
}

// What grew with the square of the size would take minutes here, and no object
// within the limits leaves much to be said.
func TestHostileObjects(t *testing.T) {
	judge := judgeOf("standard")
	for name, raw := range hostileObjects() {
		t.Run(name, func(t *testing.T) {
			if len(raw) > mebibyte {
				t.Errorf("the object has %d bytes, more than may be", len(raw))
			}
			o, _ := stix.ReadObject(raw, stix.DefaultLimits)
			verdict := judge.Validate(o, nil)
			if size := len(fmt.Sprint(verdict.Findings)); size > 100_000 {
				t.Errorf("the findings have %d bytes", size)
			}
		})
	}
}
