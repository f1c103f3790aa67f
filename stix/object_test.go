package stix

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// indicator is an object of about the size that the performance figures speak
// of, 790 bytes.
var indicator = []byte(`{"type":"indicator","spec_version":"2.1","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",` +
	`"created_by_ref":"identity--f431f809-377b-45e0-aa1c-6a4751cae5ff","created":"2026-04-06T20:03:48.000Z",` +
	`"modified":"2026-04-07T20:03:48.000Z","name":"Loader seen in mail","description":"Attached to mail that names a ` +
	`meeting; the loader calls c2.example on port 443, waits for an hour, and fetches a second stage from the same host.",` +
	`"indicator_types":["malicious-activity"],"pattern":"[file:hashes.'SHA-256' = ` +
	`'aec070645fe53ee3b3763059376134f058cc337247c978add178b6ccdfb0019f']","pattern_type":"stix",` +
	`"valid_from":"2026-01-01T00:00:00Z","confidence":85,"labels":["mail","loader"],` +
	`"object_marking_refs":["marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"]}`)

func BenchmarkReadObject(b *testing.B) {
	b.SetBytes(int64(len(indicator)))
	b.ReportAllocs()
	for b.Loop() {
		if _, findings := ReadObject(indicator, DefaultLimits); findings != nil {
			b.Fatal(findings)
		}
	}
}

func TestReadObject(t *testing.T) {
	object, findings := ReadObject(indicator, DefaultLimits)
	want := Header{
		Type: "indicator", ID: "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", SpecVersion: "2.1",
		Created: "2026-04-06T20:03:48.000Z", Modified: "2026-04-07T20:03:48.000Z",
		CreatedBy: "identity--f431f809-377b-45e0-aa1c-6a4751cae5ff",
		Markings:  []ID{"marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"},
	}
	if findings != nil || !reflect.DeepEqual(object.Header, want) {
		t.Errorf("header %+v, findings %v; want %+v, none", object.Header, findings, want)
	}
	if &object.Raw[0] != &indicator[0] || len(object.Raw) != len(indicator) {
		t.Error("Raw is not the slice that was given (P3)")
	}
}

func TestReadObjectHeader(t *testing.T) {
	for _, tc := range []struct {
		name, raw string
		want      Header
	}{
		{"nothing", `{}`, Header{}},
		{"wrong kinds", `{"type":1,"id":["a"],"spec_version":2.1,"created":null,"modified":{},"revoked":"true","created_by_ref":false,"lang":{"en":1},"extensions":[]}`, Header{}},
		{"case matters (GEN-06)", `{"Type":"a","ID":"b","REVOKED":true}`, Header{}},
		{"escapes", `{"\u0074ype":"to\u006fl","lang":"\u4e2d"}`, Header{Type: "tool", Lang: "中"}},
		{"inner members are not the object's", `{"a":{"id":"x","type":"y"},"b":[{"id":"x"}],"id":"z"}`, Header{ID: "z"}},
		{"revoked", `{"revoked":true}`, Header{Revoked: true}},
		{"not revoked", `{"revoked":false}`, Header{}},
		{"P6 markings in order, each once", `{"object_marking_refs":["b","a","b"],"granular_markings":[{"lang":"zh","selectors":["x"]},{"marking_ref":"c"},{"selectors":["y"],"marking_ref":"a"}]}`, Header{Markings: []ID{"b", "a", "c"}}},
		{"P6 granular before the object's", `{"granular_markings":[{"marking_ref":"c"}],"object_marking_refs":["a"]}`, Header{Markings: []ID{"c", "a"}}},
		{"P6 refs are no list", `{"object_marking_refs":"a"}`, Header{MarkingsUnreadable: true}},
		{"P6 refs are null", `{"object_marking_refs":null}`, Header{MarkingsUnreadable: true}},
		{"P6 a ref is no string", `{"object_marking_refs":["a",{"x":"b"}]}`, Header{Markings: []ID{"a"}, MarkingsUnreadable: true}},
		{"P6 refs are an object", `{"object_marking_refs":{"a":"b"}}`, Header{MarkingsUnreadable: true}},
		{"P6 granular is an object", `{"granular_markings":{"marking_ref":"a"}}`, Header{MarkingsUnreadable: true}},
		{"P6 a granule is no object", `{"granular_markings":["a"]}`, Header{MarkingsUnreadable: true}},
		{"P6 a granule's ref is a list", `{"granular_markings":[{"marking_ref":["a"]}]}`, Header{MarkingsUnreadable: true}},
		{"P6 marking_ref elsewhere", `{"x":[{"marking_ref":"a"}],"marking_ref":"b"}`, Header{}},
		{"CTX origins", `{"extensions":{"` + string(ActivityContext) + `":{"extension_type":"property-extension","origin_territories":["CN","US",1]}}}`, Header{Origins: []string{"CN", "US"}}},
		{"CTX origins of another extension", `{"extensions":{"` + string(Assistance) + `":{"origin_territories":["CN"]}},"origin_territories":["US"]}`, Header{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			object, findings := ReadObject([]byte(tc.raw), DefaultLimits)
			if findings != nil || !reflect.DeepEqual(object.Header, tc.want) {
				t.Errorf("ReadObject(%s) = %+v, %v; want %+v, none", tc.raw, object.Header, findings, tc.want)
			}
		})
	}
}

