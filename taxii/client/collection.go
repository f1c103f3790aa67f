package client

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
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
func (c *Collection) URL() string { return c.below("collections", c.ID).String() }

// below is the URL of a resource of the API root. Names come from the server and
// lead nowhere else.
func (c *Collection) below(names ...string) *url.URL {
	u := c.root
	for _, name := range names {
		u = u.JoinPath(url.PathEscape(name))
	}
	return u.JoinPath("/")
}

// isName reports whether an id of the server can stand in a URL: what is empty
// or has dots only would lead to another resource.
func isName(id string) bool { return strings.Trim(id, ".") != "" }

// Name is what a person would call the collection by: its alias, else its id.
func (c *Collection) Name() string { return cmp.Or(c.Alias, c.ID) }

// Collection finds a collection by API root and alias or id, for example
// "us-cn/activity-from-cn". The API root is named by the last segments of its
// path; it may be left out when the server's URL names one, or when the server
// has only one.
func (c *Client) Collection(ctx context.Context, name string) (*Collection, error) {
	slash := strings.LastIndexByte(name, '/')
	rootName, alias := name[:max(slash, 0)], name[slash+1:]
	root, err := c.root(ctx, rootName)
	if err != nil {
		return nil, err
	}
	list, err := c.list(ctx, root)
	if err != nil {
		return nil, err
	}
	var known []string
	for _, collection := range list {
		if collection.ID == alias || collection.Alias != "" && collection.Alias == alias {
			return collection, nil
		}
		known = append(known, collection.shown())
	}
	return nil, fmt.Errorf("the server shows you no collection %q at %s; it shows you %s", alias, root.url, listed(known))
}

// URL names the server as it was given, whole.
func (c *Client) URL() string { return c.server.String() }

// Collections are all collections of the API root that the server's URL names,
// or of every API root of the server, those that cannot be read too.
func (c *Client) Collections(ctx context.Context) ([]*Collection, error) {
	roots, err := c.roots(ctx)
	if err != nil {
		return nil, err
	}
	var all []*Collection
	for _, root := range roots {
		list, err := c.list(ctx, root)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

// list asks for the collections of an API root (TAXII 2.1 §5.1).
func (c *Client) list(ctx context.Context, root apiRoot) ([]*Collection, error) {
	var list struct {
		Collections []Collection `json:"collections"`
	}
	if err := c.get(ctx, root.url.JoinPath("collections", "/"), &list); err != nil {
		return nil, fmt.Errorf("list the collections of %s: %w", root.url, err)
	}
	var all []*Collection
	for _, collection := range list.Collections {
		if !isName(collection.ID) {
			continue // nobody could ask for it
		}
		collection.client, collection.root, collection.maxContentLength = c, root.url, root.maxContentLength
		all = append(all, &collection)
	}
	return all, nil
}

// shown is what names the collection in a list.
func (c *Collection) shown() string {
	if c.Alias == "" && c.Title != "" {
		return fmt.Sprintf("%s (%s)", c.ID, c.Title)
	}
	return c.Name()
}
