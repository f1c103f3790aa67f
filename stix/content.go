package stix

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// SameContent reports whether two STIX objects are the same JSON value: the
// order of members and the spelling of strings and numbers make no difference
// (1.0 is 1), at any precision, nor does a property of the object that one of
// them leaves out and the other gives its default (GEN-08, TX-OBJ-POST-02).
//
// What is not I-JSON, or no object, has no value that everybody agrees on: it
// is the same only byte for byte.
func SameContent(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	x, ok := content(a)
	if !ok {
		return false
	}
	y, ok := content(b)
	return ok && maps.EqualFunc(x, y, sameValue)
}

// content decodes an object and leaves out what equals its default.
func content(raw []byte) (map[string]any, bool) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var object map[string]any
	if !jsontext.Value(raw).IsValid() || dec.Decode(&object) != nil || object == nil {
		return nil, false
	}
	typ, _ := object["type"].(string)
	for name, value := range object {
		if isDefault(typ, name, value) {
			delete(object, name)
		}
	}
	return object, true
}

// isDefault reports whether leaving out the property says the same (GEN-08).
func isDefault(typ, name string, value any) bool {
	switch name {
	case "revoked", "defanged":
		return value == false
	case "summary":
		return value == false && typ == "sighting"
	case "lang":
		return value == "en"
	case "spec_version":
		return value == "2.1" && IsObservable(typ)
	}
	return false
}

func sameValue(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, sameValue)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, sameValue)
	case json.Number:
		b, ok := b.(json.Number)
		return ok && parseDecimal(string(a)) == parseDecimal(string(b))
	}
	return a == b // string, bool, nil
}

// A decimal is a number as ±0.digits × 10^exponent, digits without zeros at
// either end, so that equal numbers are equal decimals. Zero has no digits.
type decimal struct {
	negative bool
	digits   string
	exponent int64
	text     string // all there is of a number whose exponent can't be computed with
}

// parseDecimal reads a JSON number. It never expands an exponent: 1e999999999
// costs as much as 1e9.
func parseDecimal(s string) decimal {
	unsigned := strings.TrimPrefix(s, "-")
	mantissa, power := unsigned, "0"
	if i := strings.IndexAny(unsigned, "eE"); i >= 0 {
		mantissa, power = unsigned[:i], unsigned[i+1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return decimal{}
	}
	exponent, err := strconv.ParseInt(power, 10, 62) // 62 bits leave room for the digits
	if err != nil {
		return decimal{text: s}
	}
	leading := len(whole) + len(fraction) - len(digits)
	return decimal{
		negative: len(unsigned) < len(s),
		digits:   strings.TrimRight(digits, "0"),
		exponent: exponent + int64(len(whole)) - int64(leading),
	}
}
