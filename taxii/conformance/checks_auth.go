package conformance

import (
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/google/uuid"
)

var authChecks = []check{
	{name: "no credentials", typical: true, ids: "TX-AUTH-03 TX-AUTH-04 TX-AUTH-05", need: needPlace, run: checkNobody},
	{name: "HTTP Basic", ids: "TX-AUTH-01", run: checkBasic},
	{name: "unusable credentials", ids: "TX-AUTH-06", run: checkUnusable},
	{name: "case of the scheme", ids: "TX-AUTH-07", run: checkScheme},
	{name: "what an outsider learns", ids: "TX-AUTH-12", need: needPlace, run: checkOutsider},
	{name: "flags of each user", ids: "TX-AUTH-13 TX-AUTH-09", need: needPlace, run: checkFlags},
	{name: "the other organisation", ids: "TX-COL-06", need: needOther, run: checkHidden},
}

const openServer = "the server lets in who shows no credentials"

func checkNobody(p *probe) {
	if x := p.do(request{as: p.nobody, url: p.at.root + "collections/"}); x.Status == http.StatusOK {
		p.notApplicable(p.check.ids, openServer)
		return
	}
	for _, u := range []string{p.base.String() + "/taxii2/", p.at.root, p.at.root + "status/" + uuid.NewString() + "/"} {
		x := p.do(request{as: p.nobody, url: u})
		if x.Status == http.StatusOK {
			p.notApplicable("TX-AUTH-04", "discovery or API root are open to everybody")
			continue
		}
		p.want("TX-AUTH-04", x, http.StatusUnauthorized)
	}
	object := p.at.url + "objects/" + newID("indicator") + "/"
	for _, q := range []request{
		{url: p.at.root + "collections/"}, {url: p.at.url}, {url: p.at.url + "manifest/"}, {url: p.at.url + "objects/", query: "limit=0"},
		{url: object}, {url: object + "versions/"}, {url: p.at.url + "objects/", header: map[string]string{"Accept": "text/html"}},
		{url: p.at.url + "objects/", method: http.MethodPost, body: "{", header: map[string]string{"Content-Type": "text/html"}},
	} {
		q.as = p.nobody
		p.want("TX-AUTH-03", p.do(q), http.StatusUnauthorized, http.StatusNotFound)
	}
	for _, method := range []string{http.MethodHead, http.MethodPost, http.MethodDelete} {
		u := p.at.url + "objects/"
		if method == http.MethodDelete {
			u = object
		}
		p.want("TX-AUTH-05", p.do(request{as: p.nobody, method: method, url: u, body: map[bool]string{true: "{}"}[method == http.MethodPost]}),
			http.StatusUnauthorized, http.StatusNotFound)
	}
}

// checkBasic: the scheme may be switched off; then it is not offered.
func checkBasic(p *probe) {
	x := p.do(request{as: p.nobody, url: p.base.String() + "/taxii2/"})
	offered := strings.Contains(strings.ToLower(strings.Join(x.Header.Values("WWW-Authenticate"), ",")), "basic ")
	used := false
	for _, s := range p.seats {
		if s.credentials.User == "" {
			continue
		}
		for _, at := range s.places {
			used = true
			p.readable("TX-AUTH-01", s, at)
		}
	}
	switch {
	case used:
	case x.Status != http.StatusUnauthorized:
		p.notApplicable("TX-AUTH-01", openServer)
	case !offered:
		p.notApplicable("TX-AUTH-01", "Basic is not offered")
	default:
		p.untestable("TX-AUTH-01", "needs a user who logs in by HTTP Basic (give --user)")
	}
}

// readable holds the flag can_read against what a user gets.
func (p *probe) readable(requirement string, s *seat, at *place) {
	x := p.do(request{as: s, url: at.url + "manifest/", query: "limit=1"})
	if at.CanRead {
		p.want(requirement, x, http.StatusOK)
	} else {
		p.want(requirement, x, http.StatusForbidden, http.StatusNotFound)
	}
}

// with asks for discovery with an Authorization header as it stands.
func (p *probe) with(authorization string) request {
	return request{as: p.nobody, url: p.base.String() + "/taxii2/", header: map[string]string{"Authorization": authorization}}
}

