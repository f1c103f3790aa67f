package conformance

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"time"
)

// dial makes a connection to the server, with TLS where its URL says so.
func (p *probe) dial(change func(*tls.Config)) (net.Conn, error) {
	plain := &net.Dialer{Timeout: requestTimeout}
	if p.base.Scheme == "http" {
		return plain.DialContext(p, "tcp", net.JoinHostPort(p.base.Hostname(), cmp.Or(p.base.Port(), "80")))
	}
	cfg := p.TLS.Clone()
	if cfg == nil {
		cfg = &tls.Config{}
	}
	change(cfg)
	host := net.JoinHostPort(p.base.Hostname(), cmp.Or(p.base.Port(), "443"))
	return (&tls.Dialer{NetDialer: plain, Config: cfg}).DialContext(p, "tcp", host)
}

// bareHead sends HEAD on a connection of its own, over HTTP/1.1, and reads until
// the server closes it: net/http drops what follows the header.
func (p *probe) bareHead(url string) (*exchange, error) {
	q := request{as: p.seat, method: http.MethodHead, url: url}
	ctx, cancel := context.WithTimeout(p, requestTimeout)
	defer cancel()
	req, err := q.build(ctx)
	if err != nil {
		return nil, err
	}
	conn, err := p.dial(func(c *tls.Config) { c.NextProtos = []string{"http/1.1"} })
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(requestTimeout)) // a net.Conn of ours has deadlines
	req.Close = true
	if err := req.Write(conn); err != nil {
		return nil, err
	}
	r := bufio.NewReader(conn)
	res, err := http.ReadResponse(r, req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(r, maxAnswer))
	return &exchange{line: q.line(), Answer: Answer{Status: res.StatusCode, Header: res.Header, Body: body}}, err
}
