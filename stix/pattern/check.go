package pattern

import (
	"net/netip"
	"slices"
	"strings"
)

// check refuses a comparison that is well-formed but cannot be meant
// (PAT-SEM-7, PAT-SEM-11).
func (p *parser) check(t *Test) {
	if p.err != nil {
		return
	}
	switch t.Operator {
	case Matches:
		p.checkMatches(t.Constants[0])
	case IsSubset, IsSuperset:
		p.checkBlock(t)
	}
}

func (p *parser) checkMatches(c Constant) {
	if n := len(c.Text); n > maxExpression {
		p.refuse(errorf("LIMIT", c.Offset, "what begins here has %d bytes; at most %d are allowed", n, maxExpression))
		return
	}
	if err := checkExpression(c.Text, c.Offset); err != nil {
		p.object(err)
	}
}

// checkBlock checks an ISSUBSET or ISSUPERSET.
func (p *parser) checkBlock(t *Test) {
	c := t.Constants[0]
	four, six := t.Path.addresses()
	if !four && !six {
		p.object(errorf("PAT-SEM-7", t.Path.Offset, "%s takes the value of an ipv4-addr or ipv6-addr, and %s is none", string(t.Operator), excerpt(t.Path.String())))
		return
	}
	block, ok := parseBlock(c.Text)
	if is4 := block.Addr().Is4(); !ok || is4 && !four || !is4 && !six {
		p.object(errorf("PAT-SEM-7", c.Offset, "%q is no IP address or CIDR block that %s could have", excerpt(c.Text), excerpt(t.Path.String())))
	}
}

// addresses reports whether a path leads to the value of an IPv4 address, an
// IPv6 address, or perhaps either.
func (p *Path) addresses() (four, six bool) {
	last := len(p.Steps) - 1
	if p.Steps[last].Kind != KeyStep || p.Steps[last].Key != "value" {
		return false, false
	}
	if last == 0 {
		return p.Type == "ipv4-addr", p.Type == "ipv6-addr"
	}
	if !isReference(p.Steps[:last]) {
		return false, false
	}
	v, known, _, _ := resolve(p.Type, p.Steps[:last])
	if !known {
		return true, true
	}
	return slices.Contains(v.targets, "ipv4-addr"), slices.Contains(v.targets, "ipv6-addr")
}

// isReference reports whether steps end with a reference: a name in _ref, or in
// _refs with an index behind it.
func isReference(steps []Step) bool {
	last := &steps[len(steps)-1]
	if last.Kind == KeyStep {
		return strings.HasSuffix(last.Key, "_ref")
	}
	return len(steps) > 1 && strings.HasSuffix(steps[len(steps)-2].Key, "_refs")
}

// parseBlock returns an IP address or a CIDR block as a block whose host bits
// are zero. Zones are refused; STIX has none.
func parseBlock(s string) (netip.Prefix, bool) {
	if strings.Contains(s, "/") {
		block, err := netip.ParsePrefix(s)
		return block.Masked(), err == nil
	}
	addr, err := netip.ParseAddr(s)
	if err != nil || addr.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(addr, addr.BitLen()), true
}
