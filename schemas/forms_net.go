package schemas

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// isIPv4 reports whether s is one IPv4 address in four decimal numbers without
// leading zeros, or a network of them with a prefix length of 0 to 32
// (OBJ-IPV4-ADDR-1, STIX 2.1 §6.8.1). Host bits may be set.
func isIPv4(s string) bool {
	address, length, network := strings.Cut(s, "/")
	ip, err := netip.ParseAddr(address)
	return err == nil && ip.Is4() && (!network || isPrefixLength(length, 32))
}

// isIPv6 reports whether s is one IPv6 address without a zone, or a network of
// them with a prefix length of 0 to 128 (OBJ-IPV6-ADDR-1, STIX 2.1 §6.9.1, RFC
// 4291 §2.2, §2.3).
func isIPv6(s string) bool {
	address, length, network := strings.Cut(s, "/")
	return isIPv6Address(address) && (!network || isPrefixLength(length, 128))
}

func isIPv6Address(s string) bool {
	ip, err := netip.ParseAddr(s)
	return err == nil && ip.Is6() && ip.Zone() == ""
}

// isPrefixLength reports whether s is a number up to most, without leading
// zeros.
func isPrefixLength(s string, most int) bool {
	if s == "" || len(s) > 3 || !every(s, isDigit) || s[0] == '0' && s != "0" {
		return false
	}
	n, _ := strconv.Atoi(s) // three digits
	return n <= most
}

// isMAC reports whether s is six octets of two lower-case hex digits, joined by
// colons (OBJ-MAC-ADDR-1, STIX 2.1 §6.10.1).
func isMAC(s string) bool {
	if len(s) != len("00:00:00:00:00:00") {
		return false
	}
	for i := 0; i < len(s); i += 3 {
		if !isHex(s[i:i+2]) || i+2 < len(s) && s[i+2] != ':' {
			return false
		}
	}
	return true
}

const (
	maxLabel  = 63  // octets (RFC 1035 §2.3.4)
	maxDomain = 253 // characters without the root's dot: 255 octets on the wire
)

// isDomainName reports whether s is a domain name (OBJ-DOMAIN-NAME-1, STIX 2.1
// §6.4.1, RFC 1034 §3.5): labels of letters, digits, hyphens and underscores,
// or U-labels as golang.org/x/net/idna admits them for registration (RFC 5890
// §2.3.2.1: in lower case and normal form C); all lengths are those of the
// A-labels. One dot may follow. An underscore is for hasUnderscoreLabel to tell
// of. A label that begins with xn-- is not decoded: real names carry such that
// decode to nothing.
func isDomainName(s string) bool {
	rest, more, length := strings.TrimSuffix(s, "."), true, -1
	for more && length <= maxDomain {
		var label string
		label, rest, more = strings.Cut(rest, ".")
		n := labelLength(label)
		if n == 0 {
			return false
		}
		length += 1 + n
	}
	return length <= maxDomain
}

// hasUnderscoreLabel reports whether a domain name has an underscore, which is
// common in names of services but in no name of a host (OBJ-DOMAIN-NAME-1).
func hasUnderscoreLabel(s string) bool { return strings.Contains(s, "_") }

// properDomainName returns a text in lower case and normal form C if that makes
// it a domain name, else "".
func properDomainName(s string) string {
	if len(s) > utf8.UTFMax*(maxDomain+1) {
		return ""
	}
	if proper := norm.NFC.String(strings.ToLower(s)); isDomainName(proper) {
		return proper
	}
	return ""
}

// labelLength is the length of a label in octets, in the form of an A-label, or
// zero when it is no label.
func labelLength(s string) int {
	if s == "" || len(s) > utf8.UTFMax*maxLabel || s[0] == '-' || s[len(s)-1] == '-' {
		return 0
	}
	if strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) >= 0 {
		ascii, err := idna.Registration.ToASCII(s)
		if err != nil {
			return 0
		}
		return len(ascii)
	}
	if len(s) > maxLabel || !every(s, isNameByte) {
		return 0
	}
	return len(s)
}

// isEmailAddress reports whether s is an addr-spec (OBJ-EMAIL-ADDR-1, STIX 2.1
// §6.5.1, RFC 5322 §3.4.1), with the letters outside ASCII that RFC 6532 adds.
// Comments, folding and obsolete forms, which are about the header line and not
// the address, are refused.
func isEmailAddress(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	if strings.HasPrefix(s, `"`) {
		n := quotedLength(s)
		return n > 0 && strings.HasPrefix(s[n:], "@") && isMailDomain(s[n+1:])
	}
	local, domain, found := strings.Cut(s, "@")
	return found && isDotAtom(local) && isMailDomain(domain)
}

// quotedLength is the length of the quoted string that s begins with, or zero
// (RFC 5322 §3.2.4).
func quotedLength(s string) int {
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return i + 1
		case c == '\\' && i+1 < len(s):
			if i++; !isQuotable(s[i]) {
				return 0
			}
		case c == '\\' || !isQuotable(c):
			return 0
		}
	}
	return 0
}

func isQuotable(c byte) bool { return c >= ' ' && c != 0x7F || c == '\t' }

// isMailDomain is for what follows the @: a name or an address in brackets.
func isMailDomain(s string) bool {
	literal, open := strings.CutPrefix(s, "[")
	if !open {
		return isDotAtom(s)
	}
	literal, closed := strings.CutSuffix(literal, "]")
	return closed && every(literal, func(c byte) bool {
		return c > ' ' && c != 0x7F && c != '[' && c != ']' && c != '\\'
	})
}

// isDotAtom reports whether s is atoms joined by dots (RFC 5322 §3.2.3).
func isDotAtom(s string) bool {
	return s != "" && s[0] != '.' && s[len(s)-1] != '.' && !strings.Contains(s, "..") && every(s, isAtomByte)
}

func isAtomByte(c byte) bool {
	return isAlphanumeric(c) || c == '.' || c >= utf8.RuneSelf || strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0
}
