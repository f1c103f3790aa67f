package schemas

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"accord/stix"
)

// A stated form is what a schema says beside a form of ours to readers who do
// not know it.
type statedForm struct {
	form    string // with its parameter
	pattern string // "" if terms are stated
	terms   []string
}

// disagreements are the texts about which a form and what is stated beside it
// differ, and why they do. Every other difference fails the test.
var disagreements = map[string]struct {
	reason string
	about  func(text, param string) bool
}{
	"timestamp":        {"a pattern knows no calendar (TSP-02)", noSuchTime},
	"timestamp-ms-min": {"a pattern knows no calendar (TSP-02)", noSuchTime},
	"timestamp-second": {"a pattern knows no calendar (TSP-02)", noSuchTime},
	"id":               {"upper case is advice (IDN-09), and type names have 3 to 250 characters (NAM-01)", upperOrNoType},
	"ref":              {"so with references, and these name types (REF-01)", upperOrNoTypeOrOther},
	"iana-charset":     {"a pattern knows no registry (NAM-05)", func(text, _ string) bool { return !isCharset(text) }},
	"iso3166-1-alpha2": {"a pattern does not know which codes are countries (OBJ-LOCATION-5)", func(text, _ string) bool { return !isCountry(text) }},
	"binary":           {"a property without a value is left out, so nothing is no value (TYP-01)", func(text, _ string) bool { return text == "" }},
}

var anyTimestamp = regexp.MustCompile(`^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)`)

// noSuchTime reports whether a text has the form of a timestamp but names a day
// or a leap second that does not exist.
func noSuchTime(text, _ string) bool {
	return anyTimestamp.MatchString(text) && !isTimestamp(text)
}

func upperOrNoType(text, _ string) bool {
	typ, _, _ := strings.Cut(text, "--")
	return identifierFault(text) == "IDN-09" || !stix.ValidType(typ)
}

func upperOrNoTypeOrOther(text, types string) bool {
	return upperOrNoType(text, "") || !refers(text, strings.Split(types, ","))
}

// Who sends a domain name of which only the case or the normal form is wrong is
// told so, and sees the right one.
func TestDomainNameMessages(t *testing.T) {
	s := newStream(t, "standard")
	for value, want := range map[string]string{
		"Bücher.example":       `value is "Bücher.example"; a label beyond ASCII must be in lower case and normal form C (RFC 5890), as in "bücher.example"`,
		"bu\u0308cher.example": "value is \"bu\u0308cher.example\"; a label beyond ASCII must be in lower case and normal form C (RFC 5890), as in \"bücher.example\"",
		"Bücher.example:443":   `value is "Bücher.example:443", with ":" at character 15; it must be a domain name without scheme, port, path or wildcard`,
	} {
		in := `{"type":"domain-name","id":"domain-name--dbf3aff2-b3cd-57d2-9616-0ddfde9d01ad","value":"` + value + `"}`
		if found := streamFindings(t, s, []byte(in)); len(found) == 0 || found[0].Message != want {
			t.Errorf("%q is refused with %+v; want %s", value, found, want)
		}
	}
}

// Where a schema states a pattern, an enumeration or a constant beside a form of
// ours, both say the same of a hundred thousand texts, but for what is listed.
func TestFormsAgreeWithPatterns(t *testing.T) {
	ready()
	stated := statedForms(t)
	if len(stated) < 30 {
		t.Fatalf("only %d forms with something stated beside them", len(stated))
	}
	seen := map[string]bool{}
	for _, s := range stated {
		kind, param, _ := strings.Cut(s.form, ":")
		check := forms[kind].check(param)
		says := s.says()
		for _, text := range samplesFor(s) {
			if check(text) == says(text) {
				continue
			}
			if d, listed := disagreements[kind]; !listed || !d.about(text, param) {
				t.Errorf("%s: the form says %v of %q; what is stated beside it says %v", s.form, check(text), text, says(text))
			}
			seen[kind] = true
		}
	}
	for kind, d := range disagreements {
		if !seen[kind] {
			t.Errorf("%s: no sample shows the difference that is listed: %s", kind, d.reason)
		}
	}
}

func (s statedForm) says() func(string) bool {
	if s.pattern == "" {
		return func(text string) bool { return slices.Contains(s.terms, text) }
	}
	return regexp.MustCompile(s.pattern).MatchString
}

// statedForms collects the forms of all schemas beside which something stands.
func statedForms(t *testing.T) (stated []statedForm) {
	t.Helper()
	seen := map[string]bool{}
	for file := range schemas {
		walkSchema(documentOf(t, "types/"+file+".json"), "", func(_ string, schema map[string]any) {
			format, _ := schema["format"].(string)
			form, ours := strings.CutPrefix(format, "stix-")
			pattern, _ := schema["pattern"].(string)
			terms := append(texts(schema["enum"]), texts(schema["const"])...)
			if kind, _, _ := strings.Cut(form, ":"); !ours || kind == "type" || pattern == "" && len(terms) == 0 {
				return // the type is what the schema was chosen by
			}
			if key := form + pattern + strings.Join(terms, ","); !seen[key] {
				seen[key] = true
				stated = append(stated, statedForm{form, pattern, terms})
			}
		})
	}
	return stated
}

