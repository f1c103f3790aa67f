package api

import (
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"time"

	"accord/collections"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
)

// An Access is one access as GET /v1/audit and accord audit -o json show it.
// What is empty is left out.
type Access struct {
	Time         string `json:"time"` // as a date_added
	Party        string `json:"party"`
	Unit         string `json:"unit,omitempty"`
	Officer      string `json:"officer,omitempty"`
	JTI          string `json:"jti,omitempty"`
	Remote       string `json:"remote,omitempty"`
	Agreement    string `json:"agreement"`
	Collection   string `json:"collection,omitempty"` // alias
	CollectionID string `json:"collection_id,omitempty"`
	Action       string `json:"action"`
	Object       string `json:"object,omitempty"`
	First        int64  `json:"first_sequence,omitempty"`
	Last         int64  `json:"last_sequence,omitempty"`
	Count        int64  `json:"count,omitempty"`
	Status       int    `json:"status"`
	BrokenOff    bool   `json:"broken_off,omitempty"`
	Partial      bool   `json:"partial,omitempty"` // sequences are left out, and of others count and object
	RequestID    string `json:"request_id,omitempty"`
}

// NewAccess shows an access.
func NewAccess(a collections.Access) Access {
	shown := Access{
		Time: collections.FormatDateAdded(a.Time), Party: a.Party, Unit: a.Unit, Officer: a.Officer, JTI: a.JTI, Remote: a.Remote,
		Agreement: a.Agreement, Collection: a.Alias, Action: string(a.Action), Object: a.Object,
		First: a.First, Last: a.Last, Count: a.Count, Status: a.Status, BrokenOff: a.BrokenOff,
		Partial: a.Partial, RequestID: a.RequestID,
	}
	if a.Collection != uuid.Nil {
		shown.CollectionID = a.Collection.String()
	}
	return shown
}

// An accessPage is the answer of GET /v1/audit.
type accessPage struct {
	Accesses []Access `json:"accesses"`       // never null
	Next     string   `json:"next,omitempty"` // where to go on; "" at the end
}

// How many accesses a page has when the client does not say, and at most.
const (
	defaultAccesses = 100
	maxAccesses     = 1000
)

// getAudit serves GET /v1/audit: a page of the accesses that the caller may see.
func (h *Handler) getAudit(c echo.Context) error {
	if err := h.authenticate(c); err != nil {
		return err
	}
	filter, err := accessFilter(c)
	if err != nil {
		return err
	}
	accesses, more, err := h.Service.Accesses(c.Request().Context(), filter)
	if err != nil {
		return err
	}
	page := accessPage{Accesses: make([]Access, len(accesses))}
	for i, a := range accesses {
		page.Accesses[i] = NewAccess(a)
	}
	if more {
		page.Next = accessCursor(accesses[len(accesses)-1].Time)
	}
	return writeJSON(c, page)
}

// accessFilter reads the parameters of GET /v1/audit.
func accessFilter(c echo.Context) (f collections.AccessFilter, err error) {
	if err := checkParameters(c, "agreement", "collection", "party", "action", "from", "to", "order", "limit", "next"); err != nil {
		return f, err
	}
	f = collections.AccessFilter{
		Agreement: c.QueryParam("agreement"), Collection: c.QueryParam("collection"), Party: c.QueryParam("party"),
		Limit: defaultAccesses,
	}
	if action := c.QueryParam("action"); action != "" {
		if f.Action, err = collections.ParseAction(action); err != nil {
			return f, err
		}
	}
	if f.From, f.To, err = collections.ParseDays(c.QueryParam("from"), c.QueryParam("to")); err != nil {
		return f, err
	}
	order, err := choice(c, "order", "newest", "oldest")
	if err != nil {
		return f, err
	}
	f.NewestFirst = order == "newest"
	if limit := c.QueryParam("limit"); limit != "" {
		if f.Limit, err = strconv.Atoi(limit); err != nil || f.Limit < 1 {
			return f, collections.Errorf(collections.ErrInvalid, "limit is %.100q; it is a number from 1 on", limit)
		}
		f.Limit = min(f.Limit, maxAccesses)
	}
	return f, goOn(c, &f)
}

// goOn narrows a filter to what follows the page that next was given with.
func goOn(c echo.Context, f *collections.AccessFilter) error {
	next := c.QueryParam("next")
	if next == "" {
		return nil
	}
	last, ok := parseAccessCursor(next)
	if !ok {
		return collections.Errorf(collections.ErrInvalid, "next is not a token that this page gave you; start again without it")
	}
	if f.NewestFirst {
		f.To = earlier(f.To, last)
	} else if after := last.Add(time.Microsecond); after.After(f.From) {
		f.From = after
	}
	return nil
}

// earlier returns the earlier of two bounds, of which the first may be none.
func earlier(bound, t time.Time) time.Time {
	if bound.IsZero() || t.Before(bound) {
		return t
	}
	return bound
}

var cursorText = base64.RawURLEncoding.Strict()

// accessCursor returns the token that goes on after an access. It holds no more
// than the time of it, which the caller has seen, and which no other access has. A
// token that somebody makes up asks for what from or to may ask for as well.
func accessCursor(t time.Time) string {
	return cursorText.EncodeToString(binary.BigEndian.AppendUint64(nil, uint64(t.UnixMicro())))
}

func parseAccessCursor(s string) (time.Time, bool) {
	if len(s) != cursorText.EncodedLen(8) { // line breaks in it would be read over
		return time.Time{}, false
	}
	raw, err := cursorText.DecodeString(s)
	if err != nil || len(raw) != 8 {
		return time.Time{}, false
	}
	return time.UnixMicro(int64(binary.BigEndian.Uint64(raw))).UTC(), true
}
