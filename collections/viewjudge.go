package collections

import (
	"slices"
	"strings"

	"accord/stix"
)

// Judge returns the judge of what the caller pushes to the collection: its
// profile, its own schemas, and what the agreement asks. Where a schema was
// applied that this version of accord does not take: ErrUnavailable.
func (v *View) Judge() (stix.Judge, error) {
	s := v.root.service
	judge, err := s.judges.of(v.Collection, s.Validator)
	if err != nil {
		return nil, err
	}
	return &viewJudge{judge, v}, nil
}

// A viewJudge judges as its collection does, and by the rules of the agreement,
// which no schema knows.
type viewJudge struct {
	stix.Judge
	view *View
}

func (j *viewJudge) Validate(o stix.Object, definition func(stix.ID) []byte) stix.Verdict {
	verdict := j.Judge.Validate(o, definition)
	if found := j.view.agreementFindings(o); found != nil {
		return stix.Verdict{Findings: append(found, verdict.Findings...)}
	}
	return verdict
}

// agreementFindings are why the agreement does not let o into the collection;
// nil if it does.
func (v *View) agreementFindings(o stix.Object) (found []stix.Finding) {
	refuse := func(rule, pointer string, words stix.Words) {
		found = append(found, stix.NewFinding(rule, stix.LevelError, pointer, words))
	}
	if spec := o.Spec(); o.Type != "" && o.Type != "bundle" && !slices.Contains(v.STIXVersions, spec) {
		refuse("COM-02", "/spec_version", stix.OtherVersion(spec, v.STIXVersions...))
	}
	if other := v.otherParty(o.CreatedBy); other != nil {
		refuse("VER-08", "/created_by_ref", stix.Words{
			Format: "this is the identity of the party %s, and only that party makes versions of its objects",
			Args:   []any{other.ID},
		})
	}
	if len(v.Origin) > 0 && o.Origins != nil && !slices.ContainsFunc(o.Origins, func(t string) bool { return slices.Contains(v.Origin, t) }) {
		refuse("CTX-ORIGIN", "/extensions/"+string(stix.ActivityContext)+"/origin_territories", stix.Words{
			Format: "the collection is for activity that comes from %s, and the object names only %s",
			Args:   []any{strings.Join(v.Origin, ", "), strings.Join(o.Origins, ", ")},
		})
	}
	if rank := markedRank(o); rank > v.Ceiling {
		refuse("TLP-CEILING", "/object_marking_refs", stix.Words{
			Format: "the object is marked %s, and the collection holds at most %s",
			Args:   []any{label(rank), label(v.Ceiling)},
		})
	}
	return found
}

// otherParty returns the party of the agreement, other than the caller's, that
// the identity is of; nil if there is none.
func (v *View) otherParty(identity stix.ID) *Party {
	for i := range v.root.Parties {
		if p := &v.root.Parties[i]; identity != "" && p.Identity == identity && p.ID != v.root.caller.Party {
			return p
		}
	}
	return nil
}
