package stix

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

// vectors are observables, the canonical JSON of their ID contributing
// properties, and the id that follows.
var vectors = []struct{ typ, canonical, id string }{
	{"ipv4-addr", `{"value":"198.51.100.3"}`, "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"},
	{"ipv4-addr", `{"value":"198.51.100.0/24"}`, "ipv4-addr--1ea47840-aa39-5aa8-b4a2-cd203eb6662a"},
	{"ipv6-addr", `{"value":"2001:0db8:85a3:0000:0000:8a2e:0370:7334"}`, "ipv6-addr--85a85a8c-ee99-5722-946d-3c3a3270fc6f"},
	{"domain-name", `{"value":"example.com"}`, "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7"},
	{"email-addr", `{"value":"john@example.com"}`, "email-addr--7165e2a9-671f-585d-b1e1-ca59c671d934"},
	{"mac-addr", `{"value":"d2:fb:49:24:37:18"}`, "mac-addr--757b1725-9903-54f5-a855-1240691d7659"},
	{"mutex", `{"name":"__CLEANSWEEP__"}`, "mutex--f93fe911-e545-5239-b9b0-597840d0c871"},
	{"url", `{"value":"https://example.com/research/index.html"}`, "url--47c3cf9a-5027-5bf0-997a-017c7edc7c55"},
	{"autonomous-system", `{"number":15139}`, "autonomous-system--3aa27478-50b5-5ab8-9da9-cdc12b657fff"},
	{"directory", `{"path":"C:\\Windows\\System32"}`, "directory--0a58d0c1-59e6-5afd-8252-dcd3f13e5622"},
	{"file", `{"hashes":{"SHA-256":"fe90a7e910cb3a4739bed9180e807e93fa70c90f25a8915476f5e4bfbac681db"}}`, "file--b91bcf06-0d11-5a89-9c3a-8d4279aefe56"},
	{"file", `{"hashes":{"MD5":"9e107d9d372bb6826bd81d3542a419d6"},"name":"a.exe"}`, "file--ec3b7fb9-4e25-583e-a90e-da79e2275b8b"},
	{"file", `{"name":"quêry.dll"}`, "file--0bd3b719-7faf-5d3c-ad6b-1bbde246b0f8"},
	{"software", `{"name":"Word","vendor":"Microsoft"}`, "software--e7fe4452-5d58-52cf-864e-3642b52c1eb7"},
	{"user-account", `{"account_login":"jdoe","account_type":"unix","user_id":"1001"}`, "user-account--f94d689e-707d-58c3-b803-c720bb6ed096"},
	{"windows-registry-key", `{"key":"HKEY_LOCAL_MACHINE\\System\\Foo\\Bar"}`, "windows-registry-key--1884b770-b679-522a-a9c7-45fadaaec7bb"},
	{"windows-registry-key", `{"key":"HKEY_LOCAL_MACHINE\\System\\Foo","values":[{"data":"qwerty","data_type":"REG_SZ","name":"Foo"}]}`, "windows-registry-key--44b70a8f-a279-5869-b913-a8a56fb9f87f"},
	{"x509-certificate", `{"serial_number":"36:f7:d4:32:f4:ab:70:ea:d3:ce:98:6e:ea:99:93:49:32:0a:b7:06"}`, "x509-certificate--bf86f034-2390-54d7-8426-d08433db3fbe"},
	{"artifact", `{"payload_bin":"VGhpcyBpcyBhIHRlc3Q="}`, "artifact--89985a15-2e0d-5eac-bad7-e850ca202d2c"},
	{"network-traffic", `{"dst_ref":"ipv4-addr--03b708d9-7761-5523-ab75-5ea096294a68","protocols":["ipv4","tcp"],"src_ref":"ipv4-addr--4d22aae0-2bf9-5427-8819-e4f6abf20a53"}`, "network-traffic--9485ff39-a274-5daf-8280-e3e963b522ca"},
	{"email-message", `{"from_ref":"email-addr--9b7e29b3-fd8d-562e-b3f0-8fc8134f5dda","subject":"Saying Hello"}`, "email-message--42451260-19e5-55fb-b146-ac82e85bd03f"},
	{"file", `{"extensions":{"windows-pebinary-ext":{"pe_type":"exe","sections":[{"entropy":7,"name":"CODE"},{"entropy":6.25,"name":"DATA"}]}},"name":"foo.exe"}`, "file--ad7b8c62-5818-59aa-8bbc-92a21bb96964"},
	{"file", `{"extensions":{"pdf-ext":{"document_info_dict":{"Title":"Sample \"quoted\" é"},"version":"1.7"}},"hashes":{"SHA-1":"2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"},"name":"foo.pdf","parent_directory_ref":"directory--93c0a9b0-520d-545d-9094-1a08ddf46b05"}`, "file--f90a69e1-3a22-5f59-b1db-f285b36a34a4"},
	{"network-traffic", `{"dst_port":443,"end":"2020-05-01T10:05:00.5Z","extensions":{"tcp-ext":{"src_flags_hex":"00000002"}},"protocols":["ipv4","tcp","https"],"src_port":49152,"src_ref":"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4","start":"2020-05-01T10:00:00Z"}`, "network-traffic--31d83a76-1e77-5e5c-920d-8652f7162a7a"},
}

