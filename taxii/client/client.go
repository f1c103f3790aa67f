package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// mediaType is what TAXII 2.1 is written in (TAXII 2.1 §1.6.8).
const mediaType = "application/taxii+json;version=2.1"

// Sizes of answers: a resource is a few names and numbers, a page may hold
// 10,000 objects, the largest real ones of which have 0.24 MB.
const (
	maxResource = 64 << 20
	maxPage     = 512 << 20
	maxObjects  = 1_000_000 // of a page: the smallest take far more room than bytes
)

// silence is how long a server may neither take nor send anything: a large push
// is stored before it is answered.
const silence = 5 * time.Minute

// A Config says which server to speak with, and as whom.
type Config struct {
	// Server is the base URL of a server, its discovery URL, or the URL of one
	// API root.
	Server string
	// Token is sent as a bearer token; with User, as the password of HTTP
	// Basic. Empty sends no credentials. No error or result ever holds it.
	Token, User string
	// UserAgent names the program; empty means "accord".
	UserAgent string
	// TLS says whom to trust and which certificate to show; nil means the
	// system's certificates, and none.
	TLS *tls.Config
	// Transport makes the requests, without regard to TLS; nil means the usual
	// one.
	Transport http.RoundTripper
	// Retrying is called before a request is made again, with what went wrong
	// and how long it waits; may be nil.
	Retrying func(err error, wait time.Duration)
}

// A Client speaks with one server. It may be used from many goroutines.
type Client struct {
	config  Config
	server  *url.URL
	http    *http.Client
	reached atomic.Bool // the server has answered before
}

// New returns a client. It sends nothing yet; the error is about Config.
func New(cfg Config) (*Client, error) {
	server, err := url.Parse(cfg.Server)
	if err != nil || server.Host == "" || server.Scheme != "http" && server.Scheme != "https" {
		return nil, fmt.Errorf("the server is %q; it must be a URL such as https://taxii.example/", cfg.Server)
	}
	if server.User != nil || server.RawQuery != "" || server.Fragment != "" {
		return nil, errors.New("the server's URL must have no user name, query or fragment")
	}
	if strings.Trim(server.Path, "/") == "" {
		server.Path = "/taxii2/"
	}
	if !strings.HasSuffix(server.Path, "/") {
		server.Path += "/"
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = "accord"
	}
	if cfg.Transport == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.TLSClientConfig = cfg.TLS.Clone() // which the transport changes
		cfg.Transport = transport
	}
	return &Client{config: cfg, server: server, http: &http.Client{
		Transport:     cfg.Transport,
		CheckRedirect: checkRedirect,
	}}, nil
}

// checkRedirect follows a redirect only where it changes neither host nor
// method: another host would get our credentials, and a POST that became a GET
// would look like a push.
func checkRedirect(req *http.Request, via []*http.Request) error {
	first := via[0]
	switch {
	case req.URL.Scheme != first.URL.Scheme || req.URL.Host != first.URL.Host:
		return redirectError(fmt.Sprintf("the server redirects to %s; if that is right, give it as the server", req.URL.Redacted()))
	case req.Method != first.Method:
		return redirectError(fmt.Sprintf("the server redirects a %s as a %s", first.Method, req.Method))
	case len(via) >= 5:
		return redirectError("the server redirects without end")
	}
	return nil
}

// A redirectError says why a redirect is not followed; it will not be next time.
type redirectError string

func (e redirectError) Error() string { return string(e) }

// An Error is an answer of the server that says no (TAXII 2.1 §3.6.1).
type Error struct {
	StatusCode  int
	Title       string // may be empty
	Description string // may be empty
	ErrorID     string // names the failure in the server's log; may be empty
}

func (e *Error) Error() string {
	text := fmt.Sprintf("the server answered %d %s", e.StatusCode, http.StatusText(e.StatusCode))
	switch {
	case e.Description != "":
		text += ": " + e.Description
	case e.Title != "":
		text += ": " + e.Title
	}
	if e.ErrorID != "" {
		text += " (error id " + e.ErrorID + ")"
	}
	return text
}

