package conformance

import (
	"net/http"
	"slices"
	"strings"
)

// A witnessing is a kind of answer, and the requirements that it shows.
type witnessing struct {
	ids string
	saw func(*exchange) bool
}

// witnesses say of which answers CheckAnswer decides a requirement: who has
// answered so, and nothing was found, has kept it.
var witnesses = []witnessing{
	{"TX-NEG-01 TX-DT-04 TX-DT-08 TX-DT-11 TX-SEC-06 TX-FLT-27 TX-ERR-04", func(x *exchange) bool { return true }},
	{"TX-DT-09 TX-DT-10 TX-NEG-18 TX-CUS-01 TX-IOP-05", func(x *exchange) bool { return x.Status/100 == 2 }},
	{"TX-DISC-01 TX-DISC-06 TX-URL-01", saw(Discovery)},
	{"TX-DISC-03 TX-DISC-05 TX-URL-02 TX-URL-03 TX-URL-04", sawWith(Discovery, `"api_roots"`)},
	{"TX-DISC-04", func(x *exchange) bool { return saw(Discovery)(x) && !strings.Contains(string(x.Body), `"api_roots"`) }},
	{"TX-DISC-02", sawWith(Discovery, `"default"`)},
	{"TX-ROOT-01 TX-DT-03", saw(APIRoot)},
	{"TX-COL-01", saw(Collections)},
	{"TX-COL-02 TX-DT-01 TX-DT-02 TX-COL-03 TX-IOP-01", sawWith(Collections, `"collections"`)},
	{"TX-HDR-01 TX-HDR-02 TX-HDR-03 TX-DT-05", func(x *exchange) bool { return x.page() && !x.empty() }},
	{"TX-HDR-06 TX-ENV-02", func(x *exchange) bool { return x.page() && x.empty() }},
	{"TX-HDR-07", func(x *exchange) bool { return !x.page() }},
	{"TX-MAN-01 TX-MAN-04 TX-SORT-01", func(x *exchange) bool { return saw(Manifest)(x) && !x.empty() }},
	{"TX-MAN-02", func(x *exchange) bool { return saw(Manifest)(x) && x.empty() }},
	{"TX-VER-01", func(x *exchange) bool { return saw(Versions)(x) && !x.empty() }},
	{"TX-ENV-01 TX-ENV-03", func(x *exchange) bool { return (saw(Objects)(x) || saw(Object)(x)) && !x.empty() }},
	{"TX-STAT-01 TX-STAT-02 TX-STAT-03", func(x *exchange) bool {
		return saw(Status)(x) || x.Status == http.StatusAccepted
	}},
	{"TX-STAT-10", func(x *exchange) bool { return strings.Contains(string(x.Body), `"failures"`) }},
	{"TX-AUTH-02", func(x *exchange) bool { return x.Status == http.StatusUnauthorized }},
	{"TX-ERR-01 TX-ERR-05", func(x *exchange) bool { return x.Status >= 400 && x.question.Method != http.MethodHead }},
	{"TX-ERR-02", func(x *exchange) bool { return x.Status >= 400 && strings.Contains(string(x.Body), `"http_status"`) }},
	{"TX-ERR-08", func(x *exchange) bool { return x.Status == http.StatusTooManyRequests }},
}

// witnessed reports whether answers of any check decide a requirement.
func witnessed(id string) bool {
	return slices.ContainsFunc(witnesses, func(w witnessing) bool { return slices.Contains(strings.Fields(w.ids), id) })
}

// saw is a successful GET of an endpoint.
func saw(e Endpoint) func(*exchange) bool {
	return func(x *exchange) bool {
		return x.question.Endpoint == e && x.question.Method == http.MethodGet && x.Status == http.StatusOK
	}
}

func sawWith(e Endpoint, text string) func(*exchange) bool {
	return func(x *exchange) bool { return saw(e)(x) && strings.Contains(string(x.Body), text) }
}

func (x *exchange) page() bool {
	return x.question.Endpoint.paged() && x.question.Method == http.MethodGet && x.Status == http.StatusOK
}

// empty reports whether a page has no items.
func (x *exchange) empty() bool {
	return !strings.Contains(string(x.Body), `"objects"`) && !strings.Contains(string(x.Body), `"versions"`)
}

// witness counts an answer for what it could have shown.
func (t *tally) witness(x *exchange) {
	for _, w := range witnesses {
		if w.saw(x) {
			for id := range strings.FieldsSeq(w.ids) {
				t.pass(id)
			}
		}
	}
}
