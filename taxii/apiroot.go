package taxii

import "net/http"

// An APIRoot describes an agreement (TAXII 2.1 §4.2.1).
type APIRoot struct {
	Title            string   `json:"title"`
	Description      string   `json:"description,omitempty"`
	Versions         []string `json:"versions"`
	MaxContentLength int64    `json:"max_content_length"` // of a request body, in bytes
}

// getAPIRoot serves GET {api-root}/ (TAXII 2.1 §4.2).
func (h *Handler) getAPIRoot(r *request) error {
	return writeResource(r, http.StatusOK, APIRoot{
		Title:            r.root.Title.First(),
		Description:      r.root.Description.First(),
		Versions:         []string{MediaType},
		MaxContentLength: h.MaxContentLength,
	})
}
