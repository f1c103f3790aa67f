package schemas

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

// word is the expression of one attribute of a CPE.
const word = `((\?*|\*?)([A-Za-z0-9._-]|\\[!-,/:-@[-^` + "`" + `{-~])+(\?*|\*?)|[*-])`

var nameForms = []formCase{
	{
		name: "isCountry", rule: "OBJ-LOCATION-5", is: isCountry,
		valid:   []string{"us", "DE", "cN", "TW", "XK", "xk", "AA", "QM", "QZ", "XA", "XZ", "ZZ", "AX", "ZW", "qa"},
		invalid: []string{"USA", "", "U", "UK", "EU", "SU", "QL", "ZA ", " Z", "D ", "1A", "ZY", "AB", "É", "840"},
	},
	{
		name: "isSubdivision", rule: "OBJ-LOCATION-6", is: isSubdivision, expression: `[A-Za-z]{2}-[A-Za-z0-9]{1,3}`,
		valid:   []string{"US-MA", "de-by", "GB-ENG", "CN-11", "AT-9"},
		invalid: []string{"Massachusetts", "", "US", "US-", "-MA", "USA-MA", "US-MASS", "US_MA", "U1-MA", "US-MA-X", "US-M\n"},
	},
	{
		name: "isMediaType", rule: "OBJ-ARTIFACT-5", is: isMediaType,
		expression: `(application|audio|font|haptics|image|message|model|multipart|text|video)/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}`,
		valid:      []string{"application/pdf", "image/svg+xml", "application/vnd.ms-excel.sheet.macroEnabled.12", "text/x-c", "model/3mf", "font/x", "text/" + strings.Repeat("a", 127)},
		invalid: []string{"pdf", "application/", "", "/pdf", "application/pdf/a", "text/html; charset=utf-8", "x-world/x-vrml", "text/.a", "text/ a",
			"Text/html", "text/é", "text/" + strings.Repeat("a", 128)},
	},
	{
		name: "isCharset", rule: "NAM-05", is: isCharset,
		valid: []string{"windows-1251", "ISO-8859-1", "UTF-16LE", "utf-8", "UTF-8", "US-ASCII", "Shift_JIS", "GB18030", "KS_C_5601-1987",
			"NF_Z_62-010_(1973)", "ISO_646.basic:1983", "Extended_UNIX_Code_Fixed_Width_for_Japanese"},
		invalid: []string{"latin one", "", "latin1", "utf8", "ISO_8859-1:1987", "csUTF8", "cp1252", "ascii", "x-unknown", "UTF-8 ", "UTF-7-IMAP",
			strings.Repeat("u", 49), "utf\r8"},
	},
	{
		name: "isIANAService", rule: "OBJ-NETWORK-TRAFFIC-5", is: isIANAService,
		valid:   []string{"ipv4", "ipv6", "tcp", "udp", "icmp", "ipv6-icmp", "http", "https", "tls", "dns", "z39-50r", "3com-tsmux", "x", strings.Repeat("s", 15)},
		invalid: []string{"", "TCP", "http/1.1", "80", "8-0", "-a", "a-", "a--b", "a_b", "a b", strings.Repeat("s", 16), "tcp\n", "é"},
	},
	{
		name: "isFullHive", rule: "OBJ-WINDOWS-REGISTRY-KEY-2", is: isFullHive,
		valid:   []string{`HKEY_LOCAL_MACHINE\Software\HKUST`, `hkey_users\.DEFAULT`, "HKEY_CURRENT_CONFIG", `HKUST\Software`, `HKEY_USERS\HKLM\a`, `HKLMX\a`, ""},
		invalid: []string{`HKLM\Software`, `hkcu\Software`, "HKU", `HKCR\.txt`, `hkCc\System`, `HKLM:\Software`, "HKLM/Software"},
	},
	{
		name: "isCPE", rule: "OBJ-SOFTWARE-1", is: isCPE,
		expression: `cpe:2\.3:[aho*-](:` + word + `){5}:([A-Za-z]{2,3}(-([A-Za-z]{2}|[0-9]{3}))?|[*-])(:` + word + `){4}`,
		valid: []string{"cpe:2.3:a:microsoft:word:2000:*:*:*:*:*:*:*", "cpe:2.3:o:example:os:1.0:sp1:-:en-US:pro:x64:*:-", "cpe:2.3:*:*:*:*:*:*:*:*:*:*:*",
			`cpe:2.3:a:example:a\:b\\:1\!2:*:*:es-419:*:*:*:*`, `cpe:2.3:h:example:??box*:*:*:*:*:*:*:*:*`, `cpe:2.3:a:example:\*:1?:*:*:*:*:*:*:*`,
			`cpe:2.3:a:example:a\*:*b??:*:*:*:*:*:*:*`},
		invalid: []string{"cpe:/a:microsoft:word:2000", "cpe:2.3:x:microsoft:word:2000:*:*:*:*:*:*:*", "cpe:2.3:a:microsoft:word", "", "cpe:2.3:", "cpe:2.3:a",
			"cpe:2.3:a:microsoft:word:2000:*:*:*:*:*:*", "cpe:2.3:a:microsoft:word:2000:*:*:*:*:*:*:*:*", "cpe:2.3:a::word:2000:*:*:*:*:*:*:*",
			"cpe:2.3:a:microsoft:wo rd:2000:*:*:*:*:*:*:*", "cpe:2.3:a:microsoft:w*rd:2000:*:*:*:*:*:*:*", `cpe:2.3:a:microsoft:word:2000:*:*:*:*:*:*:\`,
			"cpe:2.3:a:microsoft:word:2000:*:*:english:*:*:*:*", "cpe:2.3:a:microsoft:word!:2000:*:*:*:*:*:*:*", "cpe:2.3:a:microsoft:**:2000:*:*:*:*:*:*:*",
			"cpe:2.3:a:microsoft:??:2000:*:*:*:*:*:*:*", `cpe:2.3:a:microsoft:wo\rd:2000:*:*:*:*:*:*:*`, "CPE:2.3:a:microsoft:word:2000:*:*:*:*:*:*:*",
			"cpe:2.3:a:microsoft:word:2000:*:*:*:*:*:*:*:", "cpe:2.3:app:microsoft:word:2000:*:*:*:*:*:*:*", `cpe:2.3:a:microsoft:a\:2000:*:*:*:*:*:*:*`},
	},
}

func TestCountries(t *testing.T) {
	codes := strings.Fields(countries)
	if len(codes) != 249 || !slices.IsSorted(codes) || len(slices.Compact(codes)) != 249 {
		t.Errorf("OBJ-LOCATION-5: the table has %d codes, sorted: %t; want the 249 assigned ones, sorted, each once", len(codes), slices.IsSorted(codes))
	}
	for _, code := range codes {
		if !isCountry(code) || !isCountry(strings.ToLower(code)) {
			t.Errorf("OBJ-LOCATION-5: isCountry(%q) = false; want true in either case", code)
		}
	}
}

// TestCharsetsAgreeWithIANAIndex takes from golang.org/x/text what it knows for
// certain: the preferred names of the character sets that it decodes.
func TestCharsetsAgreeWithIANAIndex(t *testing.T) {
	known := 0
	for _, e := range slices.Concat([]encoding.Encoding(nil), charmap.All, japanese.All, korean.All, simplifiedchinese.All, traditionalchinese.All, unicode.All) {
		name, err := ianaindex.MIME.Name(e)
		if err != nil {
			continue // not registered
		}
		if known++; !isCharset(name) {
			t.Errorf("NAM-05: isCharset(%q) = false; want true, %v is registered", name, e)
		}
	}
	if known < 40 {
		t.Errorf("NAM-05: ianaindex named %d character sets; want 40 or more, else this test shows nothing", known)
	}
}
