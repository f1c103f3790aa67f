package schemas

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// A formCase puts a function on trial: the rule it serves, strings that have the form
// and strings that have not, and the whole-string expression of the rule where
// the standard's grammar is a regular one.
type formCase struct {
	name, rule string
	is         func(string) bool
	expression string
	valid      []string
	invalid    []string
}

// of is isHashValue of one algorithm.
func of(algorithm string) func(string) bool {
	return func(s string) bool { return isHashValue(algorithm, s) }
}

var formCases = slices.Concat(nameForms, networkForms, []formCase{
	{
		name: "isHex", rule: "TYP-09", is: isHex, expression: `([0-9a-f]{2})+`,
		valid:   []string{"00", "0123456789abcdef", "deadbeef"},
		invalid: []string{"", "0", "abc", "AB", "0g", "0x10", " 00", "00\n", "é"},
	},
	{
		name: "isHexAnyCase", rule: "TYP-09", is: isHexAnyCase, expression: `([0-9a-fA-F]{2})+`,
		valid:   []string{"00", "DEADbeef", "Ff"},
		invalid: []string{"", "F", "FG", "0x10", "00 "},
	},
	{
		name: "isBase64", rule: "TYP-01", is: isBase64,
		expression: `([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)`,
		valid:      []string{"VGVzdA==", "VGVzdHM=", "VGVz", "+/+/", "AB==", "VGhpcyBpcyBhIHRlc3Q="},
		invalid: []string{"", "=", "====", "A===", "VGVzdA", "VGVzdA=", "VGVzdA===", "VG==VGVz", "VG=z", "VGV\n", "-_-_",
			"VGVzdA==\n", "VGhpcyBpcyBhIHRlc*Q=", "VGhpcyBpcyBhIHRlc3*="},
	},
	{
		name: "isDictionaryKey", rule: "TYP-03", is: isDictionaryKey, expression: `[A-Za-z0-9_-]{1,250}`,
		valid:   []string{"a", "Title", "x_y-Z9", "-", strings.Repeat("k", 250)},
		invalid: []string{"", "a b", "a.b", "é", "a\x00", strings.Repeat("k", 251)},
	},
	{
		name: "isCustomExtensionName", rule: "CUS-09", is: isCustomExtensionName, expression: `[a-z0-9][a-z0-9-]{0,245}-ext`,
		valid:   []string{"x-lab-ext", "a-ext", "9--ext", strings.Repeat("a", 246) + "-ext"},
		invalid: []string{"", "-ext", "--ext", "ext", "x-lab", "X-lab-ext", "x_lab-ext", "x-lab-ext ", strings.Repeat("a", 247) + "-ext"},
	},
	{
		name: "isRelationshipType", rule: "OBJ-RELATIONSHIP-1", is: isRelationshipType, expression: `[a-z0-9-]+`,
		valid:   []string{"uses", "av-analysis-of", "x", "-"},
		invalid: []string{"Uses", "used_by", "", "related to", "uses\n"},
	},
	{
		name: "isSelector", rule: "GRN-03", is: isSelector, expression: `[a-z0-9_]+(\.(\[[0-9]+\]|[A-Za-z0-9_-]+))*`,
		valid: []string{"description", "labels.[0]", "external_references.[0].hashes.SHA-256", "id", "contents.de-CH.name", "x.[0].[12]"},
		invalid: []string{"labels[0]", ".name", "labels.[x]", "$.name", "", "labels.", "labels..[0]", "labels.[]", "labels.[0",
			"labels.[-1]", "labels.[0]x", "Labels", "la-bels", "[0]", "a b", "a.\n"},
	},
	{
		name: "isVocabularyStyle", rule: "TYP-05", is: isVocabularyStyle,
		valid:   []string{"threat-actor", "c2", "exploit-kit", "über", "木马", "c++", "a--b"},
		invalid: []string{"", "Threat", "threat actor", "threat_actor", "Über", "ǅ", "a\u00a0b", "a\tb"},
	},
	{
		name: "isKebab", rule: "TYP-14", is: isKebab,
		valid:   []string{"lockheed-martin-cyber-kill-chain", "reconnaissance", "phase-2", "c&c", "木马"},
		invalid: []string{"", "-", "-a", "a-", "a--b", "Command-And-Control", "command and control", "command_and_control"},
	},
	{
		name: "isCAPEC", rule: "OBJ-ATTACK-PATTERN-1", is: isCAPEC, expression: `CAPEC-[0-9]+`,
		valid:   []string{"CAPEC-1", "CAPEC-163"},
		invalid: []string{"", "CAPEC-", "capec-163", "CAPEC163", "163", "CAPEC-163 ", "CAPEC-x"},
	},
	{
		name: "isCVE", rule: "OBJ-VULNERABILITY-1", is: isCVE, expression: `CVE-[0-9]{4}-[0-9]{4,}`,
		valid:   []string{"CVE-2014-0160", "CVE-2021-44228", "CVE-1999-0001", "CVE-2020-1000000000000000000", "CVE-2020-" + strings.Repeat("1", 1<<16)},
		invalid: []string{"", "CVE-2014-160", "cve-2014-0160", "CVE 2014-0160", "CVE-14-0160", "CVE-2014-0160,", "2014-0160", "CVE-2014"},
	},
	{
		name: "isHashName", rule: "TYP-07", is: isHashName, expression: `[A-Za-z0-9_-]{3,250}`,
		valid:   []string{"MD5", "SHA-256", "x_lab", strings.Repeat("h", 250)},
		invalid: []string{"", "M5", "SHA 256", "SHA/256", "SHA-256\n", strings.Repeat("h", 251)},
	},
	hexForm("MD5", 32), hexForm("SHA-1", 40), hexForm("SHA-256", 64), hexForm("SHA-512", 128),
	hexForm("SHA3-256", 64), hexForm("SHA3-512", 128), hexForm("TLSH", 70),
	{
		name: "isHashValue SSDEEP", rule: "TYP-07", is: of("SSDEEP"), expression: `[0-9]+:[A-Za-z0-9/+]*:[A-Za-z0-9/+]*`,
		valid: []string{"3::", "96:s4Ud1Lj96tHHlZDrwciQmA+4uy1I0G4HYuL8N3TzS8QsO/wqWXLcMSx:sF1LjEtHHlZDrriQmA+4uy1I0G4HYKL8r"},
		invalid: []string{"", "3", "3:", ":", "::", "x:a:b", "3:a:b:c", "3:a=:b", "-3:a:b",
			"3:" + strings.Repeat("a", 9) + "-:", `3:a:b,"a.exe"`},
	},
	{
		name: "isHashValue of no known algorithm", rule: "TYP-08", is: of("X-LAB"), expression: `(?s).*`,
		valid: []string{"", "anything at all"},
	},
	{
		name: "isVersionedTLSH", rule: "TYP-07", is: isVersionedTLSH, expression: `[Tt]1[0-9a-fA-F]{70}`,
		valid:   []string{"T1" + strings.Repeat("0F", 35), "t1" + strings.Repeat("0f", 35)},
		invalid: []string{"", strings.Repeat("0F", 35), "T2" + strings.Repeat("0F", 35), "T1" + strings.Repeat("0G", 35), "T1" + strings.Repeat("0F", 34), strings.Repeat("0F", 36)},
	},
})

