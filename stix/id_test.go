package stix

import (
	"regexp"
	"strings"
	"testing"
)

func TestParseID(t *testing.T) {
	const uuid = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"
	for _, tc := range []struct {
		name, in string
		want     string // part of the error, "" when in is valid
	}{
		{"of the specification", "indicator--" + uuid, ""},
		{"IDN-03 version 1", "file--8e2e2d2b-17d4-1cbf-a38f-98ee46b3cd3f", ""},
		{"IDN-03 version 5", "ipv4-addr--8e2e2d2b-17d4-5cbf-b38f-98ee46b3cd3f", ""},
		{"IDN-09 upper case is kept", "tool--8E2E2D2B-17D4-4CBF-A38F-98EE46B3CD3F", ""},
		{"NAM-01 250 characters", strings.Repeat("a", 250) + "--" + uuid, ""},
		{"NAM-01 251 characters", strings.Repeat("a", 251) + "--" + uuid, "3 to 250 characters, this one 251"},
		{"NAM-01 2 characters", "ab--" + uuid, "3 to 250 characters, this one 2"},
		{"NAM-01 digit first", "3com--" + uuid, "begins with a lower-case letter"},
		{"NAM-01 upper case", "xIndicator--" + uuid, "lower-case letters, digits and hyphens only"},
		{"NAM-01 hyphen before the separator", "x-a---" + uuid, "36 characters, this one 37"},
		{"IDN-01 no separator", "indicator-" + uuid, `no "--"`},
		{"IDN-01 empty", "", `no "--"`},
		{"IDN-01 text behind", "indicator--" + uuid + "\n", "36 characters, this one 37"},
		{"IDN-01 no UUID", "indicator--1", "36 characters, this one 1"},
		{"IDN-01 hyphen in the wrong place", "tool--8e2e2d2b1-7d4-4cbf-938f-98ee46b3cd3f", "8-4-4-4-12"},
		{"IDN-01 no hexadecimal digit", "tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3g", "8-4-4-4-12"},
		{"IDN-03 version 7", "tool--8e2e2d2b-17d4-7cbf-938f-98ee46b3cd3f", "version 1 to 5, this one 7"},
		{"IDN-03 nil", "tool--00000000-0000-0000-0000-000000000000", "version 1 to 5, this one 0"},
		{"IDN-03 variant", "tool--8e2e2d2b-17d4-4cbf-c38f-98ee46b3cd3f", "8, 9, a or b"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := ParseID(tc.in)
			if tc.want == "" && (err != nil || string(got) != tc.in) {
				t.Errorf("ParseID(%q) = %q, %v; want it as it is", tc.in, got, err)
			}
			if tc.want != "" && (err == nil || got != "" || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("ParseID(%q) = %q, %v; want an error with %q", tc.in, got, err, tc.want)
			}
		})
	}
}

func TestIDParts(t *testing.T) {
	for _, tc := range []struct{ id, typ, uuid string }{
		{"x-a--1--2", "x-a", "1--2"},
		{"indicator", "", ""},
		{"", "", ""},
	} {
		if id := ID(tc.id); id.Type() != tc.typ || id.UUID() != tc.uuid {
			t.Errorf("ID(%q) has type %q, UUID %q; want %q, %q", tc.id, id.Type(), id.UUID(), tc.typ, tc.uuid)
		}
	}
}

func TestIsObservable(t *testing.T) { // TX-MSV-07
	for typ, want := range map[string]bool{
		"ipv4-addr": true, "x509-certificate": true, "artifact": true,
		"indicator": false, "observed-data": false, "x-acme-host": false, "": false,
	} {
		if got := IsObservable(typ); got != want {
			t.Errorf("IsObservable(%q) = %v; want %v", typ, got, want)
		}
	}
}

// idRule and typeRule are the expressions of the STIX 2.1 rules, IDN-01, IDN-03
// and NAM-01.
var (
	typeRule = regexp.MustCompile(`\A[a-z][a-z0-9]*(-[a-z0-9]+)*\z`)
	idRule   = regexp.MustCompile(`\A([a-z][a-z0-9]*(-[a-z0-9]+)*)--[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-5][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}\z`)
)

func FuzzParseID(f *testing.F) {
	f.Add("indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f")
	f.Add("x-a---8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f")
	f.Add("ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseID(s)
		typ := ID(s).Type()
		if want := idRule.MatchString(s) && len(typ) >= 3 && len(typ) <= 250; want != (err == nil) {
			t.Fatalf("ParseID(%q): %v; the rule says %v", s, err, want)
		}
		if want := typeRule.MatchString(s) && len(s) >= 3 && len(s) <= 250; want != ValidType(s) {
			t.Fatalf("ValidType(%q) = %v; the rule says %v", s, !want, want)
		}
		if err == nil && (id.Type()+"--"+id.UUID() != s || !ValidType(id.Type())) {
			t.Fatalf("ParseID(%q) = %q of %q and %q", s, id, id.Type(), id.UUID())
		}
	})
}