func TestReadObjectFindings(t *testing.T) {
	const id = `"id":"tool--1"`
	small := Limits{ObjectBytes: 100, ArtifactBytes: 200, Depth: 3, ListElements: 3, Properties: 4}
	for _, tc := range []struct {
		name, raw string
		limits    Limits
		want      []string // rule, pointer, part of the message
	}{
		{"GEN-01 member twice", `{"a":1,"a":2,` + id + `}`, Limits{}, []string{`GEN-01 /a: two members "a"`}},
		{"GEN-01 member twice by escape", `{"a":1,"\u0061":2,` + id + `}`, Limits{}, []string{`GEN-01 /a: two members "a"`}},
		{"GEN-01 member twice, deep", `{"x":[0,{"b":{"c/d":1,"c/d":2}}],` + id + `}`, Limits{}, []string{`GEN-01 /x/1/b/c~1d: two members`}},
		{"GEN-01 member thrice", `{"a":1,"a":2,"a":3,` + id + `}`, Limits{}, []string{`GEN-01 /a: two`, `GEN-01 /a: two`}},
		{"one name in two objects", `{"x":[{"a":1},{"a":1}],"a":1,` + id + `}`, Limits{}, nil},
		{"GEN-01 invalid UTF-8", "{\"a\":[1,\"x\xffy\"]," + id + "}", Limits{}, []string{`GEN-01 /a/1: not Unicode`}},
		{"GEN-01 invalid UTF-8 in a name", "{\"\xc3(\":1," + id + "}", Limits{}, []string{"GEN-01 /\ufffd(: not Unicode"}},
		{"GEN-01 UTF-8 of a surrogate", "{\"a\":\"\xed\xa0\x80\"," + id + "}", Limits{}, []string{`GEN-01 /a: not Unicode`}},
		{"GEN-01 high surrogate alone", `{"a":"\ud83d",` + id + `}`, Limits{}, []string{`GEN-01 /a: surrogate`}},
		{"GEN-01 low surrogate alone", `{"a":"\ude00x",` + id + `}`, Limits{}, []string{`GEN-01 /a: surrogate`}},
		{"GEN-01 surrogates exchanged", `{"a":"\ude00\ud83d",` + id + `}`, Limits{}, []string{`GEN-01 /a: surrogate`}},
		{"surrogate pair", `{"a":"\ud83d\ude00",` + id + `}`, Limits{}, nil},
		{"GEN-01 number", `{"a":{"b":[1e999]},` + id + `}`, Limits{}, []string{`GEN-01 /a/b/0: 1e999`}},
		{"GEN-01 long number", `{"a":-1` + strings.Repeat("0", 400) + `,` + id + `}`, Limits{}, []string{`GEN-01 /a: -1000`}},
		{"numbers that round", `{"a":[0.1,12345678901234567890,1e-999,1.7976931348623157e308],` + id + `}`, Limits{}, nil},
		{"GEN-01 byte-order mark", "\ufeff{" + id + "}", Limits{}, []string{`GEN-01 : byte-order mark`}},
		{"GEN-01 broken behind the id", `{` + id + `,"a":tru}`, Limits{}, []string{`GEN-01 /a: broken at byte 23`}},
		{"GEN-01 cut off", `{` + id + `,"a":"x`, Limits{}, []string{`GEN-01 /a: broken at byte`}},
		{"GEN-01 something behind", `{` + id + `} {}`, Limits{}, []string{`GEN-01 : something stands behind`}},
		{"GEN-01 nonsense behind", `{` + id + `} x`, Limits{}, []string{`GEN-01 : broken at byte 17`}},
		{"LIMIT bytes", `{` + id + `,"a":"` + strings.Repeat("a", 100) + `"}`, small, []string{`LIMIT : 123 bytes, more than 100`}},
		{"LIMIT bytes of an artifact", `{"type":"artifact",` + id + `,"a":"` + strings.Repeat("a", 100) + `"}`, small, nil},
		{"LIMIT bytes of a large artifact", `{"type":"artifact",` + id + `,"a":"` + strings.Repeat("a", 200) + `"}`, small, []string{`LIMIT : more than 200`}},
		{"LIMIT depth kept", `{"a":[[1]],` + id + `}`, small, nil},
		{"LIMIT depth", `{"a":[1,[[2],[3]]],` + id + `}`, small, []string{`LIMIT /a/1/0: deeper than 3`, `LIMIT /a/1/1: deeper than 3`}},
		{"LIMIT list kept", `{"a":[1,2,3],` + id + `}`, small, nil},
		{"LIMIT list", `{"a":[1,[2],3,4,5],` + id + `}`, small, []string{`LIMIT /a: more than 3 elements`}},
		{"LIMIT properties kept", `{"a":1,"b":2,"c":3,` + id + `}`, small, nil},
		{"LIMIT properties", `{"a":1,"b":2,"c":3,"d":4,` + id + `}`, small, []string{`LIMIT : more than 4 members`}},
		{"LIMIT properties of a dictionary", `{"x":{"a":1,"b":2,"c":3,"d":4,"e":5},` + id + `}`, small, []string{`LIMIT /x: more than 4 members`}},
		{"many at once", "{\"a\":1,\"a\":\"\xff\",\"b\":1e999," + id + ",", Limits{}, []string{`GEN-01 /a: two`, `GEN-01 /a: Unicode`, `GEN-01 /b: 1e999`, `GEN-01 : broken`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			object, findings := ReadObject([]byte(tc.raw), tc.limits)
			checkFindings(t, tc.raw, findings, tc.want)
			if object.ID != "tool--1" {
				t.Errorf("ReadObject(%.200q) has id %q; want tool--1 all the same", tc.raw, object.ID)
			}
		})
	}
}

