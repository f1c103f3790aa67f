package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// A seat is one user of the server, as the test knows it.
type seat struct {
	name        string
	credentials Credentials
	places      []*place // the collections that it sees
}

// A place is a collection as one seat sees it.
type place struct {
	root, url  string   // of the API root, and of the collection, by id
	ID         string   `json:"id"`
	Alias      string   `json:"alias"`
	CanRead    bool     `json:"can_read"`
	CanWrite   bool     `json:"can_write"`
	MediaTypes []string `json:"media_types"`
	maxContent int64
}

// takes20 reports whether the collection says that it takes STIX 2.0.
func (p *place) takes20() bool {
	return slices.Contains(p.MediaTypes, "application/stix+json;version=2.0")
}

// errNoServer is a survey that found nothing to test.
var errNoServer = errors.New("there is no TAXII 2.1 server to test")

// survey finds the API roots and collections that each seat sees. Only the
// host that was named is asked: credentials are not shown to others.
func (r *runner) survey(ctx context.Context) error {
	address := r.base.String()
	if strings.Trim(r.base.Path, "/") == "" {
		address = r.base.Scheme + "://" + r.base.Host + "/taxii2/"
	} else if !strings.HasSuffix(address, "/") {
		address += "/"
	}
	r.base = &url.URL{Scheme: r.base.Scheme, Host: r.base.Host}
	for _, s := range r.seats {
		if err := r.visit(ctx, s, address); err != nil {
			return err // which says as whom
		}
	}
	if len(r.roots) == 0 && len(r.elsewhere) > 0 {
		return fmt.Errorf("%w: all API roots that %s announces are on other hosts, as %s; test that one, or give the URL of an API root here",
			errNoServer, address, r.elsewhere[0])
	}
	if n := len(r.elsewhere); n > 0 {
		r.notes = append(r.notes, fmt.Sprintf("%d API roots are on other hosts and were not asked, as %s", n, r.elsewhere[0]))
	}
	if r.Collection != "" && !slices.ContainsFunc(r.seats, func(s *seat) bool { return len(s.places) > 0 }) {
		return fmt.Errorf("no collection %q is visible with these tokens", r.Collection)
	}
	return nil
}

// visit looks at discovery, or at one API root, as a seat.
func (r *runner) visit(ctx context.Context, s *seat, address string) error {
	x, err := r.ask(ctx, request{as: s, url: address})
	switch {
	case err != nil:
		return err
	case x.Status != http.StatusOK:
		return fmt.Errorf("%w at %s: as %s it answers %s", errNoServer, address, s.name, x.came())
	}
	var resource struct {
		Roots    []string `json:"api_roots"`
		Versions []string `json:"versions"`
	}
	if err := json.Unmarshal(x.Body, &resource); err != nil {
		return fmt.Errorf("%w at %s: as %s: %w", errNoServer, address, s.name, err)
	}
	if resource.Versions != nil { // an API root itself
		resource.Roots = []string{address}
	}
	n := min(len(resource.Roots), maxRoots)
	if n < len(resource.Roots) {
		r.notes = append(r.notes, fmt.Sprintf("%d API roots are announced to %s; the first %d were asked", len(resource.Roots), s.name, n))
	}
	for _, root := range resource.Roots[:n] {
		if err := r.visitRoot(ctx, s, root); err != nil {
			return err
		}
	}
	return nil
}

func (r *runner) visitRoot(ctx context.Context, s *seat, root string) error {
	u, err := r.base.Parse(root)
	if err != nil {
		return nil // found by CheckAnswer to be no URL
	}
	if u.Host != r.base.Host {
		if there := u.Redacted(); !slices.Contains(r.elsewhere, there) {
			r.elsewhere = append(r.elsewhere, there)
		}
		return nil
	}
	u.Scheme = r.base.Scheme // credentials stay on the connection that was asked for
	root = strings.TrimSuffix(u.String(), "/") + "/"
	if !slices.Contains(r.roots, root) {
		r.roots = append(r.roots, root)
	}
	x, err := r.ask(ctx, request{as: s, url: root})
	if err != nil {
		return err
	}
	var about struct {
		Max json.Number `json:"max_content_length"`
	}
	_ = json.Unmarshal(x.Body, &about) // what it is not is found already
	most, _ := about.Max.Int64()

	if x, err = r.ask(ctx, request{as: s, url: root + "collections/"}); err != nil {
		return err
	}
	if x.Status != http.StatusOK {
		r.tally.fail("TX-URL-08", Failure{x.line, x.came(), "want the collections of an API root that discovery names"})
		return nil
	}
	var list struct {
		Collections []place `json:"collections"`
	}
	_ = json.Unmarshal(x.Body, &list) // likewise
	for i := range list.Collections {
		p := &list.Collections[i]
		if p.ID == "" || r.Collection != "" && p.ID != r.Collection && p.Alias != r.Collection {
			continue
		}
		p.root, p.url, p.maxContent = root, root+"collections/"+url.PathEscape(p.ID)+"/", most
		s.places = append(s.places, p)
	}
	return nil
}

// ask sends a request and judges the answer by itself.
func (r *runner) ask(ctx context.Context, q request) (*exchange, error) {
	x, err := r.send(ctx, q)
	if err != nil {
		return nil, err
	}
	findings := CheckAnswer(x.question, x.Answer)
	r.tally.findings(x, findings)
	r.tally.witness(x)
	return x, nil
}

// seatFor returns the first seat, and its collection, that is as need says.
func (r *runner) seatFor(n need) (*seat, *place) {
	for _, s := range r.seats {
		if s.name == "other" {
			continue
		}
		for _, p := range s.places {
			if n.suits(p) {
				return s, p
			}
		}
	}
	return nil, nil
}

// moveTo makes a check go on in a collection that can be read and written and
// is as suits says, and reports whether there is one.
func (p *probe) moveTo(suits func(*place) bool) bool {
	for _, s := range p.seats {
		for _, at := range s.places {
			if s.name != "other" && needBoth.suits(at) && suits(at) {
				p.seat, p.at = s, at
				return true
			}
		}
	}
	return false
}
