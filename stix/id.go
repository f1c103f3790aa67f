package stix

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
)

// An ID is a STIX identifier as it was sent, for example
// "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f" (STIX 2.1 §2.9). References
// match identifiers by exact string, so its spelling is never changed. An ID
// that did not come from ParseID may hold anything.
type ID string

// maxType is the greatest length of a type name, in bytes (STIX 2.1 §3.1).
const maxType = 250

// ParseID returns s as an identifier: a type name, "--", and a UUID of RFC 4122
// in either case, version 1 to 5 (IDN-01, IDN-03, NAM-01). The error says what
// is wrong in words that a client may read.
func ParseID(s string) (ID, error) {
	typ, uuid, ok := strings.Cut(s, "--")
	if !ok {
		return "", fmt.Errorf(`identifier %s: there is no "--" between type and UUID`, excerpt(s))
	}
	if err := cmp.Or(checkType(typ), checkUUID(uuid)); err != nil {
		return "", fmt.Errorf("identifier %s: %w", excerpt(s), err)
	}
	return ID(s), nil
}

// Type returns the object type in front of the "--", or "" where there is none.
func (id ID) Type() string {
	typ, _, ok := strings.Cut(string(id), "--")
	if !ok {
		return ""
	}
	return typ
}

// UUID returns what stands behind the "--", as it was sent, or "" where there
// is none.
func (id ID) UUID() string {
	_, uuid, _ := strings.Cut(string(id), "--")
	return uuid
}

// ValidType reports whether s may be the name of an object type (NAM-01).
func ValidType(s string) bool { return checkType(s) == nil }

func checkType(s string) error {
	if len(s) < 3 || len(s) > maxType {
		return fmt.Errorf("a type has 3 to %d characters, this one %d", maxType, len(s))
	}
	if !isLower(s[0]) {
		return errors.New("a type begins with a lower-case letter")
	}
	for i := range len(s) {
		if !isLower(s[i]) && !isDigit(s[i]) && s[i] != '-' {
			return errors.New("a type has lower-case letters, digits and hyphens only")
		}
	}
	if strings.Contains(s, "--") || strings.HasSuffix(s, "-") {
		return errors.New("a hyphen in a type stands between letters or digits")
	}
	return nil
}

// uuidForm shows which bytes of a UUID are hyphens, the version and the variant.
const uuidForm = "xxxxxxxx-xxxx-Vxxx-Nxxx-xxxxxxxxxxxx"

func checkUUID(s string) error {
	if len(s) != len(uuidForm) {
		return fmt.Errorf("a UUID has %d characters, this one %d", len(uuidForm), len(s))
	}
	for i := range len(s) {
		if hyphen := uuidForm[i] == '-'; hyphen != (s[i] == '-') || !hyphen && !isHex(s[i]) {
			return errors.New("a UUID has hexadecimal digits in the form 8-4-4-4-12")
		}
	}
	if v := s[strings.IndexByte(uuidForm, 'V')]; v < '1' || v > '5' {
		return fmt.Errorf("a UUID of RFC 4122 has version 1 to 5, this one %c", v)
	}
	if n := s[strings.IndexByte(uuidForm, 'N')]; !strings.ContainsRune("89abAB", rune(n)) {
		return errors.New("a UUID of RFC 4122 has 8, 9, a or b as its 17th digit")
	}
	return nil
}

// IsObservable reports whether typ is one of the cyber-observable object types
// that STIX 2.1 defines (§6); on these spec_version is optional.
func IsObservable(typ string) bool {
	switch typ {
	case "artifact", "autonomous-system", "directory", "domain-name",
		"email-addr", "email-message", "file", "ipv4-addr", "ipv6-addr",
		"mac-addr", "mutex", "network-traffic", "process", "software", "url",
		"user-account", "windows-registry-key", "x509-certificate":
		return true
	}
	return false
}

func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isHex(c byte) bool {
	return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f'
}

// excerpt returns s quoted for a message, cut where it is too long to be read.
func excerpt(s string) string {
	const enough = 100
	if len(s) <= enough {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprintf("%q…", strings.ToValidUTF8(s[:enough], ""))
}
