package pattern

import (
	"strconv"
	"strings"
)

// String returns the pattern in its normal spelling: one space between tokens,
// no comments, quoted keys only where they must be. Parsed again it is the same
// tree, at other offsets.
func (p *Pattern) String() string {
	var b strings.Builder
	p.Root.print(&b)
	return b.String()
}

// separators stand between the operands of a chain.
var separators = [...]string{And: " AND ", Or: " OR ", FollowedBy: " FOLLOWEDBY "}

func (o *Observation) print(b *strings.Builder) {
	switch o.Form {
	case Single:
		b.WriteByte('[')
		o.Comparison.print(b)
		b.WriteByte(']')
	case Group:
		b.WriteByte('(')
		o.Operands[0].print(b)
		b.WriteByte(')')
	default:
		for i := range o.Operands {
			if i > 0 {
				b.WriteString(separators[o.Form])
			}
			o.Operands[i].print(b)
		}
	}
	for i := range o.Qualifiers {
		o.Qualifiers[i].print(b)
	}
}

func (q *Qualifier) print(b *strings.Builder) {
	b.WriteString(" " + qualifierWords[q.Kind] + " ")
	q.Value.print(b)
	switch q.Kind {
	case Within:
		b.WriteString(" SECONDS")
	case Repeats:
		b.WriteString(" TIMES")
	case StartStop:
		b.WriteString(" STOP ")
		q.Stop.print(b)
	}
}

func (c *Comparison) print(b *strings.Builder) {
	switch c.Form {
	case Single:
		c.Test.print(b)
	case Group:
		b.WriteByte('(')
		c.Operands[0].print(b)
		b.WriteByte(')')
	default:
		for i := range c.Operands {
			if i > 0 {
				b.WriteString(separators[c.Form])
			}
			c.Operands[i].print(b)
		}
	}
}

func (t *Test) print(b *strings.Builder) {
	if t.Operator == Exists {
		if t.Negated {
			b.WriteString("NOT ")
		}
		b.WriteString("EXISTS ")
		t.Path.print(b, len(t.Path.Steps))
		return
	}
	t.Path.print(b, len(t.Path.Steps))
	if t.Negated {
		b.WriteString(" NOT")
	}
	b.WriteString(" " + string(t.Operator) + " ")
	if t.Operator != In {
		t.Constants[0].print(b)
		return
	}
	b.WriteByte('(')
	for i := range t.Constants {
		if i > 0 {
			b.WriteString(", ")
		}
		t.Constants[i].print(b)
	}
	b.WriteByte(')')
}

// String returns the path in its normal spelling.
func (p *Path) String() string { return p.upTo(len(p.Steps)) }

// upTo returns the path as far as the first n steps go.
func (p *Path) upTo(n int) string {
	var b strings.Builder
	p.print(&b, n)
	return b.String()
}

func (p *Path) print(b *strings.Builder, n int) {
	b.WriteString(p.Type)
	for i := range p.Steps[:n] {
		p.printStep(b, i)
	}
}

func (p *Path) printStep(b *strings.Builder, i int) {
	switch step := &p.Steps[i]; {
	case step.Kind == IndexStep:
		b.WriteString("[" + strconv.Itoa(step.Index) + "]")
	case step.Kind == AnyStep:
		b.WriteString("[*]")
	case i == 0: // the first step has a key
		b.WriteByte(':')
		printKey(b, step.Key)
	default:
		b.WriteByte('.')
		printKey(b, step.Key)
	}
}

func printKey(b *strings.Builder, key string) {
	if isName(key) {
		b.WriteString(key)
		return
	}
	printString(b, key)
}

// isName reports whether a key can stand without apostrophes.
func isName(key string) bool {
	if key == "" || !isLetter(key[0]) || wordKind(key) != name {
		return false
	}
	for i := range len(key) {
		if !isLetter(key[i]) && !isDigit(key[i]) {
			return false
		}
	}
	return true
}

func printString(b *strings.Builder, s string) {
	b.WriteByte('\'')
	_, _ = escaped.WriteString(b, s) // a Builder never fails
	b.WriteByte('\'')
}

// String returns the constant in its normal spelling.
func (c *Constant) String() string {
	var b strings.Builder
	c.print(&b)
	return b.String()
}

func (c *Constant) print(b *strings.Builder) {
	switch c.Kind {
	case String:
		printString(b, c.Text)
		return
	case Integer, Float, Boolean:
		b.WriteString(c.Text)
		return
	case Hex:
		b.WriteString("h'")
	case Binary:
		b.WriteString("b'")
	case Timestamp:
		b.WriteString("t'")
	}
	b.WriteString(c.Text + "'")
}
