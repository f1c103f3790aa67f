package server

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"accord/collections"
	"accord/taxii/conformance"
)

// A fault is one behaviour of the server, broken in front of it, in its store or
// in its TLS, and the requirements that must turn red by it.
type fault struct {
	name  string
	ids   string
	path  string // which is asked in place of discovery
	front front
	store func(collections.Store) collections.Store
	tls   *tls.Config
}

// tlsFaults are connections that a server should make and does not, or should not
// and does.
var tlsFaults = []fault{
	{name: "TLS 1.3 only", ids: "TX-TLS-02", tls: &tls.Config{MinVersion: tls.VersionTLS13}},
	{name: "TLS 1.2 at most", ids: "TX-TLS-03", tls: &tls.Config{MaxVersion: tls.VersionTLS12}},
	{name: "CBC", ids: "TX-TLS-05", tls: &tls.Config{CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA}}},
	{name: "TLS 1.1", ids: "TX-TLS-06", tls: &tls.Config{MinVersion: tls.VersionTLS11}},
}

// unbroken are the requirements that a run shows and no fault can turn red.
var unbroken = map[string]string{
	"TX-AUTH-09": "is a permission to leave things out; what is invalid in the rest turns the requirement of that resource red",
	"TX-SEC-01":  "a server that puts all that there is on one page may still have a limit beyond it",
	"TX-TLS-01":  "a server that speaks no TLS at an https URL is no server to be tested: the run is an error",
}

// Every requirement that a run shows is one that a fault turns red, or stands
// among the unbroken.
func TestFaultsAreComplete(t *testing.T) {
	s := conformanceServer(t)
	ca := newAuthority(t, "Server CA")
	secure := start(t, tlsConfig(t, ca))
	broken := map[string]bool{}
	for _, f := range allFaults() {
		for id := range strings.FieldsSeq(f.ids) {
			broken[id] = true
		}
	}
	shown := map[string]bool{}
	for _, cfg := range []conformance.Config{
		conformanceConfig(t, s),
		{URL: secure.URL(), Main: conformance.Credentials{Token: secure.token(t)}, TLS: &tls.Config{RootCAs: ca.pool()}},
	} {
		for _, res := range runReport(t, cfg).Results {
			if res.Outcome == conformance.Pass {
				shown[res.ID] = true
			}
		}
	}
	for id := range shown {
		if reason := unbroken[id]; broken[id] == (reason != "") {
			t.Errorf("%s: broken by a fault: %t; the reason why none can: %q; want one of the two", id, broken[id], reason)
		}
	}
	for id := range unbroken {
		if !shown[id] {
			t.Errorf("%s is among the unbroken, and no run shows it", id)
		}
	}
}

func allFaults() []fault {
	return slices.Concat(answerFaults, statusFaults, resourceFaults, requestFaults, pushFaults, oddFaults, storeFaults, tlsFaults)
}

// TestFaults runs the conformance test against the server with one behaviour
// broken at a time. A fault that any of its requirements does not notice has
// survived: then the test of that requirement is worth nothing.
func TestFaults(t *testing.T) {
	sound := conformanceServer(t)
	cfg := conformanceConfig(t, sound)
	names, all := map[string]bool{}, allFaults()
	for _, f := range all {
		if names[f.name] {
			t.Errorf("two faults are called %q", f.name)
		}
		names[f.name] = true
		if strings.TrimSpace(f.ids) == "" { // a run of no requirement misses none
			t.Errorf("the fault %q names no requirement", f.name)
		}
	}
	if len(all) < 60 {
		t.Errorf("%d faults; want at least 60", len(all))
	}
	var mu sync.Mutex
	survived, noticed := 0, map[string]bool{}
	queue := make(chan fault, len(all)) // so that nobody waits for workers that a Fatal has ended
	for _, f := range all {
		queue <- f
	}
	close(queue)
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
	workers.Wait()
	t.Logf("%d faults, %d survived; they turn %d requirements red", len(all), survived, len(noticed))
}

// missed returns the requirements that the fault should break and does not.
func (f fault) missed(t *testing.T, sound *running, cfg conformance.Config) []string {
	s, h := sound, sound.http.Handler
	if f.store != nil {
		s = conformanceServer(t)
		h = s.surfaces(f.store(s.store)) // the same server, on the broken store
		cfg = conformanceConfig(t, s)
	}
	proxy := httptest.NewUnstartedServer(nil)
	h = rewriteRoots(s, h, proxy.Listener.Addr().String())
	if f.front != nil {
		h = f.front(h)
	}
	proxy.Config.Handler = h
	proxy.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that must fail
	if proxy.TLS = f.tls; f.tls != nil {
		proxy.StartTLS()
		cfg.TLS = &tls.Config{RootCAs: x509.NewCertPool()}
		cfg.TLS.RootCAs.AddCert(proxy.Certificate())
	} else {
		proxy.Start()
	}
	defer proxy.Close()
	cfg.URL, cfg.Only = proxy.URL+f.path, strings.Fields(f.ids)
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
