package conformance

import (
	"fmt"
)

// walks reads what a query finds in every way that the standard knows, seven
// items a page, and holds it against what should have come. Of a fault it blames
// the ids, too, besides the way.
func (p *probe) walks(address, query, ids string, want []string) {
	const limit = 7
	for _, byAdded := range []bool{false, true} {
		requirement, way := "TX-PAG-05", "next"
		if byAdded {
			requirement, way = "TX-PAG-06", "added_after = X-TAXII-Date-Added-Last"
		}
		items, last, fault := p.walk(address, query, limit, byAdded)
		if !byAdded && last.more && last.next == "" {
			p.chose(requirement, last.exchange, "the server sends no next; clients must walk by added_after")
			continue
		}
		if fault == "" {
			fault = compareWalk(keys(items), want, setOf(want))
		}
		if fault != "" {
			p.fail(requirement+" "+ids, last.exchange, "a walk by %s with limit=%d: %s", way, limit, fault)
		}
	}
}

// checkBigEnvelope posts many objects at once, which a careless server gives
// one date_added.
func checkBigEnvelope(p *probe) {
	since := p.marker()
	objects, want := batch(60)
	p.post(objects...)
	for _, below := range []string{"objects/", "manifest/"} {
		p.walks(p.at.url+below, params("added_after", since), "", want)
	}
	// By id, because added_after leaves out what ties with the marker.
	m := p.page(p.at.url+"manifest/", params("match[id]", idsOf(want), "limit", "100"))
	for i, r := range m.items[min(1, len(m.items)):] {
		if r.added <= m.items[i].added {
			p.fail("TX-SORT-04", m.exchange, "%s and %s were both added at %s: whoever walks by added_after loses one where a page ends between them", m.items[i].id, r.id, r.added)
			break
		}
	}
	full := p.page(p.at.url+"objects/", params("added_after", since, "match[type]", "indicator", "limit", "20"))
	if full.more && len(full.items) < 20 {
		p.chose("TX-PAG-11", full.exchange, "a page of %d of 20 with more: true", len(full.items))
	}
}

func checkManyVersions(p *probe) {
	id := newID("indicator")
	var objects, want, versions []string
	for i := range 12 {
		v := fmt.Sprintf("2012-01-%02dT00:00:00.000Z", i+1)
		objects, want, versions = append(objects, indicator(id, v, "")), append(want, id+" "+v), append(versions, " "+v)
	}
	p.post(objects...)
	p.walks(p.at.url+"objects/"+id+"/", "match[version]=all", "TX-OBJ-ID-04", want)
	p.walks(p.at.url+"objects/"+id+"/versions/", "", "TX-VER-05", versions)
}

func checkPostWhilePaging(p *probe) {
	since := p.marker()
	objects, want := batch(4)
	p.post(objects[:2]...)
	query := params("added_after", since, "limit", "1")
	first := p.page(p.at.url+"objects/", query)
	p.post(objects[2:]...)
	got := keys(first.items)
	for pg := first; pg.more && len(got) < 1000; {
		position := params("added_after", pg.Header.Get(headerLast), "limit", "1")
		if pg.next != "" {
			position = query + "&" + params("next", pg.next)
		}
		pg = p.page(p.at.url+"objects/", position)
		got = append(got, keys(pg.items)...)
	}
	if fault := compareWalk(got, want, setOf(want)); fault != "" {
		p.fail("TX-PAG-07", first.exchange, "two objects were posted after the first page: %s", fault)
	}
}
