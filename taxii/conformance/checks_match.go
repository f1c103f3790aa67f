package conformance

import (
	"net/http"
	"slices"
	"strings"
)

var matchChecks = []check{
	{name: "match", ids: "TX-FLT-02 TX-FLT-03 TX-FLT-04 TX-FLT-10 TX-MID-01 TX-MID-02 TX-MTY-01 TX-MTY-04 TX-OBJ-GET-02 TX-OBJ-GET-03 TX-MAN-03", need: needBoth, writes: true, run: checkMatch},
	{name: "match[version]", ids: "TX-MVR-01 TX-MVR-02 TX-MVR-03 TX-MVR-04 TX-MVR-05 TX-MVR-06 TX-MVR-12 TX-MAN-03 TX-OBJ-GET-03 TX-OBJ-ID-01 TX-OBJ-ID-03 TX-OBJ-ID-04 TX-OBJ-POST-17", need: needBoth, writes: true, run: checkMatchVersion},
	{name: "objects without modified", ids: "TX-MVR-09 TX-VER-02", need: needBoth, writes: true, run: checkCreated},
	{name: "match[spec_version]", ids: "TX-MSV-01", need: needBoth, writes: true, run: checkSpecVersion21},
	{name: "two spec versions", ids: "TX-MSV-01 TX-MSV-02 TX-MSV-03 TX-MSV-04 TX-MSV-05 TX-MSV-07 TX-MSV-08 TX-MAN-04 TX-VER-06", need: needBoth, writes: true, run: checkSpecVersions},
}

// selected asks objects and manifest for the same query and holds both against
// what they must be, keys without their order.
func (p *probe) selected(requirements, query string, want ...string) {
	objects, manifest := p.page(p.at.url+"objects/", query), p.page(p.at.url+"manifest/", query)
	slices.Sort(want)
	for _, pg := range []page{objects, manifest} {
		got := keys(pg.items)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			p.fail(requirements, pg.exchange, "want %s", words(want))
		}
	}
	if !slices.Equal(keys(objects.items), keys(manifest.items)) && slices.Contains(strings.Fields(p.check.ids), "TX-MAN-03") {
		p.fail("TX-MAN-03", manifest.exchange, "objects, asked likewise, answers %s", words(keys(objects.items)))
	}
}

// words lists keys for reports.
func words(keys []string) string {
	switch {
	case len(keys) == 0:
		return "nothing"
	case len(keys) > 4:
		return strings.Join(keys[:4], ", ") + " …"
	}
	return strings.Join(keys, ", ")
}

func checkMatch(p *probe) {
	i1, i2, j := newID("indicator"), newID("indicator"), newID("identity")
	p.post(indicator(i1, t1, ""), identity(j, t1), indicator(i2, t1, ""))
	all := strings.Join([]string{i1, i2, j}, ",")
	k1, k2, kj := i1+" "+t1, i2+" "+t1, j+" "+t1
	p.selected("TX-FLT-02 TX-MID-01 TX-FLT-04", params("match[id]", all), k1, k2, kj)
	p.selected("TX-MID-01", params("match[id]", i1+","+newID("indicator")), k1)
	p.selected("TX-MID-01 TX-OBJ-GET-02", params("match[id]", newID("indicator")))
	p.selected("TX-MID-01 TX-OBJ-GET-03", params("match[id]", i2), k2)
	p.selected("TX-FLT-03 TX-FLT-10 TX-MTY-01 TX-OBJ-GET-03", params("match[id]", all, "match[type]", "identity"), kj)
	p.selected("TX-FLT-03", params("match[id]", i1, "match[type]", "identity"))
	p.selected("TX-FLT-04", params("match[id]", all, "match[type]", "identity,indicator"), k1, k2, kj)
	p.selected("TX-FLT-03 TX-MTY-01", params("match[id]", i1+","+j, "match[type]", "indicator,malware"), k1)
	p.selected("TX-MID-02", params("match[id]", strings.ToUpper(i1)))
	p.selected("TX-MID-02", params("match[id]", i1[:len(i1)-1]))
	p.selected("TX-MTY-04", params("match[id]", i1, "match[type]", "Indicator"))
	// In the whole collection: the types that were asked for and no others.
	for _, pg := range []page{p.page(p.at.url+"objects/", "match[type]=identity"), p.page(p.at.url+"manifest/", "match[type]=identity")} {
		if slices.ContainsFunc(pg.items, func(i item) bool { return i.typ != "identity" }) {
			p.fail("TX-MTY-01", pg.exchange, "want identities only")
		}
	}
}

