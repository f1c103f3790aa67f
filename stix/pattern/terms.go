package pattern

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"accord/stix"
)

// A Match says how a Term finds what it looks for.
type Match string

// The kinds of match.
const (
	MatchExact        Match = "exact"         // the value is equal
	MatchWithinCIDR   Match = "within-cidr"   // an address or block inside the value
	MatchContainsCIDR Match = "contains-cidr" // a block that contains the value
	MatchPrefix       Match = "prefix"        // begins with the value
	MatchScan         Match = "scan"          // the value is no key; the comparison itself must be asked
	MatchRange        Match = "range"         // less or greater than the value, as Operator says
	MatchExists       Match = "exists"        // the property is there
)

// A Term is what one comparison of a pattern says to an index: a key by which an
// observed value finds the patterns that could match it. The index proposes, the
// pattern decides.
type Term struct {
	Match    Match
	Type     string   // of the object that has the property
	Property string   // keys with full stops between them, without list indexes
	Value    string   // in normal form; "" for MatchExists
	Operator Operator // of the comparison
	Via      string   // the reference that leads to the object, "" where there is none
	Negated  bool     // kept to be shown, never to be found by

	// Sufficient is true where the pattern holds as soon as the term does, but
	// for its qualifiers of time.
	Sufficient bool

	// Start and Stop are the START/STOP qualifiers around the comparison; where
	// there are several, what they have in common. Empty means no bound.
	Start, Stop stix.Timestamp
}

// Terms returns the terms of all comparisons, in the order of the text. A
// comparison has none when it orders strings, several when it has a set; LIKE
// 'abcd%ef' has a prefix, which is not sufficient, and a scan; a registry key is
// given as it is and in lower case. What fixes the type of a reference, as in
// network-traffic:dst_ref.type = 'ipv4-addr', is part of the terms of the other
// comparisons of that reference.
func (p *Pattern) Terms() []Term {
	var e extractor
	e.observation(&p.Root, context{sufficient: true})
	return e.terms
}

type extractor struct{ terms []Term }

// A context is what the expressions around a comparison say to it.
type context struct {
	sufficient  bool
	start, stop stix.Timestamp
	types       *typeScope
}

func (e *extractor) observation(node *Observation, c context) {
	for i := range node.Qualifiers {
		c = c.qualified(&node.Qualifiers[i])
	}
	if node.Form == And || node.Form == FollowedBy {
		c.sufficient = false
	}
	for i := range node.Operands {
		e.observation(&node.Operands[i], c)
	}
	if node.Comparison != nil {
		e.comparison(node.Comparison, c)
	}
}

// qualified returns the context inside a qualified expression.
func (c context) qualified(q *Qualifier) context {
	switch q.Kind {
	case Repeats:
		c.sufficient = c.sufficient && q.Value.Text == "1"
	case StartStop:
		w := q.window()
		if c.start == "" || w.Start.Compare(c.start) > 0 {
			c.start = w.Start
		}
		if c.stop == "" || w.Stop.Compare(c.stop) < 0 {
			c.stop = w.Stop
		}
	}
	return c
}

func (e *extractor) comparison(node *Comparison, c context) {
	var fixed []bool
	if node.Form == And {
		fixed, c = typesFixed(node, c)
	}
	for i := range node.Operands {
		if fixed == nil || !fixed[i] {
			e.comparison(&node.Operands[i], c)
		}
	}
	if node.Test != nil {
		e.test(node.Test, c)
	}
}

func (e *extractor) test(t *Test, c context) {
	f := finder{extractor: e, subject: fold(t, c.types)}
	f.term = Term{
		Property: f.subject.property, Via: f.subject.via, Operator: t.Operator,
		Negated: t.Negated != (t.Operator == NotEqual), Start: c.start, Stop: c.stop,
	}
	f.term.Sufficient = c.sufficient && !f.term.Negated && c.types.coveredBy(&t.Path)
	switch t.Operator {
	case Equal, NotEqual, In:
		for i := range t.Constants {
			f.add(MatchExact, t.Constants[i])
		}
	case IsSubset:
		f.add(MatchWithinCIDR, t.Constants[0])
	case IsSuperset:
		f.add(MatchContainsCIDR, t.Constants[0])
	case Like:
		f.like(t.Constants[0])
	case Matches:
		f.matches(t.Constants[0])
	case Exists:
		f.add(MatchExists, Constant{})
	default:
		f.order(t.Constants[0])
	}
}

