package mongo

import (
	"testing"
	"time"

	"accord/collections"
)

// TX-AUTH-14: accesses whose reply was lost are there once, and so are those that did not
// arrive at first.
func TestAccessesOfALostReply(t *testing.T) {
	for name, f := range map[string]fate{"lost": {what: lost}, "dropped": {what: dropped}} {
		t.Run(name, func(t *testing.T) {
			v := newVictim(t, database(t, t.TempDir()))
			accesses := make([]collections.Access, 3)
			for i := range accesses {
				accesses[i].Time = time.Now()
			}
			for range 2 {
				v.wire.strikeAt(command{"insert", "accesses"}, f)
				if err := v.RecordAccesses(t.Context(), accesses); err != nil {
					t.Fatal(err)
				}
			}
			if got, err := v.Accesses(t.Context(), collections.AccessQuery{Limit: 100}); err != nil || len(got) != 6 {
				t.Errorf("%d accesses, %v; want 6", len(got), err)
			}
		})
	}
}