// fromJSON decodes as the validator does, numbers as json.Number.
func fromJSON(t testing.TB, text string) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var value map[string]any
	if err := d.Decode(&value); err != nil {
		t.Fatalf("decode %s: %v", text, err)
	}
	return value
}

func TestDeterministicIDVectors(t *testing.T) {
	for _, v := range vectors {
		value := fromJSON(t, v.canonical)
		value["type"], value["id"], value["defanged"], value["x_lab"] = v.typ, "other", true, json.Number("1")
		name, _, _ := appendContribution(nil, v.typ, value)
		if string(name) != v.canonical {
			t.Errorf("DET-05: %s is named %s; want %s", v.typ, name, v.canonical)
		}
		id, contributing, portable := DeterministicID(v.typ, value)
		if id != v.id || !contributing || !portable {
			t.Errorf("DET-01: DeterministicID(%s, %s) = %q, %t, %t; want %q, true, true", v.typ, v.canonical, id, contributing, portable, v.id)
		}
	}
}

func TestDeterministicID(t *testing.T) {
	md5, sha1, sha256 := strings.Repeat("0a", 16), strings.Repeat("0b", 20), strings.Repeat("0c", 32)
	for _, tc := range []struct {
		rule, name, typ, value string
		canonical              string // empty when nothing contributes
		portable               bool
	}{
		{"DET-02", "MD5 comes first", "file", `{"hashes":{"SHA-256":"` + sha256 + `","SHA-1":"` + sha1 + `","MD5":"` + md5 + `"}}`, `{"hashes":{"MD5":"` + md5 + `"}}`, true},
		{"DET-02", "then SHA-1", "x509-certificate", `{"hashes":{"SHA-512":"x","SHA-256":"` + sha256 + `","SHA-1":"` + sha1 + `"}}`, `{"hashes":{"SHA-1":"` + sha1 + `"}}`, true},
		{"DET-02", "then SHA-256", "artifact", `{"url":"https://example.com/","hashes":{"SSDEEP":"3::","SHA-512":"x","SHA-256":"` + sha256 + `"}}`, `{"hashes":{"SHA-256":"` + sha256 + `"}}`, true},
		{"DET-02", "then SHA-512", "file", `{"hashes":{"AAA":"1","SHA-512":"x"}}`, `{"hashes":{"SHA-512":"x"}}`, true},
		{"DET-02", "else the first by name", "file", `{"hashes":{"TLSH":"x","SSDEEP":"3::","SHA3-256":"y"},"name":"a"}`, `{"hashes":{"SHA3-256":"y"},"name":"a"}`, false},
		{"DET-02", "a spelling of its own is no MD5", "file", `{"hashes":{"md5":"x"}}`, `{"hashes":{"md5":"x"}}`, false},
		{"DET-02", "no hash at all", "file", `{"hashes":{},"name":"a"}`, `{"name":"a"}`, true},
		{"DET-03", "extensions whole, keys sorted", "file", `{"name":"a","extensions":{"x-b-ext":{"z":[true,false,{"b":1,"a":2}],"a":"b"},"x-a-ext":{"hashes":{"SHA-1":"x","MD5":"y"}}}}`,
			`{"extensions":{"x-a-ext":{"hashes":{"MD5":"y","SHA-1":"x"}},"x-b-ext":{"a":"b","z":[true,false,{"a":2,"b":1}]}},"name":"a"}`, true},
		{"DET-04", "all values in their order", "windows-registry-key", `{"values":[{"name":"b"},{"data":"x","name":"a"}],"modified_time":"2020-01-01T00:00:00Z"}`, `{"values":[{"name":"b"},{"data":"x","name":"a"}]}`, true},
		{"DET-05", "numbers as ECMAScript has them", "autonomous-system", `{"number":6.4512e4}`, `{"number":64512}`, true},
		{"DET-05", "only the mandatory escapes", "mutex", `{"name":"\u00e9\u0001\u001f\n\t\b\f\r\"\\\/<>&\u2028\u007f"}`, "{\"name\":\"é\\u0001\\u001f\\n\\t\\b\\f\\r\\\"\\\\/<>&\u2028\u007f\"}", true},
		{"DET-05", "no normal form", "directory", `{"path":"e\u0301"}`, "{\"path\":\"e\u0301\"}", true},
		{"DET-06", "letters and digits as given", "domain-name", `{"value":"EXAMPLE.com."}`, `{"value":"EXAMPLE.com."}`, true},
		{"DET-06", "no prefix length taken off", "ipv4-addr", `{"value":"198.51.100.3/32"}`, `{"value":"198.51.100.3/32"}`, true},
		{"DET-06", "digits of a time", "network-traffic", `{"start":"2020-05-01T10:00:00.000Z","protocols":["tcp"]}`, `{"protocols":["tcp"],"start":"2020-05-01T10:00:00.000Z"}`, true},
		{"IDN-06", "e-mail without sender, subject and body", "email-message", `{"is_multipart":false,"date":"2020-01-01T00:00:00Z"}`, "", false},
		{"IDN-06", "user account with a name for show", "user-account", `{"display_name":"J"}`, "", false},
		{"IDN-06", "registry key without key and values", "windows-registry-key", `{"number_of_subkeys":1}`, "", false},
		{"IDN-06", "certificate with an issuer", "x509-certificate", `{"issuer":"CN=a","hashes":{}}`, "", false},
		{"IDN-06", "process", "process", `{"pid":1,"command_line":"a"}`, "", false},
		{"IDN-06", "not an observable", "indicator", `{"name":"a","value":"b"}`, "", false},
	} {
		t.Run(tc.rule+" "+tc.name, func(t *testing.T) {
			value := fromJSON(t, tc.value)
			want := ""
			if tc.canonical != "" {
				want = tc.typ + "--" + uuid.NewSHA1(observableNamespace, []byte(tc.canonical)).String()
			}
			id, contributing, portable := DeterministicID(tc.typ, value)
			if id != want || contributing != (tc.canonical != "") || portable != tc.portable {
				name, _, _ := appendContribution(nil, tc.typ, value)
				t.Errorf("DeterministicID(%s, %s) = %q, %t, %t, named %s; want %q, %t, %t, named %s",
					tc.typ, tc.value, id, contributing, portable, name, want, tc.canonical != "", tc.portable, tc.canonical)
			}
		})
	}
}

