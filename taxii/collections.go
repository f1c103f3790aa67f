package taxii

import (
	"net/http"

	"accord/collections"
)

// Collections are those of an API root that the caller knows of (TAXII 2.1
// §5.1.1), ascending by id.
type Collections struct {
	Collections []Collection `json:"collections,omitempty"`
}

// A Collection as the caller may use it (TAXII 2.1 §5.2.1).
type Collection struct {
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Description string   `json:"description,omitempty"`
	Alias       string   `json:"alias,omitempty"`
	CanRead     bool     `json:"can_read"`
	CanWrite    bool     `json:"can_write"`
	MediaTypes  []string `json:"media_types,omitempty"`
}

// getCollections serves GET {api-root}/collections/ (TAXII 2.1 §5.1).
func (h *Handler) getCollections(r *request) error {
	var res Collections
	for _, view := range r.root.Views() {
		res.Collections = append(res.Collections, newCollection(view))
	}
	return writeResource(r, http.StatusOK, res)
}

// getCollection serves GET {api-root}/collections/{id}/ (TAXII 2.1 §5.2).
func (h *Handler) getCollection(r *request) error {
	return writeResource(r, http.StatusOK, newCollection(r.view))
}

func newCollection(v *collections.View) Collection {
	return Collection{
		ID:          v.ID.String(),
		Title:       v.Title.First(),
		Description: v.Description.First(),
		Alias:       v.Alias,
		CanRead:     v.CanRead,
		CanWrite:    v.CanWrite,
		MediaTypes:  v.MediaTypes(),
	}
}
