package collections

import (
	"slices"

	"accord/stix"
)

// Rights are what a caller may do in a collection, and what that comes from:
// grant ∩ scope, and clearance (P5, P6).
type Rights struct {
	Read, Write, Delete bool
	Curate              bool // delete what others stored
	Search              bool

	Grants []Right  // of the caller's party
	Scope  []string // the verbs of read, write and search that the token's scope allows here

	// Withheld are the TLP levels that the collection can hold, or could before
	// its ceiling was lowered, and the caller's clearance does not reach,
	// ascending. While there are any, an object with a marking that the server
	// does not know is withheld too.
	Withheld []stix.TLP
}

// Rights returns what the caller may do in the collection.
func (v *View) Rights() Rights {
	r := Rights{
		Read: v.CanRead, Write: v.CanWrite, Delete: v.RequireDelete() == nil,
		Grants: slices.Clone(v.Grants[v.root.party.ID]),
	}
	r.Curate = r.Delete && v.canCurate
	for _, verb := range []string{"read", "write"} {
		if v.root.caller.Scopes.Allows(verb, v.root.ID, v.Alias) {
			r.Scope = append(r.Scope, verb)
		}
	}
	if v.root.caller.Scopes.Allows("search", v.root.ID, "") {
		r.Scope = append(r.Scope, "search")
		r.Search = slices.Contains(r.Grants, Read)
	}
	for level := v.root.party.Clearance + 1; level <= v.Reach; level++ {
		r.Withheld = append(r.Withheld, level)
	}
	return r
}

// Self returns the caller's party as the agreement has it.
func (r *Root) Self() *Party { return r.party }
