package schemas

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// What the forms say names the fault that a text has.
func TestExplanations(t *testing.T) {
	const url, uri, domain, ipv4, ipv6 = "url", "uri-reference", "domain-name", "ipv4-or-cidr", "ipv6-or-cidr"
	for _, c := range []struct{ form, text, want string }{
		{url, "http://a.example/ä", `value is "http://a.example/ä"; "ä", character 18, must be percent-encoded or left out (RFC 3986)`},
		{url, "http://a.example/a b", `"http://a.example/a b"; " ", character 19, must be`},
		{url, "http://a.example/ä|", `"ä", character 18`},
		{url, "http://a.example/a|b", `"|", character 19, must be`},
		{url, "http://a.example/\n", `"\n", character 18, must be`},
		{url, "http://a.example/%2", `two hexadecimal digits must follow the percent sign, character 18`},
		{url, "http://a.example/%20%zz", `the percent sign, character 21`},
		{url, "www.example.com/x", `it must begin with its scheme, such as https://`},
		{url, "www.example.com:80/x", `it must begin with its scheme`},
		{url, "//a.example/", `it must begin with its scheme`},
		{url, "http:///x", `a host must follow the scheme`},
		{url, "mailto:", `something must follow the scheme`},
		{uri, "http://[::1", `the bracket "[" of the host is not closed`},
		{uri, "http://u@[::1/x", `the bracket "[" of the host is not closed`},
		{uri, "http://[a.example]/", `"a.example" in the brackets of the host is no IPv6 address`},
		{uri, "http://[::1]x/", `the port "x" is no number`},
		{uri, "http://a.example:80x/", `the port "80x" is no number`},
		{uri, "http://a.example/[1]", `"[", character 18, must be`},
		{uri, "http://[::1]/a]", `"]", character 15, must be`},
		{uri, "http://a.example/#a#b", `"#", character 20, must be`},
		{uri, "http://a@b@a.example/", `"@", character 11, must be`},
		{uri, "1a:b", `"1a" before its first colon is no scheme`},
		{uri, ":b", `"" before its first colon is no scheme`},
		{domain, "-a.example", `the label "-a" must not begin or end with a hyphen`},
		{domain, "a-.example", `the label "a-" must not`},
		{domain, "a..example", `a domain name must have no empty label`},
		{domain, "", `a domain name must have no empty label`},
		{domain, strings.Repeat("a", 64) + ".example", `the label "` + strings.Repeat("a", 64) + `" is longer than 63 octets`},
		{domain, strings.Repeat("a.", 127) + "example", `a domain name has at most 253 characters`},
		{domain, "http://a.example", `with ":" at character 5; it must be a domain name without scheme, port, path or wildcard`},
		{domain, "*.a.example", `with "*" at character 1`},
		{domain, "a.example ", `with " " at character 10`},
		{domain, "a.\u200bexample", `"\u200bexample" is no label of a domain name`},
		{domain, "Ä.example", `as in "ä.example"`},
		{ipv4, "192.0.2.256", `each number must be from 0 to 255, without leading zeros, and "256" is not`},
		{ipv4, "192.0.2.01", `and "01" is not`},
		{ipv4, "192.0.2.1:80", `the port "80" must be left out`},
		{ipv4, "192.0.2.0/33", `the prefix length "33" must be from 0 to 32`},
		{ipv4, "192.0.2.0/", `the prefix length "" must be`},
		{ipv4, "192.0.2.256/24", `and "256" is not`},
		{ipv4, "192.0.2", `an IPv4 address must have four numbers`},
		{ipv4, "2001:db8::1", `an IPv6 address; that of an ipv4-addr must be IPv4`},
		{ipv4, "192.0.2.1 ", `and "1 " is not`},
		{ipv6, "2001:db8::/129", `the prefix length "129" must be from 0 to 128`},
		{ipv6, "1::2::3", `two colons in a row may stand in one place only`},
		{ipv6, "1:::3", `two colons in a row`},
		{ipv6, "fe80::1%eth0", `the zone "eth0" must be left out`},
		{ipv6, "[2001:db8::1]:80", `without brackets and port`},
		{ipv6, "192.0.2.1", `an IPv4 address; that of an ipv6-addr must be IPv6`},
		{ipv6, "2001:db8::g", `each group must have one to four hexadecimal digits, and "g" has not`},
		{ipv6, "2001:db8::12345", `and "12345" has not`},
		{ipv6, "2001:db8::192.0.2.256", `and "192.0.2.256" has not`},
		{ipv6, "1:2:3", `an IPv6 address must have eight groups`},
		{ipv6, ":1:2", `an IPv6 address must have eight groups`},
		{ipv6, "", `an IPv6 address must have eight groups`},
		{"iana-charset", "latin1", `the preferred MIME name is required, which is "ISO-8859-1"`},
		{"iana-charset", "ASCII", `which is "US-ASCII"`},
		{"iana-charset", "ISO_8859-1:1987", `which is "ISO-8859-1"`},
		{"iana-charset", "utf8", `which is "UTF-8"`},
		{"iana-charset", "CP1251", `which is "windows-1251"`},
		{"iana-charset", "cp866", `which is "IBM866"`},
		{"iana-charset", "cp37", `which is "IBM037"`},
		{"iana-charset", "nonsense", `it must be the preferred MIME name of a character set in the IANA registry`},
		{"hash:SHA-256", strings.Repeat("0", 63), `, of length 63; a hash of this name has 64 hexadecimal digits`},
		{"hash:MD5", strings.Repeat("g", 32), `"; a hash of this name has 32 hexadecimal digits`},
		{"vocab:malware-result-ov", "Bad", `a term of the vocabulary malware-result-ov (malicious, suspicious, benign, unknown) is advised, or one of your own in lower case with hyphens`},
		{"vocab:malware-result-ov", "bad", `(malicious, suspicious, benign, unknown) is advised`},
		{"ref:artifact,file", "url--10dab59c-cfc3-470b-a19f-91af27ce00d7", `it must be the id of an artifact or a file`},
		{"ref:x509-certificate", "url--10dab59c-cfc3-470b-a19f-91af27ce00d7", `it must be the id of an x509-certificate`},
	} {
		english, chinese := saidOf(t, c.form, c.text)
		if !strings.Contains(english, c.want) {
			t.Errorf("%s of %q: %s; want %s", c.form, c.text, english, c.want)
		}
		if strings.Contains(chinese, " is ") {
			t.Errorf("%s of %q: %s", c.form, c.text, chinese)
		}
	}
}

