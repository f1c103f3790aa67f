package conformance

import (
	"net/http"
	"slices"
	"strings"
)

var deleteChecks = []check{
	{name: "DELETE", ids: "TX-OBJ-DEL-01 TX-OBJ-DEL-02 TX-OBJ-DEL-04 TX-OBJ-DEL-05 TX-OBJ-DEL-09", need: needBoth, writes: true, run: checkDelete},
	{name: "DELETE with filters", ids: "TX-OBJ-DEL-03 TX-OBJ-DEL-04 TX-OBJ-DEL-05 TX-OBJ-DEL-08 TX-OBJ-DEL-10 TX-FLT-08", need: needBoth, writes: true, run: checkDeleteVersions},
	{name: "deletion during a walk", ids: "TX-PAG-08", need: needBoth, writes: true, run: checkDeleteWhilePaging},
}

func checkDelete(p *probe) {
	id, _ := p.versioned()
	before := p.page(p.at.url+"manifest/", params("match[id]", id, "match[version]", "all"))
	cursor := before.Header.Get(headerLast)
	p.must("TX-OBJ-DEL-01", p.delete(id, ""), http.StatusOK)
	for _, below := range []string{"/", "/?match[version]=all", "/?match[version]=" + t1, "/versions/"} {
		path, query, _ := strings.Cut(below, "?")
		p.want("TX-OBJ-DEL-02 TX-OBJ-DEL-04", p.get(p.at.url+"objects/"+id+path, query), http.StatusNotFound)
	}
	for _, below := range []string{"objects/", "manifest/"} {
		if pg := p.page(p.at.url+below, params("match[id]", id, "match[version]", "all")); len(pg.items) > 0 {
			p.fail("TX-OBJ-DEL-02 TX-OBJ-DEL-04", pg.exchange, "want nothing: the object was deleted")
		}
	}
	p.want("TX-OBJ-DEL-05", p.delete(id, ""), http.StatusNotFound)
	p.want("TX-OBJ-DEL-05", p.delete(newID("indicator"), ""), http.StatusNotFound)

	p.post(indicator(id, t2, ""))
	if pg := p.page(p.at.url+"objects/", params("match[id]", id, "added_after", cursor)); len(pg.items) != 1 {
		p.fail("TX-OBJ-DEL-09", pg.exchange, "it was posted again after it was deleted; a poller that has seen the first must get it")
	}
}

func checkDeleteVersions(p *probe) {
	id, _ := p.versioned()
	left := func(requirements string, want ...string) {
		pg := p.page(p.at.url+"objects/", params("match[id]", id, "match[version]", "all"))
		got := []string{}
		for _, i := range pg.items {
			got = append(got, i.version)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			p.fail(requirements, pg.exchange, "want the versions %q to be left", want)
		}
	}
	for _, query := range []string{"match[version]=lst", "match[version]=all,last", "match[version]=" + t2 + "&match[version]=" + t1} {
		p.want("TX-OBJ-DEL-08", p.delete(id, query), http.StatusBadRequest)
	}
	left("TX-OBJ-DEL-08", t1, t2, t3)
	p.prefer("TX-FLT-08", p.delete(id, "match[type]=malware"), http.StatusBadRequest, http.StatusNotFound, http.StatusOK)
	if !p.holds(id) {
		p.post(indicator(id, t2, ""), indicator(id, t1, ""), indicator(id, t3, "")) // the parameter was ignored, which is allowed
	}
	p.want("TX-OBJ-DEL-05", p.delete(id, "match[version]=2001-01-01T00:00:00.000Z"), http.StatusNotFound)
	left("TX-OBJ-DEL-05", t1, t2, t3)
	p.must("TX-OBJ-DEL-03", p.delete(id, "match[version]=last"), http.StatusOK)
	left("TX-OBJ-DEL-03", t1, t2)
	if pg := p.page(p.at.url+"objects/", params("match[id]", id)); !slices.Equal(keys(pg.items), []string{id + " " + t2}) {
		p.fail("TX-OBJ-DEL-10", pg.exchange, "the latest was deleted; want the next older, %s", t2)
	}
	p.must("TX-OBJ-DEL-03", p.delete(id, "match[version]="+t2), http.StatusOK)
	left("TX-OBJ-DEL-03", t1)
	x := p.get(p.at.url+"objects/"+id+"/", "match[version]="+t2)
	if x.Status != http.StatusNotFound {
		p.fail("TX-OBJ-DEL-04", x, "want 404: that version was deleted")
	}
	x = p.delete(id, "match[spec_version]=2.0")
	p.want("TX-OBJ-DEL-03", x, http.StatusNotFound)
	left("TX-OBJ-DEL-03", t1)
	p.want("TX-OBJ-DEL-03", p.delete(id, "match[spec_version]=2.1&match[version]=first"), http.StatusOK)
	left("TX-OBJ-DEL-03")
}

func checkDeleteWhilePaging(p *probe) {
	a, b := newID("indicator"), newID("indicator")
	p.post(indicator(a, t1, ""))
	p.post(indicator(b, t1, ""))
	mine := params("match[id]", a+","+b, "limit", "1")
	first := p.page(p.at.url+"objects/", mine)
	if !first.more {
		p.stop("%s: %s", first.line, first.came())
	}
	p.must("TX-PAG-08", p.delete(b, ""), http.StatusOK)
	for name, position := range map[string]string{"next": first.next, "added_after": first.Header.Get(headerLast)} {
		if position == "" {
			continue
		}
		x := p.get(p.at.url+"objects/", mine+"&"+params(name, position))
		if p.want("TX-PAG-08", x, http.StatusOK) && len(readPage(x).items) > 0 {
			p.fail("TX-PAG-08", x, "want an empty page: the rest was deleted")
		}
	}
}
