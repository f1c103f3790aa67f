package client

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"

	"accord/stix"
)

// A Cursor says how far a pull came. It is kept as JSON. The zero value is the
// beginning of a collection.
type Cursor struct {
	// AddedAfter is the date_added of the object that came last, or an instant
	// that somebody chose to begin after.
	AddedAfter string `json:"added_after,omitempty"`
	// Seen are marks of the objects that may share that date. There are servers
	// that give many objects one date_added, and some that take added_after
	// inclusively; a pull that goes on asks for that date again, so that none
	// is missed, and leaves out what is seen.
	Seen []string `json:"seen,omitempty"`
}

// maxSeen is the most marks that a Cursor keeps. Where more objects than that
// share one date some of them come twice.
const maxSeen = 10_000

// since is the added_after to ask with.
func (c Cursor) since() string {
	if len(c.Seen) == 0 {
		return c.AddedAfter
	}
	if _, err := stix.ParseTimestamp(c.AddedAfter); err != nil {
		return c.AddedAfter // whatever it is, it is what the server said
	}
	at := stix.Timestamp(c.AddedAfter).Time().Add(-time.Microsecond)
	return at.Format("2006-01-02T15:04:05.000000Z")
}

// after is the cursor behind a page, whose objects have these marks; it never
// goes back. A page that goes on where another ended (goesOn) does not begin with
// the first object of its date, and one that does not come behind the cursor may
// lack some of that date: then the marks that are there stay, too.
func (c Cursor) after(p page, marks []string, goesOn bool) Cursor {
	if p.last == "" || len(marks) == 0 {
		return c
	}
	begun := goesOn && (p.first == "" || p.first == c.AddedAfter)
	behind := stix.Timestamp(p.last).Compare(stix.Timestamp(c.AddedAfter))
	if begun || behind < 0 || behind == 0 && p.more {
		marks = append(slices.Clone(marks), c.Seen...)
		slices.Sort(marks)
		marks = slices.Compact(marks)
	}
	if behind < 0 {
		p.last = c.AddedAfter
	}
	return Cursor{p.last, marks[max(0, len(marks)-maxSeen):]}
}

// mark makes a mark of an object: one in a million million million collides.
func mark(raw json.RawMessage) string {
	sum := sha256.Sum256(raw)
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}
