package conformance

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"
)

var urlChecks = []check{
	{name: "discovery and its API roots", ids: "TX-URL-01 TX-URL-02 TX-URL-11", run: checkRoots},
	{name: "reading endpoints", typical: true, ids: "TX-URL-08 TX-URL-10 TX-OBJ-GET-01", need: needRead, run: checkReading},
	{name: "final slash", ids: "TX-URL-05", need: needPlace, run: checkSlash},
	{name: "repeated slashes", ids: "TX-URL-06", need: needPlace, run: checkSlashes},
	{name: "encoded query", ids: "TX-URL-07", need: needRead, run: checkEncoding},
	{name: "paths that are none", ids: "TX-URL-09 TX-ERR-06", need: needPlace, run: checkElsewhere},
	{name: "what does not exist", ids: "TX-ROOT-03 TX-COL-05 TX-STAT-06", need: needPlace, run: checkUnknown},
	{name: "collections list", ids: "TX-SORT-02 TX-COL-08 TX-COL-07", need: needPlace, run: checkCollectionList},
	{name: "alias", ids: "TX-COL-04", need: needRead, run: checkAlias},
	{name: "no User-Agent", ids: "TX-AUTH-11 TX-IOP-07", need: needPlace, run: checkUserAgent},
	{name: "ranges", ids: "TX-PAG-10", need: needRead, run: checkRange},
}

func checkRoots(p *probe) {
	discovery := p.get(p.base.String()+"/taxii2/", "")
	p.want("TX-URL-01", discovery, http.StatusOK, http.StatusForbidden)
	if len(p.roots) == 0 {
		p.untestable("TX-URL-02 TX-URL-11", "discovery names no API root on this host")
		return
	}
	there := false
	for _, root := range p.roots {
		there = p.want("TX-URL-11", p.get(root, ""), http.StatusOK) || there
	}
	if !there {
		p.fail("TX-URL-02", discovery, "want one API root at least; none of %q is there", p.roots)
	}
}

func checkReading(p *probe) {
	for _, u := range []string{p.base.String() + "/taxii2/", p.at.root, p.at.root + "collections/", p.at.url} {
		p.want("TX-URL-08 TX-URL-10", p.get(u, ""), http.StatusOK)
	}
	p.want("TX-URL-08 TX-URL-10", p.get(p.at.url+"manifest/", "limit=1"), http.StatusOK)
	p.want("TX-URL-08 TX-URL-10 TX-OBJ-GET-01", p.get(p.at.url+"objects/", "limit=1"), http.StatusOK)
}

func checkSlash(p *probe) {
	x := p.get(strings.TrimSuffix(p.at.url, "/"), "")
	p.prefer("TX-URL-05", x, http.StatusOK, http.StatusNotFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect)
}

func checkSlashes(p *probe) {
	x := p.get(strings.Replace(p.at.url, "/collections/", "//collections/", 1), "")
	p.prefer("TX-URL-06", x, http.StatusOK, http.StatusNotFound, http.StatusBadRequest, http.StatusTemporaryRedirect, http.StatusPermanentRedirect)
}

func checkEncoding(p *probe) {
	plain := p.page(p.at.url+"objects/", "match[type]=indicator,malware&limit=5")
	x := p.get(p.at.url+"objects/", "match%5Btype%5D=indicator%2Cmalware&limit=%35")
	if p.want("TX-URL-07", x, http.StatusOK) && !slices.Equal(keys(plain.items), keys(readPage(x).items)) {
		p.fail("TX-URL-07", x, "want the same objects as for %s", plain.line)
	}
}

func checkElsewhere(p *probe) {
	for _, u := range []string{p.at.root + "channels/", p.at.url + "object/" + newID("indicator") + "/", p.at.url + "nothing/"} {
		p.want("TX-URL-09 TX-ERR-06", p.get(u, ""), http.StatusNotFound)
	}
	// TAXII 2.0 may be served at its own path.
	x := p.get(p.base.String()+"/taxii/", "")
	p.prefer("TX-URL-09", x, http.StatusNotFound, http.StatusOK, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotAcceptable)
}

