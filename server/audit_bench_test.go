package server

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"accord/collections"
	"accord/server/auth"
)

// BenchmarkAccess shows what the record of an access costs the request: a poll
// that finds nothing, a page of 100 objects, a push of one object by each of
// eight clients, all without a network. cpu-ns/op is what all goroutines spend.
func BenchmarkAccess(b *testing.B) {
	file := filepath.Join(b.TempDir(), "us-cn.yaml")
	if err := os.WriteFile(file, sampleAgreement, 0o600); err != nil {
		b.Fatal(err)
	}
	cfg := Defaults()
	cfg.Listen, cfg.MetricsListen, cfg.Data, cfg.Agreements = "127.0.0.1:0", "off", filepath.Join(b.TempDir(), "data"), []string{file}
	s, err := New(b.Context(), &cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	issued, err := s.auth.Issue(b.Context(), auth.Request{Party: "cert-us", Scope: "read:*/* write:*/*", TTL: time.Hour})
	if err != nil {
		b.Fatal(err)
	}
	const path = "/taxii2/us-cn/collections/activity-from-cn/objects/"
	do := func(b *testing.B, method, query, body string) {
		r, w := httptest.NewRequest(method, path+query, strings.NewReader(body)), httptest.NewRecorder()
		r.Header.Set("Authorization", "Bearer "+issued.Token)
		r.Header.Set("Content-Type", "application/taxii+json;version=2.1")
		if s.http.Handler.ServeHTTP(w, r); w.Code/100 != 2 {
			b.Errorf("%s %s: %d %s", method, query, w.Code, w.Body)
		}
	}
	var pushed atomic.Int64
	push := func(b *testing.B) {
		do(b, http.MethodPost, "", `{"objects":[`+remoteIndicator(int(pushed.Add(1)))+`]}`)
	}
	for range 100 {
		push(b)
	}
	recorder := s.recorder
	for _, recorded := range []struct {
		name     string
		recorder *collections.Recorder
	}{{"not recorded", nil}, {"recorded", recorder}} {
		s.recorder = recorded.recorder
		s.mount()
		b.Run("nothing new/"+recorded.name, func(b *testing.B) {
			defer reportCPU(b)()
			for b.Loop() {
				do(b, http.MethodGet, "?added_after=2100-01-01T00:00:00Z", "")
			}
		})
		b.Run("a page of 100/"+recorded.name, func(b *testing.B) {
			defer reportCPU(b)()
			for b.Loop() {
				do(b, http.MethodGet, "?limit=100", "")
			}
		})
		b.Run("a push of one/"+recorded.name, func(b *testing.B) {
			defer reportCPU(b)()
			b.SetParallelism(4)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					push(b)
				}
			})
		})
	}
	s.recorder = recorder // which s.Close closes
}

// reportCPU begins to measure what the process spends; its result ends that.
func reportCPU(b *testing.B) func() {
	spent := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	began := spent()
	return func() { b.ReportMetric(float64(spent()-began)/float64(b.N), "cpu-ns/op") }
}