// get reads a resource into v.
func (c *Client) get(ctx context.Context, u *url.URL, v any) error {
	return c.do(ctx, http.MethodGet, u, nil, func(res *http.Response) error {
		return decodeResource(res.Body, v)
	})
}

// post sends a body and reads the resource of the answer into v.
func (c *Client) post(ctx context.Context, u *url.URL, body []byte, v any) error {
	return c.do(ctx, http.MethodPost, u, body, func(res *http.Response) error {
		return decodeResource(res.Body, v)
	})
}

// do makes a request and has read take the answer, patiently: both may happen
// several times, and the last time counts.
func (c *Client) do(ctx context.Context, method string, u *url.URL, body []byte, read func(*http.Response) error) error {
	return c.patiently(ctx, func() error {
		ctx, stop := context.WithCancelCause(ctx)
		defer stop(nil)
		req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
		if err != nil {
			return err
		}
		c.setHeader(req)
		late := time.AfterFunc(silence, func() { stop(errSilent) })
		if len(body) > 0 {
			req.GetBody = func() (io.ReadCloser, error) {
				return io.NopCloser(sending{bytes.NewReader(body), late}), nil
			}
			req.Body, _ = req.GetBody()
		}
		res, err := c.http.Do(req)
		late.Stop()
		if e, ok := errors.AsType[*url.Error](err); ok { // as every error of Do is
			e.Err = silent(ctx, e.Err)
		}
		if err != nil {
			return err
		}
		defer res.Body.Close()
		c.reached.Store(true)
		res.Body = answer{res.Body, ctx, late}
		if res.StatusCode/100 != 2 {
			return refusal(res)
		}
		return read(res)
	})
}

// A sending is the body of a request. Each time that the server has taken some
// of it, it has time again.
type sending struct {
	io.Reader
	late *time.Timer // ends the context of the request
}

func (b sending) Read(p []byte) (int, error) {
	b.late.Reset(silence)
	return b.Reader.Read(p)
}

// An answer is the body of one. It ends the context of its request when the
// server is silent for too long, and marks the errors of reading.
type answer struct {
	io.ReadCloser
	ctx  context.Context
	late *time.Timer // ends ctx
}

func (b answer) Read(p []byte) (int, error) {
	b.late.Reset(silence)
	n, err := b.ReadCloser.Read(p)
	b.late.Stop()
	if err != nil && err != io.EOF {
		err = &brokenError{silent(b.ctx, err)}
	}
	return n, err
}

// silent is errSilent where that is why a request failed, else err.
func silent(ctx context.Context, err error) error {
	if context.Cause(ctx) == errSilent {
		return errSilent
	}
	return err
}

var errSilent = fmt.Errorf("the server was silent for %s", silence)

// A brokenError is a connection that broke while an answer was read.
type brokenError struct{ error }

func (e *brokenError) Unwrap() error { return e.error }

func (c *Client) setHeader(req *http.Request) {
	req.Header.Set("Accept", mediaType)
	req.Header.Set("User-Agent", c.config.UserAgent)
	if req.Method == http.MethodPost {
		req.Header.Set("Content-Type", mediaType)
	}
	switch {
	case c.config.User != "":
		req.SetBasicAuth(c.config.User, c.config.Token)
	case c.config.Token != "":
		req.Header.Set("Authorization", "Bearer "+c.config.Token)
	}
}

// refusal turns an answer other than 2xx into an error.
func refusal(res *http.Response) error {
	var body struct {
		Title       string `json:"title"`
		Description string `json:"description"`
		ErrorID     string `json:"error_id"`
	}
	// A proxy's refusal may be no TAXII error; its status says enough.
	_ = json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&body)
	err := &Error{res.StatusCode, body.Title, body.Description, body.ErrorID}
	return withRetryAfter(err, res.Header.Get("Retry-After"))
}

func decodeResource(r io.Reader, v any) error {
	if err := decode(r, maxResource, v); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	return nil
}

// decode reads JSON of at most so many bytes into v.
func decode(r io.Reader, most int64, v any) error {
	limited := &io.LimitedReader{R: r, N: most + 1}
	err := json.NewDecoder(limited).Decode(v)
	if limited.N == 0 {
		return fmt.Errorf("it has more than %d bytes", most)
	}
	return err
}
