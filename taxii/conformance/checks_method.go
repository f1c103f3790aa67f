package conformance

import (
	"net/http"
	"strings"
)

var methodChecks = []check{
	{name: "methods that are not there", typical: true, ids: "TX-MTH-01", need: needPlace, run: checkMethods},
	{name: "HEAD", typical: true, ids: "TX-MTH-02 TX-ERR-03", need: needRead, run: checkHead},
	{name: "OPTIONS", ids: "TX-MTH-03", need: needPlace, run: checkOptions},
	{name: "unheard-of method", ids: "TX-MTH-04", need: needPlace, run: checkUnheardOf},
}

// checkMethods asks for nothing that a server with methods of its own could do:
// a manifest cannot be removed or replaced, and the body is no JSON.
func checkMethods(p *probe) {
	manifest := p.at.url + "manifest/"
	for _, tc := range []struct{ method, url string }{
		{http.MethodPut, manifest}, {http.MethodPost, manifest}, {http.MethodPatch, manifest}, {http.MethodDelete, manifest},
		{http.MethodPost, p.at.root}, {http.MethodPost, p.base.String() + "/taxii2/"},
	} {
		x := p.do(request{method: tc.method, url: tc.url, body: "{"})
		if p.want("TX-MTH-01", x, http.StatusMethodNotAllowed) && !listHas(x.Header, "Allow", http.MethodGet) {
			p.fail("TX-MTH-01", x, "Allow is %q; want GET in it", x.Header.Get("Allow"))
		}
	}
}

func checkHead(p *probe) {
	for _, u := range p.endpoints() {
		get, head := p.get(u, ""), p.do(request{method: http.MethodHead, url: u})
		if !p.want("TX-MTH-02", head, get.Status) {
			continue
		}
		for _, name := range []string{"Content-Type", headerFirst, headerLast} {
			if got, want := strings.Join(head.Header.Values(name), ","), strings.Join(get.Header.Values(name), ","); got != want {
				p.fail("TX-MTH-02", head, "%s is %q; to GET it is %q", name, got, want)
			}
		}
	}
	missing := p.at.url + "objects/" + newID("indicator") + "/"
	p.want("TX-MTH-02", p.do(request{method: http.MethodHead, url: missing}), http.StatusNotFound)
	for u, requirement := range map[string]string{p.at.url + "objects/": "TX-MTH-02", missing: "TX-ERR-03"} {
		x, err := p.bareHead(u)
		switch {
		case err != nil:
			p.untestable(requirement, "what follows the header of an answer to HEAD cannot be read: %v", err)
		case len(x.Body) > 0:
			p.fail(requirement, x, "%d bytes follow the header of an answer to HEAD; want none", len(x.Body))
		}
	}
}

func checkOptions(p *probe) {
	x := p.do(request{method: http.MethodOptions, url: p.at.url + "objects/"})
	switch x.Status {
	case http.StatusOK, http.StatusNoContent:
		p.notApplicable("TX-MTH-03", "cross-origin access is configured, or OPTIONS served otherwise")
	default:
		p.want("TX-MTH-03", x, http.StatusMethodNotAllowed)
	}
}

func checkUnheardOf(p *probe) {
	x := p.do(request{method: "FOO", url: p.at.url + "objects/"})
	p.prefer("TX-MTH-04", x, http.StatusMethodNotAllowed, http.StatusNotImplemented, http.StatusBadRequest)
}
