package conformance

import (
	"strings"
	"testing"
)

// Every requirement is decided by a check, by any answer of some kind, or
// stands in one of the two lists that say why not.
func TestEveryRequirementHasItsPlace(t *testing.T) {
	decided := map[string]bool{}
	for _, c := range checks {
		for id := range strings.FieldsSeq(c.ids) {
			if _, ok := Lookup(id); !ok {
				t.Errorf("the check %q decides %s, which is no requirement", c.name, id)
			}
			decided[id] = true
		}
	}
	for _, w := range witnesses {
		for id := range strings.FieldsSeq(w.ids) {
			if _, ok := Lookup(id); !ok {
				t.Errorf("a witness of %s, which is no requirement", id)
			}
			decided[id] = true
		}
	}
	for _, r := range Requirements() {
		if !decided[r.ID] && unseen[r.ID] == "" && binds[r.ID] == "" {
			t.Errorf("nothing decides %s", r.ID)
		}
	}
	for id := range unseen {
		if _, ok := Lookup(id); !ok {
			t.Errorf("%s is unseen and no requirement", id)
		}
	}
}