// checkFindings compares findings with lines of rule, pointer and a part of the
// message.
func checkFindings(t *testing.T, raw string, got []Finding, want []string) {
	t.Helper()
	matches := slices.EqualFunc(got, want, func(f Finding, line string) bool {
		place, message, _ := strings.Cut(line, ": ")
		return f.Rule+" "+f.Pointer == strings.TrimSuffix(place, ":") && f.Level == LevelError && strings.Contains(f.Message, message)
	})
	if !matches {
		t.Errorf("ReadObject(%.200q) finds %+v; want %q", raw, got, want)
	}
}

func TestReadObjectOfNoObject(t *testing.T) {
	const noJSON = "this cannot be read as JSON; it must be a JSON object"
	for raw, want := range map[string]string{
		"": noJSON, " ": noJSON, "x": noJSON, "}": noJSON, "]": noJSON, ",": noJSON, "\xff": noJSON, "nope": noJSON, `"a`: noJSON, "-": noJSON, "[1": noJSON,
		"null": "this is null, not a JSON object", "true": "this is a boolean, not a JSON object", " false": "this is a boolean, not a JSON object",
		"1": "this is a number, not a JSON object", "-1.5e3 ": "this is a number, not a JSON object", `"{}"`: "this is a string, not a JSON object",
		"[]": "this is a list, not a JSON object", "[{}]": "this is a list, not a JSON object", "\ufeff[]": "this is a list, not a JSON object",
	} {
		_, findings := ReadObject([]byte(raw), DefaultLimits)
		checkFindings(t, raw, findings, []string{"GEN-01 : " + want})
	}
}

// Members of one name are read in different ways by different readers: nobody
// could say which markings hold (P6).
func TestReadObjectMarkingsTwice(t *testing.T) {
	for raw, unreadable := range map[string]bool{
		`{"object_marking_refs":["a"],"object_marking_refs":["b"]}`:     true,
		`{"granular_markings":[],"granular_markings":[]}`:               true,
		`{"granular_markings":[{"marking_ref":"a","marking_ref":"b"}]}`: true,
		`{"labels":["a"],"labels":["b"]}`:                               false,
	} {
		if object, _ := ReadObject([]byte(raw), DefaultLimits); object.MarkingsUnreadable != unreadable {
			t.Errorf("ReadObject(%s): markings unreadable %v; want %v", raw, object.MarkingsUnreadable, unreadable)
		}
	}
}