// TestNoCanonicalForm: something contributes, but nobody can say to what id.
func TestNoCanonicalForm(t *testing.T) {
	for name, value := range map[string]any{
		"a number beyond a double": json.Number("1e999"),
		"not a JSON number":        json.Number("abc"),
		"text that is not UTF-8":   "\xff",
		"such text in a list":      []any{"a", "\xff"},
		"such text as a name":      map[string]any{"\xff": "a"},
		"such a number in a map":   map[string]any{"a": json.Number("-1e999")},
		"a value of another type":  math.Pi,
	} {
		id, contributing, portable := DeterministicID("mutex", map[string]any{"name": value})
		if id != "" || !contributing || portable {
			t.Errorf("%s: DeterministicID = %q, %t, %t; want no id, true, false", name, id, contributing, portable)
		}
	}
}

// TestCanonicalNumbers has the samples of RFC 8785, appendix B, and spellings
// of the same numbers.
func TestCanonicalNumbers(t *testing.T) {
	for bits, want := range map[uint64]string{
		0x0000000000000000: "0", 0x8000000000000000: "0",
		0x0000000000000001: "5e-324", 0x8000000000000001: "-5e-324",
		0x7fefffffffffffff: "1.7976931348623157e+308", 0xffefffffffffffff: "-1.7976931348623157e+308",
		0x4340000000000000: "9007199254740992", 0xc340000000000000: "-9007199254740992",
		0x4430000000000000: "295147905179352830000",
		0x44b52d02c7e14af5: "9.999999999999997e+22", 0x44b52d02c7e14af6: "1e+23", 0x44b52d02c7e14af7: "1.0000000000000001e+23",
		0x444b1ae4d6e2ef4e: "999999999999999700000", 0x444b1ae4d6e2ef4f: "999999999999999900000", 0x444b1ae4d6e2ef50: "1e+21",
		0x3eb0c6f7a0b5ed8c: "9.999999999999997e-7", 0x3eb0c6f7a0b5ed8d: "0.000001",
		0x41b3de4355555553: "333333333.3333332", 0x41b3de4355555554: "333333333.33333325", 0x41b3de4355555555: "333333333.3333333",
		0x41b3de4355555556: "333333333.3333334", 0x41b3de4355555557: "333333333.33333343",
		0xbecbf647612f3696: "-0.0000033333333333333333", 0x43143ff3c1cb0959: "1424953923781206.2",
	} {
		number := fmt.Sprintf("%.25e", math.Float64frombits(bits))
		if got, ok := appendCanonicalNumber(nil, number); string(got) != want || !ok {
			t.Errorf("DET-05: %x as %s is written %s, %t; want %s", bits, number, got, ok, want)
		}
	}
	for number, want := range map[string]string{
		"1.0": "1", "-0": "0", "-0.0e5": "0", "1E+2": "100", "100e-2": "1", "1e21": "1e+21", "123456789012345678901": "123456789012345680000",
		"0.1": "0.1", "1e-7": "1e-7", "10e-7": "0.000001", "9007199254740993": "9007199254740992", "1e-999": "0",
	} {
		if got, ok := appendCanonicalNumber(nil, number); string(got) != want || !ok {
			t.Errorf("DET-05: %s is written %s, %t; want %s", number, got, ok, want)
		}
	}
}

