package conformance

import (
	"net/http"
	"slices"
	"strings"
)

var pageChecks = []check{
	{name: "pages", typical: true, ids: "TX-PAG-01 TX-PAG-02 TX-PAG-03 TX-PAG-04 TX-FLT-31 TX-FLT-32 TX-FLT-40 TX-FLT-43 TX-FLT-44 TX-HDR-03 TX-HDR-05 TX-PAG-11 TX-MAN-03", need: needBoth, writes: true, run: checkPages},
	{name: "next of others", ids: "TX-FLT-41 TX-FLT-42 TX-SEC-04", need: needBoth, writes: true, run: checkForeignNext},
	{name: "one big envelope", ids: "TX-SORT-01 TX-SORT-04 TX-PAG-05 TX-PAG-06 TX-PAG-11", need: needBoth, writes: true, run: checkBigEnvelope},
	{name: "many versions", ids: "TX-PAG-05 TX-PAG-06 TX-OBJ-ID-04 TX-VER-05", need: needBoth, writes: true, run: checkManyVersions},
	{name: "posts during a walk", ids: "TX-PAG-07", need: needBoth, writes: true, run: checkPostWhilePaging},
	{name: "concurrent writers", ids: "TX-PAG-05 TX-PAG-06 TX-PAG-09 TX-SORT-04", need: needBoth, writes: true, run: checkWriters},
	{name: "page size of the server", ids: "TX-FLT-33 TX-FLT-35 TX-SEC-01", need: needBoth, writes: true, run: checkPageSize},
}

// batch makes n indicators, and their keys.
func batch(n int) (objects, keys []string) {
	for range n {
		id := newID("indicator")
		objects, keys = append(objects, indicator(id, t1, "")), append(keys, id+" "+t1)
	}
	return objects, keys
}

// idsOf are the ids in keys, for match[id].
func idsOf(keys []string) string {
	var ids []string
	for _, k := range keys {
		id, _, _ := strings.Cut(k, " ")
		ids = append(ids, id)
	}
	return strings.Join(ids, ",")
}

// marker posts an object and returns when it was added: what a check posts from
// there on is found behind it, whatever else the collection holds.
func (p *probe) marker() string {
	id := newID("indicator")
	p.post(indicator(id, t1, ""))
	m := p.page(p.at.url+"manifest/", params("match[id]", id))
	if len(m.items) != 1 || m.items[0].added == "" {
		p.stop("%s: %s", m.line, m.came())
	}
	return m.items[0].added
}

func checkPages(p *probe) {
	objects, want := batch(7)
	for _, o := range objects {
		p.post(o)
	}
	mine := params("match[id]", idsOf(want))
	added := map[string]string{}
	for _, r := range p.page(p.at.url+"manifest/", mine).items {
		added[r.key()] = r.added
	}
	for below, next := range map[string]string{"objects/": "TX-PAG-03", "manifest/": "TX-PAG-04"} {
		p.checkCuts(p.at.url+below, mine, next, want, added)
	}
}

// checkCuts reads seven items in pages of three, three and one.
func (p *probe) checkCuts(address, mine, nextRule string, want []string, added map[string]string) {
	exact := p.page(address, mine+"&limit=7")
	if !slices.Equal(keys(exact.items), want) {
		p.fail("TX-FLT-32", exact.exchange, "want all seven, in the order of their addition")
	}
	if exact.more {
		p.fail("TX-PAG-02", exact.exchange, "nothing remains; want more false or absent")
	}
	first := p.page(address, mine+"&limit=3")
	if !slices.Equal(keys(first.items), want[:3]) {
		p.fail("TX-FLT-31 TX-PAG-11 TX-MAN-03", first.exchange, "want the first three")
	}
	if !first.more {
		p.fail("TX-PAG-01", first.exchange, "four remain; want more true")
	}
	if len(first.items) == 3 && (first.Header.Get(headerFirst) != added[want[0]] || first.Header.Get(headerLast) != added[want[2]]) {
		p.fail("TX-HDR-03", first.exchange, "First is %q and Last %q; these were added from %s to %s",
			first.Header.Get(headerFirst), first.Header.Get(headerLast), added[want[0]], added[want[2]])
	}
	if one := p.page(address, mine+"&limit=1"); one.Header.Get(headerFirst) != one.Header.Get(headerLast) {
		p.fail("TX-HDR-05", one.exchange, "want First and Last equal")
	}
	if first.next == "" {
		p.chose(nextRule, first.exchange, "more is true and next is left out: clients that go by next never end or lose the rest")
		p.untestable("TX-FLT-40 TX-FLT-43 TX-FLT-44", "the server sends no next")
		return
	}
	second := p.page(address, mine+"&limit=3&"+params("next", first.next))
	if !slices.Equal(keys(second.items), want[3:6]) {
		p.fail("TX-FLT-40 "+nextRule, second.exchange, "want the three that follow: %s", words(want[3:6]))
	}
	if again := p.page(address, mine+"&limit=3&"+params("next", first.next)); !slices.Equal(keys(again.items), keys(second.items)) {
		p.chose("TX-FLT-44", again.exchange, "the same next gives another page the second time; a client that lost an answer loses objects")
	}
	x := p.get(address, mine+"&limit=2&"+params("next", first.next))
	if p.prefer("TX-FLT-43", x, http.StatusOK, http.StatusBadRequest); x.Status == http.StatusOK && !slices.Equal(keys(readPage(x).items), want[3:5]) {
		p.chose("TX-FLT-43", x, "limit changed from 3 to 2; want the two that follow: %s", words(want[3:5]))
	}
	if second.next == "" {
		p.fail("TX-PAG-01", second.exchange, "one remains; want more true and next")
		return
	}
	third := p.page(address, mine+"&limit=3&"+params("next", second.next))
	if !slices.Equal(keys(third.items), want[6:]) {
		p.fail("TX-FLT-40", third.exchange, "want the last one: %s", want[6])
	}
	if third.more {
		p.fail("TX-PAG-02", third.exchange, "nothing remains; want more false or absent")
	}
}

