package schemas

import (
	"cmp"
	"slices"
	"strings"

	"accord/stix"
)

// maxAlso is how many more places a finding names, besides its own.
const maxAlso = 5

// verdict sums up the violations: one finding for each rule and level, at the
// first place, naming the others.
func (s *subject) verdict() stix.Verdict {
	if len(s.violations) > 1 {
		s.dropFollowOns()
		s.alignLevels()
	}
	// Errors first: the words of the levels sort so.
	slices.SortStableFunc(s.violations, func(a, b violation) int {
		return cmp.Or(cmp.Compare(a.level, b.level), compareIDs(a.rule.id, b.rule.id), comparePointers(a.pointer, b.pointer))
	})
	verdict := stix.Verdict{Accepted: len(s.violations) == 0 || s.violations[0].level != stix.LevelError}
	for rest := s.violations; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].rule == rest[0].rule && rest[n].level == rest[0].level {
			n++
		}
		verdict.Findings = append(verdict.Findings, finding(rest[:n]))
		rest = rest[n:]
	}
	return verdict
}

// alignLevels makes what one rule finds in one place one finding, of the gravest
// level: a missing id and a missing name.
func (s *subject) alignLevels() {
	type spot struct {
		rule    *rule
		pointer string
	}
	errors := map[spot]bool{}
	for _, v := range s.violations {
		if v.level == stix.LevelError {
			errors[spot{v.rule, v.pointer}] = true
		}
	}
	for i, v := range s.violations {
		if errors[spot{v.rule, v.pointer}] {
			s.violations[i].level = stix.LevelError
		}
	}
}

// finding makes one finding of the violations of one rule.
func finding(of []violation) stix.Finding {
	first := of[0]
	words := slices.Clone(first.words)
	var others []string
	missing := missingFrom(of)
	if len(missing) > 1 {
		words = append(words[:0], stix.Words{Format: "%s are missing; they are required here", Args: []any{together(missing)}})
	}
	for _, v := range of[1:] {
		switch {
		case len(missing) > 1 && v.missing != "" && v.pointer == first.pointer:
		case v.pointer != first.pointer:
			if len(others) == 0 || others[len(others)-1] != v.pointer {
				others = append(others, v.pointer)
			}
		case len(words) < maxAlso && !slices.ContainsFunc(words, v.says):
			words = append(words, v.words...)
		}
	}
	switch {
	case len(others) > maxAlso:
		words = append(words, stix.Words{Format: "also at %s and %d more places", Args: []any{strings.Join(others[:maxAlso], ", "), len(others) - maxAlso}})
	case len(others) > 0:
		words = append(words, stix.Words{Format: "also at %s", Args: []any{strings.Join(others, ", ")}})
	}
	return stix.NewFinding(first.rule.id, first.level, first.pointer, words...)
}

// missingFrom are the members that are missing at the first place, where nothing
// else is said first.
func missingFrom(of []violation) (members []string) {
	for _, v := range of {
		if v.missing == "" || v.pointer != of[0].pointer {
			break
		}
		members = append(members, v.missing)
	}
	return members
}

// says reports whether a violation begins with the words.
func (v violation) says(w stix.Words) bool {
	return v.words[0].Format == w.Format && slices.Equal(v.words[0].Args, w.Args)
}

// compareIDs orders rule ids: letters as they are, numbers by value.
func compareIDs(a, b string) int { return compareSteps(strings.Split(a, "-"), strings.Split(b, "-")) }

// comparePointers orders JSON pointers: names as they are, indexes by value.
func comparePointers(a, b string) int {
	return compareSteps(strings.Split(a, "/"), strings.Split(b, "/"))
}

func compareSteps(a, b []string) int {
	return slices.CompareFunc(a, b, func(a, b string) int {
		if isNumber(a) && isNumber(b) {
			return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
		}
		return cmp.Compare(a, b)
	})
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
