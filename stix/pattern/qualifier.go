package pattern

import (
	"slices"
	"strings"

	"accord/stix"
)

// qualifierWords are the first words of the qualifiers, by kind.
var qualifierWords = [...]string{Within: "WITHIN", Repeats: "REPEATS", StartStop: "START"}

// qualifier reads one qualifier, whose first word is the next token.
func (p *parser) qualifier() Qualifier {
	q := Qualifier{Offset: p.tok.offset}
	switch p.take().text {
	case "WITHIN":
		q.Kind, q.Value = Within, p.amount("SECONDS", Integer, Float)
	case "REPEATS":
		q.Kind, q.Value = Repeats, p.amount("TIMES", Integer)
	default:
		q.Kind, q.Value = StartStop, p.amount("STOP", Timestamp)
		q.Stop = p.qualifierConstant(Timestamp)
	}
	if p.err == nil {
		p.checkQualifier(&q)
	}
	return q
}

// checkQualifier refuses a qualifier with which nothing can match.
func (p *parser) checkQualifier(q *Qualifier) {
	switch value := q.Value.Text; {
	case q.Kind == StartStop:
		if stix.Timestamp(value).Compare(stix.Timestamp(q.Stop.Text)) >= 0 {
			p.object(errorf("PAT-SEM-1", q.Offset, "START %s is not before STOP %s, so that nothing can match", excerpt(value), excerpt(q.Stop.Text)))
		}
	case !isPositive(value):
		rule := map[QualifierKind]string{Within: "PAT-SEM-5", Repeats: "PAT-SEM-4"}[q.Kind]
		p.object(errorf(rule, q.Value.Offset, "%s has the number %s; it must be greater than 0", qualifierWords[q.Kind], excerpt(value)))
	}
}

// amount reads a constant and the keyword behind it.
func (p *parser) amount(word string, kinds ...ConstantKind) Constant {
	c := p.qualifierConstant(kinds...)
	if !p.accept(word) {
		p.badQualifier()
	}
	return c
}

// qualifierConstant reads a constant of one of these kinds.
func (p *parser) qualifierConstant(kinds ...ConstantKind) Constant {
	if kind, ok := p.tok.constant(); ok && slices.Contains(kinds, kind) {
		return p.constant()
	}
	p.badQualifier()
	return Constant{}
}

func (p *parser) badQualifier() {
	switch {
	case p.tok.kind == endOfText:
		p.unfinished("PAT-SYN-5")
	case !p.badCase():
		p.refuse(errorf("PAT-SYN-5", p.tok.offset, "found %q; there are the qualifiers WITHIN number SECONDS, REPEATS number TIMES and START timestamp STOP timestamp", p.found()))
	}
}

// isPositive reports whether a number is greater than 0.
func isPositive(number string) bool {
	return number[0] != '-' && strings.Trim(number, "0.") != ""
}