func checkUnknown(p *probe) {
	p.want("TX-ROOT-03", p.get(strings.TrimSuffix(p.at.root, "/")+"-"+uuid.NewString()+"/", ""), http.StatusNotFound)
	for _, id := range []string{uuid.NewString(), "xyz-" + uuid.NewString()} {
		p.want("TX-COL-05", p.get(p.at.root+"collections/"+id+"/", ""), http.StatusNotFound)
		p.want("TX-COL-05", p.get(p.at.root+"collections/"+id+"/objects/", ""), http.StatusNotFound)
		p.want("TX-STAT-06", p.get(p.at.root+"status/"+id+"/", ""), http.StatusNotFound)
	}
}

func checkCollectionList(p *probe) {
	var lists [2][]map[string]any
	for i := range lists {
		x := p.get(p.at.root+"collections/", "")
		p.must("TX-SORT-02", x, http.StatusOK)
		members, _, _ := readJSON(x.Body, "")
		lists[i] = objectsOf(members["collections"])
		if literal(lists[i]) != literal(lists[0]) {
			p.fail("TX-SORT-02", x, "want the order of the answer before")
		}
	}
	for _, listed := range lists[0] {
		id, _ := listed["id"].(string)
		x := p.get(p.at.root+"collections/"+url.PathEscape(id)+"/", "")
		if single, _, _ := readJSON(x.Body, ""); literal(single) != literal(listed) {
			p.fail("TX-COL-08", x, "want what the list says: %.200s", literal(listed))
		}
	}
	p.checkManifestTypes()
}

// checkManifestTypes holds the media types of the manifest against those of the
// collection.
func (p *probe) checkManifestTypes() {
	if !p.at.CanRead {
		return
	}
	allowed := p.at.MediaTypes
	if allowed == nil {
		allowed = []string{"application/stix+json"} // what absent means (TAXII 2.1 §5.2.1)
	}
	manifest := p.page(p.at.url+"manifest/", "limit=100")
	for _, record := range manifest.items {
		if record.mediaType != "" && !slices.Contains(allowed, record.mediaType) {
			p.fail("TX-COL-07", manifest.exchange, "the media type %q is none of the collection's, %q", record.mediaType, allowed)
			return
		}
	}
}

func checkAlias(p *probe) {
	if p.at.Alias == "" {
		p.notApplicable("TX-COL-04", "the collection has no alias")
		return
	}
	byAlias := p.at.root + "collections/" + url.PathEscape(p.at.Alias) + "/"
	x := p.get(byAlias, "")
	if p.want("TX-COL-04", x, http.StatusOK) && !sameJSON(x.Body, p.get(p.at.url, "").Body) {
		p.fail("TX-COL-04", x, "want what the collection's id gives")
	}
	for _, below := range []string{"objects/", "manifest/"} {
		x := p.get(byAlias+below, "limit=5")
		if p.want("TX-COL-04", x, http.StatusOK) && !slices.Equal(keys(readPage(x).items), keys(p.page(p.at.url+below, "limit=5").items)) {
			p.fail("TX-COL-04", x, "want what the collection's id gives")
		}
	}
	p.want("TX-COL-04", p.get(byAlias+"objects/"+newID("indicator")+"/versions/", ""), http.StatusNotFound)
}

func checkUserAgent(p *probe) {
	for _, agent := range []string{"", "x", "Mozilla/5.0 (" + strings.Repeat("x", 200) + ")"} {
		p.want("TX-AUTH-11 TX-IOP-07", p.do(request{url: p.at.url, header: map[string]string{"User-Agent": agent}}), http.StatusOK)
	}
}

func checkRange(p *probe) {
	p.want("TX-PAG-10", p.do(request{url: p.at.url + "objects/", query: "limit=1", header: map[string]string{"Range": "items 0-9"}}), http.StatusOK)
	p.want("TX-PAG-10", p.do(request{url: p.at.url + "objects/", query: "limit=1", header: map[string]string{"Range": "bytes=0-1"}}), http.StatusOK)
}
