package stix

import (
	"strings"
	"testing"
)

func TestSameContent(t *testing.T) {
	for _, tc := range []struct {
		name, a, b string
		want       bool
	}{
		{"order of members", `{"a":1,"b":{"c":2,"d":3}}`, ` { "b" : {"d":3,"c":2}, "a":1 }`, true},
		{"order of elements", `{"a":[1,2]}`, `{"a":[2,1]}`, false},
		{"missing member", `{"a":1,"b":2}`, `{"a":1}`, false},
		{"other name", `{"a":1}`, `{"b":1}`, false},
		{"null is not absent", `{"a":null}`, `{}`, false},
		{"kinds", `{"a":"1"}`, `{"a":1}`, false},
		{"false and 0", `{"a":false}`, `{"a":0}`, false},
		{"spelling of strings", `{"a":"\u00e4\/"}`, `{"a":"ä/"}`, true},
		{"no normal forms", `{"a":"\u00e4"}`, `{"a":"a\u0308"}`, false},
		{"spelling of names", `{"\u0061":1}`, `{"a":1}`, true},
		{"1.0 and 1", `{"a":1.0}`, `{"a":1}`, true},
		{"1e2 and 100", `{"a":1e2}`, `{"a":100}`, true},
		{"1E+2 and 1000e-1", `{"a":1E+2}`, `{"a":1000e-1}`, true},
		{"0.05 and 5e-2", `{"a":0.05}`, `{"a":5e-2}`, true},
		{"0.05 and 0.5", `{"a":0.05}`, `{"a":0.5}`, false},
		{"sign", `{"a":-1}`, `{"a":1}`, false},
		{"zeros", `{"a":-0.0}`, `{"a":0e99}`, true},
		{"beyond a double", `{"a":9007199254740993}`, `{"a":9007199254740992}`, false},
		{"beyond a double, same", `{"a":90071992547409930}`, `{"a":9007199254740993e1}`, true},
		{"hostile exponent", `{"a":1e999999999}`, `{"a":10e999999998}`, true},
		{"hostile exponents that differ", `{"a":1e999999999}`, `{"a":1e999999998}`, false},
		{"exponent that can't be computed with", `{"a":1e99999999999999999999}`, `{"b":1,"a":1e99999999999999999999}`, false},
		{"same of these", `{"b":1,"a":1e99999999999999999999}`, `{"a":1e99999999999999999999,"b":1}`, true},
		{"GEN-08 revoked", `{"revoked":false}`, `{}`, true},
		{"GEN-08 revoked true", `{"revoked":true}`, `{}`, false},
		{"GEN-08 revoked true and false", `{"revoked":true}`, `{"revoked":false}`, false},
		{"GEN-08 defanged", `{}`, `{"defanged":false}`, true},
		{"GEN-08 lang", `{"lang":"en"}`, `{}`, true},
		{"GEN-08 lang zh", `{"lang":"zh"}`, `{}`, false},
		{"GEN-08 summary of a sighting", `{"type":"sighting","summary":false}`, `{"type":"sighting"}`, true},
		{"GEN-08 summary of another", `{"type":"report","summary":false}`, `{"type":"report"}`, false},
		{"GEN-08 spec_version of an observable", `{"type":"url","spec_version":"2.1"}`, `{"type":"url"}`, true},
		{"GEN-08 spec_version of another", `{"type":"tool","spec_version":"2.1"}`, `{"type":"tool"}`, false},
		{"GEN-08 top level only", `{"a":{"revoked":false}}`, `{"a":{}}`, false},
		{"same bytes, whatever they are", `{"a":1,"a":2}`, `{"a":1,"a":2}`, true},
		{"two members of one name", `{"a":1,"a":2}`, `{"a":2}`, false},
		{"broken", `{"a":1`, `{"a":1}`, false},
		{"half a surrogate pair", `{"a":"\ud800"}`, `{"a":"\ufffd"}`, false},
		{"null", `null`, `{}`, false},
		{"text behind", `{} {}`, `{}`, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, pair := range [][2]string{{tc.a, tc.b}, {tc.b, tc.a}} {
				if got := SameContent([]byte(pair[0]), []byte(pair[1])); got != tc.want {
					t.Errorf("SameContent(%s, %s) = %v; want %v", pair[0], pair[1], got, tc.want)
				}
			}
		})
	}
}

// A megabyte of digits costs what reading it costs: with powers of ten written
// out, this test would not end.
func TestSameContentOfLongNumbers(t *testing.T) {
	digits := strings.Repeat("1", 1<<20)
	for _, a := range []string{`{"a":` + digits + `}`, `{"a":1e` + digits + `}`, `{"a":1e-` + digits + `}`} {
		if b := strings.Replace(a, "1", "2", 1); SameContent([]byte(a), []byte(b)) {
			t.Errorf("%.20s… is the same as %.20s…", a, b)
		}
	}
}
