package schemas

import (
	"strings"
	"testing"
)

var (
	label63  = strings.Repeat("a", 63)
	name253  = strings.Repeat(label63+".", 3) + strings.Repeat("b", 61)
	umlaut60 = strings.Repeat("ü", 60) // 66 octets as an A-label
)

var networkForms = []formCase{
	{
		name: "isURIReference", rule: "TYP-15", is: isURIReference,
		valid: []string{"https://example.com/a", "a/b?c", "", "#x", "?q", "//example.com/a", "/a/b", "../a", "mailto:a@example.com",
			"urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "a/b:c", "http://a%20b.example/%C3%A9", "http://example.com?a/b?c#d/e?f",
			"http://[v1.fe:a]/", "http://user:pass@example.com:80/", "http://example.com:/", "file:///etc/hosts", "x:", "http://"},
		invalid: []string{"http://exa mple", "https://[bad", "1a:b", ":a", "a b", "http://example.com/é", "http://example.com/%4",
			"http://example.com/%zz", "http://example.com/a[0]", "http://example.com/?a[]=1", "http://[::1]x/", "http://[fe80::1%25eth0]/",
			"http://a@b@example.com/", "http://example.com:8o/", "http://example.com/#a#b", "http://example.com/<a>", `c:\a`,
			"http://[v1]/", "http://[v.a]/", "http://[v1.%41]/", "http://[192.0.2.1]/", "http://a]/", "hxxp://example[.]com/", "a\n", "a_b:c"},
	},
	{
		name: "isURL", rule: "OBJ-URL-1, OBJ-ARTIFACT-4", is: isURL,
		valid: []string{"https://example.com/", "ftp://192.0.2.1/x", "http://[2001:db8::1]:8080/a?b#c", "HTTP://example.com",
			"hxxp://example.com/", "file:///C:/a.exe", "file://server.example/a", "magnet:?xt=urn:btih:00", "mailto:a@example.com",
			"data:,x", "ldap:///o=x", "tel:+1-555-0100", "http://example.com/?q=%E4%B8%AD"},
		invalid: []string{"www.example.com", "/a/b", "http://exa mple.com", "", "//example.com/", "http:", "http://", "http:///a",
			"http:/a", "https:example.com", "http://:80/", "http://user@/a", "localhost:8080", "localhost:8080/a", "www.example.com:80/a",
			"www.example.com:8080", "192.0.2.1:80/a", "192.0.2.1", "x:", "x://", "http://example.com/é", "http://bücher.example/", "http://example[.]com/"},
	},
	{
		name: "isIPv4", rule: "OBJ-IPV4-ADDR-1", is: isIPv4,
		expression: `((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(/(3[0-2]|[12]?[0-9]))?`,
		valid:      []string{"198.51.100.3", "198.51.100.0/24", "0.0.0.0/0", "255.255.255.255/32", "198.51.100.3/8"},
		invalid: []string{"198.51.100.3/33", "198.51.100", "198.051.100.3", "256.1.1.1", "198.51.100.3/", "2001:db8::1", "",
			"198.51.100.3/024", "198.51.100.3/00", "198.51.100.3/-1", "198.51.100.3/+1", "198.51.100.3/2/4", " 198.51.100.3", "198.51.100.3\n",
			"198.51.100.3.4", "0xc0.0.2.1", "198.51.100.3%eth0", "198.51.100.3:80", "::ffff:198.51.100.3", "198[.]51[.]100[.]3"},
	},
	{
		name: "isIPv6", rule: "OBJ-IPV6-ADDR-1", is: isIPv6,
		valid: []string{"2001:db8::1", "::", "::ffff:192.0.2.128", "2001:0db8::/96", "::1/128", "::/0", "2001:DB8::1",
			"2001:0db8:85a3:0000:0000:8a2e:0370:7334", "2001:db8::192.0.2.1/120"},
		invalid: []string{"2001:db8::1::2", "fe80::1%eth0", "2001:db8::/129", "192.0.2.1", "12345::", "", ":", ":::", "2001:db8::1/",
			"2001:db8::1/064", "[2001:db8::1]", "2001:db8", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::ffff:192.0.2.256", "::g", " ::1", "::1\n", "fe80::1%", "::1/1 "},
	},
	{
		name: "isMAC", rule: "OBJ-MAC-ADDR-1", is: isMAC, expression: `([0-9a-f]{2}:){5}[0-9a-f]{2}`,
		valid: []string{"d2:fb:49:24:37:18", "00:00:5e:00:53:01"},
		invalid: []string{"D2:FB:49:24:37:18", "d2-fb-49-24-37-18", "d2fb49243718", "2:fb:49:24:37:18", "", "d2:fb:49:24:37:18:00",
			"d2:fb:49:24:37:1g", "d2:fb:49:24:37:18\n", "d2:fb:49:24:37:18:", "d2:fb:49:24-37:18"},
	},
	{
		name: "isDomainName", rule: "OBJ-DOMAIN-NAME-1", is: isDomainName,
		valid: []string{"example.com", "xn--bcher-kva.example", "bücher.example", "localhost", "example.com.", "EXAMPLE.com", "a.b.c.example",
			"r3---sn-a.example", "xn--a.example", "9.example", "192.0.2.1", "_dmarc.example.com", "例子.example", "straße.example", "בדיקה.example",
			label63 + ".example", name253, name253 + "."},
		invalid: []string{"", "-a.example", "a..b", "http://a.example", "*.example.com", "a.example:80", "a b.example", ".", ".example",
			"example..", "a-.example", "-.example", "a.example/", "a@b.example", "example.com\n", label63 + "a.example", name253 + "b", "a." + name253,
			"Bücher.example", "bu\u0308cher.example", "a。example", "-ü.example", "ü-.example", "a\u200db.example", "\u0301a.example", umlaut60 + ".example",
			"ü_.example", "a[.]example", "\xff.example", strings.Repeat("ü", 1<<16)},
	},
	{
		name: "isEmailAddress", rule: "OBJ-EMAIL-ADDR-1", is: isEmailAddress,
		valid: []string{"jane.smith@example.com", `"a b"@example.com`, "x@[192.0.2.1]", "x@[IPv6:2001:db8::1]", "a+b@example.com", `""@example.com`,
			`"a\"b@c"@example.com`, `"a\\"@example.com`, "jane@localhost", "!#$%&'*+-/=?^_`{|}~@example.com", "jürgen@bücher.example", "x@[]", `"."@example.com`},
		invalid: []string{"Jane <jane@example.com>", "jane", "@example.com", "jane@", "", "@", "<jane@example.com>", "jane@example.com ", " jane@example.com",
			"jane smith@example.com", ".jane@example.com", "jane.@example.com", "jane..s@example.com", "jane@example..com", "jane@.example.com",
			"jane@example.com.", "jane@exa mple.com", "a@b@example.com", `"a"b@example.com`, `"a"@`, `"a@example.com`, `"a\`, `"a\"@example.com`,
			"x@[192.0.2.1", "x@192.0.2.1]", "x@[a]b]", "x@[a b]", "jane(comment)@example.com", "jane[at]example.com", "jane@example.com\r\n", "\"a\nb\"@example.com", "\"a\\\nb\"@example.com",
			"jane@example.com,joe@example.com", "mailto:jane@example.com,", "\xff@example.com", "a\x7f@example.com"},
	},
}

func TestProperDomainName(t *testing.T) {
	for domain, want := range map[string]string{
		"Bücher.example": "bücher.example", "bu\u0308cher.example": "bücher.example", "BU\u0308CHER.Example.": "bücher.example.",
		"Bücher..example": "", "https://Bücher.example": "", "*.Bücher.example": "", "": "", umlaut60 + ".example": "", strings.Repeat("Ü", 1<<16): "",
	} {
		if got := properDomainName(domain); got != want {
			t.Errorf("OBJ-DOMAIN-NAME-1: properDomainName(%.100q) = %q; want %q", domain, got, want)
		}
	}
}

func TestHasUnderscoreLabel(t *testing.T) {
	for domain, want := range map[string]bool{
		"_dmarc.example.com": true, "a_b.example": true, "example.com": false, "a-b.example": false, "": false,
	} {
		if got := hasUnderscoreLabel(domain); got != want {
			t.Errorf("OBJ-DOMAIN-NAME-1: hasUnderscoreLabel(%q) = %t; want %t", domain, got, want)
		}
	}
}
