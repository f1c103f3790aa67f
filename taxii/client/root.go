package client

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// An apiRoot is an API root of the server (TAXII 2.1 §4.2).
type apiRoot struct {
	url              *url.URL
	maxContentLength int // of a body in bytes; 0 where the server does not say
}

// root finds an API root by name.
func (c *Client) root(ctx context.Context, name string) (apiRoot, error) {
	root, announced, err := c.discover(ctx)
	switch {
	case err != nil:
		return root, err
	case root.url == nil:
		one, err := c.choose(announced, name)
		if err != nil {
			return root, err
		}
		return c.ask(ctx, one)
	case name != "" && !isNamed(root.url, name):
		return root, fmt.Errorf("%s is an API root, and its name is not %q", root.url, name)
	}
	return root, nil
}

// maxRoots is how many API roots are asked one after the other.
const maxRoots = 1000

// roots are the API root that the server's URL names, or all that it announces.
func (c *Client) roots(ctx context.Context) ([]apiRoot, error) {
	root, announced, err := c.discover(ctx)
	if err != nil {
		return nil, err
	}
	if root.url != nil {
		return []apiRoot{root}, nil
	}
	if len(announced) > maxRoots {
		return nil, fmt.Errorf("the server announces %d API roots; give the URL of one as the server", len(announced))
	}
	var roots []apiRoot
	for _, text := range announced {
		u, err := c.server.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("the server announces the API root %q, which is no URL", text)
		}
		root, err := c.ask(ctx, u)
		if err != nil {
			return nil, fmt.Errorf("%w; give the URL of one API root as the server to leave out the others", err)
		}
		roots = append(roots, root)
	}
	return roots, nil
}

// A resource is what the server's URL may lead to: a discovery resource, or an
// API root.
type resource struct {
	Title            string   `json:"title"` // which both must have
	APIRoots         []string `json:"api_roots"`
	Versions         []string `json:"versions"`
	MaxContentLength int      `json:"max_content_length"`
}

// discover asks what the server's URL leads to: an API root, whose url is then
// set, or else the URLs of those that the server announces.
func (c *Client) discover(ctx context.Context) (root apiRoot, announced []string, err error) {
	var res resource
	if err := c.get(ctx, c.server, &res); err != nil {
		return root, nil, asking(c.server, err)
	}
	if res.Title == "" && res.APIRoots == nil && res.Versions == nil {
		return root, nil, fmt.Errorf("%s is neither a discovery resource nor an API root of TAXII 2.1", c.server)
	}
	if len(res.Versions) == 0 {
		return root, res.APIRoots, nil
	}
	root, err = res.root(c.server)
	return root, nil, err
}

// asking says what was asked for, unless the error does so.
func asking(u *url.URL, err error) error {
	if _, ok := errors.AsType[*url.Error](err); ok {
		return err
	}
	return fmt.Errorf("ask %s: %w", u, err)
}

// ask asks for an API root that the server announces.
func (c *Client) ask(ctx context.Context, announced *url.URL) (apiRoot, error) {
	u := c.here(announced)
	var res resource
	if err := c.get(ctx, u, &res); err != nil {
		return apiRoot{}, fmt.Errorf("ask %s, which the server calls %s: %w", u, announced.Redacted(), err)
	}
	return res.root(u)
}

func (r resource) root(u *url.URL) (apiRoot, error) {
	if !slices.ContainsFunc(r.Versions, isTAXII21) {
		return apiRoot{}, fmt.Errorf("%s is no API root of TAXII 2.1", u)
	}
	return apiRoot{u, r.MaxContentLength}, nil
}

// isTAXII21 reports whether a media type of an API root is that of TAXII 2.1;
// early servers wrote it in short.
func isTAXII21(version string) bool {
	return strings.ReplaceAll(version, " ", "") == mediaType || version == "taxii-2.1"
}

// isNamed reports whether the path of an API root ends in a name, which may have
// several segments.
func isNamed(root *url.URL, name string) bool {
	return strings.HasSuffix(strings.TrimRight(root.Path, "/"), "/"+strings.Trim(name, "/"))
}

// choose picks the API root of that name, or the only one.
func (c *Client) choose(roots []string, name string) (*url.URL, error) {
	var matches []*url.URL
	for _, text := range roots {
		root, err := c.server.Parse(text)
		if err != nil {
			continue
		}
		if name == "" || isNamed(root, name) {
			matches = append(matches, root)
		}
	}
	switch {
	case len(matches) == 0 && name == "":
		return nil, fmt.Errorf("%s shows you no API root", c.server)
	case len(matches) == 0:
		return nil, fmt.Errorf("the server shows you no API root %q; it shows you %s", name, listed(roots))
	case len(matches) > 1:
		return nil, fmt.Errorf("the server has several such API roots; name the collection as ROOT/ALIAS, with one of %s", listed(roots))
	}
	return matches[0], nil
}

// here is an API root at the address that we were given. Its own may be the
// public name of a server that we reach from inside, or another server, which
// must not get our credentials: that one has no such path here.
func (c *Client) here(root *url.URL) *url.URL {
	return c.server.ResolveReference(&url.URL{Path: root.Path, RawPath: root.RawPath}).JoinPath("/")
}

func listed(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
