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
	if len(s.violations) > 1 || s.Garbled != nil {
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

// finding makes one finding of the violations of one rule: what is said at the
// first place, then what else is said at others.
func finding(of []violation) stix.Finding {
	first := of[0]
	var words []stix.Words
	sayings, left := sayingsOf(of)
	for _, s := range sayings {
		words = append(words, s.words(first.pointer)...)
	}
	if left > 0 {
		words = append(words, stix.Words{Format: "and something else at %d more places", Args: []any{left}})
	}
	return stix.NewFinding(first.rule.id, first.level, first.pointer, words...)
}

// A saying is what is said of one place, and of others in the same words.
type saying struct {
	violation
	absent []string // the members that are missing, where that is what is said
	also   []string // pointers to the other places
}

// sayingsOf sums up violations of one rule, which come in the order of their
// places. Beyond a few sentences, the others are only counted.
func sayingsOf(of []violation) (sayings []*saying, left int) {
	for _, v := range of {
		same := slices.IndexFunc(sayings, func(s *saying) bool { return s.takes(v) })
		switch {
		case same >= 0:
			sayings[same].add(v)
		case len(sayings) == maxAlso:
			left++
		default:
			s := &saying{violation: v}
			s.add(v)
			sayings = append(sayings, s)
		}
	}
	return sayings, left
}

// takes reports whether what a violation says is said already, but for its place
// and the value there, or is one more member that is missing in the same place.
func (s *saying) takes(v violation) bool {
	if s.missing != "" && v.missing != "" && s.pointer == v.pointer {
		return true
	}
	a, b := s.violation.words[0], v.words[0]
	if a.Format != b.Format || len(s.absent) > 1 || !slices.EqualFunc(s.violation.words[1:], v.words[1:], sameWords) {
		return false
	}
	for i := range a.Args {
		isName := i == 0 && a.Args[0] == name(s.pointer) && b.Args[0] == name(v.pointer)
		isValue := i == 1 && strings.HasPrefix(a.Format, "%s is %s")
		if !isName && !isValue && a.Args[i] != b.Args[i] {
			return false
		}
	}
	return true
}

func sameWords(a, b stix.Words) bool { return a.Format == b.Format && slices.Equal(a.Args, b.Args) }

func (s *saying) add(v violation) {
	switch {
	case v.pointer == s.pointer && v.missing != "":
		if !slices.Contains(s.absent, v.missing) {
			s.absent = append(s.absent, v.missing)
		}
	case v.pointer != s.pointer && !slices.Contains(s.also, v.pointer):
		s.also = append(s.also, v.pointer)
	}
}

// words are what is said in a finding at a place.
func (s *saying) words(pointer string) []stix.Words {
	words := slices.Clone(s.violation.words)
	if len(s.absent) > 1 {
		words = append(words[:0], stix.Words{Format: "%s are missing; they are required here", Args: []any{together(s.absent)}})
	}
	if s.pointer != pointer {
		words[0].At = s.pointer
	}
	switch more := len(s.also) - maxAlso; {
	case more > 0:
		words = append(words, stix.Words{Format: "also at %s and %d more places", Args: []any{enumerate(s.also[:maxAlso]), more}})
	case more > -maxAlso:
		words = append(words, stix.Words{Format: "also at %s", Args: []any{enumerate(s.also)}})
	}
	return words
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
