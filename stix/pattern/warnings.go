package pattern

import (
	"slices"
	"strings"
)

// maxWarnings is how many warnings of one rule are kept.
const maxWarnings = 20

// Problems returns the warnings about a pattern, in the order of the text: it is
// valid, but says something doubtful (PAT-SYN-6, PAT-SEM-8 to 10 and 16). There
// are at most 20 of each rule.
func (p *Pattern) Problems() []Error {
	w := warnings{text: p.Text}
	for _, e := range p.spellings {
		w.add(e)
	}
	w.observation(&p.Root)
	slices.SortStableFunc(w.all, func(a, b Error) int { return a.Offset - b.Offset })
	return w.all
}

// warnings collects what is doubtful about a pattern.
type warnings struct {
	text  string
	all   []Error
	count map[string]int // by rule
}

func (w *warnings) full(rule string) bool { return w.count[rule] >= maxWarnings }

func (w *warnings) add(e *Error) {
	if w.full(e.Rule) {
		return
	}
	if w.count == nil {
		w.count = map[string]int{}
	}
	w.count[e.Rule]++
	e.Line, e.Column = Place(w.text, e.Offset)
	w.all = append(w.all, *e)
}

func (w *warnings) observation(node *Observation) {
	for i := range node.Operands {
		w.observation(&node.Operands[i])
	}
	if node.Comparison != nil {
		w.comparison(node.Comparison)
	}
}

func (w *warnings) comparison(node *Comparison) {
	for i := range node.Operands {
		w.comparison(&node.Operands[i])
	}
	if node.Test != nil {
		w.test(node.Test)
	}
}

func (w *warnings) test(t *Test) {
	if otherTypes[t.Path.Type] {
		w.add(errorf("PAT-SEM-8", t.Path.Offset, "%s is no type of observable, and patterns match observables only", t.Path.Type))
		return
	}
	if t.Operator == IsSubset || t.Operator == IsSuperset {
		if four, six := t.Path.addresses(); !four && !six {
			return // PAT-SEM-7 has said so
		}
	}
	v, known, at, fault := resolve(t.Path.Type, t.Path.Steps)
	if fault != noFault {
		w.path(&t.Path, at, fault)
	}
	if known {
		w.constants(t, &v)
	}
}

// path warns of a step that the tables do not have.
func (w *warnings) path(p *Path, at int, f fault) {
	if w.full("PAT-SEM-9") {
		return
	}
	step, before := p.Steps[at], excerpt(p.upTo(at))
	switch f {
	case noSuch:
		w.add(errorf("PAT-SEM-9", step.Offset, "%s has no property %s in the standard; a custom one begins with x_", before, excerpt(step.Key)))
	case needIndex:
		w.add(errorf("PAT-SEM-9", step.Offset, "%s is a list; an index or [*] stands before %s", before, excerpt(step.Key)))
	case noList:
		w.add(errorf("PAT-SEM-9", step.Offset, "%s is no list; it has no index", before))
	case noName:
		w.add(errorf("PAT-SEM-9", step.Offset, "%s is no name of a property; one has 3 to 250 lower-case letters, digits and underscores", excerpt(step.Key)))
	}
}

// constants warns of a constant that cannot be compared with the property, or
// that is no hash.
func (w *warnings) constants(t *Test, v *value) {
	for _, c := range t.Constants {
		if family(c.Kind) != family(t.Constants[0].Kind) {
			return // PAT-SEM-6 has said so
		}
		if v.list || !canCompare(c.Kind, v.kind) {
			w.incomparable(t, c, v)
			return
		}
		if v.kind == "hash" && c.Kind == String && (t.Operator == Equal || t.Operator == NotEqual || t.Operator == In) {
			w.hash(c, v.name)
		}
	}
}

func (w *warnings) incomparable(t *Test, c Constant, v *value) {
	if w.full("PAT-SEM-10") {
		return
	}
	kind := v.kind
	switch {
	case v.list:
		kind = "list"
	case v.name != "" && v.kind != "hash":
		kind = v.name
	case v.kind == "hash":
		kind = "string"
	}
	w.add(errorf("PAT-SEM-10", c.Offset, "%s is of type %s, with which %s cannot be compared", excerpt(t.Path.String()), kind, excerpt(c.String())))
}

// canCompare reports whether a constant can be compared with a value of a kind
// (STIX 2.1 §9.2).
func canCompare(c ConstantKind, kind string) bool {
	if kind == "any-base-type" {
		return true
	}
	switch c {
	case Boolean:
		return kind == "boolean"
	case Integer, Float:
		return kind == "integer" || kind == "float" || kind == "integer-or-string"
	case Timestamp:
		return kind == "timestamp"
	}
	switch kind {
	case "string", "binary", "hex", "hash", "integer-or-string":
		return true
	case "enum", "open-vocab", "identifier":
		return c == String
	}
	return false
}

// hash warns of a constant that is no value of a hash algorithm.
func (w *warnings) hash(c Constant, algorithm string) {
	h, known := findHash(algorithm)
	if !known || h.has(c.Text) || w.full("PAT-SEM-16") {
		return
	}
	if h.digits > 0 {
		w.add(errorf("PAT-SEM-16", c.Offset, "%q is no %s; one has %d hexadecimal digits", excerpt(c.Text), h.name, h.digits))
		return
	}
	w.add(errorf("PAT-SEM-16", c.Offset, "%q is no %s; one has a block size and two parts of base64, joined by colons", excerpt(c.Text), h.name))
}

// has reports whether a text has the form of a value of the algorithm.
func (h hash) has(text string) bool {
	if h.digits > 0 {
		return len(text) == h.digits && allHex(text)
	}
	parts := strings.Split(text, ":")
	return len(parts) == 3 && parts[0] != "" && digits(parts[0]) == len(parts[0]) && isBase64(parts[1]) && isBase64(parts[2])
}

// isBase64 reports whether a text has no characters but those of base64.
func isBase64(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool {
		return r >= 0x80 || r == '_' || !isLetter(byte(r)) && !isDigit(byte(r)) && r != '+' && r != '/'
	}) < 0
}
