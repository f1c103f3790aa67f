package pattern

// newTest returns memory for a test. Pieces double in size, so that a long
// pattern needs few; tests that were given away never move.
func (p *parser) newTest() *Test {
	if len(p.tests) == cap(p.tests) {
		p.tests = make([]Test, 0, min(1024, max(2, 2*cap(p.tests))))
	}
	p.tests = append(p.tests, Test{})
	return &p.tests[len(p.tests)-1]
}

// oneConstant takes the next token as the only constant of a comparison.
func (p *parser) oneConstant() []Constant {
	if len(p.constants) == cap(p.constants) {
		p.constants = make([]Constant, 0, min(1024, max(2, 2*cap(p.constants))))
	}
	p.constants = append(p.constants, p.constant())
	last := len(p.constants)
	return p.constants[last-1 : last : last]
}

// reserveSteps makes room for n steps.
func (p *parser) reserveSteps(n int) {
	if len(p.steps)+n > cap(p.steps) {
		p.steps = make([]Step, 0, max(n, min(1024, max(4, 2*cap(p.steps)))))
	}
}

// addStep keeps one more step of a path that begins at start. When the memory
// is used up the path goes on in new memory.
func (p *parser) addStep(start *int, step Step) {
	if len(p.steps) == cap(p.steps) {
		path := p.steps[*start:]
		p.reserveSteps(2 * (len(path) + 1))
		p.steps = append(p.steps, path...)
		*start = 0
	}
	p.steps = append(p.steps, step)
}