func checkMatchVersion(p *probe) {
	id, single := newID("indicator"), newID("indicator")
	p.post(indicator(id, t3, "")) // the latest comes first, the first last
	for _, body := range []string{envelopeOf(indicator(id, t2, ""), indicator(single, t1, "")), envelopeOf(indicator(id, t1, ""))} {
		x := p.postBody(body)
		p.must("TX-OBJ-POST-17", x, http.StatusAccepted)
		if older := p.settled(x); older.Failure > 0 {
			p.fail("TX-OBJ-POST-17", older.exchange, "want no failure: a newer version that is there is no fault of an older one")
		}
	}
	k1, k2, k3, ks := id+" "+t1, id+" "+t2, id+" "+t3, single+" "+t1
	q := func(version string) string { return params("match[id]", id, "match[version]", version) }

	p.selected("TX-MVR-01 TX-MVR-12 TX-OBJ-POST-17", params("match[id]", id), k3)
	p.selected("TX-MVR-01 TX-MVR-12", params("match[id]", id+","+single), k3, ks)
	p.selected("TX-MVR-02", q("last"), k3)
	p.selected("TX-MVR-02", q("first"), k1)
	p.selected("TX-MVR-03 TX-MVR-12", q("all"), k1, k2, k3)
	p.selected("TX-MVR-04", q(t2), k2)
	p.selected("TX-MVR-04", q("2016-01-01T00:00:00.001Z"))
	p.selected("TX-MVR-05", q("2016-01-01T00:00:00Z"), k2)
	p.selected("TX-MVR-05", q("2016-01-01T00:00:00.000000Z"), k2)
	p.selected("TX-MVR-06 TX-OBJ-GET-03", q("first,"+t2+",last"), k1, k2, k3)
	p.selected("TX-MVR-06", q("first,last"), k1, k3)
	p.selected("TX-MVR-06", params("match[id]", single, "match[version]", "first,last"), ks)

	object := p.at.url + "objects/" + id + "/"
	for query, want := range map[string][]string{
		"": {k3}, "match[version]=first": {k1}, "match[version]=" + t2: {k2}, "match[version]=last": {k3}, "match[version]=all": {k3, k2, k1},
	} {
		if pg := p.page(object, query); !slices.Equal(keys(pg.items), want) {
			p.fail("TX-OBJ-ID-01 TX-OBJ-ID-04", pg.exchange, "want %s", words(want))
		}
	}
	x := p.get(object, "match[version]=2001-01-01T00:00:00.000Z")
	if p.prefer("TX-OBJ-ID-03", x, http.StatusNotFound, http.StatusOK); x.Status == http.StatusOK && len(readPage(x).items) > 0 {
		p.fail("TX-OBJ-ID-03", x, "that version was never stored")
	}
}

func checkCreated(p *probe) {
	id := newID("marking-definition")
	p.post(statement(id, t1, "Conformance test"))
	p.selected("TX-MVR-09", params("match[id]", id, "match[version]", t1), id+" "+t1)
	if v := p.page(p.at.url+"objects/"+id+"/versions/", ""); len(v.items) != 1 || v.items[0].version != t1 {
		p.fail("TX-VER-02", v.exchange, "want [%q], the object's created", t1)
	}
}

func checkSpecVersion21(p *probe) {
	id := newID("indicator")
	p.post(indicator(id, t1, ""))
	p.selected("TX-MSV-01", params("match[id]", id, "match[spec_version]", "2.1"), id+" "+t1)
	p.selected("TX-MSV-01", params("match[id]", id, "match[spec_version]", "2.0"))
}

func checkSpecVersions(p *probe) {
	if !p.moveTo((*place).takes20) {
		p.untestable(p.check.ids, "needs a collection that takes STIX 2.0 and 2.1")
		return
	}
	id, old, sco := newID("indicator"), newID("indicator"), newID("ipv4-addr")
	p.post(indicator20(id, t3), indicator(id, t1, ""), indicator20(id, t1), indicator20(old, t2))
	k1, k3, kOld := id+" "+t1, id+" "+t3, old+" "+t2
	q := func(pairs ...string) string { return params(append([]string{"match[id]", id}, pairs...)...) }

	p.selected("TX-MSV-01", q("match[spec_version]", "2.0", "match[version]", "all"), k1, k3)
	p.selected("TX-MSV-01", q("match[spec_version]", "2.1", "match[version]", "all"), k1)
	p.selected("TX-MSV-02", q(), k1)
	p.selected("TX-MSV-03", q("match[version]", "all"), k1)
	p.selected("TX-MSV-04", q("match[spec_version]", "2.0,2.1", "match[version]", "all"), k1, k1, k3)
	p.selected("TX-MSV-05", params("match[id]", old), kOld)
	if o := p.page(p.at.url+"objects/", q("match[version]", t3)); len(o.items) != 1 {
		p.chose("TX-MSV-08", o.exchange, "a version that exists only in the older spec version is hidden")
	}
	if v := p.page(p.at.url+"objects/"+id+"/versions/", "match[spec_version]=2.0,2.1"); len(v.items) != 2 {
		p.chose("TX-VER-06", v.exchange, "want each version once: %s and %s", t3, t1)
	}
	m := p.page(p.at.url+"manifest/", params("match[id]", old))
	if len(m.items) == 1 && m.items[0].mediaType != "application/stix+json;version=2.0" {
		p.fail("TX-MSV-07 TX-MAN-04", m.exchange, "an indicator without spec_version is STIX 2.0")
	}
	p.post(strings.Replace(address(sco, ""), `"spec_version":"2.1",`, "", 1))
	m = p.page(p.at.url+"manifest/", params("match[id]", sco))
	if len(m.items) == 1 && m.items[0].mediaType != "application/stix+json;version=2.1" {
		p.fail("TX-MSV-07", m.exchange, "an observable without spec_version is STIX 2.1")
	}
}