func checkUnusable(p *probe) {
	if p.do(request{as: p.nobody, url: p.base.String() + "/taxii2/"}).Status == http.StatusOK {
		p.notApplicable("TX-AUTH-06", openServer)
		return
	}
	// At once: a server that slows guesses makes a run wait for them together.
	var waiting sync.WaitGroup
	unusable := []string{"Basic %%%", "Basic bm9jb2xvbg==", "Foo x", "Basic", "Bearer", "Bearer x.y.z", "Basic bm9ib2R5Om5vdGhpbmc="}
	answers, errs := make([]*exchange, len(unusable)), make([]error, len(unusable))
	for i, authorization := range unusable {
		waiting.Go(func() { answers[i], errs[i] = p.ask(p, p.with(authorization)) })
	}
	waiting.Wait()
	if err := errors.Join(errs...); err != nil {
		panic(broken{err.Error(), p.Err() == nil})
	}
	for _, x := range answers {
		p.want("TX-AUTH-06", x, http.StatusUnauthorized)
	}
}

func checkScheme(p *probe) {
	scheme, rest, ok := strings.Cut(p.seat.credentials.header(), " ")
	if !ok {
		p.untestable("TX-AUTH-07", "no credentials were given")
		return
	}
	for _, s := range []string{strings.ToLower(scheme), strings.ToUpper(scheme)} {
		p.want("TX-AUTH-07", p.do(p.with(s+" "+rest)), http.StatusOK)
	}
}

func checkOutsider(p *probe) {
	there := p.do(request{as: p.nobody, url: p.at.url + "objects/"})
	if there.Status == http.StatusOK {
		p.notApplicable("TX-AUTH-12", openServer)
		return
	}
	invented := uuid.NewString()
	nowhere := p.do(request{as: p.nobody, url: p.at.root + "collections/" + invented + "/objects/"})
	if outside(there, p.at.ID) != outside(nowhere, invented) {
		p.fail("TX-AUTH-12", there, "it differs from the answer about a collection that does not exist: %s", nowhere.came())
	}
}

// outside is what an answer says to somebody who knows the id that he asked for.
func outside(x *exchange, id string) string {
	members, _, _ := readJSON(x.Body, "")
	delete(members, "error_id") // of this occurrence
	return strings.ReplaceAll(http.StatusText(x.Status)+literal(members), id, "")
}

// checkFlags asks as each user for what the flags say. What it posts is no
// envelope, so that nobody stores it.
func checkFlags(p *probe) {
	differ, withheld := false, false
	for _, a := range p.seats {
		for _, at := range a.places {
			p.readable("TX-AUTH-13", a, at)
			x := p.do(request{as: a, method: http.MethodPost, url: at.url + "objects/", body: "{"})
			if refused := x.Status == http.StatusForbidden || x.Status == http.StatusNotFound; refused == at.CanWrite {
				p.fail("TX-AUTH-13", x, "can_write is %t", at.CanWrite)
			}
		}
		for _, b := range p.seats {
			for _, mine := range a.places {
				theirs := b.place(mine.url)
				withheld = withheld || theirs == nil
				differ = differ || theirs != nil && (theirs.CanRead != mine.CanRead || theirs.CanWrite != mine.CanWrite)
			}
		}
	}
	if !differ {
		p.untestable("TX-AUTH-13", "needs two users with different rights in one collection (give --read-only-token or --write-only-token)")
	}
	if !withheld {
		p.notApplicable("TX-AUTH-09", "all of these users see the same collections")
	}
}

// place returns the collection at a URL, nil if the seat does not see it.
func (s *seat) place(url string) *place {
	for _, p := range s.places {
		if p.url == url {
			return p
		}
	}
	return nil
}

// checkHidden: what one user sees and another does not is 404 for the other.
func checkHidden(p *probe) {
	asked := false
	for _, a := range p.seats {
		for _, b := range p.seats {
			for _, at := range a.places {
				if b.place(at.url) == nil {
					asked = true
					for _, u := range []string{at.url, at.url + "objects/", at.url + "manifest/"} {
						p.prefer("TX-COL-06", p.do(request{as: b, url: u}), http.StatusNotFound, http.StatusForbidden)
					}
				}
			}
		}
	}
	if !asked {
		p.untestable("TX-COL-06", "all of these users see the same collections")
	}
}
