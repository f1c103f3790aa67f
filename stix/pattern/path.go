package pattern

import (
	"math"
	"strconv"

	"accord/stix"
)

// path reads an object path.
func (p *parser) path() Path {
	path := Path{Type: p.tok.text, Offset: p.tok.offset}
	if p.tok.kind != name && p.tok.kind != typeName {
		p.badPath()
		return path
	}
	p.take()
	if !p.accept(":") {
		p.badPath()
		return path
	}
	if !stix.ValidType(path.Type) {
		p.object(errorf("PAT-SEM-8", path.Offset, "%q is no type name; one has 3 to 250 lower-case letters, digits and single hyphens, and begins with a letter", excerpt(path.Type)))
	}
	path.Steps = p.readSteps()
	return path
}

// badPath refuses what cannot stand at the beginning of a path.
func (p *parser) badPath() {
	if p.tok.kind == endOfText {
		p.unfinished("PAT-SYN-3")
		return
	}
	p.refuse(errorf("PAT-SYN-3", p.tok.offset, "found %q; a comparison begins with an object path such as file:name", p.found()))
}

// readSteps reads what follows the colon.
func (p *parser) readSteps() []Step {
	p.reserveSteps(1)
	start := len(p.steps)
	p.addStep(&start, p.key())
	for p.tok.is(".") || p.tok.is("[") {
		open := p.tok
		if len(p.steps)-start == maxSteps {
			p.refuse(errorf("LIMIT", open.offset, "the object path has more than %d components", maxSteps))
			break
		}
		p.take()
		if open.text == "." {
			p.addStep(&start, p.key())
		} else {
			p.addStep(&start, p.index(open.offset))
		}
	}
	return p.steps[start:len(p.steps):len(p.steps)]
}

// key reads one key of a path.
func (p *parser) key() Step {
	step := Step{Kind: KeyStep, Offset: p.tok.offset, Key: p.tok.text}
	switch p.tok.kind {
	case name, stringToken:
		p.take()
	case typeName, keyword, booleanToken:
		p.refuse(errorf("PAT-SYN-3", p.tok.offset, "the key %s has a hyphen or is a keyword; it must stand in apostrophes: '%s'", p.found(), p.found()))
	case endOfText:
		p.unfinished("PAT-SYN-3")
	default:
		p.refuse(errorf("PAT-SYN-3", p.tok.offset, "found %q; the name of a property stands here", p.found()))
	}
	return step
}

// index reads what stands in the brackets of a list index, and the closing one.
func (p *parser) index(offset int) Step {
	step := Step{Kind: AnyStep, Offset: offset}
	if !p.tok.is("*") {
		step.Kind = IndexStep
		step.Index = p.position()
	} else {
		p.take()
	}
	if !p.accept("]") {
		p.badIndex()
	}
	return step
}

// position reads the number of a list element.
func (p *parser) position() int {
	if p.tok.kind != integerToken {
		p.badIndex()
		return 0
	}
	text, offset := p.tok.text, p.tok.offset
	n := p.integer(text, offset)
	if n < 0 {
		p.object(errorf("PAT-SEM-14", offset, "found %q; in the brackets of a path stands one whole number from 0 on, or *", text))
	}
	p.take()
	return int(n)
}

func (p *parser) badIndex() {
	if p.tok.kind == endOfText {
		p.unclosed("]")
		return
	}
	p.refuse(errorf("PAT-SYN-3", p.tok.offset, "found %q; in the brackets of a path stands one whole number from 0 on, or *", p.found()))
}

// maxInteger is the greatest integer of STIX, 2^53-1; the least is its negative
// (STIX 2.1 §2.10).
const maxInteger = 1<<53 - 1

// integer returns the value of an integer if STIX has it.
func (p *parser) integer(text string, offset int) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		n = math.MaxInt64
	}
	if n > maxInteger || n < -maxInteger {
		p.object(errorf("PAT-SEM-13", offset, "%s is no integer of STIX; they go from -9007199254740991 to 9007199254740991", excerpt(text)))
	}
	return n
}

// constant takes the next token as a constant.
func (p *parser) constant() Constant {
	kind, _ := p.tok.constant()
	c := Constant{Kind: kind, Offset: p.tok.offset, Text: p.tok.text}
	if kind == Integer {
		p.integer(c.Text, c.Offset)
	}
	p.take()
	return c
}
