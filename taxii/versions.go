package taxii

import (
	"net/http"
	"slices"
	"strings"

	"accord/collections"
	"accord/stix"
)

// Versions lists versions of one object (TAXII 2.1 §5.8.1), oldest date_added
// first.
type Versions struct {
	More     bool     `json:"more,omitempty"`
	Next     string   `json:"next,omitempty"`
	Versions []string `json:"versions,omitempty"`
}

// getVersions serves GET {api-root}/collections/{id}/objects/{object-id}/versions/
// (TAXII 2.1 §5.8): all versions of the latest specification version, unless
// the request names others.
func (h *Handler) getVersions(r *request) error {
	versions, err := r.view.Versions(r.Request().Context(), r.Param("object"))
	if err != nil {
		return err
	}
	q := r.query
	q.Versions.All = true
	versions = distinct(q.Versions.Select(versions))
	versions = slices.DeleteFunc(versions, func(v collections.Version) bool { return !q.after(v) })

	var res Versions
	var p collections.Page
	for _, v := range versions[:min(len(versions), q.Limit)] {
		res.Versions = append(res.Versions, string(v.Value()))
		p.Sequences = append(p.Sequences, v.Sequence)
	}
	if n := len(p.Sequences); n > 0 {
		r.moved.add(n, p.Sequences[0], p.Sequences[n-1])
		p.First, p.Last = versions[0].DateAdded, versions[n-1].DateAdded
		if res.More = len(versions) > n; res.More {
			res.Next = h.nextToken(r, p)
		}
	}
	setDateAdded(r, p.First, p.Last)
	return writeResource(r, http.StatusOK, res)
}

// after reports whether v comes after the cursor and after added_after.
func (q *query) after(v collections.Version) bool {
	return v.Sequence > q.After &&
		(q.AddedAfter == "" || stix.Timestamp(collections.FormatDateAdded(v.DateAdded)).Compare(q.AddedAfter) > 0)
}

// distinct keeps the first of versions that are the same instant in several
// specification versions (TX-VER-06). Text that differs in trailing zeros is
// the same instant.
func distinct(versions []collections.Version) []collections.Version {
	seen := make(map[string]bool, len(versions))
	return slices.DeleteFunc(versions, func(v collections.Version) bool {
		instant := strings.TrimSuffix(string(v.Value()), "Z")
		if strings.Contains(instant, ".") {
			instant = strings.TrimRight(strings.TrimRight(instant, "0"), ".")
		}
		known := seen[instant]
		seen[instant] = true
		return known
	})
}
