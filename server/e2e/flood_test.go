package e2e

import (
	"cmp"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// The load of these benchmarks is made by processes of its own, this program
// again: their garbage collectors and schedulers are not those that are timed.

// A poll is one page asked for: when its first byte came and when its last.
type poll struct{ first, last time.Duration }

// pollFor polls a page at intervals until ctx ends, and returns what each took.
func pollFor(ctx context.Context, t testing.TB, url, token string, every time.Duration) (polls []poll) {
	client := &http.Client{}
	defer client.CloseIdleConnections()
	buf := make([]byte, 64<<10)
	for ticker := time.NewTicker(every); ; {
		select {
		case <-ctx.Done():
			return polls
		case <-ticker.C:
		}
		req, err := http.NewRequest(http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		began := time.Now()
		resp, err := client.Do(req)
		if err != nil {
			t.Error(err)
			return polls
		}
		first := time.Since(began)
		_, err = io.CopyBuffer(io.Discard, resp.Body, buf)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %v", url, resp.StatusCode, err)
			return polls
		}
		polls = append(polls, poll{first, time.Since(began)})
	}
}

// p returns a percentile of a time of the polls, in milliseconds.
func p(percent int, polls []poll, of func(poll) time.Duration) float64 {
	if len(polls) == 0 {
		return 0
	}
	sorted := slices.SortedFunc(slices.Values(polls), func(a, b poll) int { return cmp.Compare(of(a), of(b)) })
	return of(sorted[min(len(sorted)*percent/100, len(sorted)-1)]).Seconds() * 1000
}

func first(q poll) time.Duration { return q.first }
func last(q poll) time.Duration  { return q.last }

func attack(t testing.TB) string {
	dir := cmp.Or(os.Getenv("ACCORD_TEST_DATA"), filepath.Join("..", "..", "..", "shared", "data"))
	f, err := os.Open(filepath.Join(dir, "attack", "enterprise-attack-18.1.json.gz"))
	if err != nil {
		t.Skipf("skipped: there is no push of 46 MB: %v", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func BenchmarkFirstByteDuringPush(b *testing.B) {
	body := attack(b)
	dir, token := newData(b)
	s := start(b, dir, token)
	pushAll(s, 0, 20_000)
	url := s.base + objectsPath + "?limit=100"
	pushing := func(run func()) []poll {
		ctx, stop := context.WithCancel(b.Context())
		var polls []poll
		var wg sync.WaitGroup
		wg.Go(func() { polls = pollFor(ctx, b, url, token, 10*time.Millisecond) })
		run()
		stop()
		wg.Wait()
		return polls
	}
	quiet := pushing(func() { time.Sleep(4 * time.Second) })
	began := time.Now()
	busy := pushing(func() {
		req, _ := http.NewRequest(http.MethodPost, s.base+objectsPath, strings.NewReader(body))
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/stix+json;version=2.1")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			b.Error(err)
			return
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusAccepted {
			b.Errorf("push: %d", resp.StatusCode)
		}
	})
	b.ReportMetric(time.Since(began).Seconds(), "push-s")
	for _, percent := range []int{50, 90, 99, 100} {
		b.ReportMetric(p(percent, quiet, first), fmt.Sprintf("quiet-p%d-ms", percent))
		b.ReportMetric(p(percent, busy, first), fmt.Sprintf("busy-p%d-ms", percent))
	}
	b.ReportMetric(float64(len(busy)), "polls")
	b.ReportMetric(0, "ns/op")
}
