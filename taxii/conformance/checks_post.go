package conformance

import (
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
)

var postChecks = []check{
	{name: "endpoints of an object", typical: true, ids: "TX-URL-08 TX-URL-05 TX-NEG-05", need: needBoth, writes: true, run: checkWriting},
	{name: "posting and its status", typical: true, ids: "TX-OBJ-POST-01 TX-OBJ-POST-16 TX-STAT-03 TX-STAT-04 TX-STAT-08 TX-HDR-07", need: needBoth, writes: true, run: checkPost},
	{name: "what comes back", typical: true, ids: "TX-ENV-04 TX-DT-06 TX-DT-07 TX-COL-07", need: needBoth, writes: true, run: checkFidelity},
	{name: "good and bad together", typical: true, ids: "TX-OBJ-POST-06 TX-STAT-02 TX-STAT-09 TX-ENV-03", need: needBoth, writes: true, run: checkMixed},
	{name: "nothing but bad", ids: "TX-OBJ-POST-07", need: needBoth, writes: true, run: checkAllBad},
	{name: "duplicates", ids: "TX-OBJ-POST-02 TX-SORT-05 TX-OBJ-POST-15", need: needBoth, writes: true, run: checkDuplicates},
	{name: "conflicts", ids: "TX-OBJ-POST-03 TX-OBJ-POST-04", need: needBoth, writes: true, run: checkConflicts},
	{name: "observables", ids: "TX-OBJ-POST-05 TX-MVR-10", need: needBoth, writes: true, run: checkObservables},
	{name: "content that is not taken", ids: "TX-OBJ-POST-09", need: needBoth, writes: true, run: checkUnsupported},
	{name: "custom types", ids: "TX-MTY-03", need: needBoth, writes: true, run: checkCustomType},
	{name: "further members of the envelope", ids: "TX-OBJ-POST-13 TX-OBJ-POST-14 TX-CUS-02", need: needBoth, writes: true, run: checkEnvelopeMembers},
	{name: "whose status", ids: "TX-STAT-07", need: needOther, writes: true, run: checkStatusOwner},
	{name: "two collections", ids: "TX-OBJ-POST-18 TX-OBJ-DEL-07", need: needBoth, writes: true, run: checkTwoCollections},
}

func checkWriting(p *probe) {
	id := newID("indicator")
	body := envelopeOf(indicator(id, t1, ""))
	p.remember(p.seat, p.at, body)
	x := p.do(request{method: http.MethodPost, url: p.at.url + "objects", body: body}) // without the slash
	if p.prefer("TX-URL-05", x, http.StatusAccepted, http.StatusNotFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect); x.Status == http.StatusAccepted {
		if p.settled(x); !p.holds(id) {
			p.fail("TX-URL-05", x, "202, and the object is not there")
		}
	}
	id = newID("indicator")
	x = p.postBody(envelopeOf(indicator(id, t1, "")))
	p.must("TX-URL-08", x, http.StatusAccepted)
	p.want("TX-URL-08", p.get(p.settled(x).url(p.at.root), ""), http.StatusOK)
	object := p.at.url + "objects/" + id + "/"
	for _, u := range []string{object, object + "versions/"} {
		p.want("TX-URL-08", p.get(u, ""), http.StatusOK)
		p.want("TX-NEG-05", p.do(request{url: u, header: map[string]string{"Accept": twoTypes}}), http.StatusOK)
	}
	p.want("TX-URL-08", p.delete(id, ""), http.StatusOK)
}

func checkPost(p *probe) {
	id := newID("indicator")
	x := p.postBody(envelopeOf(indicator(id, t1, ""), identity(newID("identity"), t1)))
	p.must("TX-OBJ-POST-01", x, http.StatusAccepted)
	s := p.settled(x)
	if s.Total != 2 || s.Success != 2 {
		p.fail("TX-OBJ-POST-01", s.exchange, "want two successes of two")
	}
	if !p.holds(id) {
		p.fail("TX-OBJ-POST-16", s.exchange, "a success, and the object is not there")
	}
	later := p.get(s.url(p.at.root), "")
	if p.want("TX-STAT-04", later, http.StatusOK) {
		if !sameJSON(later.Body, s.Body) {
			p.fail("TX-STAT-03 TX-STAT-08", later, "want what the answer to the POST said: %.200s", s.Body)
		}
		if again := p.get(s.url(p.at.root), ""); !sameJSON(again.Body, later.Body) {
			p.fail("TX-STAT-03", again, "it was complete and has changed")
		}
	}
}

