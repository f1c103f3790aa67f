package taxii

import (
	"context"

	"accord/collections"
)

// A ManifestRecord describes one version of an object (TAXII 2.1 §5.3.1).
type ManifestRecord struct {
	ID        string `json:"id"`
	DateAdded string `json:"date_added"`
	Version   string `json:"version"`
	MediaType string `json:"media_type"` // one of the collection's
}

// getManifest serves GET {api-root}/collections/{id}/manifest/ (TAXII 2.1
// §5.3): what getObjects would answer, without the objects.
func (h *Handler) getManifest(r *request) error {
	return h.writePage(r, manifestOf(r.view))
}

func manifestOf(v *collections.View) fetch {
	return func(ctx context.Context, seqs []int64) ([][]byte, []int64, error) {
		versions, err := v.Manifest(ctx, seqs)
		if err != nil {
			return nil, nil, err
		}
		records := make([][]byte, len(versions))
		for i, v := range versions {
			records[i], err = encode(ManifestRecord{
				ID:        v.ID,
				DateAdded: collections.FormatDateAdded(v.DateAdded),
				Version:   string(v.Value()),
				MediaType: stixType + ";version=" + v.SpecVersion,
			})
			if err != nil {
				return nil, nil, err
			}
		}
		return records, nil, nil
	}
}