// checkForeignNext takes a next to where it was not made, and changes it.
func checkForeignNext(p *probe) {
	objects, want := batch(3)
	p.post(objects...)
	first := p.page(p.at.url+"objects/", "limit=1")
	if first.next == "" {
		p.untestable(p.check.ids, "the server sends no next")
		return
	}
	for _, s := range p.seats {
		for _, at := range s.places {
			x := p.do(request{as: s, url: at.url + "objects/", query: params("limit", "100", "next", first.next)})
			switch {
			case at.url == p.at.url && s == p.seat:
			case !at.CanRead:
				p.want("TX-FLT-41", x, http.StatusForbidden, http.StatusNotFound)
			case at.url != p.at.url && x.Status == http.StatusOK && slices.ContainsFunc(keys(readPage(x).items), func(k string) bool { return slices.Contains(want, k) }):
				p.fail("TX-FLT-41 TX-SEC-04", x, "objects of another collection")
			case at.url != p.at.url:
				p.want("TX-FLT-41 TX-SEC-04", x, http.StatusBadRequest, http.StatusOK)
			}
		}
	}
	other := p.get(p.at.url+"objects/", params("limit", "100", "match[type]", "identity", "next", first.next))
	if x := other; x.Status == http.StatusOK && slices.ContainsFunc(readPage(x).items, func(i item) bool { return i.typ != "identity" }) {
		p.chose("TX-FLT-41", x, "next brings objects that the filters of this request leave out")
	}
	for _, changed := range []string{first.next + "x", "x" + first.next, flip(first.next)} {
		p.want("TX-FLT-42 TX-SEC-04", p.get(p.at.url+"objects/", params("limit", "1", "next", changed)), http.StatusBadRequest)
	}
}

// flip changes one character in the middle.
func flip(s string) string {
	b := []byte(s)
	if i := len(b) / 2; b[i] == 'A' {
		b[i] = 'B'
	} else {
		b[i] = 'A'
	}
	return string(b)
}

// checkPageSize: without a limit, or with an enormous one, the server's own
// size holds, and more says so.
func checkPageSize(p *probe) {
	since := p.marker()
	objects, want := batch(120)
	p.post(objects...)
	plain := p.page(p.at.url+"objects/", params("added_after", since))
	if !plain.more && compareWalk(keys(plain.items), want, setOf(want)) != "" {
		p.fail("TX-FLT-35", plain.exchange, "%d of %d objects, and no more: true", len(plain.items), len(want))
	}
	huge := p.get(p.at.url+"objects/", params("added_after", since, "limit", "9007199254740991"))
	if !p.want("TX-FLT-33", huge, http.StatusOK) {
		p.untestable("TX-SEC-01", "the server refuses a limit that large")
		return
	}
	if pg := readPage(huge); !pg.more {
		p.untestable("TX-FLT-33 TX-SEC-01", "needs a collection with more objects than the server puts on a page")
		if compareWalk(keys(pg.items), want, setOf(want)) != "" {
			p.fail("TX-FLT-33", huge, "%d objects, and no more: true", len(pg.items))
		}
	}
}
