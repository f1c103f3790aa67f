package stix

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

// observableNamespace is the namespace of all deterministic ids (DET-01).
var observableNamespace = uuid.MustParse("00abedb4-aa42-466c-9c01-fed23315a9b7")

// contributingProperties are the ID contributing properties of each observable
// (STIX 2.1 §6), in the order of canonical JSON. A process has none.
var contributingProperties = map[string][]string{
	"artifact":             {"hashes", "payload_bin"},
	"autonomous-system":    {"number"},
	"directory":            {"path"},
	"domain-name":          {"value"},
	"email-addr":           {"value"},
	"email-message":        {"body", "from_ref", "subject"},
	"file":                 {"extensions", "hashes", "name", "parent_directory_ref"},
	"ipv4-addr":            {"value"},
	"ipv6-addr":            {"value"},
	"mac-addr":             {"value"},
	"mutex":                {"name"},
	"network-traffic":      {"dst_port", "dst_ref", "end", "extensions", "protocols", "src_port", "src_ref", "start"},
	"process":              {},
	"software":             {"cpe", "name", "swid", "vendor", "version"},
	"url":                  {"value"},
	"user-account":         {"account_login", "account_type", "user_id"},
	"windows-registry-key": {"key", "values"},
	"x509-certificate":     {"hashes", "serial_number"},
}

// ContributingProperties returns the ID contributing properties of an observable
// (STIX 2.1 §6) in the order of canonical JSON; none for a process and for a type
// that STIX does not define. The slice must not be changed.
func ContributingProperties(typ string) []string { return contributingProperties[typ] }

// preferredHashes are the hashes of which the first that is present takes part
// in an id (DET-02).
var preferredHashes = []string{"MD5", "SHA-1", "SHA-256", "SHA-512"}

// DeterministicID makes the id that an observable's values ask for: a version 5
// UUID of the canonical JSON of its ID contributing properties (DET-01 to
// DET-06, STIX 2.1 §2.9, §3.4). value is the decoded object, numbers as
// json.Number.
//
// contributing is false when none of these properties is present, so that the
// UUID must be of version 4 (IDN-06), and for a type that has none. portable is
// false when another maker of ids may rightly come to another one: the only
// hashes are such as the standard does not choose from. The id is empty when
// nothing contributes, and when the values have no canonical form: a number
// beyond a double, or text that is not UTF-8.
func DeterministicID(typ string, value map[string]any) (id string, contributing, portable bool) {
	var buffer [512]byte // most names fit
	name, portable, ok := appendContribution(buffer[:0], typ, value)
	contributing = len(name) > len("{}")
	if !contributing || !ok {
		return "", contributing, false
	}
	return typ + "--" + uuid.NewSHA1(observableNamespace, name).String(), true, portable
}

// appendContribution appends the name that a deterministic id is made of. ok is
// false when a value has no canonical form.
func appendContribution(b []byte, typ string, value map[string]any) (name []byte, portable, ok bool) {
	portable, ok = true, true
	b = append(b, '{')
	for _, property := range contributingProperties[typ] {
		v, present := value[property]
		if hashes, isMap := v.(map[string]any); isMap && property == "hashes" {
			v, present, portable = preferredHash(hashes)
		}
		if !present {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, property...)
		b = append(b, '"', ':')
		valid := false
		b, valid = appendCanonical(b, v)
		ok = ok && valid
	}
	return append(b, '}'), portable, ok
}

// preferredHash leaves one of the hashes (DET-02). Without any of the preferred
// ones it is the one whose name sorts first, which is nobody's rule but ours.
func preferredHash(hashes map[string]any) (one map[string]any, present, portable bool) {
	for _, name := range preferredHashes {
		if v, ok := hashes[name]; ok {
			return map[string]any{name: v}, true, true
		}
	}
	if len(hashes) == 0 {
		return nil, false, true
	}
	first := slices.Min(slices.Collect(maps.Keys(hashes)))
	return map[string]any{first: hashes[first]}, true, false
}

// appendCanonical appends a decoded value as canonical JSON (DET-05, RFC 8785)
// and reports whether it has such a form.
func appendCanonical(b []byte, v any) (_ []byte, ok bool) {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...), true
	case bool:
		return strconv.AppendBool(b, v), true
	case string:
		b, err := jsontext.AppendQuote(b, v)
		return b, err == nil
	case json.Number:
		return appendCanonicalNumber(b, string(v))
	case []any:
		return appendCanonicalList(b, v)
	case map[string]any:
		return appendCanonicalObject(b, v)
	}
	return b, false
}

// appendCanonicalNumber writes a number as ECMAScript does (RFC 8785 §3.2.2.3).
// It costs one look at each digit, however many there are, and nothing for the
// size of the exponent.
func appendCanonicalNumber(b []byte, number string) (_ []byte, ok bool) {
	f, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return b, false
	}
	if f == 0 {
		return append(b, '0'), true // -0 too
	}
	return append(b, jsontext.Float(f).String()...), true
}

func appendCanonicalList(b []byte, list []any) (_ []byte, ok bool) {
	b = append(b, '[')
	for i, element := range list {
		if i > 0 {
			b = append(b, ',')
		}
		if b, ok = appendCanonical(b, element); !ok {
			return b, false
		}
	}
	return append(b, ']'), true
}

func appendCanonicalObject(b []byte, object map[string]any) (_ []byte, ok bool) {
	b = append(b, '{')
	for i, name := range slices.SortedFunc(maps.Keys(object), compareUTF16) {
		if i > 0 {
			b = append(b, ',')
		}
		if b, ok = appendCanonical(b, name); !ok {
			return b, false
		}
		b = append(b, ':')
		if b, ok = appendCanonical(b, object[name]); !ok {
			return b, false
		}
	}
	return append(b, '}'), true
}

// compareUTF16 orders strings by UTF-16 code units (RFC 8785 §3.2.3). That is
// the order of code points but for U+E000 to U+FFFF, which come last.
func compareUTF16(x, y string) int {
	for x != "" && y != "" {
		a, m := utf8.DecodeRuneInString(x)
		b, n := utf8.DecodeRuneInString(y)
		if a != b {
			return cmp.Compare(utf16Rank(a), utf16Rank(b))
		}
		x, y = x[m:], y[n:]
	}
	return cmp.Compare(len(x), len(y))
}

func utf16Rank(r rune) rune {
	if 0xE000 <= r && r <= 0xFFFF {
		return r + utf8.MaxRune
	}
	return r
}
