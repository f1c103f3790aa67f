package conformance

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A page is one answer of a paged endpoint.
type page struct {
	*exchange
	more  bool
	next  string
	items []item
}

// An item is an object, a manifest record or a version string.
type item struct {
	id, version, added string // added is known in manifests only
	typ, mediaType     string
	raw                json.RawMessage
}

// key tells one item from another: id and version, the version as an instant,
// so that a server that spells it otherwise (TX-DT-06) is blamed for that alone.
func (i item) key() string {
	version := i.version
	if at, err := time.Parse(time.RFC3339Nano, version); err == nil && at.Equal(at.Truncate(time.Millisecond)) {
		version = at.UTC().Format("2006-01-02T15:04:05.000Z") // as the made-up objects have it
	}
	return i.id + " " + version
}

func keys(items []item) []string {
	var all []string
	for _, i := range items {
		all = append(all, i.key())
	}
	return all
}

// page reads a page, which must be there.
func (p *probe) page(address, query string) page {
	x := p.get(address, query)
	if x.Status != 200 {
		p.stop("%s: %s", x.line, x.came())
	}
	return readPage(x)
}

func readPage(x *exchange) page {
	var body struct {
		More     bool
		Next     any // a number on some servers
		Objects  []json.RawMessage
		Versions []string
	}
	_ = json.Unmarshal(x.Body, &body) // found by CheckAnswer if it is no page
	pg := page{exchange: x, more: body.More}
	if body.Next != nil {
		pg.next = strings.Trim(literal(body.Next), `"`)
		if s, ok := body.Next.(string); ok {
			pg.next = s
		}
	}
	for _, raw := range body.Objects {
		var o struct {
			ID, Type, Created, Modified, Version string
			MediaType                            string `json:"media_type"`
			DateAdded                            string `json:"date_added"`
		}
		_ = json.Unmarshal(raw, &o)
		version := o.Version
		for _, v := range []string{o.Modified, o.Created} {
			if version == "" {
				version = v
			}
		}
		typ, _, _ := strings.Cut(o.ID, "--")
		pg.items = append(pg.items, item{o.ID, version, o.DateAdded, typ, o.MediaType, raw})
	}
	for _, v := range body.Versions {
		pg.items = append(pg.items, item{version: v})
	}
	return pg
}

// params writes a query of names and values.
func params(pairs ...string) string {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return q.Encode()
}

// maxPages ends a walk that goes on for ever.
const maxPages = 3000

// walk reads all pages of a query, by next or, where byAdded, by added_after
// from X-TAXII-Date-Added-Last. It stops where a page says that there is no
// more. A walk that stands still or has no end ends with an error in words; a
// next that stays the same does not stand still where the page is another.
func (p *probe) walk(address, query string, limit int, byAdded bool) (all []item, last page, fault string) {
	q, err := url.ParseQuery(query)
	if err != nil {
		p.stop("%q: %v", query, err)
	}
	q.Set("limit", fmt.Sprint(limit))
	for range maxPages {
		before := last
		last = p.page(address, q.Encode())
		all = append(all, last.items...)
		name, position := "next", last.next
		if byAdded {
			name, position = "added_after", last.Header.Get(headerLast)
		}
		switch {
		case !last.more:
			return all, last, ""
		case len(last.items) == 0:
			return all, last, "an empty page with more: true"
		case position == "":
			return all, last, "more is true, and nothing says how to go on (no " + name + ")"
		case position == q.Get(name) && (byAdded || slices.Equal(keys(last.items), keys(before.items))):
			return all, last, fmt.Sprintf("the walk stands still at %s=%q", name, position)
		}
		q.Set(name, position)
	}
	return all, last, fmt.Sprintf("the walk has no end after %d pages", maxPages)
}

// compareWalk says in words how what a walk brought differs from what it should
// have brought, in that order; "" for not at all. Only ids of ours count: others
// may write to the collection too.
func compareWalk(got, want []string, mine map[string]bool) string {
	got = slices.DeleteFunc(slices.Clone(got), func(k string) bool { return !mine[k] })
	seen := map[string]int{}
	for _, k := range got {
		seen[k]++
	}
	var lost, twice []string
	for _, k := range want {
		switch n := seen[k]; {
		case n == 0:
			lost = append(lost, k)
		case n > 1:
			twice = append(twice, k)
		}
	}
	switch {
	case len(lost) > 0:
		return fmt.Sprintf("%d of %d were lost, the first %s", len(lost), len(want), lost[0])
	case len(twice) > 0:
		return fmt.Sprintf("%d of %d came twice, the first %s", len(twice), len(want), twice[0])
	case !slices.Equal(got, want):
		return "they came in another order"
	}
	return ""
}

// setOf makes a set of keys.
func setOf(keys []string) map[string]bool {
	set := map[string]bool{}
	for _, k := range keys {
		set[k] = true
	}
	return set
}
