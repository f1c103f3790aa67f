package conformance

import (
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
	if p.want("TX-OBJ-POST-11", x, http.StatusAccepted) && !p.holds(id) {
		p.fail("TX-OBJ-POST-11", x, "202, and the object is not there")
	}
}

// Bodies of max_content_length are sent to servers on this machine and, where
// it is small, to others.
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
	if n < 4096 || n > most {
		p.untestable("TX-ROOT-02", "max_content_length is %d; bodies of %d to %d bytes are sent to this server", n, 4096, most)
		p.lengthRefused(n+1, map[string]string{"Expect": "100-continue"})
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
	p.lengthRefused(n+1, map[string]string{"Expect": "100-continue"})
	p.lengthRefused(n+1, nil)
}

// lengthRefused posts more than the server takes: announced, and then chunked.
// A server may cut off the connection while it is still being written to; then
// the answer is lost, and only the object tells.
func (p *probe) lengthRefused(n int64, header map[string]string) {
	id := newID("indicator")
	p.remember(p.seat, p.at, envelopeOf(indicator(id, t1, "")))
	length := n
	if header == nil {
		length = 0
	}
	x, err := p.stream(padded(indicator(id, t1, ""), n), length, header)
	switch {
	case err == nil:
		p.want("TX-OBJ-POST-10", x, http.StatusRequestEntityTooLarge)
	case p.holds(id):
		p.fail("TX-OBJ-POST-10", p.get(p.at.url+"objects/"+id+"/", ""), "a body of %d bytes was stored", n)
	}
}
