package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// maxAnswer is more than a page of any server; a longer answer is cut off,
	// lest a broken server fills the memory of its tester.
	maxAnswer = 64 << 20

	// requestTimeout is how long a server may take for one answer.
	requestTimeout = 30 * time.Second
)

// Credentials are what one user of the server shows. The zero value shows
// nothing.
type Credentials struct {
	User  string // for HTTP Basic, with the token as the password; "" sends Bearer
	Token string
}

func (c Credentials) header() string {
	switch {
	case c.Token == "" && c.User == "":
		return ""
	case c.User == "":
		return "Bearer " + c.Token
	}
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(c.User, c.Token)
	return r.Header.Get("Authorization")
}

// A request is one question to the server. The zero value of a field is the
// usual: GET with Accept and Content-Type of TAXII 2.1.
type request struct {
	as     *seat // nil is the seat of the check
	method string
	url    string // absolute, without the query
	query  string // as it stands in the request line, without the question mark
	body   string
	stream io.Reader         // in place of body: chunked, of unknown length
	length int64             // of stream, where it is announced
	header map[string]string // in place of the usual ones; "" leaves one out
}

// An exchange is a question and its answer.
type exchange struct {
	question Question
	line     string // method, URL and what was special, for reports
	Answer
}

// send puts a request to the server and reads the whole answer. It fails where
// there is none: the connection broke, time ran out, what came is no HTTP.
func (r *runner) send(ctx context.Context, q request) (*exchange, error) {
	if q.method == "" {
		q.method = http.MethodGet
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	req, err := q.build(ctx)
	if err != nil {
		return nil, err
	}
	x := &exchange{line: q.line(), question: Question{
		Method: q.method, Endpoint: EndpointOf(q.url, r.rootPaths()...), PlainHTTP: req.URL.Scheme == "http",
	}}
	x.question.Query, _ = url.ParseQuery(q.query) // one that cannot be read has no limit
	client := r.client
	if q.as == r.nobody {
		client = r.bare
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", x.line, plain(err))
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: status %d, then %w", x.line, res.StatusCode, err)
	case len(body) > maxAnswer:
		return nil, fmt.Errorf("%s: the answer is longer than %d bytes", x.line, maxAnswer)
	}
	x.Answer = Answer{Status: res.StatusCode, Header: res.Header, Body: body}
	return x, nil
}

// plain takes the URL, which the line has already, from an error of net/http.
func plain(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

func (q request) build(ctx context.Context) (*http.Request, error) {
	var body io.Reader
	switch {
	case q.stream != nil:
		body = q.stream
	case q.body != "" || q.method == http.MethodPost:
		body = strings.NewReader(q.body)
	}
	req, err := http.NewRequestWithContext(ctx, q.method, q.url, body)
	if err != nil {
		return nil, err
	}
	req.URL.RawQuery = q.query
	if q.length > 0 {
		req.ContentLength = q.length
	}
	req.Header.Set("Accept", MediaType)
	req.Header.Set("User-Agent", "accord-conformance/1")
	if q.method == http.MethodPost {
		req.Header.Set("Content-Type", MediaType)
	}
	if authorization := q.as.credentials.header(); authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	for name, value := range q.header {
		switch {
		case value != "":
			req.Header[http.CanonicalHeaderKey(name)] = strings.Split(value, "\n")
		case name == "User-Agent":
			req.Header[name] = nil // net/http would send its own
		default:
			req.Header.Del(name)
		}
	}
	return req, nil
}

// line tells a request in one line, without its credentials.
func (q request) line() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", q.method, q.url)
	if q.query != "" {
		fmt.Fprintf(&b, "?%.300s", q.query)
	}
	for _, name := range []string{"Accept", "Content-Type", "Content-Encoding", "Range"} {
		if value, ok := q.header[name]; ok {
			fmt.Fprintf(&b, " [%s: %s]", name, strings.ReplaceAll(value, "\n", " | "))
		}
	}
	fmt.Fprintf(&b, " as %s", q.as.name)
	if q.body != "" {
		fmt.Fprintf(&b, " with %.200s", q.body)
	}
	return b.String()
}

// came tells the answer in one line.
func (x *exchange) came() string {
	return fmt.Sprintf("%d %.200s", x.Status, x.Body)
}
