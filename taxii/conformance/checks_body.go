package conformance

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

var bodyChecks = []check{
	{name: "bodies that are no envelope", ids: "TX-OBJ-POST-08 TX-DT-11 TX-DT-12", need: needBoth, writes: true, run: checkNoEnvelope},
	{name: "deep nesting", ids: "TX-SEC-03", need: needBoth, writes: true, run: checkDeep},
	{name: "chunked body", ids: "TX-OBJ-POST-11", need: needBoth, writes: true, run: checkChunked},
	{name: "max_content_length", ids: "TX-ROOT-02 TX-OBJ-POST-10", need: needBoth, writes: true, run: checkLength},
}

func checkNoEnvelope(p *probe) {
	for _, body := range []string{"", "{", "[]", "{}", `{"objects":{}}`, `{"objects":[]}`, `"objects"`, "null"} {
		x := p.postBody(body)
		p.prefer("TX-OBJ-POST-08", x, http.StatusUnprocessableEntity, http.StatusBadRequest)
	}
	for name, spoil := range map[string]func(object string) string{
		"member twice":    func(o string) string { return `{"objects":[` + o + `],"objects":[` + o + `]}` },
		"something after": func(o string) string { return envelopeOf(o) + "x" },
		"no UTF-8":        func(o string) string { return envelopeOf(strings.Replace(o, "Made up", "Made\xff up", 1)) },
		"other case":      func(o string) string { return `{"Objects":[` + o + `]}` },
	} {
		id := newID("indicator")
		x := p.postBody(spoil(indicator(id, t1, "")))
		requirement := "TX-DT-11"
		if name == "other case" {
			requirement = "TX-DT-12"
		}
		if x.Status == http.StatusAccepted && p.settled(x).Failure > 0 {
			continue // judged as the member that it is in
		}
		p.prefer(requirement, x, http.StatusUnprocessableEntity, http.StatusBadRequest, http.StatusAccepted)
		if x.Status != http.StatusAccepted && p.holds(id) {
			p.fail(requirement, x, "the object was stored (%s)", name)
		}
	}
}

func checkDeep(p *probe) {
	deep := strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)
	for _, body := range []string{deep, `{"objects":` + deep + `}`, envelopeOf(indicator(newID("indicator"), t1, `,"x_conformance_deep":`+deep))} {
		x := p.postBody(body)
		if x.Status == http.StatusAccepted { // a member that fails, or nesting that the server can bear
			continue
		}
		p.prefer("TX-SEC-03", x, http.StatusUnprocessableEntity, http.StatusBadRequest, http.StatusRequestEntityTooLarge)
	}
	p.want("TX-SEC-03", p.get(p.at.url, ""), http.StatusOK)
}

// stream posts a body of unknown length, or of a length that is announced.
func (p *probe) stream(body io.Reader, length int64, header map[string]string) (*exchange, error) {
	return p.try(request{method: http.MethodPost, url: p.at.url + "objects/", stream: body, length: length, header: header})
}

func checkChunked(p *probe) {
	id := newID("indicator")
	body := envelopeOf(indicator(id, t1, ""))
	p.remember(p.seat, p.at, body)
	x, err := p.stream(io.MultiReader(strings.NewReader(body)), 0, nil)
	if err != nil {
		p.stop("%v", err)
	}
	p.must("TX-OBJ-POST-11", x, http.StatusAccepted)
	if s := p.settled(x); !p.holds(id) {
		p.fail("TX-OBJ-POST-11", s.exchange, "202, and the object is not there")
	}
}

// Bodies of max_content_length are sent to servers on this machine and, where
// it is small, to others. Of a larger one a part is sent.
const (
	mostNear = 100 << 20
	mostFar  = 4 << 20
)

// blanks is an endless run of them: JSON allows as many as one likes.
type blanks struct{}

func (blanks) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	return len(b), nil
}

// padded is an envelope of exactly n bytes.
func padded(object string, n int64) io.Reader {
	head, tail := `{"objects":[`+object, `]}`
	return io.MultiReader(strings.NewReader(head), io.LimitReader(blanks{}, n-int64(len(head)+len(tail))), strings.NewReader(tail))
}

func checkLength(p *probe) {
	n := p.at.maxContent
	most := int64(mostFar)
	if ip := net.ParseIP(p.base.Hostname()); p.base.Hostname() == "localhost" || ip != nil && ip.IsLoopback() {
		most = mostNear
	}
	switch reason := fmt.Sprintf("max_content_length is %d; bodies of %d to %d bytes are sent to this server", n, 4096, most); {
	case n < 4096:
		p.untestable("TX-ROOT-02 TX-OBJ-POST-10", "%s", reason)
		return
	case n > most:
		p.untestable("TX-ROOT-02", "%s", reason)
		p.lengthRefused(n+1, true, true)
		return
	}
	id := newID("indicator")
	body := envelopeOf(indicator(id, t1, ""))
	p.remember(p.seat, p.at, body)
	x, err := p.stream(padded(indicator(id, t1, ""), n), n, nil)
	if err != nil {
		p.stop("%v", err)
	}
	p.want("TX-ROOT-02", x, http.StatusAccepted)
	p.lengthRefused(n+1, true, false)
	p.lengthRefused(n+1, false, false)
}

// errUnsent is where a body ends of which not all is sent.
var errUnsent = errors.New("the rest of the body is not sent")

// lengthRefused posts more than the server takes: announced, or else chunked; of
// a part alone the rest is promised and not sent. A server may cut off the
// connection while it is still being written to; then the answer is lost, and
// only the object tells.
func (p *probe) lengthRefused(n int64, announced, part bool) {
	id := newID("indicator")
	p.remember(p.seat, p.at, envelopeOf(indicator(id, t1, "")))
	body, length, header := padded(indicator(id, t1, ""), n), int64(0), map[string]string{}
	if announced {
		length, header["Expect"] = n, "100-continue"
	}
	if part {
		body = io.MultiReader(io.LimitReader(body, 1<<20), failing{errUnsent})
	}
	x, err := p.stream(body, length, header)
	switch {
	case err == nil:
		p.want("TX-OBJ-POST-10", x, http.StatusRequestEntityTooLarge)
	case errors.Is(err, errUnsent):
		p.untestable("TX-OBJ-POST-10", "the server does not refuse a body by its announced length, and %d bytes are more than are sent to it", n)
	case p.holds(id):
		p.fail("TX-OBJ-POST-10", p.get(p.at.url+"objects/"+id+"/", ""), "a body of %d bytes was stored", n)
	}
}
