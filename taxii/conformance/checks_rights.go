package conformance

import (
	"net/http"

	"github.com/google/uuid"
)

var rightChecks = []check{
	{name: "reading and not writing", ids: "TX-COL-09 TX-OBJ-POST-12 TX-IOP-04 TX-OBJ-DEL-06 TX-SEC-05", need: needReadOnly, run: checkReadOnly},
	{name: "writing and not reading", ids: "TX-COL-09 TX-IOP-03 TX-OBJ-ID-05 TX-OBJ-DEL-06 TX-SEC-05", need: needWriteOnly, run: checkWriteOnly},
	{name: "neither right", ids: "TX-COL-09 TX-OBJ-DEL-06", need: needNeither, run: checkNeither},
	{name: "truth of the flags", ids: "TX-COL-10", need: needPlace, run: checkTruth},
	{name: "order of judging", ids: "TX-ERR-07", need: needPlace, run: checkOrder},
	{name: "posting without reading", ids: "TX-OBJ-POST-01 TX-STAT-04 TX-COL-10", need: needWriteOnly, writes: true, run: checkBlindPost},
}

// forbidden judges an answer that a right is missing for: 403 or 404 by the
// standard, 403 by its interoperability document, which has its own id.
func (p *probe) forbidden(iop string, x *exchange) {
	p.want("TX-COL-09 TX-SEC-05", x, http.StatusForbidden, http.StatusNotFound)
	p.want(iop, x, http.StatusForbidden)
}

func (p *probe) delete(id, query string) *exchange {
	return p.do(request{method: http.MethodDelete, url: p.at.url + "objects/" + id + "/", query: query})
}

func checkReadOnly(p *probe) {
	bodies := []string{"{", "{}"}
	if p.Write {
		bodies = append(bodies, envelopeOf(`{"type":"indicator"}`))
	}
	for _, body := range bodies {
		x := p.do(request{method: http.MethodPost, url: p.at.url + "objects/", body: body})
		p.forbidden("TX-IOP-04", x)
		p.want("TX-OBJ-POST-12", x, http.StatusForbidden, http.StatusNotFound)
	}
	p.want("TX-COL-09 TX-OBJ-DEL-06", p.delete(newID("indicator"), ""), http.StatusForbidden)
}

func checkWriteOnly(p *probe) {
	object := p.at.url + "objects/" + newID("indicator") + "/"
	for _, u := range []string{p.at.url + "objects/", p.at.url + "manifest/", object} {
		p.forbidden("TX-IOP-03", p.get(u, ""))
	}
	p.want("TX-COL-09", p.get(object+"versions/", ""), http.StatusForbidden, http.StatusNotFound)
	p.want("TX-OBJ-ID-05", p.get(object, ""), http.StatusForbidden, http.StatusNotFound)
	p.want("TX-COL-09 TX-OBJ-DEL-06", p.delete(newID("indicator"), ""), http.StatusForbidden)
}

func checkNeither(p *probe) {
	for _, below := range []string{"objects/", "manifest/"} {
		p.want("TX-COL-09", p.get(p.at.url+below, ""), http.StatusForbidden, http.StatusNotFound)
	}
	p.want("TX-COL-09", p.do(request{method: http.MethodPost, url: p.at.url + "objects/", body: "{"}), http.StatusForbidden, http.StatusNotFound)
	p.want("TX-COL-09 TX-OBJ-DEL-06", p.delete(newID("indicator"), ""), http.StatusNotFound)
}

// checkTruth asks what each flag promises; the body of the POST cannot be
// stored by anybody.
func checkTruth(p *probe) {
	for _, s := range p.seats {
		for _, at := range s.places {
			if at.CanRead {
				p.want("TX-COL-10", p.do(request{as: s, url: at.url + "objects/", query: "limit=1"}), http.StatusOK)
			}
			if !at.CanWrite {
				continue
			}
			x := p.do(request{as: s, method: http.MethodPost, url: at.url + "objects/", body: "{"})
			if x.Status == http.StatusForbidden || x.Status == http.StatusNotFound || x.Status == http.StatusUnauthorized {
				p.fail("TX-COL-10", x, "can_write is true; want no refusal for lack of rights")
			}
		}
	}
}

// checkOrder: where several things are wrong the standard says that missing
// rights come first; the rest of the order is free.
func checkOrder(p *probe) {
	wrong := map[string]string{"Accept": "text/html"}
	if !p.at.CanRead {
		p.want("TX-ERR-07", p.do(request{url: p.at.url + "objects/", query: "limit=0", header: wrong}), http.StatusForbidden, http.StatusNotFound)
	}
	if !p.at.CanWrite {
		p.want("TX-ERR-07", p.do(request{method: http.MethodPost, url: p.at.url + "objects/", body: "{", header: wrong}), http.StatusForbidden, http.StatusNotFound)
	}
	for _, s := range p.seats {
		for _, at := range s.places {
			if at.CanWrite && !at.CanRead {
				p.want("TX-ERR-07", p.do(request{as: s, url: at.url + "objects/", query: "limit=0", header: wrong}), http.StatusForbidden, http.StatusNotFound)
			}
		}
	}
	x := p.do(request{url: p.at.root + "collections/" + uuid.NewString() + "/objects/", query: "limit=0", header: wrong})
	p.prefer("TX-ERR-07", x, http.StatusNotFound, http.StatusNotAcceptable, http.StatusBadRequest, http.StatusForbidden)
}

// checkBlindPost leaves an object behind: whoever may not read may not delete.
func checkBlindPost(p *probe) {
	x := p.postBody(envelopeOf(indicator(newID("indicator"), t1, "")))
	p.must("TX-OBJ-POST-01 TX-COL-10", x, http.StatusAccepted)
	s := p.settled(x)
	if s.Total != 1 || s.Success != 1 {
		p.fail("TX-OBJ-POST-01", s.exchange, "want one success")
	}
	p.want("TX-STAT-04", p.get(s.url(p.at.root), ""), http.StatusOK)
}
