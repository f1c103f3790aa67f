package pattern

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// A normalForm gives the values of one property the spelling that all equal
// values share, so that the key in an index finds them.
type normalForm struct {
	typ, property string
	hash          bool // the property is a member of a hashes type
	prefix        bool // the text is the beginning of a value only
}

// of returns the normal form of a constant.
func (f normalForm) of(c Constant) string {
	switch c.Kind {
	case Float, Integer:
		return normalNumber(c.Text)
	case Hex:
		return strings.ToLower(c.Text)
	case Timestamp:
		return normalTimestamp(c.Text)
	case String:
		return f.text(c.Text)
	}
	return c.Text
}

// text returns the normal form of a string.
func (f normalForm) text(s string) string {
	switch {
	case f.hash:
		return strings.ToLower(s)
	case f.property != "value":
		return s
	}
	switch f.typ {
	case "ipv4-addr", "ipv6-addr":
		if f.prefix {
			return s
		}
		return normalBlock(s)
	case "domain-name":
		return f.domain(s)
	case "email-addr":
		return normalEmail(s)
	case "url":
		if f.prefix && !strings.Contains(s, ":") {
			return strings.ToLower(s)
		}
		return normalURL(s)
	case "mac-addr":
		return strings.ToLower(s)
	}
	return s
}

// isRegistryKey reports whether values are compared in any case.
func (f normalForm) isRegistryKey() bool {
	return f.typ == "windows-registry-key" && f.property == "key"
}

// normalNumber drops the zeros that say nothing: 10.0 is 10, -.50 is -0.5.
func normalNumber(s string) string {
	number, negative := strings.CutPrefix(s, "-")
	whole, fraction, _ := strings.Cut(number, ".")
	whole, fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	if whole == "" {
		whole = "0"
	}
	if fraction != "" {
		whole += "." + fraction
	}
	if negative && whole != "0" {
		return "-" + whole
	}
	return whole
}

// normalTimestamp drops the zeros at the end of the fraction.
func normalTimestamp(s string) string {
	if !strings.Contains(s, ".") {
		return s
	}
	return strings.TrimRight(strings.TrimRight(strings.TrimSuffix(s, "Z"), "0"), ".") + "Z"
}

// normalBlock masks a block to its prefix, drops the length of a prefix that is
// one address, and writes IPv6 as RFC 5952 does.
func normalBlock(s string) string {
	block, ok := parseBlock(s)
	switch {
	case !ok:
		return s
	case block.IsSingleIP():
		return block.Addr().String()
	}
	return block.String()
}

// lookup turns U-labels into A-labels, and leaves the rest as it is: names with
// underscores are observed too.
var lookup = idna.New(idna.MapForLookup(), idna.StrictDomainName(false))

// domain returns a domain name in lower case, without a full stop at its end,
// in A-labels.
func (f normalForm) domain(s string) string {
	s = strings.ToLower(s)
	if f.prefix {
		return s
	}
	s = strings.TrimSuffix(s, ".")
	if isASCII(s) {
		return s
	}
	if ascii, err := lookup.ToASCII(s); err == nil {
		return ascii
	}
	return s
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// normalEmail writes the domain part in lower case; only the receiver knows
// whether case counts in the local part.
func normalEmail(s string) string {
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return s
	}
	return s[:at] + strings.ToLower(s[at:])
}

// normalURL writes scheme and authority in lower case.
func normalURL(s string) string {
	end := strings.IndexByte(s, ':')
	if end < 0 {
		return s
	}
	if rest := s[end:]; strings.HasPrefix(rest, "://") {
		authority := strings.IndexAny(rest[len("://"):], "/?#")
		if authority < 0 {
			return strings.ToLower(s)
		}
		end += len("://") + authority
	}
	return strings.ToLower(s[:end]) + s[end:]
}
