package taxii

import (
	"net/http"
	"strings"
)

// A Discovery says where the API roots of a server are (TAXII 2.1 §4.1.1).
type Discovery struct {
	Title    string   `json:"title"`
	Default  string   `json:"default,omitempty"`   // one of APIRoots, letter for letter
	APIRoots []string `json:"api_roots,omitempty"` // absolute, ending in a slash
}

// getDiscovery serves GET /taxii2/ (TAXII 2.1 §4.1). A caller sees the roots of
// his agreements. Their URLs are absolute, because some clients use them
// as they stand, and some need a default (TX-DISC-05).
func (h *Handler) getDiscovery(r *request) error {
	roots, err := h.Service.Roots(r.Request().Context())
	if err != nil {
		return err
	}
	res := Discovery{Title: "Accord"}
	base := strings.TrimRight(h.PublicURL(), "/") + prefix
	for _, root := range roots {
		res.APIRoots = append(res.APIRoots, base+root.ID+"/")
	}
	if len(res.APIRoots) > 0 {
		res.Default = res.APIRoots[0]
	}
	return writeResource(r, http.StatusOK, res)
}
