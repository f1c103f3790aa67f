package collections_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"accord/collections"
	"accord/stix"

	"pgregory.net/rapid"
)

const (
	jan = stix.Timestamp("2026-01-01T00:00:00.000Z")
	feb = stix.Timestamp("2026-02-01T00:00:00.000Z")
	mar = stix.Timestamp("2026-03-01T00:00:00.000Z")
)

// stored gives versions of one object places and dates in their order.
func stored(versions ...collections.Version) []collections.Version {
	for i := range versions {
		versions[i].Sequence = int64(i) + 1
		versions[i].DateAdded = time.Date(2026, 6, 1, 0, 0, 0, (i+1)*1000, time.UTC)
	}
	return versions
}

func in21(at stix.Timestamp) collections.Version {
	return collections.Version{Timestamp: at, SpecVersion: "2.1"}
}

func in20(at stix.Timestamp) collections.Version {
	return collections.Version{Timestamp: at, SpecVersion: "2.0"}
}

func TestVersionFilterSelect(t *testing.T) {
	oneSpec := stored(in21(feb), in21(mar), in21(jan))
	twoSpecs := stored(in20(mar), in21(jan), in21(feb), in20(jan))
	digits := stored(in21("2017-01-27T13:49:53.000Z"), in21("2017-01-27T13:49:53.9353Z"))
	addresses := stored(in21(""), in21(""))
	both := []string{"2.0", "2.1"}
	at := func(instants ...stix.Timestamp) collections.VersionFilter {
		return collections.VersionFilter{At: instants}
	}
	for _, tc := range []struct {
		name     string
		filter   collections.VersionFilter
		versions []collections.Version
		want     []int64
	}{
		{"TX-MVR-01 default is the last", collections.VersionFilter{}, oneSpec, []int64{2}},
		{"TX-MVR-02 last by version, not by arrival", collections.VersionFilter{Last: true}, oneSpec, []int64{2}},
		{"TX-MVR-02 first by version, not by arrival", collections.VersionFilter{First: true}, oneSpec, []int64{3}},
		{"TX-MVR-03 all, in order of arrival", collections.VersionFilter{All: true}, oneSpec, []int64{1, 2, 3}},
		{"TX-MVR-04 an instant", at(feb), oneSpec, []int64{1}},
		{"TX-MVR-04 a millisecond off", at("2026-02-01T00:00:00.001Z"), oneSpec, nil},
		{"TX-MVR-05 fewer digits, same instant", at("2017-01-27T13:49:53Z"), digits, []int64{1}},
		{"TX-MVR-05 more digits, same instant", at("2017-01-27T13:49:53.935300Z"), digits, []int64{2}},
		{"TX-MVR-05 digits cut off, other instant", at("2017-01-27T13:49:53.935Z"), digits, nil},
		{"TX-MVR-06 first, an instant and last", collections.VersionFilter{First: true, Last: true, At: []stix.Timestamp{feb}}, oneSpec, []int64{1, 2, 3}},
		{"TX-MVR-06 first and an instant, not the last", collections.VersionFilter{First: true, At: []stix.Timestamp{feb}}, oneSpec, []int64{1, 3}},
		{"TX-MVR-06 first and last of one version", collections.VersionFilter{First: true, Last: true}, stored(in21(jan)), []int64{1}},
		{"TX-MVR-06 several instants", at(jan, mar, "2030-01-01T00:00:00Z"), oneSpec, []int64{2, 3}},
		{"TX-MVR-10 without a timestamp the date added is the version", at("2026-06-01T00:00:00.000001Z"), addresses, []int64{1}},
		{"TX-MVR-10 without a timestamp the last added is the last", collections.VersionFilter{}, addresses, []int64{2}},
		{"the same instant twice: the later arrival is the last", collections.VersionFilter{}, stored(in21("2026-01-01T00:00:00Z"), in21(jan)), []int64{2}},

		{"TX-MSV-01 only what is listed", collections.VersionFilter{SpecVersions: []string{"2.0"}, All: true}, twoSpecs, []int64{1, 4}},
		{"TX-MSV-01 last of what is listed", collections.VersionFilter{SpecVersions: []string{"2.0"}}, twoSpecs, []int64{1}},
		{"TX-MSV-02 the latest specification, though older", collections.VersionFilter{}, twoSpecs, []int64{3}},
		{"TX-MSV-02 first in the latest specification", collections.VersionFilter{First: true}, twoSpecs, []int64{2}},
		{"TX-MSV-03 all in the latest specification", collections.VersionFilter{All: true}, twoSpecs, []int64{2, 3}},
		{"TX-MSV-04 several are or", collections.VersionFilter{SpecVersions: both, All: true}, twoSpecs, []int64{1, 2, 3, 4}},
		{"TX-MSV-04 last of several", collections.VersionFilter{SpecVersions: both}, twoSpecs, []int64{1}},
		{"TX-MSV-05 2.0 alone is shown", collections.VersionFilter{}, stored(in20(jan)), []int64{1}},
		{"TX-MSV-06 nothing in 3.0", collections.VersionFilter{SpecVersions: []string{"3.0"}}, twoSpecs, nil},
		{"TX-MSV-08 an instant narrows before the default", at(mar), twoSpecs, []int64{1}},
		{"TX-MSV-08 of instants in both, the latest specification", at(jan, mar), twoSpecs, []int64{2}},
		{"TX-MSV-08 with a keyword the default comes first", collections.VersionFilter{Last: true, At: []stix.Timestamp{mar}}, twoSpecs, []int64{3}},
		{"TX-MSV-08 an instant outside what is listed", collections.VersionFilter{SpecVersions: []string{"2.1"}, At: []stix.Timestamp{mar}}, twoSpecs, nil},

		{"of nothing, nothing", collections.VersionFilter{}, nil, nil},
		{"all of nothing", collections.VersionFilter{All: true}, nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []int64
			for _, v := range tc.filter.Select(tc.versions) {
				got = append(got, v.Sequence)
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("%+v selects %v; want %v", tc.filter, got, tc.want)
			}
		})
	}
}

