package collections

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// StatusLifetime is how long a status is kept after its push was finished. The
// standard asks for 24 hours (TAXII 2.1 §4.3); a weekend is kinder.
const StatusLifetime = 72 * time.Hour

// A Status is what became of one push (TAXII 2.1 §4.3). It names the records
// by their sequences; ids and versions are read from them when it is shown.
type Status struct {
	ID         uuid.UUID `json:"id"` // version 4
	Agreement  string    `json:"agreement"`
	Collection uuid.UUID `json:"collection"`
	Party      string    `json:"party"` // who posted; the only one who sees it
	Requested  time.Time `json:"requested"`
	Expires    time.Time `json:"expires"`
	PushSeed   []byte    `json:"push_seed"` // 32 bytes, LG-12; goes with the status

	Successes []Success `json:"successes,omitempty"` // in the order of the envelope
	Failures  []Failure `json:"failures,omitempty"`  // in the order of the envelope
}

// A Success is a run of objects that are in the collection now, in places
// Sequence, Sequence+1 …
type Success struct {
	Sequence int64  `json:"seq"`
	Count    int64  `json:"n"`
	Message  string `json:"msg,omitempty"` // the same for each of the run
}

// A Failure is one object that was refused.
type Failure struct {
	ID      string `json:"id"`      // the object's id, or a stand-in such as "objects[3]"
	Version string `json:"version"` // its version, or "unknown"
	Message string `json:"message"` // rule id, place, reason
}

// Details returns the versions that a saved status calls successes, in its
// order.
func (r *Root) Details(ctx context.Context, s Status) ([]Version, error) {
	details := make([]Version, 0, len(s.Successes))
	for _, run := range s.Successes {
		seqs := make([]int64, run.Count)
		for i := range seqs {
			seqs[i] = run.Sequence + int64(i)
		}
		versions, err := r.service.Store.Manifest(ctx, s.Collection, seqs)
		if err != nil {
			return nil, err
		}
		details = append(details, versions...)
	}
	return details, nil
}
