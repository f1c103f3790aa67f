package conformance

import (
	"regexp"
	"testing"
)

func TestRequirements(t *testing.T) {
	form := regexp.MustCompile(`^TX-[A-Z]+(-[A-Z]+)?-\d\d$`)
	levels := map[Level]bool{Must: true, MustNot: true, Should: true, ShouldNot: true, May: true, MustHTTP: true, Decided: true}
	seen := map[string]bool{}
	for _, r := range Requirements() {
		if !form.MatchString(r.ID) || seen[r.ID] {
			t.Errorf("the id %q is malformed or stands twice", r.ID)
		}
		seen[r.ID] = true
		if !levels[r.Level] || len(r.Text) < 10 || r.Text[len(r.Text)-1] != '.' {
			t.Errorf("%s: level %q, text %q; want a known level and a sentence", r.ID, r.Level, r.Text)
		}
		if got, ok := Lookup(r.ID); !ok || got != r {
			t.Errorf("Lookup(%q) = %v, %v", r.ID, got, ok)
		}
	}
	if len(seen) < 250 {
		t.Errorf("%d requirements; want all of the checklist", len(seen))
	}
	for id := range binds {
		if !seen[id] {
			t.Errorf("%s is bound and no requirement", id)
		}
	}
}
