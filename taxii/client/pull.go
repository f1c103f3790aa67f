package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// PullOptions say what to pull. The zero value is the latest version of every
// object.
type PullOptions struct {
	AddedAfter string   // only what was added after this instant; "" for no bound
	Types      []string // only these types; nil for all
	Limit      int      // objects for each request; 0 leaves it to the server
}

// Pull hands on what is in the collection, oldest date_added first, page by
// page (TAXII 2.1 §5.4). The bytes of an object are those that the server sent.
// A page is handed on once and only when it is whole; cursor is the
// AddedAfter with which a later pull goes on after this page, as exact as the
// server's X-TAXII-Date-Added-Last, and "" where the server sends none. An
// error of take ends the pull and is returned as it is.
func (c *Collection) Pull(ctx context.Context, opts PullOptions, take func(objects []json.RawMessage, cursor string) error) error {
	if !c.CanRead {
		return fmt.Errorf("the server does not let you read the collection %q", c.name())
	}
	q := query{addedAfter: opts.AddedAfter, types: opts.Types, limit: opts.Limit}
	for {
		p, err := c.page(ctx, q)
		if err != nil {
			return fmt.Errorf("pull from %q: %w", c.name(), err)
		}
		if err := take(p.objects, p.last); err != nil {
			return err
		}
		if !p.more {
			return nil
		}
		if q, err = p.after(q); err != nil {
			return fmt.Errorf("pull from %q: %w", c.name(), err)
		}
	}
}

// A query asks for one page (TAXII 2.1 §3.4).
type query struct {
	addedAfter, next string
	types            []string
	limit            int
}

func (q query) encode() string {
	values := url.Values{}
	set := func(name, value string) {
		if value != "" {
			values.Set(name, value)
		}
	}
	set("added_after", q.addedAfter)
	set("next", q.next)
	set("match[type]", strings.Join(q.types, ","))
	if q.limit > 0 {
		set("limit", strconv.Itoa(q.limit))
	}
	return values.Encode()
}

func (c *Collection) page(ctx context.Context, q query) (page, error) {
	objects := c.root.JoinPath("collections", c.ID, "objects", "/")
	objects.RawQuery = q.encode()
	var p page
	err := c.client.do(ctx, http.MethodGet, objects, nil, func(res *http.Response) (err error) {
		p, err = readPage(res.Body)
		p.last = res.Header.Get("X-TAXII-Date-Added-Last")
		return err
	})
	return p, err
}