// What a hostile object can make us hold is bounded.
func TestReadObjectHostile(t *testing.T) {
	many := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for name, raw := range map[string]string{
		"nested lists":           strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000),
		"nested objects":         strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000),
		"unclosed":               strings.Repeat("[", 100_000),
		"many members":           `{` + many(`"p%d":1,`, 200_000) + `"z":1}`,
		"many of one name":       `{` + many(`"p":%d,`, 200_000) + `"z":1}`,
		"many lone halves":       `["` + many(`\ud800%d","`, 100_000) + `"]`,
		"long name":              `{"` + strings.Repeat("a", 1<<20) + `":{"b":1,"b":1}}`,
		"bad, below a long name": `{"` + strings.Repeat("a", 1<<19) + `":[` + strings.Repeat("1e999,", 80_000) + `1]}`,
		"many long numbers":      `[` + many(`1e%d,`, 100_000) + `1]`,
	} {
		t.Run(name, func(t *testing.T) {
			raw := []byte(`{"x":` + raw + `}`)
			for _, limits := range []Limits{{}, DefaultLimits} {
				_, findings := ReadObject(raw, limits)
				size := 0
				for _, f := range findings {
					size += len(f.Pointer) + len(f.Message)
				}
				if limits != (Limits{}) && findings == nil || size > 100_000 {
					t.Errorf("limits %+v: %d findings of %d bytes; want some under limits, and few bytes", limits, len(findings), size)
				}
			}
		})
	}
}

func TestHeaderVersion(t *testing.T) { // TAXII 2.1 §3.4.1
	for _, tc := range []struct{ modified, created, want Timestamp }{{"b", "a", "b"}, {"", "a", "a"}, {"", "", ""}} {
		if got := (Header{Modified: tc.modified, Created: tc.created}).Version(); got != tc.want {
			t.Errorf("version of modified %q, created %q is %q; want %q", tc.modified, tc.created, got, tc.want)
		}
	}
}

func TestHeaderSpec(t *testing.T) { // TX-MSV-07
	for _, tc := range []struct{ spec, typ, want string }{
		{"2.1", "indicator", "2.1"}, {"", "indicator", "2.0"}, {"", "ipv4-addr", "2.1"}, {"2.0", "ipv4-addr", "2.0"}, {"", "", "2.0"},
	} {
		if got := (Header{SpecVersion: tc.spec, Type: tc.typ}).Spec(); got != tc.want {
			t.Errorf("a %s with spec_version %q is of %q; want %q", tc.typ, tc.spec, got, tc.want)
		}
	}
}

func TestNewObservable(t *testing.T) {
	const extension = `,"extensions":{"extension-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f":{"extension_type":"%s"}}`
	for members, want := range map[string]bool{
		`"type":"x-acme-beacon"`:                                                   true,
		`"spec_version":"2.1","type":"x-acme-beacon"`:                              true,
		`"spec_version":"2.0","type":"x-acme-beacon"`:                              false,
		`"type":"x-acme-beacon","created":"2026-01-02T03:04:05.678Z"`:              false,
		`"type":"x-acme-beacon","modified":null`:                                   false,
		`"type":"x-acme-beacon"` + fmt.Sprintf(extension, "new-sdo"):               false,
		`"type":"x-acme-beacon"` + fmt.Sprintf(extension, "new-sro"):               false,
		`"type":"x-acme-beacon"` + fmt.Sprintf(extension, "property-extension"):    true,
		`"type":"x-acme-beacon","created":"a"` + fmt.Sprintf(extension, "new-sco"): true,
		`"type":"campaign"`: false, `"type":"assistance-request"`: false, `"type":"file"`: false, `"type":"Beacon"`: false, `"a":1`: false,
	} {
		o, _ := ReadObject([]byte("{"+members+"}"), DefaultLimits)
		if o.NewObservable != want {
			t.Errorf("{%s}: %v, want %v", members, o.NewObservable, want)
		}
		if want && o.Spec() != "2.1" {
			t.Errorf("{%s} is of %s", members, o.Spec())
		}
	}
}

