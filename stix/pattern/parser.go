package pattern

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Parse reads a pattern. The error is an *Error: the first violation, in the
// order of the text, of a rule that every pattern must keep (PAT-SYN, PAT-LEX,
// and PAT-SEM-1 to 8 and 11 to 14), or "LIMIT". Patterns of pattern_version 2.0
// parse too; what 2.1 added to the language is EXISTS only.
func Parse(text string, l Limits) (*Pattern, error) {
	p, faults := Examine(text, l)
	if len(faults) > 0 {
		return nil, &faults[0]
	}
	return p, nil
}

// Examine is Parse for those who repair a pattern: it reads on behind what is
// well-formed but cannot be meant, and returns the first violation of each rule,
// in the order of the text. The pattern is nil where it is not well-formed; with
// faults it means nothing, but Problems, Windows and Terms tell of its parts.
func Examine(text string, l Limits) (*Pattern, []Error) {
	p := &parser{lexer: lexer{text: text}, limits: l}
	root := p.pattern()
	whole := p.err == nil
	if !whole {
		p.faults = append(p.faults, *p.err)
	}
	for i := range p.faults {
		e := &p.faults[i]
		e.Line, e.Column = Place(text, e.Offset)
	}
	if !whole {
		return nil, p.faults
	}
	return &Pattern{Text: text, Root: root, spellings: p.spellings}, p.faults
}

// A parser goes down one function for each level of precedence, and one round
// deeper only with a bracket. Its functions read on after a fault: the lexer
// then gives nothing but the end of the text, so that they come back soon, and
// keeps the first fault only.
type parser struct {
	lexer
	limits Limits
	taken  token // the last one taken
	tok    token // not yet taken

	depth  int
	count  int     // of comparisons
	faults []Error // behind which it is read on, each rule once

	// Memory for the parts of tests, taken piece by piece, so that a pattern
	// costs few allocations.
	tests     []Test
	steps     []Step
	constants []Constant
}

// take takes the next token.
func (p *parser) take() token {
	p.taken = p.tok
	p.tok = p.next()
	return p.taken
}

// accept takes the next token if it is this keyword, punctuation or operator.
func (p *parser) accept(text string) bool {
	if !p.tok.is(text) {
		return false
	}
	p.take()
	return true
}

// refuse keeps a fault, and makes every further token the end of the text.
func (p *parser) refuse(e *Error) { p.tok = p.fail(e) }

// object keeps a fault behind which it can be read on, once for each rule.
func (p *parser) object(e *Error) {
	if p.err == nil && !p.objected(e.Rule) {
		p.faults = append(p.faults, *e)
	}
}

// objected reports whether a rule is broken behind which it was read on.
func (p *parser) objected(rule string) bool {
	return slices.ContainsFunc(p.faults, func(e Error) bool { return e.Rule == rule })
}

// found returns the text of the next token as it was written, for messages.
func (p *parser) found() string { return excerpt(p.text[p.tok.offset:p.tok.end]) }

func (p *parser) pattern() Observation {
	if n := len(p.text); p.limits.Bytes > 0 && n > p.limits.Bytes {
		p.fail(errorf("LIMIT", 0, "what begins here has %d bytes; at most %d are allowed", n, p.limits.Bytes))
		return Observation{}
	}
	if !utf8.ValidString(p.text) {
		p.fail(notUTF8(p.text))
		return Observation{}
	}
	p.take()
	if p.tok.kind == endOfText {
		p.refuse(errorf("PAT-SYN-1", 0, "the pattern is empty; it must be at least one observation in square brackets"))
	}
	root := p.followed()
	if p.tok.kind != endOfText {
		p.badAfterObservation()
	}
	return root
}

