package conformance

import (
	"net/http"
)

const (
	unversioned = "application/taxii+json"
	twoTypes    = MediaType + ",application/stix+json;version=2.1"
)

var negotiationChecks = []check{
	{name: "Accept that must work", ids: "TX-NEG-02 TX-NEG-03 TX-NEG-04 TX-NEG-05 TX-NEG-06 TX-NEG-08", need: needPlace, run: checkAccepted},
	{name: "Accept that leaves it open", ids: "TX-NEG-10 TX-NEG-11", need: needPlace, run: checkAnything},
	{name: "Accept that allows nothing", ids: "TX-NEG-07 TX-NEG-09 TX-DISC-06", need: needPlace, run: checkUnacceptable},
	{name: "Content-Type that must work", ids: "TX-NEG-12 TX-NEG-13", need: needBoth, writes: true, run: checkContentTypes},
	{name: "Content-Type that is undefined", ids: "TX-NEG-14 TX-NEG-17", need: needBoth, writes: true, run: checkOtherContentTypes},
	{name: "STIX as the body", ids: "TX-NEG-19", need: needBoth, writes: true, run: checkSTIXBody},
	{name: "unacceptable POST and DELETE", ids: "TX-NEG-15 TX-NEG-16", need: needBoth, writes: true, run: checkNothingDone},
}

// endpoints are the addresses that a check of negotiation asks: of each kind
// one, where the seat may read.
func (p *probe) endpoints() []string {
	all := []string{p.base.String() + "/taxii2/", p.at.root, p.at.root + "collections/", p.at.url}
	if p.at.CanRead {
		all = append(all, p.at.url+"manifest/", p.at.url+"objects/")
	}
	return all
}

// accept asks every endpoint with an Accept header, and judge judges.
func (p *probe) accept(accept string, judge func(*exchange)) {
	for _, u := range p.endpoints() {
		judge(p.do(request{url: u, header: map[string]string{"Accept": accept}}))
	}
}

func checkAccepted(p *probe) {
	for _, tc := range []struct{ id, accept string }{
		{"TX-NEG-02", MediaType},
		{"TX-NEG-03", unversioned},
		{"TX-NEG-04", "application/taxii+json;version=2.0, text/html, " + MediaType},
		{"TX-NEG-05", twoTypes},
		{"TX-NEG-06", `Application/TAXII+JSON ; VERSION="2.1" ;q=0.5`},
		{"TX-NEG-06", "application/taxii+json; version=2.1"},
		{"TX-NEG-08", "text/html\n" + MediaType},
	} {
		p.accept(tc.accept, func(x *exchange) { p.want(tc.id, x, http.StatusOK) })
	}
}

func checkAnything(p *probe) {
	for _, accept := range []string{"*/*", "application/*", "application/json, text/plain, */*"} {
		p.accept(accept, func(x *exchange) { p.prefer("TX-NEG-10", x, http.StatusOK, http.StatusNotAcceptable) })
	}
	p.accept("", func(x *exchange) { p.prefer("TX-NEG-11", x, http.StatusOK, http.StatusNotAcceptable) })
}

// checkUnacceptable: content is allowed where none is acceptable (TAXII 2.1
// §3.1; RFC 7231 §5.3.2), and tells the client less than a 406.
func checkUnacceptable(p *probe) {
	p.accept(MediaType+";q=0", func(x *exchange) { p.prefer("TX-NEG-07", x, http.StatusNotAcceptable, http.StatusOK) })
	for _, accept := range []string{"text/html", "application/json", "application/vnd.oasis.taxii+json;version=2.0",
		"application/taxii+json;version=2.0", "application/taxii+json;version=3.0"} {
		p.accept(accept, func(x *exchange) { p.prefer("TX-NEG-09", x, http.StatusNotAcceptable, http.StatusOK) })
	}
}

// postAs posts one object with changed headers, and tells its id.
func (p *probe) postAs(header map[string]string) (*exchange, string) {
	id := newID("indicator")
	body := envelopeOf(indicator(id, t1, ""))
	p.remember(p.seat, p.at, body)
	return p.do(request{method: http.MethodPost, url: p.at.url + "objects/", body: body, header: header}), id
}

// holds reports whether the collection has an object.
func (p *probe) holds(id string) bool {
	return len(p.page(p.at.url+"objects/", params("match[id]", id)).items) > 0
}

func checkContentTypes(p *probe) {
	for _, tc := range []struct{ id, contentType string }{
		{"TX-NEG-12", MediaType}, {"TX-NEG-12", unversioned},
		{"TX-NEG-13", "application/taxii+json; version=2.1; charset=utf-8"}, {"TX-NEG-13", `Application/TAXII+json;Version="2.1"`},
	} {
		x, _ := p.postAs(map[string]string{"Content-Type": tc.contentType})
		p.want(tc.id, x, http.StatusAccepted)
	}
}

func checkOtherContentTypes(p *probe) {
	for _, contentType := range []string{"application/json", "text/plain", "application/taxii+json;version=2.0", ""} {
		x, id := p.postAs(map[string]string{"Content-Type": contentType})
		p.prefer("TX-NEG-14", x, http.StatusUnsupportedMediaType, http.StatusAccepted)
		if x.Status != http.StatusAccepted && p.holds(id) {
			p.fail("TX-NEG-14", x, "the object was stored")
		}
	}
	x, _ := p.postAs(map[string]string{"Content-Encoding": "br"})
	p.prefer("TX-NEG-17", x, http.StatusUnsupportedMediaType, http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusAccepted)
}

func checkSTIXBody(p *probe) {
	id := newID("indicator")
	body := `{"type":"bundle","id":"` + newID("bundle") + `","objects":[` + indicator(id, t1, "") + `]}`
	p.remember(p.seat, p.at, body)
	x := p.do(request{method: http.MethodPost, url: p.at.url + "objects/", body: body, header: map[string]string{"Content-Type": "application/stix+json;version=2.1"}})
	if p.prefer("TX-NEG-19", x, http.StatusAccepted, http.StatusUnsupportedMediaType); x.Status != http.StatusAccepted {
		return
	}
	if s := p.settled(x); s.Success != 1 || !p.holds(id) {
		p.fail("TX-NEG-19", x, "202, and the object of the bundle is not there")
	}
}

// checkNothingDone: whoever cannot read the answer has changed nothing.
func checkNothingDone(p *probe) {
	x, id := p.postAs(map[string]string{"Accept": "text/html"})
	p.prefer("TX-NEG-15", x, http.StatusNotAcceptable, http.StatusAccepted)
	if x.Status != http.StatusAccepted && p.holds(id) {
		p.fail("TX-NEG-15", x, "the object was stored")
	}
	x, id = p.postAs(map[string]string{"Content-Type": "text/html"})
	if x.Status != http.StatusAccepted && p.holds(id) {
		p.fail("TX-NEG-15", x, "the object was stored")
	}
	stored := newID("indicator")
	p.post(indicator(stored, t1, ""))
	x = p.do(request{method: http.MethodDelete, url: p.at.url + "objects/" + stored + "/", header: map[string]string{"Accept": "text/html"}})
	p.prefer("TX-NEG-16", x, http.StatusNotAcceptable, http.StatusOK)
	if x.Status != http.StatusOK && !p.holds(stored) {
		p.fail("TX-NEG-16", x, "the object was deleted")
	}
}
