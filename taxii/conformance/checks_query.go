package conformance

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

var queryChecks = []check{
	{name: "malformed queries", ids: "TX-FLT-01 TX-FLT-05 TX-FLT-06 TX-FLT-24 TX-FLT-30 TX-MVR-03 TX-MVR-07 TX-MVR-08", need: needRead, run: checkMalformed},
	{name: "odd queries", ids: "TX-FLT-08 TX-FLT-09 TX-FLT-34 TX-MSV-06 TX-MID-03", need: needRead, run: checkOdd},
	{name: "unknown parameters", ids: "TX-FLT-07", need: needRead, run: checkUnknownParameters},
	{name: "spellings of added_after", ids: "TX-FLT-23 TX-FLT-26", need: needRead, run: checkAddedAfterSpelling},
	{name: "types of STIX 2.1", ids: "TX-MTY-02", need: needRead, run: checkTypes},
	{name: "what is not there", typical: true, ids: "TX-OBJ-GET-02 TX-OBJ-ID-02 TX-OBJ-ID-05 TX-VER-04", need: needRead, run: checkAbsent},
	{name: "made-up next", ids: "TX-FLT-42 TX-SEC-04", need: needRead, run: checkMadeUpNext},
	{name: "ten thousand ids", ids: "TX-SEC-02", need: needRead, run: checkManyIDs},
}

// refused asks objects and manifest with a query that is malformed.
func (p *probe) refused(id, query string) {
	for _, below := range []string{"objects/", "manifest/"} {
		p.want(id, p.get(p.at.url+below, query), http.StatusBadRequest)
	}
}

func checkMalformed(p *probe) {
	instant := "2026-01-02T03:04:05.000000Z"
	for id, queries := range map[string][]string{
		"TX-FLT-01": {"limit=%zz", "match[type]=indicator;malware"},
		"TX-FLT-05": {"match[type]=indicator&match[type]=malware", "match[id]=a&match[id]=a", "match[version]=all&match[version]=last"},
		"TX-FLT-06": {"limit=1&limit=2", "added_after=" + instant + "&added_after=" + instant, "added_after=" + instant + "," + instant},
		"TX-FLT-24": {"added_after=2024-01-17", "added_after=2024-01-17T16:11:20%2B00:00", "added_after=2024-01-17T16:11:20+00:00",
			"added_after=2024-02-30T00:00:00Z", "added_after=2024-01-17T1:11:20Z", "added_after=2024-01-17T16:11:20,5Z",
			"added_after=2024-01-17t16:11:20z", "added_after=1705507880", "added_after=yesterday"},
		"TX-FLT-30": {"limit=0", "limit=-1", "limit=1.5", "limit=abc", "limit=1e3", "limit=0x10", "limit=%205", "limit=%2B5"},
		"TX-MVR-03": {"match[version]=all,last", "match[version]=all," + t1},
		"TX-MVR-07": {"match[version]=last,last", "match[version]=" + t1 + "," + t1},
		"TX-MVR-08": {"match[version]=latest", "match[version]=2016-01-01", "match[version]=first,%20last"},
	} {
		for _, query := range queries {
			p.refused(id, query)
		}
	}
}

func checkOdd(p *probe) {
	for _, tc := range []struct {
		id, below, query string
		best             int
		allowed          int
	}{
		{"TX-FLT-08", "objects/" + newID("indicator") + "/", "match[type]=malware", http.StatusBadRequest, http.StatusNotFound},
		{"TX-FLT-08", "", "limit=1", http.StatusBadRequest, http.StatusOK},
		{"TX-FLT-09", "objects/", "match[id]=", http.StatusBadRequest, http.StatusOK},
		{"TX-FLT-09", "objects/", "match[type]=indicator,", http.StatusBadRequest, http.StatusOK},
		{"TX-FLT-09", "objects/", "limit=", http.StatusBadRequest, http.StatusOK},
		{"TX-FLT-09", "objects/", "added_after=", http.StatusBadRequest, http.StatusOK},
		{"TX-FLT-34", "objects/", "limit=99999999999999999999", http.StatusBadRequest, http.StatusOK},
		{"TX-MSV-06", "objects/", "match[spec_version]=3.0", http.StatusOK, http.StatusBadRequest},
		{"TX-MSV-06", "objects/", "match[spec_version]=two", http.StatusBadRequest, http.StatusOK},
		{"TX-MID-03", "objects/", "match[id]=foo", http.StatusOK, http.StatusBadRequest},
	} {
		x := p.get(p.at.url+tc.below, tc.query)
		p.prefer(tc.id, x, tc.best, tc.allowed)
		if pg := readPage(x); x.Status == http.StatusOK && (tc.id == "TX-MSV-06" || tc.id == "TX-MID-03") && len(pg.items) > 0 {
			p.fail(tc.id, x, "want no objects")
		}
	}
}