// A finder makes the terms of one test.
type finder struct {
	*extractor
	subject subject
	term    Term // what all of them have in common
}

// add adds a term for one constant.
func (f *finder) add(match Match, c Constant) {
	term := f.term
	term.Match, term.Type, term.Value = match, f.subject.typeFor(c.Text), c.Text
	if match == MatchScan {
		f.terms = append(f.terms, term)
		return
	}
	form := normalForm{typ: term.Type, property: term.Property, hash: f.subject.hash, prefix: match == MatchPrefix}
	term.Value = form.of(c)
	f.terms = append(f.terms, term)
	if lower := strings.ToLower(term.Value); form.isRegistryKey() && lower != term.Value {
		term.Value = lower
		f.terms = append(f.terms, term)
	}
}

// order adds a term for < and the like, if the constant has an order that an
// index knows.
func (f *finder) order(c Constant) {
	switch c.Kind {
	case Integer, Float, Timestamp:
		f.add(MatchRange, c)
	}
}

// minPrefix is how many characters make a prefix worth indexing.
const minPrefix = 4

func (f *finder) like(c Constant) {
	c.Text = norm.NFC.String(c.Text)
	literal, wild := cutWildcard(c.Text)
	switch {
	case wild == "":
		f.add(MatchExact, c)
	case utf8.RuneCountInString(literal) < minPrefix || !f.keysBeginWith(literal):
		f.add(MatchScan, c)
	case wild == "%":
		f.add(MatchPrefix, Constant{Kind: String, Text: literal})
	default:
		part := *f
		part.term.Sufficient = false
		part.add(MatchPrefix, Constant{Kind: String, Text: literal})
		f.add(MatchScan, c)
	}
}

// cutWildcard cuts a constant of LIKE before its first wildcard.
func cutWildcard(s string) (literal, wild string) {
	for i := range len(s) {
		if s[i] == '%' || s[i] == '_' {
			return s[:i], s[i:]
		}
	}
	return s, ""
}

// keysBeginWith reports whether the keys of values that begin with a literal
// begin with it too. Those of IPv6 addresses may not, as their normal form drops
// zeros; nor those of domain names that are turned into A-labels.
func (f *finder) keysBeginWith(literal string) bool {
	typ := f.subject.typeFor(literal)
	return typ != "ipv6-addr" && (typ != "domain-name" || isASCII(literal))
}

func (f *finder) matches(c Constant) {
	if literal, ok := literalOf(c.Text); ok {
		f.add(MatchExact, Constant{Kind: String, Text: norm.NFC.String(literal)})
		return
	}
	f.add(MatchScan, c)
}

// literalOf returns the only text that an expression ^literal$ matches, where
// the literal has no metacharacters but escaped ones.
func literalOf(expression string) (string, bool) {
	if len(expression) < 2 || expression[0] != '^' || expression[len(expression)-1] != '$' {
		return "", false
	}
	body := expression[1 : len(expression)-1]
	literal := make([]byte, 0, len(body))
	for i := 0; i < len(body); i++ {
		c := body[i]
		if c == '\\' {
			if i++; i == len(body) || body[i] >= utf8.RuneSelf || isDigit(body[i]) || body[i] != '_' && isLetter(body[i]) {
				return "", false
			}
			c = body[i]
		} else if isMeta(c) {
			return "", false
		}
		literal = append(literal, c)
	}
	return string(literal), true
}

func isMeta(c byte) bool {
	switch c {
	case '.', '*', '+', '?', '(', ')', '[', '{', '|', '^', '$':
		return true
	}
	return false
}
