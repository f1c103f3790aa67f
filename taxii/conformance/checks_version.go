package conformance

import (
	"slices"
	"strings"
)

var versionChecks = []check{
	{name: "versions", typical: true, ids: "TX-VER-01 TX-VER-03 TX-VER-05 TX-SORT-03 TX-HDR-04 TX-HDR-05 TX-FLT-31", need: needBoth, writes: true, run: checkVersions},
	{name: "added_after", ids: "TX-FLT-20 TX-FLT-21 TX-FLT-22 TX-FLT-25 TX-FLT-26 TX-OBJ-ID-04 TX-SORT-01", need: needBoth, writes: true, run: checkAddedAfter},
	{name: "the last version and added_after", ids: "TX-MVR-11", need: needBoth, writes: true, run: checkLastIsFact},
}

// versioned posts one object in three versions, the middle one first, and
// returns its id and the manifest of all of them.
func (p *probe) versioned() (string, page) {
	id := newID("indicator")
	for _, v := range []string{t2, t1, t3} {
		p.post(indicator(id, v, ""))
	}
	m := p.page(p.at.url+"manifest/", params("match[id]", id, "match[version]", "all"))
	if len(m.items) != 3 {
		p.stop("%s: %s", m.line, m.came())
	}
	return id, m
}

func checkVersions(p *probe) {
	id, manifest := p.versioned()
	versions := p.at.url + "objects/" + id + "/versions/"
	listed := func(pg page) string {
		var all []string
		for _, i := range pg.items {
			all = append(all, i.version)
		}
		return strings.Join(all, " ")
	}
	all := p.page(versions, "")
	if got := strings.Fields(listed(all)); !slices.Equal(slices.Sorted(slices.Values(got)), []string{t1, t2, t3}) {
		p.fail("TX-VER-01 TX-VER-05", all.exchange, "want the three versions of the manifest")
	}
	if got, want := listed(all), listed(manifest); got != want || want != t2+" "+t1+" "+t3 {
		p.fail("TX-SORT-03", all.exchange, "want the order in which they were added: %s %s %s", t2, t1, t3)
	}
	two := p.page(versions, "limit=2")
	if len(two.items) != 2 || !two.more {
		p.fail("TX-VER-05 TX-FLT-31", two.exchange, "want two versions of three, and more")
	}
	if first, last := two.Header.Get(headerFirst), two.Header.Get(headerLast); first != manifest.items[0].added || last != manifest.items[1].added {
		p.fail("TX-HDR-04", two.exchange, "First is %q and Last %q; these two were added at %s and %s", first, last, manifest.items[0].added, manifest.items[1].added)
	}
	one := p.page(versions, "limit=1")
	if first, last := one.Header.Get(headerFirst), one.Header.Get(headerLast); first != last {
		p.fail("TX-HDR-05", one.exchange, "First is %q and Last %q; want them equal", first, last)
	}
	rest := p.page(versions, params("added_after", manifest.items[0].added))
	if listed(rest) != t1+" "+t3 {
		p.fail("TX-VER-05", rest.exchange, "want the two versions added after %s", manifest.items[0].added)
	}
	if old := p.page(versions, "match[spec_version]=2.1"); len(old.items) != 3 {
		p.fail("TX-VER-05", old.exchange, "want the three versions of STIX 2.1")
	}
	none := p.page(versions, "added_after=2999-01-01T00:00:00.000000Z")
	if strings.Contains(string(none.Body), "versions") {
		p.fail("TX-VER-03", none.exchange, "want no member versions")
	}
}

func checkAddedAfter(p *probe) {
	a, b, c := newID("indicator"), newID("indicator"), newID("indicator")
	for _, object := range []string{indicator(a, t3, ""), indicator(b, t1, ""), indicator(c, t2, "")} {
		p.post(object)
	}
	mine := params("match[id]", a+","+b+","+c)
	want := []string{a + " " + t3, b + " " + t1, c + " " + t2}
	manifest := p.page(p.at.url+"manifest/", mine)
	objects := p.page(p.at.url+"objects/", mine)
	for _, pg := range []page{manifest, objects} {
		if !slices.Equal(keys(pg.items), want) {
			p.fail("TX-SORT-01 TX-FLT-22", pg.exchange, "want them in the order in which they were added: %s", words(want))
		}
	}
	if first := p.page(p.at.url+"objects/", mine+"&limit=1"); !slices.Equal(keys(first.items), want[:1]) {
		p.fail("TX-FLT-22", first.exchange, "want the one that was added first: %s", want[0])
	}
	if len(manifest.items) != 3 {
		p.stop("%s: %s", manifest.line, manifest.came())
	}
	for i, record := range manifest.items {
		for _, below := range []string{"objects/", "manifest/"} {
			pg := p.page(p.at.url+below, mine+"&"+params("added_after", record.added))
			if got := keys(pg.items); !slices.Equal(got, want[i+1:]) {
				p.fail("TX-FLT-20 TX-FLT-25", pg.exchange, "want %s: what was added later than %s", words(want[i+1:]), record.id)
			}
		}
	}
	// The dates inside of the objects lie before it, all of them.
	recent := p.page(p.at.url+"objects/", mine+"&added_after=2023-01-01T00:00:00.000000Z")
	if len(recent.items) != 3 {
		p.fail("TX-FLT-21", recent.exchange, "want all three: they were added just now")
	}
	p.checkAddedAfterByID(a, manifest.items[0].added)
}

// checkAddedAfterByID asks for an object, and its versions, by its id.
func (p *probe) checkAddedAfterByID(id, added string) {
	p.post(indicator(id, "2023-01-01T00:00:00.000Z", ""))
	for _, below := range []string{"/", "/versions/"} {
		query := params("added_after", added)
		if below == "/" {
			query += "&match[version]=all"
		}
		pg := p.page(p.at.url+"objects/"+id+below, query)
		if len(pg.items) != 1 || pg.items[0].version != "2023-01-01T00:00:00.000Z" {
			p.fail("TX-FLT-25 TX-OBJ-ID-04", pg.exchange, "want the version that was added later")
		}
		future := p.get(p.at.url+"objects/"+id+below, "added_after=2999-01-01T00:00:00.000000Z")
		if p.want("TX-FLT-26", future, 200) && len(readPage(future).items) > 0 {
			p.fail("TX-FLT-26", future, "want nothing: it was not added yet")
		}
	}
}

// checkLastIsFact: the standard does not say whether the last version is taken
// before or after added_after.
func checkLastIsFact(p *probe) {
	id := newID("indicator")
	p.post(indicator(id, t3, ""))
	first := p.page(p.at.url+"manifest/", params("match[id]", id))
	if len(first.items) != 1 {
		p.stop("%s: %s", first.line, first.came())
	}
	p.post(indicator(id, t1, ""))
	after := params("match[id]", id, "added_after", first.items[0].added)
	pg := p.page(p.at.url+"objects/", after)
	if len(pg.items) > 0 {
		p.chose("TX-MVR-11", pg.exchange, "a poller that has the latest version is given an older one")
	}
	if pg := p.page(p.at.url+"objects/", after+"&match[version]=all"); !slices.Equal(keys(pg.items), []string{id + " " + t1}) {
		p.fail("TX-MVR-11", pg.exchange, "want the version that was added later: %s", t1)
	}
}
