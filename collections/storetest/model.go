package storetest

import (
	"cmp"
	"slices"

	"accord/collections"
)

// pageOf is the contract of Store.Page in the plainest words: it computes a
// page from every version ever stored, ascending by sequence.
func pageOf(versions []collections.Version, q collections.Query) collections.Page {
	var p collections.Page
	for _, v := range selected(versions, q) {
		if v.Sequence <= q.After || !q.AddedAfter.IsZero() && !v.DateAdded.After(q.AddedAfter) {
			continue
		}
		if len(p.Sequences) == q.Limit {
			p.More = true
			return p
		}
		if len(p.Sequences) == 0 {
			p.First = v.DateAdded
		}
		p.Sequences = append(p.Sequences, v.Sequence)
		p.Last = v.DateAdded
	}
	return p
}

// selected returns what q asks for in the world that its clearance admits,
// ascending by sequence, before position and limit.
func selected(versions []collections.Version, q collections.Query) []collections.Version {
	ids, types := set(q.IDs), set(q.Types)
	var world []collections.Version
	for _, v := range versions {
		if !v.Removed && v.Rank <= q.Clearance &&
			(q.IDs == nil || ids[v.ID]) && (q.Types == nil || types[v.Type]) {
			world = append(world, v)
		}
	}
	var chosen []collections.Version
	for _, object := range groupByID(world) {
		chosen = append(chosen, q.Versions.Select(object)...)
	}
	slices.SortFunc(chosen, func(a, b collections.Version) int { return cmp.Compare(a.Sequence, b.Sequence) })
	return chosen
}

// versionsOf returns the versions that records hold.
func versionsOf(records []collections.Record) []collections.Version {
	var versions []collections.Version
	for _, r := range records {
		if r.Op != collections.OpAdd {
			continue
		}
		versions = append(versions, collections.Version{
			Sequence: r.Sequence, ID: r.ID, Type: r.Type, SpecVersion: r.SpecVersion, Timestamp: r.Version,
			DateAdded: r.DateAdded, Rank: r.Rank, Hash: r.Hash, Party: r.Poster.Party, Removed: r.Removed,
		})
	}
	return versions
}

func groupByID(versions []collections.Version) map[string][]collections.Version {
	byID := map[string][]collections.Version{}
	for _, v := range versions {
		byID[v.ID] = append(byID[v.ID], v)
	}
	return byID
}

func set(values []string) map[string]bool {
	in := map[string]bool{}
	for _, v := range values {
		in[v] = true
	}
	return in
}
