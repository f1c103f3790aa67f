package storetest

import (
	"errors"

	"accord/collections"
	"accord/stix"
)

// A caller who does not know what became of its Append repeats it with a
// decision that notices what is there, and ends up right either way, also over
// a restart in between.
func repeatedAppendEndsUpRight(f *fixture) {
	for n, tc := range []struct {
		fault  Fault
		reopen bool
		lost   int // records that the failed Append left behind
	}{
		{Before, false, 0}, {After, false, 1}, {Before, true, 0}, {After, true, 1},
	} {
		e := added(objectID("indicator", n), t1, stix.Clear)
		faulty := &Faulty{Store: f.store, Fault: Once("Append", tc.fault)}
		if _, err := faulty.Append(f.Context(), f.id, addUnlessThere(e)); !errors.Is(err, collections.ErrUnavailable) || !errors.Is(err, ErrInjected) {
			f.Errorf("Append with fault %d: got %v; want ErrUnavailable by ErrInjected", tc.fault, err)
		}
		if got := len(f.versions(e.ID)[e.ID]); got != tc.lost {
			f.Errorf("Append with fault %d left %d records; want %d", tc.fault, got, tc.lost)
		}
		if tc.reopen {
			f.reopen()
			faulty.Store = f.store
		}
		records, err := faulty.Append(f.Context(), f.id, addUnlessThere(e))
		if err != nil || len(records) != 1-tc.lost {
			f.Errorf("Append repeated after fault %d gives %d records, %v", tc.fault, len(records), err)
		}
		f.wantPage(collections.Query{IDs: []string{e.ID}}, int64(n)+1)
	}

	again := &Faulty{Store: f.store, Fault: Always("Append", Again)}
	e := added(objectID("tool", 1), t1, stix.Clear)
	if records, err := again.Append(f.Context(), f.id, addUnlessThere(e)); err != nil || len(records) != 1 {
		f.Errorf("Append that decides twice gives %d records, %v", len(records), err)
	}
	if _, err := (&Faulty{Store: f.store, Fault: Always("Page", Before)}).Page(f.Context(), f.id, latest(stix.Clear)); !errors.Is(err, collections.ErrUnavailable) {
		f.Errorf("Page with a fault: got %v; want ErrUnavailable", err)
	}
}