// checkFidelity posts what careless software would change.
func checkFidelity(p *probe) {
	id := newID("indicator")
	sent := indicator(id, "2017-01-27T13:49:53.935Z", `,"x_conformance_big":12345678901234567890,"x_conformance_point":1.0,"x_conformance_text":"<a&b> 観測 🛰 \u0000é"`)
	p.post(sent)
	pg := p.page(p.at.url+"objects/", params("match[id]", id))
	if len(pg.items) != 1 {
		p.stop("%s: %s", pg.line, pg.came())
	}
	if !sameJSON(pg.items[0].raw, []byte(sent)) {
		p.fail("TX-ENV-04", pg.exchange, "want the object as it was sent: %s", sent)
	}
	if !strings.Contains(string(canonical(pg.items[0].raw)), "観測 🛰") {
		p.fail("TX-DT-07", pg.exchange, "want the text as it was sent")
	}
	p.checkManifestTypes()
	record := p.page(p.at.url+"manifest/", params("match[id]", id))
	listed := p.page(p.at.url+"objects/"+id+"/versions/", "")
	for _, pg := range []page{record, listed} {
		if len(pg.items) != 1 || pg.items[0].version != "2017-01-27T13:49:53.935Z" {
			p.fail("TX-DT-06", pg.exchange, "want the version 2017-01-27T13:49:53.935Z, as the object has it")
		}
	}
}

func checkMixed(p *probe) {
	good := newID("indicator")
	x := p.postBody(envelopeOf(indicator(good, t1, ""), `{"type":"indicator"}`, `{"type":"bundle","id":"`+newID("bundle")+`","objects":[]}`))
	p.must("TX-OBJ-POST-06", x, http.StatusAccepted)
	s := p.settled(x)
	if s.Total != 3 || s.Success != 1 || s.Failure != 2 {
		p.fail("TX-OBJ-POST-06 TX-STAT-02 TX-ENV-03", s.exchange, "want one success, and two failures: an indicator without an id, and a bundle")
	}
	if !p.holds(good) {
		p.fail("TX-OBJ-POST-06", s.exchange, "the good object was not stored")
	}
	for _, f := range s.Failures {
		if f.ID == "" || f.Version == "" {
			p.fail("TX-STAT-09", s.exchange, "want an id and a version in each failure, made up where there is none")
		}
	}
}

func checkAllBad(p *probe) {
	x := p.postBody(envelopeOf(`{"type":"indicator"}`))
	if p.prefer("TX-OBJ-POST-07", x, http.StatusAccepted, http.StatusUnprocessableEntity); x.Status == http.StatusAccepted {
		if s := p.settled(x); s.Failure != 1 || s.Success != 0 {
			p.fail("TX-OBJ-POST-07", s.exchange, "want one failure")
		}
	}
}

func checkDuplicates(p *probe) {
	id := newID("indicator")
	sent := indicator(id, t1, "")
	p.post(sent)
	first := p.page(p.at.url+"manifest/", params("match[id]", id))
	x := p.postBody(envelopeOf(sent))
	p.must("TX-OBJ-POST-02", x, http.StatusAccepted)
	if again := p.settled(x); again.Failure > 0 {
		p.fail("TX-OBJ-POST-02", again.exchange, "want no failure: it is there already")
	}
	if again := p.tryPost(strings.Replace(sent, `{"type":"indicator",`, `{"revoked":false,"type":"indicator",`, 1)); again.Failure > 0 {
		p.chose("TX-OBJ-POST-02", again.exchange, "a copy that states the default of revoked is taken for another content")
	}
	if m := p.page(p.at.url+"manifest/", params("match[id]", id, "match[version]", "all")); !slices.EqualFunc(m.items, first.items, sameRecord) {
		p.fail("TX-OBJ-POST-02 TX-SORT-05", m.exchange, "want the one record, and its date_added, as before: %.200s", first.Body)
	}
	if o := p.page(p.at.url+"objects/", params("match[id]", id, "match[version]", "all")); len(o.items) != 1 || !sameJSON(o.items[0].raw, []byte(sent)) {
		p.fail("TX-OBJ-POST-02", o.exchange, "want the first copy, once")
	}
	twice := indicator(newID("indicator"), t1, "")
	if s := p.tryPost(twice, twice); s.Total != 2 || s.Success+s.Failure != 2 || s.Success < 1 {
		p.fail("TX-OBJ-POST-15", s.exchange, "want both members counted")
	}
}

func sameRecord(a, b item) bool { return a.key() == b.key() && a.added == b.added }

// checkConflicts: which of the two outcomes the standard does not say, only
// that the stored object is not written over.
func checkConflicts(p *probe) {
	id := newID("indicator")
	sent := indicator(id, t1, "")
	p.conflict("TX-OBJ-POST-03", id, sent, strings.Replace(sent, "Conformance test", "Another name", 1))
	id = newID("marking-definition")
	p.conflict("TX-OBJ-POST-04", id, statement(id, t1, "First"), statement(id, t1, "Second"))
}

func (p *probe) conflict(requirement, id, first, second string) {
	p.post(first)
	if s := p.tryPost(second); s.Failure == 0 {
		p.chose(requirement, s.exchange, "another content of the same version is told to be a success")
	}
	o := p.page(p.at.url+"objects/", params("match[id]", id, "match[version]", "all"))
	if len(o.items) != 1 || !sameJSON(o.items[0].raw, []byte(first)) {
		p.fail(requirement, o.exchange, "want the first content alone: %s", first)
	}
}

