package conformance

import (
	"net/http"
	"regexp"
	"strings"
)

const (
	headerFirst = "X-Taxii-Date-Added-First" // as net/http spells them
	headerLast  = "X-Taxii-Date-Added-Last"
)

// challengeForm is the beginning of a challenge (RFC 7235 §2.1): a registered
// scheme, then nothing or parameters.
var challengeForm = regexp.MustCompile(`(?i)^(basic|bearer|digest|dpop|gnap|hoba|mutual|negotiate|oauth|privatetoken|scram-sha-1|scram-sha-256|vapid)( +\S.*)?$`)

// timestampForm is a TAXII timestamp (TAXII 2.1 §2).
var timestampForm = regexp.MustCompile(`^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)\.\d{6}Z$`)

func (j *judge) checkHeaders() {
	j.checkContentType()
	j.checkCaching()
	j.checkDateAdded()
	if j.Header.Get("Date") == "" {
		j.find("TX-FLT-27", "no Date header")
	}
	switch j.Status {
	case http.StatusUnauthorized:
		j.checkChallenges()
	case http.StatusMethodNotAllowed:
		if j.Header.Get("Allow") == "" {
			j.find("TX-MTH-01", "405 without Allow")
		}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		if !regexp.MustCompile(`^[1-9]\d*$|GMT$`).MatchString(j.Header.Get("Retry-After")) {
			j.find("TX-ERR-08", "status %d with Retry-After %q; want seconds or a date", j.Status, j.Header.Get("Retry-After"))
		}
	}
}

// checkContentType holds for every answer that has a body, and for those to
// HEAD and DELETE (TAXII 2.1 §3.1, §5.7).
func (j *judge) checkContentType() {
	values := j.Header.Values("Content-Type")
	switch {
	case len(j.Body) == 0 && j.hasBody() || j.Status/100 == 3:
	case len(values) == 1 && values[0] == MediaType:
	case j.Endpoint == Elsewhere: // perhaps no part of the TAXII server
		j.allow("TX-ERR-06", "status %d with Content-Type %q on a path that is no endpoint; want %q", j.Status, values, MediaType)
	default:
		j.find("TX-NEG-01", "status %d with Content-Type %q; want one line of %q", j.Status, values, MediaType)
	}
}

func (j *judge) checkCaching() {
	if !listHas(j.Header, "Cache-Control", "no-store") {
		j.allow("TX-SEC-06", "Cache-Control is %q; want no-store", j.Header.Get("Cache-Control"))
	}
	for _, name := range []string{"Accept", "Authorization"} {
		if !listHas(j.Header, "Vary", name) {
			j.allow("TX-SEC-06", "Vary is %q; want %s in it", strings.Join(j.Header.Values("Vary"), ", "), name)
		}
	}
}

// listHas reports whether a header that is a list has a member.
func listHas(header http.Header, name, member string) bool {
	for value := range strings.SplitSeq(strings.Join(header.Values(name), ","), ",") {
		if strings.EqualFold(strings.TrimSpace(value), member) {
			return true
		}
	}
	return false
}

func (j *judge) checkChallenges() {
	challenges := j.Header.Values("WWW-Authenticate")
	if len(challenges) == 0 {
		j.find("TX-AUTH-02", "401 without WWW-Authenticate")
	}
	for _, c := range challenges {
		if !challengeForm.MatchString(strings.TrimSpace(c)) {
			j.find("TX-AUTH-02", "WWW-Authenticate is %q; want a registered scheme and its parameters", c)
		}
	}
}

// checkDateAdded looks at the X-TAXII headers as far as they can be judged
// without the items; an empty page is judged with its body.
func (j *judge) checkDateAdded() {
	for _, name := range []string{headerFirst, headerLast} {
		values := j.Header.Values(name)
		switch {
		case !j.page() && len(values) > 0:
			j.find("TX-HDR-07", "%s on %s %s with status %d", name, j.Method, j.Endpoint, j.Status)
		case len(values) > 1 || len(values) == 1 && !timestampForm.MatchString(values[0]):
			j.find("TX-HDR-02", "%s is %q; want one timestamp with six fractional digits", name, values)
			j.find("TX-DT-05", "%s is %q; want six fractional digits", name, values)
		}
	}
	if first, last := j.Header.Get(headerFirst), j.Header.Get(headerLast); j.page() && first > last {
		j.find("TX-HDR-03", "First %q is after Last %q", first, last)
	}
}