// saidOf is what a form says of a text, in both languages.
func saidOf(t *testing.T, form, text string) (english, inChinese string) {
	t.Helper()
	ready()
	kind, param, _ := strings.Cut(form, ":")
	s := &subject{profile: "strict"}
	forms[kind].explain(&fault{subject: s, place: &place{}, pointer: "/value"}, text, param)
	if forms[kind].check(param)(text) || len(s.violations) != 1 {
		t.Fatalf("%s of %q: %d violations", form, text, len(s.violations))
	}
	f := s.verdict().Findings[0]
	return f.Message, Say("zh", f)
}

// Every text that has not its form gets exactly one sentence, so that none is
// accepted for want of words.
func TestExplanationsComplete(t *testing.T) {
	ready()
	for _, c := range formCases {
		for name, f := range map[string]string{
			"isURL": "url", "isURIReference": "uri-reference", "isDomainName": "domain-name",
			"isIPv4": "ipv4-or-cidr", "isIPv6": "ipv6-or-cidr", "isCharset": "iana-charset",
		} {
			if c.name != name {
				continue
			}
			for _, text := range slices.Concat(c.invalid, []string{strings.Repeat(c.valid[0]+"?", 5000)}) {
				if !forms[f].check("")(text) {
					saidOf(t, f, text)
				}
			}
		}
	}
}

func FuzzExplanations(f *testing.F) {
	for _, c := range formCases {
		for _, text := range c.invalid {
			if len(text) < 1<<10 {
				f.Add(text)
			}
		}
	}
	ready()
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range []string{"url", "uri-reference", "domain-name", "ipv4-or-cidr", "ipv6-or-cidr", "iana-charset"} {
			if utf8.ValidString(text) && !forms[name].check("")(text) {
				saidOf(t, name, text)
			}
		}
	})
}