func checkObservables(p *probe) {
	id := newID("ipv4-addr")
	s := p.tryPost(address(id, ""))
	if s.Success != 1 {
		p.stop("the collection takes no observables: %s", s.came())
	}
	m := p.page(p.at.url+"manifest/", params("match[id]", id))
	if len(m.items) != 1 {
		p.stop("%s: %s", m.line, m.came())
	}
	version := m.items[0].version
	for _, q := range []string{params("match[id]", id, "match[version]", version), params("match[id]", id, "match[version]", "all")} {
		if o := p.page(p.at.url+"objects/", q); version == "" || len(o.items) != 1 {
			p.fail("TX-MVR-10", o.exchange, "want the observable, by the version %q that the manifest tells", version)
		}
	}
	if v := p.page(p.at.url+"objects/"+id+"/versions/", ""); len(v.items) != 1 || v.items[0].version != version {
		p.fail("TX-MVR-10", v.exchange, "want the version %q of the manifest", version)
	}
	p.tryPost(address(id, ""))
	if m := p.page(p.at.url+"manifest/", params("match[id]", id, "match[version]", "all")); len(m.items) != 1 || m.items[0].version != version {
		p.fail("TX-OBJ-POST-05 TX-MVR-10", m.exchange, "the same observable was posted again; want one record, of the version %q", version)
	}
	x := p.tryPost(address(id, `,"defanged":true`))
	all := p.page(p.at.url+"objects/"+id+"/", "match[version]=all")
	last := p.page(p.at.url+"objects/"+id+"/", "")
	if len(all.items) != 2 || len(last.items) != 1 || !strings.Contains(string(last.items[0].raw), "defanged") {
		p.chose("TX-OBJ-POST-05", x.exchange, "an observable with other content is no further version")
	}
}

func checkUnsupported(p *probe) {
	if !p.moveTo(func(at *place) bool { return !at.takes20() }) {
		p.untestable("TX-OBJ-POST-09", "the collections take STIX 2.0 as well as 2.1")
		return
	}
	x := p.postBody(envelopeOf(indicator20(newID("indicator"), t1)))
	if p.want("TX-OBJ-POST-09", x, http.StatusAccepted, http.StatusUnprocessableEntity); x.Status == http.StatusAccepted {
		if s := p.settled(x); s.Failure != 1 {
			p.fail("TX-OBJ-POST-09", s.exchange, "want a failure: the collection's media types are %q", p.at.MediaTypes)
		}
	}
}

func checkCustomType(p *probe) {
	typ := "x-conformance-test"
	id := newID(typ)
	if s := p.tryPost(`{"type":"` + typ + `","spec_version":"2.1","id":"` + id + `","created":"` + t1 + `","modified":"` + t1 + `","name":"Conformance test"}`); s.Failure > 0 {
		p.notApplicable("TX-MTY-03", "the server takes no types but those of STIX")
		return
	}
	if pg := p.page(p.at.url+"objects/", params("match[type]", typ, "match[id]", id)); len(pg.items) != 1 {
		p.fail("TX-MTY-03", pg.exchange, "want the object of that type")
	}
}

func checkEnvelopeMembers(p *probe) {
	for _, tc := range []struct{ ids, members string }{
		{"TX-OBJ-POST-13 TX-CUS-02", `"x_conformance_` + strings.ReplaceAll(uuid.NewString(), "-", "_") + `":1`},
		{"TX-OBJ-POST-13", `"type":"bundle","id":"` + newID("bundle") + `"`},
		{"TX-OBJ-POST-14", `"more":true,"next":"x"`},
	} {
		x := p.postBody(`{` + tc.members + `,"objects":[` + indicator(newID("indicator"), t1, "") + `]}`)
		p.prefer(tc.ids, x, http.StatusAccepted, http.StatusUnprocessableEntity)
	}
}

func checkStatusOwner(p *probe) {
	if p.seat, p.at = p.seatFor(needBoth); p.at == nil {
		p.untestable("TX-STAT-07", "%s", needBoth.words())
		return
	}
	s := p.post(indicator(newID("indicator"), t1, ""))
	for _, other := range p.seats {
		if other.name == "other" {
			x := p.do(request{as: other, url: s.url(p.at.root)})
			p.prefer("TX-STAT-07", x, http.StatusNotFound, http.StatusOK, http.StatusForbidden)
		}
	}
	for _, root := range p.roots {
		if root != p.at.root {
			p.prefer("TX-STAT-07", p.get(s.url(root), ""), http.StatusNotFound, http.StatusOK, http.StatusForbidden)
		}
	}
}

func checkTwoCollections(p *probe) {
	i := slices.IndexFunc(p.seat.places, func(other *place) bool { return needBoth.suits(other) && other.url != p.at.url })
	if i < 0 {
		p.untestable(p.check.ids, "needs two collections that can be read and written")
		return
	}
	first, second := p.at, p.seat.places[i]
	id := newID("indicator")
	object := indicator(id, t1, "")
	p.post(object)
	p.at = second
	p.post(object)
	p.want("TX-OBJ-DEL-07", p.delete(id, ""), http.StatusOK)
	p.at = first
	if !p.holds(id) {
		p.fail("TX-OBJ-POST-18 TX-OBJ-DEL-07", p.get(first.url+"objects/"+id+"/", ""), "the object was deleted from another collection only")
	}
}
