package pattern

import (
	"net"
	"slices"
	"strings"
)

// A typeScope holds the references whose type an AND fixes, by the spelling of
// their paths, for the other operands of that AND.
type typeScope struct {
	types  map[string]string
	parent *typeScope
	depth  int
}

// maxScopes is how many of these stand in one another. Each reads the whole AND
// again to find what follows its references; real patterns have one.
const maxScopes = 4

// typesFixed finds the operands of an AND that only fix the type of a reference
// which another operand follows, and returns the context of the others.
func typesFixed(node *Comparison, c context) ([]bool, context) {
	types, fixed := map[string]string(nil), []bool(nil)
	for i := range node.Operands {
		if c.types != nil && c.types.depth == maxScopes {
			break
		}
		if ref, typ, ok := fixedType(&node.Operands[i]); ok {
			if types == nil {
				types, fixed = map[string]string{}, make([]bool, len(node.Operands))
			}
			types[ref], fixed[i] = typ, true
		}
	}
	if types == nil {
		c.sufficient = false
		return nil, c
	}
	return dropUnused(node, c, types, fixed)
}

// dropUnused keeps what is followed by another operand.
func dropUnused(node *Comparison, c context, types map[string]string, fixed []bool) ([]bool, context) {
	followed := map[string]bool{}
	for i := range node.Operands {
		if !fixed[i] {
			followReferences(&node.Operands[i], followed)
		}
	}
	others := 0
	for i := range node.Operands {
		if ref, _, _ := fixedType(&node.Operands[i]); fixed[i] && !followed[ref] {
			delete(types, ref)
			fixed[i] = false
		}
		if !fixed[i] {
			others++
		}
	}
	c.sufficient = c.sufficient && others == 1
	c.types = c.types.within(types)
	return fixed, c
}

func (s *typeScope) within(types map[string]string) *typeScope {
	inner := &typeScope{types: types, parent: s, depth: 1}
	if s != nil {
		inner.depth += s.depth
	}
	return inner
}

// fixedType returns the reference and the type in <reference>.type = 'type'.
func fixedType(node *Comparison) (ref, typ string, ok bool) {
	for node.Form == Group {
		node = &node.Operands[0]
	}
	t := node.Test
	if t == nil || t.Operator != Equal || t.Negated || t.Constants[0].Kind != String {
		return "", "", false
	}
	last := len(t.Path.Steps) - 1
	if last == 0 || t.Path.Steps[last].Key != "type" || !isReference(t.Path.Steps[:last]) {
		return "", "", false
	}
	return t.Path.upTo(last), t.Constants[0].Text, true
}

// followReferences adds the references that the paths of an expression follow.
func followReferences(node *Comparison, followed map[string]bool) {
	for i := range node.Operands {
		followReferences(&node.Operands[i], followed)
	}
	if node.Test == nil {
		return
	}
	for _, ref := range node.Test.Path.references() {
		followed[ref] = true
	}
}

// references returns the references that a path follows, spelled as upTo does.
func (p *Path) references() []string {
	var b strings.Builder
	var ends []int
	b.WriteString(p.Type)
	for i := range p.Steps[:len(p.Steps)-1] {
		p.printStep(&b, i)
		if isReference(p.Steps[:i+1]) {
			ends = append(ends, b.Len())
		}
	}
	all := b.String()
	refs := make([]string, len(ends))
	for i, end := range ends {
		refs[i] = all[:end]
	}
	return refs
}

// coveredBy reports whether a path follows every reference whose type is fixed
// around it: only then do the fixed types ask nothing more than its term.
func (s *typeScope) coveredBy(path *Path) bool {
	if s == nil {
		return true
	}
	refs := path.references()
	for ; s != nil; s = s.parent {
		covered := 0
		for _, ref := range refs {
			if s.types[ref] != "" {
				covered++
			}
		}
		if covered < len(s.types) {
			return false
		}
	}
	return true
}

func (s *typeScope) lookup(ref string) string {
	for ; s != nil; s = s.parent {
		if typ := s.types[ref]; typ != "" {
			return typ
		}
	}
	return ""
}

// A subject is the property that a test asks for, when its reference is folded.
type subject struct {
	typ      string // "" where the form of the constant says it
	property string
	hash     bool   // the property is a member of a hashes type
	via      string // the reference that leads to the object
}

// fold returns the subject of a test. Where a reference may lead to several
// types, and no comparison fixes one, the form of the constant decides for a
// property value, and for others the one type that has it, if any.
func fold(t *Test, scope *typeScope) subject {
	path := &t.Path
	n := len(path.Steps) - 1
	for n > 0 && !isReference(path.Steps[:n]) {
		n--
	}
	if n == 0 || path.Steps[n].Kind != KeyStep || path.Steps[n].Key == "type" {
		return newSubject(path.Type, path.Steps, "")
	}
	via := path.upTo(n)
	typ := scope.lookup(via)
	if typ == "" {
		var ok bool
		if typ, ok = target(t, n); !ok {
			return newSubject(path.Type, path.Steps, "")
		}
	}
	return newSubject(typ, path.Steps[n:], via)
}

// target returns the type to which the reference of the first n steps leads, ""
// where the form of the constant says it, and false where nothing does.
func target(t *Test, n int) (typ string, ok bool) {
	steps := t.Path.Steps
	v, _, _, _ := resolve(t.Path.Type, steps[:n])
	switch {
	case len(v.targets) == 1:
		return v.targets[0], true
	case steps[n].Key == "value" && len(steps) == n+1 && t.Operator != Exists:
		return "", true
	}
	candidates := slices.DeleteFunc(slices.Clone(v.targets), func(typ string) bool {
		_, has := find(objects[typ], steps[n].Key)
		return !has
	})
	if len(candidates) != 1 {
		return "", false
	}
	return candidates[0], true
}

// newSubject names a property: its keys with full stops between them, that of a
// hash algorithm in its canonical spelling.
func newSubject(typ string, steps []Step, via string) subject {
	s := subject{typ: typ, via: via}
	var keys []string
	last := ""
	for i := range steps {
		if steps[i].Kind != KeyStep {
			continue
		}
		key := steps[i].Key
		if s.hash = last == "hashes" || strings.HasSuffix(last, "_hashes"); s.hash {
			if h, ok := findHash(key); ok {
				key = h.name
			}
		}
		keys = append(keys, key)
		last = key
	}
	s.property = strings.Join(keys, ".")
	return s
}

// typeFor returns the type of the object that has the property with a constant.
func (s subject) typeFor(constant string) string {
	if s.typ == "" {
		return typeOf(constant)
	}
	return s.typ
}

// typeOf returns the type of the address that a text is.
func typeOf(s string) string {
	if block, ok := parseBlock(s); ok {
		if block.Addr().Is4() {
			return "ipv4-addr"
		}
		return "ipv6-addr"
	}
	if _, err := net.ParseMAC(s); err == nil && len(s) == len("00:00:5e:00:53:01") {
		return "mac-addr"
	}
	return "domain-name"
}
