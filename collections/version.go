package collections

import (
	"cmp"
	"slices"

	"accord/stix"
)

// A VersionFilter selects versions of each object (TAXII 2.1 §3.4.1). The zero
// value is the default: the latest version in the latest specification version.
type VersionFilter struct {
	// SpecVersions keeps only versions of these specification versions; nil
	// means, for each object, the latest one among what else matches.
	SpecVersions []string
	// All keeps every version. It stands alone.
	All bool
	// First and Last keep the earliest and the latest version, At those equal
	// to one of the instants. They add up. None of them, and not All, is Last.
	First, Last bool
	At          []stix.Timestamp
}

// IsLatest reports whether f is the default filter, which stores answer from
// their marks alone.
func (f VersionFilter) IsLatest() bool {
	return f.SpecVersions == nil && !f.All && !f.First && len(f.At) == 0
}

// Select returns those of the versions of one object that f keeps, in their
// order. The versions given are one caller's world: removed and hidden ones
// are left out by the caller.
//
// Timestamps narrow before the default of the specification version is taken,
// keywords after it (TX-MSV-08).
func (f VersionFilter) Select(versions []Version) []Version {
	onlyAt := len(f.At) > 0 && !f.All && !f.First && !f.Last
	if onlyAt {
		versions = keep(versions, f.at)
	}
	versions = keep(versions, f.spec(versions))
	if f.All || onlyAt {
		return versions
	}
	if len(versions) == 0 {
		return nil
	}
	first := slices.MinFunc(versions, compareVersions)
	last := slices.MaxFunc(versions, compareVersions)
	wantLast := f.Last || !f.First && len(f.At) == 0
	return keep(versions, func(v Version) bool {
		return f.First && v.Sequence == first.Sequence ||
			wantLast && v.Sequence == last.Sequence || f.at(v)
	})
}

// at reports whether v is one of the instants asked for.
func (f VersionFilter) at(v Version) bool {
	return slices.ContainsFunc(f.At, func(t stix.Timestamp) bool { return t.Compare(v.Value()) == 0 })
}

// spec returns the test on the specification version.
func (f VersionFilter) spec(versions []Version) func(Version) bool {
	if f.SpecVersions != nil {
		return func(v Version) bool { return slices.Contains(f.SpecVersions, v.SpecVersion) }
	}
	latest := ""
	for _, v := range versions {
		latest = max(latest, v.SpecVersion)
	}
	return func(v Version) bool { return v.SpecVersion == latest }
}

func keep(versions []Version, ok func(Version) bool) []Version {
	var kept []Version
	for _, v := range versions {
		if ok(v) {
			kept = append(kept, v)
		}
	}
	return kept
}

// compareVersions orders the versions of one object: by instant, and at the
// same instant by arrival.
func compareVersions(a, b Version) int {
	return cmp.Or(a.Value().Compare(b.Value()), cmp.Compare(a.Sequence, b.Sequence))
}

// NoneNewer is the mark of a version that nothing supersedes.
const NoneNewer stix.TLP = stix.Red + 1

// Marks returns for each version of one object the lowest rank among its newer
// versions, NoneNewer where there is none. A caller of clearance k gets the
// version as the latest exactly when its rank is at most k and its mark above
// k. Newer means a later specification version, else a later version. Removed
// versions supersede nothing, and their own mark means nothing.
func Marks(versions []Version) []stix.TLP {
	order := make([]int, len(versions))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		a, b := versions[i], versions[j]
		return cmp.Or(cmp.Compare(b.SpecVersion, a.SpecVersion), compareVersions(b, a))
	})
	marks := make([]stix.TLP, len(versions))
	lowest := NoneNewer
	for _, i := range order {
		marks[i] = lowest
		if !versions[i].Removed {
			lowest = min(lowest, versions[i].Rank)
		}
	}
	return marks
}
