package taxii

import (
	"fmt"
	"net/http"

	"accord/collections"
)

// A Status is what became of a push (TAXII 2.1 §4.3.1). Pushes are carried out
// before they are answered, so it is always complete.
type Status struct {
	ID               string          `json:"id"`
	Status           string          `json:"status"` // complete
	RequestTimestamp string          `json:"request_timestamp,omitempty"`
	TotalCount       int             `json:"total_count"` // the sum of the other three
	SuccessCount     int             `json:"success_count"`
	Successes        []StatusDetails `json:"successes,omitempty"` // as many as SuccessCount
	FailureCount     int             `json:"failure_count"`
	Failures         []StatusDetails `json:"failures,omitempty"` // as many as FailureCount
	PendingCount     int             `json:"pending_count"`
}

// StatusDetails say what became of one object (TAXII 2.1 §4.3.1).
type StatusDetails struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	Message string `json:"message,omitempty"`
}

// getStatus serves GET {api-root}/status/{status-id}/ (TAXII 2.1 §4.3).
func (h *Handler) getStatus(r *request) error {
	ctx := r.Request().Context()
	status, err := r.root.Status(ctx, r.Param("status"))
	if err != nil {
		return err
	}
	r.about = status.Collection
	versions, err := r.root.Details(ctx, status)
	if err != nil {
		return err
	}
	return writeStatus(r, http.StatusOK, status, versions)
}

// writeStatus answers with a status and the versions of its successes.
func writeStatus(r *request, code int, s collections.Status, versions []collections.Version) error {
	res, err := newStatus(s, versions)
	if err != nil {
		return err
	}
	return writeResource(r, code, res)
}

func newStatus(s collections.Status, versions []collections.Version) (Status, error) {
	res := Status{
		ID:               s.ID.String(),
		Status:           "complete",
		RequestTimestamp: collections.FormatDateAdded(s.Requested),
		FailureCount:     len(s.Failures),
	}
	for _, run := range s.Successes {
		n := int(run.Count)
		if n > len(versions) {
			return Status{}, fmt.Errorf("status %s: %d versions are missing", s.ID, n-len(versions))
		}
		for _, v := range versions[:n] {
			res.Successes = append(res.Successes, StatusDetails{v.ID, string(v.Value()), run.Message})
		}
		versions = versions[n:]
	}
	for _, f := range s.Failures {
		res.Failures = append(res.Failures, StatusDetails{f.ID, f.Version, f.Message})
	}
	res.SuccessCount = len(res.Successes)
	res.TotalCount = res.SuccessCount + res.FailureCount
	return res, nil
}