func checkUnknownParameters(p *probe) {
	plain := p.page(p.at.url+"objects/", "limit=5")
	x := p.get(p.at.url+"objects/", "limit=5&match[colour]=red&foo=bar")
	if p.prefer("TX-FLT-07", x, http.StatusOK, http.StatusBadRequest) && !slices.Equal(keys(readPage(x).items), keys(plain.items)) {
		p.fail("TX-FLT-07", x, "want the same objects as for %s", plain.line)
	}
}

func checkAddedAfterSpelling(p *probe) {
	const instant = "2020-01-01T00:00:00"
	exact := p.page(p.at.url+"objects/", params("limit", "5", "added_after", instant+".000000Z"))
	for _, spelling := range []string{instant + "Z", instant + ".0Z", instant + ".000Z", instant + ".000000000Z"} {
		x := p.get(p.at.url+"objects/", params("limit", "5", "added_after", spelling))
		if p.prefer("TX-FLT-23", x, http.StatusOK, http.StatusBadRequest) && !slices.Equal(keys(readPage(x).items), keys(exact.items)) {
			p.fail("TX-FLT-23", x, "want the same objects as for %s", exact.line)
		}
	}
	for _, below := range []string{"objects/", "manifest/"} {
		future := p.get(p.at.url+below, "added_after=2999-01-01T00:00:00.000000Z")
		if p.want("TX-FLT-26", future, http.StatusOK) && len(readPage(future).items) > 0 {
			p.fail("TX-FLT-26", future, "want nothing: it was not added yet")
		}
	}
}

// stixTypes are the types of STIX 2.1.
const stixTypes = `attack-pattern campaign course-of-action grouping identity incident indicator infrastructure intrusion-set
	location malware malware-analysis note observed-data opinion report threat-actor tool vulnerability relationship sighting
	artifact autonomous-system directory domain-name email-addr email-message file ipv4-addr ipv6-addr mac-addr mutex
	network-traffic process software url user-account windows-registry-key x509-certificate
	language-content marking-definition extension-definition`

func checkTypes(p *probe) {
	for typ := range strings.FieldsSeq(stixTypes) {
		x := p.get(p.at.url+"objects/", "limit=1&match[type]="+typ)
		if p.want("TX-MTY-02", x, http.StatusOK) {
			for _, i := range readPage(x).items {
				if i.typ != typ {
					p.fail("TX-MTY-02", x, "want objects of the type %s only", typ)
				}
			}
		}
	}
}

func checkAbsent(p *probe) {
	unknown := newID("indicator")
	for _, below := range []string{"objects/", "manifest/"} {
		x := p.get(p.at.url+below, params("match[id]", unknown))
		if p.want("TX-OBJ-GET-02", x, http.StatusOK) && len(readPage(x).items) > 0 {
			p.fail("TX-OBJ-GET-02", x, "want nothing: nobody has that id")
		}
	}
	p.want("TX-OBJ-ID-02 TX-OBJ-ID-05", p.get(p.at.url+"objects/"+unknown+"/", ""), http.StatusNotFound)
	p.want("TX-VER-04", p.get(p.at.url+"objects/"+unknown+"/versions/", ""), http.StatusNotFound)
}

func checkMadeUpNext(p *probe) {
	for _, next := range []string{"garbage", "0", "-1", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "%00", "%F0%9F%9B%B0"} {
		x := p.get(p.at.url+"objects/", "limit=1&next="+next)
		p.want("TX-FLT-42 TX-SEC-04", x, http.StatusBadRequest)
	}
}

func checkManyIDs(p *probe) {
	list := make([]string, 10_000)
	for i := range list {
		list[i] = newID("indicator")
	}
	began := time.Now()
	x, err := p.try(request{url: p.at.url + "objects/", query: "match[id]=" + strings.Join(list, ",")})
	took := time.Since(began)
	if err == nil {
		p.want("TX-SEC-02", x, http.StatusOK, http.StatusBadRequest, http.StatusRequestURITooLong,
			http.StatusRequestHeaderFieldsTooLarge, http.StatusRequestEntityTooLarge)
	}
	if after := p.get(p.at.url, ""); after.Status != http.StatusOK || took > 10*time.Second {
		p.fail("TX-SEC-02", after, "10,000 ids took %v; want a quick answer or refusal, and a server that goes on", took.Round(time.Millisecond))
	}
}
