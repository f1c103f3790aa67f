package schemas

import (
	"strings"
	"unicode/utf8"
)

func isPlainDomainName(text string) bool { return isDomainName(text) && !hasUnderscoreLabel(text) }

func explainDomainName(f *fault, text, _ string) {
	if isDomainName(text) {
		f.foundAs("OBJ-DOMAIN-NAME-1", advice, f.pointer, "%s is %s; a label with an underscore is a service name, not a host name", name(f.pointer), short(text))
		return
	}
	if proper := properDomainName(text); proper != "" {
		f.found("OBJ-DOMAIN-NAME-1", f.pointer, "%s is %s; a label beyond ASCII must be in lower case and normal form C (RFC 5890), as in %s", name(f.pointer), short(text), short(proper))
		return
	}
	if i := strings.IndexFunc(text, inNoDomain); i >= 0 {
		r, _ := utf8.DecodeRuneInString(text[i:])
		f.found("OBJ-DOMAIN-NAME-1", f.pointer, "%s is %s, with %s at character %d; it must be a domain name without scheme, port, path or wildcard",
			name(f.pointer), short(text), short(string(r)), utf8.RuneCountInString(text[:i])+1)
		return
	}
	f.explainLabels(text)
}

// inNoDomain is for the characters of ASCII that stand in no domain name.
func inNoDomain(r rune) bool { return r < utf8.RuneSelf && r != '.' && !isNameByte(byte(r)) }

// explainLabels looks for a label that is none.
func (f *fault) explainLabels(text string) {
	const rule = "OBJ-DOMAIN-NAME-1"
	if len(text) > utf8.UTFMax*(maxDomain+1) { // too long, whatever its labels are
		f.domainTooLong(text)
		return
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(text, "."), ".") {
		switch {
		case labelLength(label) > 0:
			continue
		case label == "":
			f.found(rule, f.pointer, "%s is %s; a domain name must have no empty label", name(f.pointer), short(text))
		case label[0] == '-' || label[len(label)-1] == '-':
			f.found(rule, f.pointer, "%s is %s; the label %s must not begin or end with a hyphen", name(f.pointer), short(text), short(label))
		case len(label) > maxLabel:
			f.found(rule, f.pointer, "%s is %s; the label %s is longer than %d octets", name(f.pointer), short(text), short(label), maxLabel)
		default:
			f.found(rule, f.pointer, "%s is %s; %s is no label of a domain name (RFC 5890)", name(f.pointer), short(text), short(label))
		}
		return
	}
	f.domainTooLong(text)
}

func (f *fault) domainTooLong(text string) {
	f.found("OBJ-DOMAIN-NAME-1", f.pointer, "%s is %s; a domain name has at most %d characters", name(f.pointer), short(text), maxDomain)
}

func explainIPv4(f *fault, text, _ string) {
	const rule = "OBJ-IPV4-ADDR-1"
	address, length, block := strings.Cut(text, "/")
	host, port, hasPort := strings.Cut(address, ":")
	numbers := strings.Split(abridged(address), ".")
	switch {
	case isIPv6(text):
		f.found(rule, f.pointer, "%s is %s, an IPv6 address; that of an ipv4-addr must be IPv4", name(f.pointer), short(text))
	case isIPv4(address) && block:
		f.found(rule, f.pointer, "%s is %s; the prefix length %s must be from 0 to 32, without leading zeros", name(f.pointer), short(text), short(length))
	case hasPort && isIPv4(host):
		f.found(rule, f.pointer, "%s is %s; the port %s must be left out", name(f.pointer), short(text), short(port))
	case len(numbers) != 4:
		f.found(rule, f.pointer, "%s is %s; an IPv4 address must have four numbers joined by full stops", name(f.pointer), short(text))
	default:
		for _, n := range numbers {
			if !isPrefixLength(n, 255) {
				f.found(rule, f.pointer, "%s is %s; each number must be from 0 to 255, without leading zeros, and %s is not", name(f.pointer), short(text), short(n))
				return
			}
		}
	}
}

func explainIPv6(f *fault, text, _ string) {
	const rule = "OBJ-IPV6-ADDR-1"
	address, length, block := strings.Cut(text, "/")
	plain, zone, hasZone := strings.Cut(address, "%")
	switch {
	case isIPv4(text):
		f.found(rule, f.pointer, "%s is %s, an IPv4 address; that of an ipv6-addr must be IPv6", name(f.pointer), short(text))
	case isIPv6Address(address) && block:
		f.found(rule, f.pointer, "%s is %s; the prefix length %s must be from 0 to 128, without leading zeros", name(f.pointer), short(text), short(length))
	case hasZone && isIPv6Address(plain):
		f.found(rule, f.pointer, "%s is %s; the zone %s must be left out", name(f.pointer), short(text), short(zone))
	case strings.HasPrefix(address, "["):
		f.found(rule, f.pointer, "%s is %s; it must be an address without brackets and port", name(f.pointer), short(text))
	case strings.Count(address, "::") > 1 || strings.Contains(address, ":::"):
		f.found(rule, f.pointer, "%s is %s; two colons in a row may stand in one place only", name(f.pointer), short(text))
	default:
		f.explainGroups(text, address)
	}
}

// explainGroups looks for a group of an IPv6 address that is none.
func (f *fault) explainGroups(text, address string) {
	groups := strings.Split(abridged(address), ":")
	for i, group := range groups {
		if isIPv4(group) && i == len(groups)-1 || len(group) <= 4 && every(group, isHexDigit) {
			continue
		}
		f.found("OBJ-IPV6-ADDR-1", f.pointer, "%s is %s; each group must have one to four hexadecimal digits, and %s has not", name(f.pointer), short(text), short(group))
		return
	}
	f.found("OBJ-IPV6-ADDR-1", f.pointer, "%s is %s; an IPv6 address must have eight groups, or fewer with two colons in a row in one place", name(f.pointer), short(text))
}
