package conformance

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A Config says which server is tested, as whom, and how far the test may go.
type Config struct {
	// URL is the base URL of a server, its discovery URL, or the URL of one API
	// root.
	URL string
	// Main are the credentials of the user as whom most questions are asked;
	// empty for a server that asks for none.
	Main Credentials
	// ReadOnly, WriteOnly and Other are further users, each optional: one that
	// may read and not write, one that may write and not read, and one of
	// another organisation. Rights are read from the collections' flags.
	ReadOnly, WriteOnly, Other Credentials
	// Collection is the id or alias of the collection to test; "" takes the
	// ones that suit each check.
	Collection string
	// Write lets the test post made-up objects and delete them again.
	Write bool
	// Strict takes the choices that the standard leaves for failures where the
	// server has not chosen what serves its clients best.
	Strict bool
	// Only are the requirements to decide; nil for all.
	Only []string
	// Transport makes the requests; nil means one that trusts the system's
	// certificates.
	Transport http.RoundTripper
	// TLS is how TLS connections are made, for those of Transport and for those
	// of the transport checks; nil trusts the system's certificates.
	TLS *tls.Config
	// Progress, if there is one, is told of each check before it runs.
	Progress func(done, total int, name string)
}

// Limits of a run. A server that hangs costs each check its time once, and the
// run ends after a few of them.
const (
	checkTimeout = 2 * time.Minute
	maxSilent    = 3
	maxRoots     = 32 // API roots that are asked
)

// A runner is one run against one server.
type runner struct {
	Config
	base   *url.URL // scheme and host
	client *http.Client
	bare   *http.Client // as client, without a certificate of its own
	tally  *tally
	seats  []*seat // those with credentials, Main first; nobody is not among them
	nobody *seat
	roots  []string // URLs of the API roots that were seen, each with its final slash
	made   []made   // what was posted and is to be deleted

	elsewhere []string // URLs of API roots on other hosts, which are not asked
	notes     []string // for the report
}

// Run tests a server. The error is about Config, or tells that there is no
// TAXII server to be tested or that it does not let in one of the users; a
// server that breaks off later makes failures, not an error. It ends early when
// ctx does, and still deletes what it posted; the report notes what it could not.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	r, err := newRunner(cfg)
	if err != nil {
		return nil, err
	}
	if err := r.survey(ctx); err != nil {
		return nil, err
	}
	chosen := slices.DeleteFunc(slices.Clone(checks), func(c check) bool { return !r.wanted(c) })
	silent := 0
	for i, c := range chosen {
		if r.Progress != nil {
			r.Progress(i, len(chosen), c.name)
		}
		switch {
		case ctx.Err() != nil:
			r.skip(c, "the test was interrupted")
		case silent >= maxSilent:
			r.skip(c, "the server stopped answering")
		case r.run(ctx, c):
			silent = 0
		default:
			silent++
		}
	}
	r.cleanUp(context.WithoutCancel(ctx))
	report := r.tally.report(r.base.String())
	report.Notes = r.notes
	return report, nil
}

func newRunner(cfg Config) (*runner, error) {
	base, err := url.Parse(cfg.URL)
	switch {
	case err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https":
		return nil, fmt.Errorf("%q is no URL such as https://taxii.example/", cfg.URL)
	case base.User != nil || base.RawQuery != "" || base.Fragment != "":
		return nil, errors.New("the server's URL must have no user name, query or fragment")
	}
	for _, id := range cfg.Only {
		if _, ok := Lookup(id); !ok {
			return nil, fmt.Errorf("no requirement has the id %q", id)
		}
	}
	if cfg.Transport == nil {
		cfg.Transport = newTransport(cfg.TLS)
	}
	r := &runner{Config: cfg, base: base, tally: newTally(cfg.Strict), client: newClient(cfg.Transport)}
	for _, requirement := range Requirements() {
		if cfg.Only != nil && !slices.Contains(cfg.Only, requirement.ID) {
			r.tally.skip(requirement.ID, "it was not asked for")
		}
	}
	r.bare = r.client
	if r.shows() {
		anonymous := cfg.TLS.Clone()
		anonymous.Certificates = nil
		r.bare = newClient(newTransport(anonymous))
	}
	r.nobody = &seat{name: "nobody"}
	for _, s := range []*seat{{name: "main", credentials: cfg.Main}, {name: "read-only", credentials: cfg.ReadOnly},
		{name: "write-only", credentials: cfg.WriteOnly}, {name: "other", credentials: cfg.Other}} {
		if s.credentials != (Credentials{}) || s.name == "main" {
			r.seats = append(r.seats, s)
		}
	}
	return r, nil
}

// wanted reports whether a check has a part in what is to be decided. For what
// any answer decides the typical ones are enough.
func (r *runner) wanted(c check) bool {
	return r.Only == nil || slices.ContainsFunc(r.Only, func(id string) bool {
		return slices.Contains(strings.Fields(c.ids), id) || c.typical && witnessed(id)
	})
}

// rootPaths are the paths of the API roots, for EndpointOf.
func (r *runner) rootPaths() []string {
	var paths []string
	for _, root := range r.roots {
		if u, err := url.Parse(root); err == nil {
			paths = append(paths, u.EscapedPath())
		}
	}
	return paths
}

// newTransport asks for no compression, so that headers and bodies are what was
// sent. The clone is because net/http adds HTTP/2 to its configuration.
func newTransport(trust *tls.Config) *http.Transport {
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: trust.Clone(), DisableCompression: true,
		MaxIdleConnsPerHost: 32, ExpectContinueTimeout: 5 * time.Second, ForceAttemptHTTP2: true,
	}
}

// newClient follows no redirect.
func newClient(t http.RoundTripper) *http.Client {
	return &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// shows reports whether the users, nobody apart, show a client certificate.
func (r *runner) shows() bool { return r.TLS != nil && len(r.TLS.Certificates) > 0 }
