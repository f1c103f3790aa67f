package client

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
)

// A Collection is a collection of the server, as its answer describes it
// (TAXII 2.1 §5.2).
type Collection struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Alias    string `json:"alias"`
	CanRead  bool   `json:"can_read"`
	CanWrite bool   `json:"can_write"`

	client           *Client
	root             *url.URL
	maxContentLength int
}

// URL names the collection: two collections with one URL are the same.
func (c *Collection) URL() string { return c.root.JoinPath("collections", c.ID, "/").String() }

// Collection finds a collection by API root and alias or id, for example
// "us-cn/activity-from-cn". The API root is its last path segment; it may be
// left out when the server's URL names one, or when the server has only one.
func (c *Client) Collection(ctx context.Context, name string) (*Collection, error) {
	rootName, alias, found := strings.Cut(name, "/")
	if !found {
		rootName, alias = "", name
	}
	root, length, err := c.root(ctx, rootName)
	if err != nil {
		return nil, err
	}
	var list struct {
		Collections []*Collection `json:"collections"`
	}
	if err := c.get(ctx, root.JoinPath("collections", "/"), &list); err != nil {
		return nil, fmt.Errorf("list the collections: %w", err)
	}
	var known []string
	for _, collection := range list.Collections {
		if collection.ID == alias || collection.Alias != "" && collection.Alias == alias {
			collection.client, collection.root, collection.maxContentLength = c, root, length
			return collection, nil
		}
		known = append(known, collection.name())
	}
	return nil, fmt.Errorf("the server shows you no collection %q at %s; it shows you %s", alias, root, listed(known))
}

// name is what a person would call the collection by.
func (c *Collection) name() string {
	if c.Alias != "" {
		return c.Alias
	}
	return c.ID
}

// root finds an API root by name and returns its URL and the largest body that
// it takes (TAXII 2.1 §4.2).
func (c *Client) root(ctx context.Context, name string) (*url.URL, int, error) {
	var res struct {
		APIRoots         []string `json:"api_roots"` // discovery
		Versions         []string `json:"versions"`  // API root
		MaxContentLength int      `json:"max_content_length"`
	}
	root := c.server
	if err := c.get(ctx, root, &res); err != nil {
		return nil, 0, fmt.Errorf("ask %s: %w", root, err)
	}
	if len(res.Versions) == 0 {
		announced, err := c.choose(res.APIRoots, name)
		if err != nil {
			return nil, 0, err
		}
		root = c.here(announced)
		if err := c.get(ctx, root, &res); err != nil {
			return nil, 0, fmt.Errorf("ask %s, which the server calls %s: %w", root, announced.Redacted(), err)
		}
	} else if name != "" && path.Base(root.Path) != name {
		return nil, 0, fmt.Errorf("%s is an API root, and its name is not %q", root, name)
	}
	if !slices.ContainsFunc(res.Versions, isTAXII21) {
		return nil, 0, fmt.Errorf("%s is no API root of TAXII 2.1", root)
	}
	return root, res.MaxContentLength, nil
}

// isTAXII21 reports whether a media type of an API root is that of TAXII 2.1;
// early servers wrote it in short.
func isTAXII21(version string) bool {
	return strings.ReplaceAll(version, " ", "") == mediaType || version == "taxii-2.1"
}

// choose picks the API root of that name, or the only one.
func (c *Client) choose(roots []string, name string) (*url.URL, error) {
	var matches []*url.URL
	for _, text := range roots {
		root, err := c.server.Parse(text)
		if err != nil {
			continue
		}
		if name == "" || path.Base(root.Path) == name {
			matches = append(matches, root)
		}
	}
	switch {
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