func FuzzReadObject(f *testing.F) {
	f.Add(indicator)
	f.Add([]byte(`{"granular_markings":[{"marking_ref":"c"}],"object_marking_refs":["a"],"revoked":true}`))
	f.Add([]byte(`{"extensions":{"` + ActivityContext + `":{"origin_territories":["CN"]}}}`))
	f.Add([]byte(`{"a":"\ud83d\ude00","b":[1e999,{"c":1,"c":2}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := string(raw)
		object, findings := ReadObject(raw, Limits{})
		if string(object.Raw) != before {
			t.Fatalf("Raw is %q; want %q", object.Raw, before)
		}
		var want map[string]any
		err := json.Unmarshal(raw, &want)
		if findings == nil && (err != nil || want == nil) {
			t.Fatalf("ReadObject accepts %q; encoding/json does not: %v", raw, err)
		}
		if findings == nil && !sameHeader(object.Header, headerOf(want)) {
			t.Fatalf("ReadObject(%q) has header %+v; want %+v", raw, object.Header, headerOf(want))
		}
		for _, finding := range findings {
			if finding.Rule != "GEN-01" || finding.Level != LevelError {
				t.Fatalf("ReadObject(%q) without limits finds %+v", raw, finding)
			}
			broken := strings.Contains(finding.Message, "broken") || strings.Contains(finding.Message, "a JSON object") ||
				strings.Contains(finding.Message, "behind") || strings.Contains(finding.Message, "byte-order")
			if broken && json.Valid(raw) && want != nil {
				t.Fatalf("ReadObject(%q) finds %+v; encoding/json nothing", raw, finding)
			}
		}
		if !SameContent(raw, raw) {
			t.Fatalf("%q is not the same as itself", raw)
		}
		var again bytes.Buffer
		if findings == nil && (json.Indent(&again, raw, "", " ") != nil || !SameContent(raw, again.Bytes())) {
			t.Fatalf("%q is not the same as %q", raw, again.Bytes())
		}
	})
}

// headerOf is what encoding/json makes of a header.
func headerOf(o map[string]any) Header {
	str := func(v any) string { s, _ := v.(string); return s }
	h := Header{
		Type: str(o["type"]), ID: ID(str(o["id"])), SpecVersion: str(o["spec_version"]),
		Created: Timestamp(str(o["created"])), Modified: Timestamp(str(o["modified"])),
		CreatedBy: ID(str(o["created_by_ref"])), Lang: str(o["lang"]), Revoked: o["revoked"] == true,
	}
	h.Markings, h.MarkingsUnreadable = markingsOf(o)
	extensions, _ := o["extensions"].(map[string]any)
	activity, _ := extensions[string(ActivityContext)].(map[string]any)
	origins, _ := activity["origin_territories"].([]any)
	for _, v := range origins {
		if s, ok := v.(string); ok {
			h.Origins = append(h.Origins, s)
		}
	}
	announced := false
	for _, extension := range extensions {
		fields, _ := extension.(map[string]any)
		h.NewObservable = h.NewObservable || fields["extension_type"] == "new-sco"
		announced = announced || fields["extension_type"] == "new-sdo" || fields["extension_type"] == "new-sro"
	}
	_, created := o["created"]
	_, modified := o["modified"]
	if bare := h.SpecVersion == "" || h.SpecVersion == "2.1"; bare && !created && !modified && !announced && isForeignType(h.Type) {
		h.NewObservable = true
	}
	return h
}

func sameHeader(a, b Header) bool {
	a.Markings = slices.Sorted(slices.Values(a.Markings))
	return reflect.DeepEqual(a, b)
}

// markingsOf returns the markings sorted, since maps have lost the order.
func markingsOf(o map[string]any) (ids []ID, unreadable bool) {
	add := func(v any) {
		s, ok := v.(string)
		unreadable = unreadable || !ok
		if ok && !slices.Contains(ids, ID(s)) {
			ids = append(ids, ID(s))
		}
	}
	list := func(name string) []any {
		v, given := o[name]
		l, ok := v.([]any)
		unreadable = unreadable || given && !ok
		return l
	}
	for _, v := range list("object_marking_refs") {
		add(v)
	}
	for _, v := range list("granular_markings") {
		granule, ok := v.(map[string]any)
		unreadable = unreadable || !ok
		if ref, given := granule["marking_ref"]; given {
			add(ref)
		}
	}
	slices.Sort(ids)
	return ids, unreadable
}
