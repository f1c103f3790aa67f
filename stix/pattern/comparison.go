package pattern

// comparison reads what stands in square brackets or, inside them, in
// parentheses, and returns with it the types of the objects that may satisfy it.
func (p *parser) comparison() (Comparison, typeSet) {
	first, types := p.comparisonAnd()
	if !p.tok.is("OR") {
		return first, types
	}
	node := Comparison{Form: Or, Offset: first.Offset, Operands: []Comparison{first}}
	for p.accept("OR") {
		operand, more := p.comparisonAnd()
		types = types.union(more)
		node.Operands = append(node.Operands, operand)
	}
	return node, types
}

func (p *parser) comparisonAnd() (Comparison, typeSet) {
	first, types := p.operand()
	if !p.tok.is("AND") {
		return first, types
	}
	node := Comparison{Form: And, Offset: first.Offset, Operands: []Comparison{first}}
	for p.accept("AND") {
		operand, more := p.operand()
		both := types.intersection(more)
		if both.empty() && !p.objected("PAT-SEM-8") { // what is no type name may be meant for the other
			p.object(errorf("PAT-SEM-3", operand.Offset, "AND joins %s with %s inside one observation; no object is of both types", types.first, more.first))
		}
		types = both
		node.Operands = append(node.Operands, operand)
	}
	return node, types
}

// operand reads one comparison, or several in parentheses.
func (p *parser) operand() (Comparison, typeSet) {
	offset := p.tok.offset
	if !p.tok.is("(") {
		test := p.test()
		return Comparison{Offset: offset, Test: test}, typeSet{first: test.Path.Type}
	}
	if !p.enter(offset) {
		return Comparison{}, typeSet{}
	}
	p.take()
	inner, types := p.comparison()
	p.leave(")", p.badAfterComparison)
	return Comparison{Form: Group, Offset: offset, Operands: []Comparison{inner}}, types
}

// test reads one comparison.
func (p *parser) test() *Test {
	p.countComparison()
	t := p.newTest()
	if negated := p.accept("NOT"); negated || p.tok.is("EXISTS") {
		t.Negated, t.Operator = negated, Exists
		if p.tok.kind == endOfText {
			p.unfinished("PAT-SYN-4")
		}
		if !p.accept("EXISTS") {
			p.refuse(errorf("PAT-SYN-4", p.tok.offset, "found %q behind NOT; NOT stands between a path and its operator, or before EXISTS", p.found()))
		}
		t.Path = p.path()
		return t
	}
	t.Path = p.path()
	t.Negated = p.accept("NOT")
	t.Operator = p.operator()
	switch t.Operator {
	case In:
		t.Constants = p.set()
	default:
		t.Constants = p.single(t.Operator)
	}
	p.check(t)
	return t
}

// countComparison counts one more comparison, and refuses one too many.
func (p *parser) countComparison() {
	if p.count++; p.limits.Comparisons > 0 && p.count > p.limits.Comparisons {
		p.refuse(errorf("LIMIT", p.tok.offset, "the pattern has more than %d comparisons", p.limits.Comparisons))
	}
}

func (p *parser) operator() Operator {
	switch p.tok.kind {
	case operator:
		return Operator(p.take().text)
	case keyword:
		switch op := Operator(p.tok.text); op {
		case In, Like, Matches, IsSubset, IsSuperset:
			p.take()
			return op
		}
	case endOfText:
		p.unfinished("PAT-SYN-4")
		return ""
	}
	if !p.badCase() {
		p.refuse(errorf("PAT-SYN-4", p.tok.offset, "found %q; behind a path stands =, !=, <, <=, >, >=, IN, LIKE, MATCHES, ISSUBSET or ISSUPERSET, or NOT with one of them", p.found()))
	}
	return ""
}

// single reads the constant behind an operator.
func (p *parser) single(op Operator) []Constant {
	kind, ok := p.tok.constant()
	switch {
	case p.tok.kind == endOfText:
		p.unfinished("PAT-SYN-4")
	case !ok:
		p.refuse(errorf("PAT-SYN-4", p.tok.offset, "found %q; a constant follows %s, and a string stands in apostrophes", p.found(), string(op)))
	case !op.takes(kind):
		p.refuse(errorf("PAT-SYN-4", p.tok.offset, "found %q; %s takes no constant of this kind", p.found(), string(op)))
	default:
		return p.oneConstant()
	}
	return nil
}

// set reads the constants behind IN.
func (p *parser) set() []Constant {
	if !p.accept("(") {
		p.badSet("PAT-SYN-4")
		return nil
	}
	if p.tok.is(")") {
		p.badSet("PAT-SEM-6")
	}
	var set []Constant
	for {
		if set = append(set, p.member(set)); !p.accept(",") {
			break
		}
		p.countComparison()
	}
	if !p.accept(")") {
		p.badSet("PAT-SYN-4")
	}
	return set
}

// member reads one constant of a set, of the same kind as the others.
func (p *parser) member(set []Constant) Constant {
	kind, ok := p.tok.constant()
	if !ok {
		p.badSet("PAT-SYN-4")
		return Constant{}
	}
	if len(set) > 0 && family(set[0].Kind) != family(kind) {
		p.object(errorf("PAT-SEM-6", p.tok.offset, "%s is not of the same kind as %s, the first constant of the set", p.found(), excerpt(set[0].Text)))
	}
	return p.constant()
}

func (p *parser) badSet(rule string) {
	if p.tok.kind == endOfText {
		p.unfinished(rule)
		return
	}
	p.refuse(errorf(rule, p.tok.offset, "found %q; IN takes one constant or more, in parentheses with commas between them: (1, 2)", p.found()))
}

// family returns a kind that stands for all that may be in one set with it.
func family(kind ConstantKind) ConstantKind {
	if kind == Float {
		return Integer
	}
	return kind
}

// takes reports whether a constant of a kind may stand behind op: booleans have
// no order, and some operators take strings only.
func (op Operator) takes(kind ConstantKind) bool {
	switch op {
	case Less, LessOrEqual, Greater, GreaterOrEqual:
		return kind != Boolean
	case Like, Matches, IsSubset, IsSuperset:
		return kind == String
	}
	return true
}

// badAfterComparison says what may follow a comparison.
func (p *parser) badAfterComparison() {
	if !p.badCase() {
		p.refuse(errorf("PAT-SYN-1", p.tok.offset, "found %q; after a comparison stand AND, OR, or the bracket that closes what was opened", p.found()))
	}
}