// notUTF8 finds the first byte that is no UTF-8.
func notUTF8(text string) *Error {
	offset := 0
	for offset < len(text) {
		r, size := utf8.DecodeRuneInString(text[offset:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		offset += size
	}
	return errorf("PAT-LEX-6", offset, "the byte here is not UTF-8")
}

// enter counts a bracket that was opened, and reports whether it may be.
func (p *parser) enter(offset int) bool {
	p.depth++
	if p.limits.Depth > 0 && p.depth > p.limits.Depth {
		p.refuse(errorf("LIMIT", offset, "parentheses and square brackets stand in one another more than %d deep", p.limits.Depth))
	}
	return p.err == nil
}

// leave takes the bracket that closes what was entered; otherwise says what else
// may stand there.
func (p *parser) leave(closing string, otherwise func()) {
	p.depth--
	switch {
	case p.accept(closing):
	case p.tok.kind == endOfText:
		p.unclosed(closing)
	default:
		otherwise()
	}
}

func (p *parser) followed() Observation {
	return p.chain(FollowedBy, "FOLLOWEDBY", p.observationOr)
}

func (p *parser) observationOr() Observation {
	return p.chain(Or, "OR", p.observationAnd)
}

func (p *parser) observationAnd() Observation {
	return p.chain(And, "AND", p.qualified)
}

// chain reads operands with one operator between them.
func (p *parser) chain(form Form, operator string, operand func() Observation) Observation {
	first := operand()
	if !p.tok.is(operator) {
		return first
	}
	node := Observation{Form: form, Offset: first.Offset, Operands: []Observation{first}}
	for p.accept(operator) {
		node.Operands = append(node.Operands, operand())
	}
	return node
}

// qualified reads an observation in brackets or parentheses and the qualifiers
// behind it, which belong to it alone.
func (p *parser) qualified() Observation {
	node := p.observation()
	for p.tok.is("WITHIN") || p.tok.is("REPEATS") || p.tok.is("START") {
		q := p.qualifier()
		if slices.ContainsFunc(node.Qualifiers, func(other Qualifier) bool { return other.Kind == q.Kind }) {
			p.object(errorf("PAT-SEM-2", q.Offset, "%s stands twice behind one observation expression", qualifierWords[q.Kind]))
			continue
		}
		node.Qualifiers = append(node.Qualifiers, q)
	}
	return node
}

func (p *parser) observation() Observation {
	node := Observation{Offset: p.tok.offset}
	switch {
	case p.tok.is("["):
		if p.enter(node.Offset) {
			p.take()
			c, _ := p.comparison()
			node.Comparison = &c
			p.leave("]", p.badAfterComparison)
		}
	case p.tok.is("("):
		node.Form = Group
		if p.enter(node.Offset) {
			p.take()
			node.Operands = []Observation{p.followed()}
			p.leave(")", p.badAfterObservation)
		}
	case p.tok.kind == endOfText:
		p.unfinished("PAT-SYN-1")
	default:
		p.refuse(errorf("PAT-SYN-1", p.tok.offset, "found %q; an observation begins with a square bracket or a parenthesis", p.found()))
	}
	return node
}

// badAfterObservation says what may follow an observation.
func (p *parser) badAfterObservation() {
	if !p.badCase() {
		p.refuse(errorf("PAT-SYN-1", p.tok.offset, "found %q; after an observation stand AND, OR, FOLLOWEDBY, a qualifier, or the end of what was opened", p.found()))
	}
}

// unclosed refuses a pattern that ends inside brackets.
func (p *parser) unclosed(closing string) {
	p.refuse(errorf("PAT-SYN-1", p.tok.offset, "the pattern ends before %s", closing))
}

// unfinished refuses a pattern that ends where more must follow.
func (p *parser) unfinished(rule string) {
	p.refuse(errorf(rule, p.tok.offset, "the pattern ends, but something must follow %q", excerpt(p.text[p.taken.offset:p.taken.end])))
}

// badCase refuses a keyword in lower case, and reports whether it found one.
func (p *parser) badCase() bool {
	upper := strings.ToUpper(p.tok.text)
	if p.tok.kind != name || wordKind(upper) != keyword {
		return false
	}
	p.refuse(errorf("PAT-SYN-2", p.tok.offset, "found %q; keywords are in upper case: %s", p.found(), upper))
	return true
}
