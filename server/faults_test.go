package server

import (
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"accord/collections"
	"accord/taxii/conformance"
)

// A fault is one behaviour of the server, broken in front of it or in its
// store, and the requirements that must turn red by it.
type fault struct {
	name  string
	ids   string
	front front
	store func(collections.Store) collections.Store
}

// TestFaults runs the conformance test against the server with one behaviour
// broken at a time. A fault that any of its requirements does not notice has
// survived: then the test of that requirement is worth nothing.
func TestFaults(t *testing.T) {
	sound := conformanceServer(t)
	cfg := conformanceConfig(t, sound)
	names := map[string]bool{}
	var all []fault
	for _, f := range slices.Concat(answerFaults, statusFaults, resourceFaults, requestFaults, oddFaults, storeFaults) {
		if names[f.name] {
			t.Errorf("two faults are called %q", f.name)
		}
		names[f.name], all = true, append(all, f)
	}
	if len(all) < 60 {
		t.Errorf("%d faults; want at least 60", len(all))
	}
	var mu sync.Mutex
	survived, noticed := 0, map[string]bool{}
	queue := make(chan fault)
	var workers sync.WaitGroup
	for range 2 * runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for f := range queue {
				missed := f.missed(t, sound, cfg)
				mu.Lock()
				if len(missed) > 0 {
					survived++
					t.Errorf("the fault %q survives: it is not noticed by %s", f.name, strings.Join(missed, " "))
				}
				for id := range strings.FieldsSeq(f.ids) {
					noticed[id] = true
				}
				mu.Unlock()
			}
		})
	}
	for _, f := range all {
		queue <- f
	}
	close(queue)
	workers.Wait()
	t.Logf("%d faults, %d survived; they turn %d requirements red", len(all), survived, len(noticed))
}

// missed returns the requirements that the fault should break and does not.
func (f fault) missed(t *testing.T, sound *running, cfg conformance.Config) []string {
	s := sound
	if f.store != nil {
		s = conformanceServer(t)
		s.store = f.store(s.store)
		s.mount() // the same server, on the broken store
		cfg = conformanceConfig(t, s)
	}
	proxy := httptest.NewUnstartedServer(nil)
	h := rewriteRoots(s, proxy.Listener.Addr().String())
	if f.front != nil {
		h = f.front(h)
	}
	proxy.Config.Handler = h
	proxy.Start()
	defer proxy.Close()
	cfg.URL, cfg.Only = proxy.URL, strings.Fields(f.ids)
	report, err := conformance.Run(t.Context(), cfg)
	if err != nil {
		t.Errorf("the fault %q: %v", f.name, err)
		return nil
	}
	return slices.DeleteFunc(cfg.Only, func(id string) bool { return report.Result(id).Outcome == conformance.Fail })
}

// storeFaults are promises of the store that it does not keep.
var storeFaults = []fault{
	{name: "ties in date_added", ids: "TX-SORT-04 TX-PAG-06", store: ties},
	{name: "added_after is inclusive", ids: "TX-FLT-20 TX-PAG-06 TX-FLT-25", store: inclusive},
	{name: "newest first on a page", ids: "TX-SORT-01 TX-FLT-22 TX-PAG-05", store: backwards},
	{name: "objects are lost on the way", ids: "TX-PAG-05 TX-PAG-06", store: forgetful},
	{name: "more is always true", ids: "TX-PAG-02", store: neverEnding},
	{name: "more is never true", ids: "TX-PAG-01 TX-PAG-05 TX-PAG-06 TX-FLT-35", store: silentEnd},
	{name: "pages are filled by half", ids: "TX-FLT-32 TX-PAG-11", store: shortPages},
	{name: "the first version is taken for the last", ids: "TX-MVR-01 TX-MVR-02 TX-OBJ-ID-01", store: firstIsLast},
	{name: "pushes become visible out of order", ids: "TX-PAG-09", store: lateVisible},
}