// hexForm is a hash of so many digits.
func hexForm(algorithm string, digits int) formCase {
	half := strings.Repeat("0", digits/2)
	return formCase{
		name: "isHashValue " + algorithm, rule: "TYP-07", is: of(algorithm),
		valid:   []string{half + strings.Repeat("f", digits/2), half + strings.Repeat("F", digits/2)},
		invalid: []string{"", half, half + half + "00", half + strings.Repeat("g", digits/2), half + strings.Repeat(" ", digits/2)},
	}
}

func TestForms(t *testing.T) {
	for _, f := range formCases {
		t.Run(f.rule+" "+f.name, func(t *testing.T) {
			for _, s := range f.valid {
				if !f.is(s) {
					t.Errorf("%s: %s(%q) = false; want true", f.rule, f.name, s)
				}
			}
			for _, s := range f.invalid {
				if f.is(s) {
					t.Errorf("%s: %s(%q) = true; want false", f.rule, f.name, s)
				}
			}
		})
	}
}

// implications are pairs of forms of which the first is the narrower one.
var implications = []struct {
	name           string
	narrow, larger func(string) bool
}{
	{"isHex is isHexAnyCase", isHex, isHexAnyCase},
	{"isKebab is isVocabularyStyle", isKebab, isVocabularyStyle},
	{"isHashName is isDictionaryKey", isHashName, isDictionaryKey},
	{"isCustomExtensionName is isRelationshipType", isCustomExtensionName, isRelationshipType},
	{"isURL is isURIReference", isURL, isURIReference},
	{"isIANAService is isKebab", isIANAService, isKebab},
	{"a SHA-256 is isHexAnyCase", of("SHA-256"), isHexAnyCase},
	{"isVersionedTLSH is a TLSH behind its prefix", isVersionedTLSH, func(s string) bool { return isHashValue("TLSH", s[2:]) }},
	{"isIPv4 is no isIPv6", isIPv4, func(s string) bool { return !isIPv6(s) }},
	{"isIPv6 without a length stands in a URL", isIPv6, func(s string) bool {
		return strings.Contains(s, "/") || isURL("http://["+s+"]/")
	}},
	{"isDomainName stands in an address", isDomainName, func(s string) bool {
		return strings.HasSuffix(s, ".") || isEmailAddress("a@"+s)
	}},
}