func TestVersionFilterIsLatest(t *testing.T) {
	for _, tc := range []struct {
		filter collections.VersionFilter
		want   bool
	}{
		{collections.VersionFilter{}, true},
		{collections.VersionFilter{Last: true}, true},
		{collections.VersionFilter{First: true}, false},
		{collections.VersionFilter{First: true, Last: true}, false},
		{collections.VersionFilter{All: true}, false},
		{collections.VersionFilter{At: []stix.Timestamp{jan}}, false},
		{collections.VersionFilter{Last: true, At: []stix.Timestamp{jan}}, false},
		{collections.VersionFilter{SpecVersions: []string{"2.1"}}, false},
	} {
		if got := tc.filter.IsLatest(); got != tc.want {
			t.Errorf("%+v.IsLatest() = %t; want %t", tc.filter, got, tc.want)
		}
	}
}

// P6: a mark is the lowest rank among the newer versions.
func TestMarks(t *testing.T) {
	ranked := func(v collections.Version, rank stix.TLP) collections.Version {
		v.Rank = rank
		return v
	}
	gone := func(v collections.Version) collections.Version {
		v.Removed = true
		return v
	}
	none := collections.NoneNewer
	for _, tc := range []struct {
		name     string
		versions []collections.Version
		want     []stix.TLP
	}{
		{"nothing", nil, nil},
		{"alone", stored(ranked(in21(jan), stix.Red)), []stix.TLP{none}},
		{"each newer one more open", stored(ranked(in21(jan), stix.Red), ranked(in21(feb), stix.Amber), ranked(in21(mar), stix.Clear)), []stix.TLP{stix.Clear, stix.Clear, none}},
		{"each newer one more closed", stored(ranked(in21(jan), stix.Clear), ranked(in21(feb), stix.Amber), ranked(in21(mar), stix.Red)), []stix.TLP{stix.Amber, stix.Red, none}},
		{"TX-MVR-02 by version, not by arrival", stored(ranked(in21(mar), stix.Green), ranked(in21(jan), stix.Red)), []stix.TLP{none, stix.Green}},
		{"TX-MSV-02 a later specification is newer", stored(ranked(in20(mar), stix.Clear), ranked(in21(jan), stix.Amber)), []stix.TLP{stix.Amber, none}},
		{"what is removed supersedes nothing", stored(ranked(in21(jan), stix.Clear), gone(ranked(in21(mar), stix.Clear)), ranked(in21(feb), stix.Red)), []stix.TLP{stix.Red, none, none}},
		{"TX-MVR-10 without timestamps by arrival", stored(ranked(in21(""), stix.Clear), ranked(in21(""), stix.Green)), []stix.TLP{stix.Green, none}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := collections.Marks(tc.versions); !slices.Equal(got, tc.want) {
				t.Errorf("Marks = %v; want %v", got, tc.want)
			}
		})
	}
}

// P6: for every clearance, rank and mark say of each version what Select says
// of the versions that the clearance admits.
func TestMarksAgreeWithSelect(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		versions := stored(rapid.SliceOfN(rapid.Custom(someVersion), 0, 6).Draw(t, "versions")...)
		marks := collections.Marks(versions)
		for clearance := stix.Clear; clearance <= stix.Red; clearance++ {
			var world, byMark []collections.Version
			for i, v := range versions {
				if v.Removed || v.Rank > clearance {
					continue
				}
				world = append(world, v)
				if marks[i] > clearance {
					byMark = append(byMark, v)
				}
			}
			if got, want := fmt.Sprint(byMark), fmt.Sprint(collections.VersionFilter{}.Select(world)); got != want {
				t.Errorf("clearance %d: by marks %v the latest is %s; Select says %s", clearance, marks, got, want)
			}
		}
	})
}

func someVersion(t *rapid.T) collections.Version {
	return collections.Version{
		Timestamp:   rapid.SampledFrom([]stix.Timestamp{jan, feb, mar, "2026-01-01T00:00:00Z", ""}).Draw(t, "timestamp"),
		SpecVersion: rapid.SampledFrom([]string{"2.0", "2.1"}).Draw(t, "spec"),
		Rank:        stix.TLP(rapid.IntRange(0, 4).Draw(t, "rank")),
		Removed:     rapid.Bool().Draw(t, "removed"),
	}
}
