package conformance

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// MediaType is what every answer of a TAXII 2.1 server is, to the letter.
const MediaType = "application/taxii+json;version=2.1"

// A Question is what was asked, as far as an answer is judged by it.
type Question struct {
	Method   string
	Endpoint Endpoint
	Query    url.Values // for limit; nil where there is none
	// PlainHTTP tells that the server was asked without TLS, as on loopback, so
	// its API roots may be http URLs as well.
	PlainHTTP bool
	// Provoked tells that the test broke something behind the server, so a 5xx
	// is what it should answer.
	Provoked bool
}

// An Answer is what came back, read to its end and with any Content-Encoding
// taken off.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// A Finding is what is wrong with an answer, by the requirement that it breaks.
type Finding struct {
	ID     string
	Detail string // what came and what was expected
	// Allowed tells that the standard leaves the choice, and that this one is
	// not the one that serves clients best: no failure of a server, but a fault
	// in one that has decided otherwise.
	Allowed bool
}

func (f Finding) String() string { return f.ID + ": " + f.Detail }

// CheckAnswer returns what is wrong with an answer whatever the test was about:
// its headers, the shape of its resource, its error, what its members say of
// each other. It looks into no STIX object. It may be called from many
// goroutines.
func CheckAnswer(q Question, a Answer) []Finding {
	j := &judge{Question: q, Answer: a}
	j.checkStatus()
	j.checkHeaders()
	j.checkBody()
	return j.findings
}

// A judge collects what is wrong with one answer.
type judge struct {
	Question
	Answer
	findings []Finding
}

func (j *judge) find(id, format string, args ...any) {
	j.findings = append(j.findings, Finding{ID: id, Detail: fmt.Sprintf(format, args...)})
}

// allow notes what the standard allows and the better choice is not.
func (j *judge) allow(id, format string, args ...any) {
	j.findings = append(j.findings, Finding{ID: id, Detail: fmt.Sprintf(format, args...), Allowed: true})
}

func (j *judge) success() bool { return j.Status/100 == 2 }

// page reports whether the answer is a page of items.
func (j *judge) page() bool {
	return j.success() && j.Endpoint.paged() && (j.Method == http.MethodGet || j.Method == http.MethodHead)
}

// hasBody reports whether the answer must have a body: all but answers to HEAD,
// and to a DELETE that was done.
func (j *judge) hasBody() bool {
	return j.Method != http.MethodHead && !(j.Method == http.MethodDelete && j.success())
}

// checkStatus looks at the status alone.
func (j *judge) checkStatus() {
	switch {
	case j.Status == http.StatusPartialContent || j.Status == http.StatusRequestedRangeNotSatisfiable || j.Header.Get("Content-Range") != "":
		j.find("TX-PAG-10", "status %d, Content-Range %q; TAXII 2.1 has no ranges", j.Status, j.Header.Get("Content-Range"))
	case j.success():
		if want := j.successStatus(); j.Status != want {
			j.find("TX-NEG-18", "status %d; a success of %s %s is %d", j.Status, j.Method, j.Endpoint, want)
		}
	case j.Status == http.StatusTemporaryRedirect || j.Status == http.StatusPermanentRedirect:
		j.allow("TX-URL-05", "status %d to %q; a redirect can lose the body of a POST", j.Status, j.Header.Get("Location"))
	case j.Status/100 == 3:
		j.find("TX-URL-05", "status %d to %q; a redirect turns POST into GET in common clients", j.Status, j.Header.Get("Location"))
	case j.Status >= http.StatusInternalServerError && j.Status != http.StatusNotImplemented && !j.Provoked:
		j.find("TX-ERR-04", "status %d; that is a fault of the server, which no request may cause", j.Status)
	}
	if j.Method == http.MethodGet && slices.Contains(bodyRefusals, j.Status) {
		j.find(j.codesRule(), "status %d to a GET, which has no body to refuse", j.Status)
	}
}

// bodyRefusals are the statuses about the body of a request.
var bodyRefusals = []int{http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity}

// successStatus is the one success of an operation (TAXII 2.1 §4, §5).
func (j *judge) successStatus() int {
	if j.Method == http.MethodPost && j.Endpoint == Objects {
		return http.StatusAccepted
	}
	return http.StatusOK
}

// codesRule is the requirement that lists the codes of an endpoint.
func (j *judge) codesRule() string {
	switch j.Endpoint {
	case Discovery:
		return "TX-DISC-06"
	case Object:
		return "TX-OBJ-ID-05"
	}
	return "TX-ERR-04"
}