// FuzzForms gives one string to all forms: none panics, the answer is the same
// when asked again, the regular ones agree with their expression, and what has
// a narrow form has the larger one.
func FuzzForms(f *testing.F) {
	expressions := make([]*regexp.Regexp, len(formCases))
	for i, form := range formCases {
		if form.expression != "" {
			expressions[i] = regexp.MustCompile(`\A(?:` + form.expression + `)\z`)
		}
		for _, s := range slices.Concat(form.valid, form.invalid) {
			if len(s) < 1<<10 { // longer ones slow the expressions down
				f.Add(s)
			}
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		for i, form := range formCases {
			got := form.is(s)
			if again := form.is(s); again != got {
				t.Errorf("%s(%q) = %t, then %t", form.name, s, got, again)
			}
			if e := expressions[i]; e != nil && e.MatchString(s) != got {
				t.Errorf("%s(%q) = %t; want %t, as %s", form.name, s, got, !got, form.expression)
			}
		}
		for _, i := range implications {
			if i.narrow(s) && !i.larger(s) {
				t.Errorf("%q does not hold: %s", s, i.name)
			}
		}
		_ = hasUnderscoreLabel(s)
	})
}

// TestFormsAllocateNothing looks at all valid samples but U-labels, which need
// Unicode's tables, and the few names of character sets beyond 32 bytes.
func TestFormsAllocateNothing(t *testing.T) {
	for _, f := range formCases {
		for _, s := range f.valid {
			if f.name == "isDomainName" && !every(s, func(c byte) bool { return c < 0x80 }) || f.name == "isCharset" && len(s) > 32 {
				continue
			}
			if n := testing.AllocsPerRun(10, func() { f.is(s) }); n != 0 {
				t.Errorf("%s(%q) allocates %v times; want 0", f.name, s, n)
			}
		}
	}
}

// TestFormsStayLinear gives all forms long strings of what they split at.
func TestFormsStayLinear(t *testing.T) {
	for _, unit := range []string{"a", "0", "a.", ".", "/", ":", "::", "-", "_", "[", "[0].", "?", "*", `\`, `\*`, "%41", "@", `"`, "#", "ü", "木.", "\xff", " "} {
		for _, prefix := range []string{"", "http://", "http://[", `"`, "a@[", "cpe:2.3:a:", "3:", "CVE-2014-", "a.", "xn--"} {
			s := prefix + strings.Repeat(unit, 1<<16/len(unit))
			for _, f := range formCases {
				start := time.Now()
				f.is(s)
				if d := time.Since(start); d > 500*time.Millisecond {
					t.Errorf("%s took %v for %q and %q over 64 KiB; want some milliseconds at most", f.name, d, prefix, unit)
				}
			}
		}
	}
}

func BenchmarkForms(b *testing.B) {
	for _, f := range formCases {
		b.Run(f.name, func(b *testing.B) {
			longest := slices.MaxFunc(f.valid, func(x, y string) int { return len(x) - len(y) })
			for b.Loop() {
				f.is(longest)
			}
		})
	}
}

// BenchmarkBase64 is the largest artifact that is accepted.
func BenchmarkBase64(b *testing.B) {
	payload := strings.Repeat("VGVzdHM+", 2<<20)
	b.SetBytes(int64(len(payload)))
	for b.Loop() {
		if !isBase64(payload) {
			b.Fatal("a good payload is refused")
		}
	}
}
