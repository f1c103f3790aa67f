package sample

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/netip"
	"regexp"
	"slices"
	"testing"

	"accord/schemas"
	"accord/stix"
)

var publisher = Publisher{
	Collection: "us-cn/activity-from-cn", Identity: "identity--0f4c6f0e-1a3b-4c5d-8e7f-001122334455", Name: "National CERT, US",
	Origins: []string{"CN"}, Affected: []string{"US"}, Commitment: "us-cn:ip-theft", Markings: []stix.TLP{stix.Clear, stix.Green, stix.Amber},
}

func read(t *testing.T, p Publisher) [][]byte {
	t.Helper()
	r := p.Objects()
	var objects [][]byte
	for {
		raw, err := r.Next()
		if errors.Is(err, io.EOF) {
			return objects
		}
		objects = append(objects, raw)
	}
}

func TestTheSamePublisherMakesTheSameObjects(t *testing.T) {
	objects := read(t, publisher)
	if !slices.EqualFunc(objects, read(t, publisher), bytes.Equal) {
		t.Error("two readings of one publisher differ")
	}
	other := publisher
	other.Collection = "us-cn/activity-from-us"
	if slices.EqualFunc(objects, read(t, other), bytes.Equal) {
		t.Error("two collections have the same objects")
	}
}

// Every id is new, every reference leads to an object that came before, and
// every kind of object is there.
func TestObjectsHangTogether(t *testing.T) {
	known, types, ranks := map[stix.ID]bool{}, map[string]int{}, map[stix.TLP]int{}
	for _, raw := range read(t, publisher) {
		var o object
		if err := json.Unmarshal(raw, &o); err != nil {
			t.Fatal(err)
		}
		if known[o.ID] {
			t.Errorf("%s is there twice", o.ID)
		}
		refs := append([]stix.ID{o.CreatedBy, o.Source, o.Target, o.Sighting}, append(o.Objects, o.WhereSighted...)...)
		for _, ref := range refs {
			if ref != "" && !known[ref] {
				t.Errorf("%s refers to %s, which is not there before it", o.ID, ref)
			}
		}
		known[o.ID] = true
		types[o.Type]++
		for _, m := range o.Markings {
			rank, ok := stix.MarkingRank(m)
			if !ok {
				t.Errorf("%s carries the unknown marking %s", o.ID, m)
			}
			ranks[rank]++
		}
	}
	for _, typ := range []string{"identity", "malware", "indicator", "relationship", "sighting", "report"} {
		if types[typ] == 0 {
			t.Errorf("there is no %s", typ)
		}
	}
	if len(ranks) != 3 {
		t.Errorf("markings by rank: %v; want clear, green and amber", ranks)
	}
}

// Nothing in the sample can be reached: names end in .example, addresses are
// those set aside for documentation (RFC 5737, RFC 3849).
func TestNothingCanBeReached(t *testing.T) {
	reserved := []netip.Prefix{
		netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"),
		netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8::/32"),
	}
	address := regexp.MustCompile(`addr:value = '([^']*)'`)
	name := regexp.MustCompile(`(?:domain-name:value = '|https?://)([^'/"]*)`)
	seen := 0
	for _, raw := range read(t, publisher) {
		for _, m := range address.FindAllSubmatch(raw, -1) {
			seen++
			ip, err := netip.ParseAddr(string(m[1]))
			if err != nil || !slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(ip) }) {
				t.Errorf("%s is no address for documentation: %v", m[1], err)
			}
		}
		for _, m := range name.FindAllSubmatch(raw, -1) {
			seen++
			if !bytes.HasSuffix(m[1], []byte(".example")) {
				t.Errorf("%s does not end in .example", m[1])
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d addresses and names were looked at", seen)
	}
}

// The demo shows how objects ought to be: no rule finds anything in them, be it
// only advice.
func TestSampleHasNoFindings(t *testing.T) {
	judge, err := schemas.New().Judge("strict", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range read(t, publisher) {
		o, findings := stix.ReadObject(raw, stix.DefaultLimits)
		if len(findings) == 0 {
			findings = judge.Validate(o, func(stix.ID) []byte { return nil }).Findings
		}
		if len(findings) > 0 {
			t.Errorf("%s: %+v\n%s", o.ID, findings, raw)
		}
	}
}