// sampleTexts are texts near one form or another; each is changed in many ways.
var sampleTexts = []string{
	"", "a", "2.1", "2.0", "2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05Z", "2024-02-29T23:59:59.1Z", "2023-02-29T00:00:00.000Z",
	"2016-12-31T23:59:60Z", "2016-12-31T22:59:60.000Z", "0000-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999999999999Z",
	"2026-04-31T03:04:05Z", "2026-01-02T03:04:05+00:00", "2026-01-02t03:04:05z",
	"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", "identity--F431F809-377b-45e0-aa1c-6a4751cae5ff", "x-my-type--00000000-0000-1000-8000-000000000000",
	"marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da", "file--57956bd4-5cab-59c9-94c9-b8ad3e5a6e2b", "bundle--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
	"domain-name--57956bd4-5cab-79c9-94c9-b8ad3e5a6e2b", "a1--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", strings.Repeat("a", 251) + "--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
	"UEsDBBQAAAAIAPt+/w==", "3q2+7w==", "AAAA", "AAA=", "AA==", "A===", "AA", "-_-_",
	"4d5a", "4D5A", "0x4d", "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
	strings.Repeat("9f86d081", 8), strings.Repeat("9F86d081", 16), strings.Repeat("a", 70), "T1" + strings.Repeat("A", 70),
	"3::", "96:s4Ud1Lj96tHHlZDrwciQmA+4uy1I0G4HYuL8N3TzS8QsO/wqWXLcMSx:sF1LjEtHHlZDrJzrhuyZvHYm8tKp/RWO", "3:a:b:c",
	"SHA-256", "MD5", "x_key", "Key-1", strings.Repeat("k", 250), strings.Repeat("k", 251), "k y", "ключ",
	"labels.[0]", "external_references.[10].hashes.SHA-256", "description", "name.", ".name", "name..x", "labels.[x]", "Name", "a_1.[0].[1]", "name.[01]",
	"uses", "related-to", "Related_To", "targets!", "x--y", "-x", "x-",
	"a9:8b:7c:6d:5e:4f", "A9:8b:7c:6d:5e:4f", "a9-8b-7c-6d-5e-4f", "a9:8b:7c:6d:5e",
	"US", "us", "USA", "US-MA", "us-ma", "CN-11", "AT-9", "GB-ENGL", "XX",
	"cpe:2.3:a:example:tool:1.0:*:*:*:*:*:*:*", "CVE-2026-1234", "CAPEC-66",
	"application/pdf", "text/plain; charset=utf-8", "utf-8", "windows-1251", "en", "zh-Hans", "en_US",
	"strongly-agree", "Strongly-Agree", "neutral", "SOCK_STREAM", "AF_INET", "high", "low", "REG_SZ", "SERVICE_RUNNING", "new-sdo", "property-extension",
	"gge-2015-13c", "agreement:commitment", "mime-type-indicated", "AES-256-GCM", "NORMAL_PRIORITY_CLASS", "get", "GET", "http/1.1",
	"HKEY_LOCAL_MACHINE\\Software\\Example", "HKLM\\Software", "lockheed-martin-cyber-kill-chain",
}

// samplesFor returns texts for one form: the common ones, its own terms, and
// changes of both.
func samplesFor(s statedForm) []string {
	random := rand.New(rand.NewPCG(1, 2))
	samples := append(slices.Clone(sampleTexts), s.terms...)
	for _, text := range slices.Clone(samples) {
		for range 40 {
			samples = append(samples, changed(random, text))
		}
	}
	return samples
}

// changed returns a text with one or two characters dropped, doubled, replaced,
// added, or in the other case. What comes out is UTF-8, as decoded strings are.
func changed(random *rand.Rand, text string) string {
	const near = "0159afzAFZ-_.:/+= [](){}\\*\n\u0000é٣Tt"
	runes := []rune(text)
	for range 1 + random.IntN(2) {
		i := random.IntN(len(runes) + 1)
		another := []rune(near)[random.IntN(utf8.RuneCountInString(near))]
		if i == len(runes) {
			runes = append(runes, another)
			continue
		}
		switch random.IntN(5) {
		case 0:
			runes = slices.Delete(runes, i, i+1)
		case 1:
			runes = slices.Insert(runes, i, runes[i])
		case 2:
			runes[i] = another
		case 3:
			runes = slices.Insert(runes, i, another)
		case 4:
			runes[i] ^= 0x20
		}
	}
	return strings.ToValidUTF8(string(runes), "\uFFFD")
}