// TestHostileNumbers: a million digits and the largest exponents cost no more
// than looking at them.
func TestHostileNumbers(t *testing.T) {
	million := strings.Repeat("9", 1_000_000)
	start := time.Now()
	for _, number := range []string{
		million, "-" + million, "0." + million, million + "e-999999", "1e" + million, "1e-" + million,
		"0." + strings.Repeat("0", 1_000_000) + "1e1000000", "1e999999999999999999999", "0e" + million,
	} {
		DeterministicID("autonomous-system", map[string]any{"number": json.Number(number)})
	}
	if d := time.Since(start); d > 2*time.Second {
		t.Errorf("nine numbers of a million digits took %v; want milliseconds each", d)
	}
}

// TestUTF16Order has the names of RFC 8785 §3.2.3 and their order there.
func TestUTF16Order(t *testing.T) {
	want := []string{"\r", "1", "\u0080", "ö", "€", "😀", "\ufb33"}
	got := slices.Clone(want)
	slices.Sort(got)
	if slices.Equal(got, want) {
		t.Fatal("the names are in the order of bytes too; then they show nothing")
	}
	slices.SortFunc(got, compareUTF16)
	if !slices.Equal(got, want) {
		t.Errorf("DET-05: names in the order %q; want %q", got, want)
	}
	if compareUTF16("ab", "a") <= 0 || compareUTF16("a", "ab") >= 0 || compareUTF16("a", "a") != 0 {
		t.Error("DET-05: a name does not come after its own beginning")
	}
}

func TestContributingPropertiesAreSorted(t *testing.T) {
	if len(contributingProperties) != 18 {
		t.Errorf("there are %d types of observables; want the 18 of STIX 2.1 §6", len(contributingProperties))
	}
	for typ, properties := range contributingProperties {
		if !slices.IsSorted(properties) {
			t.Errorf("%s: %q is not in the order of canonical JSON", typ, properties)
		}
	}
}

// FuzzCanonical compares with the canonical JSON of another hand.
func FuzzCanonical(f *testing.F) {
	for _, v := range vectors {
		f.Add([]byte(v.canonical))
	}
	f.Add([]byte(`{"é":[null,true,1.50,-0,1e-7,{"\ud83d\ude00":"\u0007","\ufb33":""}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		want := jsontext.Value(bytes.Clone(text))
		if want.Canonicalize() != nil {
			return // not I-JSON
		}
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		var value any
		if d.Decode(&value) != nil {
			return // nested too deep for that decoder
		}
		got, ok := appendCanonical(nil, value)
		if ok && !bytes.Equal(got, want) {
			t.Errorf("canonical JSON of %s is %s; want %s", text, got, want)
		}
		if !ok && !bytes.Contains(want, []byte("1.7976931348623157e+308")) {
			t.Errorf("canonical JSON of %s is refused; want %s", text, want) // the other hand cuts what is too large
		}
	})
}

func BenchmarkDeterministicID(b *testing.B) {
	for _, i := range []int{0, 20, len(vectors) - 1} {
		v := vectors[i]
		value := fromJSON(b, v.canonical)
		b.Run(v.typ, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if id, _, _ := DeterministicID(v.typ, value); id != v.id {
					b.Fatalf("id is %s; want %s", id, v.id)
				}
			}
		})
	}
}
