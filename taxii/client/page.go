package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// A query asks for one page (TAXII 2.1 §3.4).
type query struct {
	addedAfter, next string
	limit            int
	match            map[string][]string
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
	for field, of := range q.match {
		set("match["+field+"]", strings.Join(of, ","))
	}
	if q.limit > 0 {
		set("limit", strconv.Itoa(q.limit))
	}
	return values.Encode()
}

// A page is an envelope that the server sent.
type page struct {
	objects     []json.RawMessage
	more        bool
	next        string
	first, last string // X-TAXII-Date-Added-First and -Last; may be empty
}

// page asks for a page and reads it to its end.
func (c *Collection) page(ctx context.Context, q query) (page, error) {
	objects := c.below("collections", c.ID, "objects")
	objects.RawQuery = q.encode()
	var p page
	err := c.client.do(ctx, http.MethodGet, objects, nil, func(res *http.Response) (err error) {
		p, err = readPage(res.Body)
		p.first, p.last = res.Header.Get("X-TAXII-Date-Added-First"), res.Header.Get("X-TAXII-Date-Added-Last")
		return err
	})
	return p, err
}

// readPage reads an envelope to its end. The bytes of its objects are those
// that the server sent.
func readPage(r io.Reader) (page, error) {
	var body struct {
		Objects pageObjects `json:"objects"`
		More    bool        `json:"more"`
		Next    string      `json:"next"`
	}
	if err := decode(r, maxPage, &body); err != nil {
		return page{}, fmt.Errorf("read a page: %w", err)
	}
	return page{objects: body.Objects, more: body.More, next: body.Next}, nil
}

// pageObjects are the objects of a page, at most maxObjects.
type pageObjects []json.RawMessage

func (o *pageObjects) UnmarshalJSON(raw []byte) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	if start, err := d.Token(); err != nil || start == nil {
		return err
	} else if start != json.Delim('[') {
		return errors.New("its objects are no list")
	}
	for d.More() {
		if len(*o) == maxObjects {
			return fmt.Errorf("it has more than %d objects", maxObjects)
		}
		var object json.RawMessage
		if err := d.Decode(&object); err != nil {
			return err
		}
		*o = append(*o, object)
	}
	return nil
}
