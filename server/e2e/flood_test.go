package e2e

import (
	"cmp"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

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

// report tells how long polls took, beside a load and without.
func report(b *testing.B, quiet, busy []poll, of func(poll) time.Duration) {
	for _, percent := range []int{50, 90, 99} {
		b.ReportMetric(p(percent, quiet, of), fmt.Sprintf("quiet-p%d-ms", percent))
		b.ReportMetric(p(percent, busy, of), fmt.Sprintf("busy-p%d-ms", percent))
	}
	b.ReportMetric(p(99, busy, of)/p(99, quiet, of), "p99-ratio")
	b.ReportMetric(float64(len(busy)), "polls")
	b.ReportMetric(0, "ns/op")
}

// during polls a page every ten milliseconds while run runs.
func during(b *testing.B, url, token string, run func()) (polls []poll) {
	ctx, stop := context.WithCancel(b.Context())
	var wg sync.WaitGroup
	wg.Go(func() { polls = pollFor(ctx, b, url, token, 10*time.Millisecond) })
	run()
	stop()
	wg.Wait()
	return polls
}

// busyLoops keeps all processors busy for a while.
func busyLoops(b *testing.B, d time.Duration) func() {
	return func() {
		ctx, stop := context.WithTimeout(b.Context(), d)
		defer stop()
		var wg sync.WaitGroup
		for range runtime.NumCPU() {
			wg.Go(func() { _ = exec.CommandContext(ctx, "sh", "-c", "while :; do :; done").Run() }) // killed
		}
		wg.Wait()
	}
}

func sleep(d time.Duration) func() { return func() { time.Sleep(d) } }

// BenchmarkFirstByteDuringPush shows when the first byte of a page of 100 comes
// while one push of 46 MB is received, judged and stored. It runs once.
func BenchmarkFirstByteDuringPush(b *testing.B) {
	body := attack(b)
	dir, token := newData(b)
	s := start(b, dir, token)
	pushAll(s, 0, 20_000)
	url := s.base + objectsPath + "?limit=100"
	quiet := during(b, url, token, sleep(4*time.Second))
	began := time.Now()
	busy := during(b, url, token, func() {
		if code, _, answer, err := s.do(http.MethodPost, objectsPath, strings.NewReader(body)); err != nil || code != http.StatusAccepted {
			b.Errorf("push: %d %.200s %v", code, answer, err)
		}
	})
	b.ReportMetric(time.Since(began).Seconds(), "push-s")
	report(b, quiet, busy, first)
}

// BenchmarkFlood shows how long the polls of one party take while another sends
// all it can: pushes of 1,000 objects on 8 connections and polls of pages of
// 10,000 on 32. The flood comes from a process of its own, of low priority where
// that can be asked for: it stands for machines that are not this one. For
// comparison it shows how long they take where the server does nothing else and
// as many programs as there are processors keep these busy. It runs once.
func BenchmarkFlood(b *testing.B) {
	dir, token := newData(b)
	poller := strings.TrimSpace(accordOn(b, dir, "token", "issue", "--party", "cert-cn", "--scope", "read:*/*"))
	s := start(b, dir, token)
	pushAll(s, 0, 20_000)
	url := s.base + objectsPath + "?limit=100"
	quiet := during(b, url, poller, sleep(5*time.Second))
	machine := during(b, url, poller, busyLoops(b, 5*time.Second))

	flood := exec.Command("nice", "-n", "19", os.Args[0])
	flood.Env = append(os.Environ(), floodEnv+"="+s.base+objectsPath+" "+token)
	flood.Stderr = os.Stderr
	line, err := flood.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out := &strings.Builder{}
	flood.Stdout = out
	if err := flood.Start(); err != nil {
		b.Skipf("skipped: no flood: %v", err)
	}
	time.Sleep(2 * time.Second) // until it is under way
	busy := during(b, url, poller, sleep(10*time.Second))
	line.Close()
	if err := flood.Wait(); err != nil {
		b.Error(err)
	}
	b.Logf("the flood: %s", out)
	b.ReportMetric(p(99, machine, last), "loops-p99-ms")
	report(b, quiet, busy, last)
}

// floodEnv names the variable that makes this program a flood: address and token.
const floodEnv = "ACCORD_E2E_FLOOD"

// flood pushes and polls until its standard input ends, and says how much it did.
func flood(url, token string) {
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	var pushes, polls, refusals, ids atomic.Int64
	ids.Store(1_000_000)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}
	send := func(method, url, body string, done *atomic.Int64) {
		req, _ := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
		req.Header.Set("Authorization", "Bearer "+token)
		if body != "" {
			req.Header.Set("Content-Type", "application/taxii+json;version=2.1")
		}
		resp, err := client.Do(req)
		if err != nil {
			return
		}
		defer resp.Body.Close()
		if resp.StatusCode == http.StatusTooManyRequests {
			refusals.Add(1)
			return
		}
		if _, err := io.Copy(io.Discard, resp.Body); err == nil {
			done.Add(1)
		}
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for ctx.Err() == nil {
				objects := make([]string, 1000)
				for i := range objects {
					objects[i] = indicator(int(ids.Add(1)))
				}
				send(http.MethodPost, url, `{"objects":[`+strings.Join(objects, ",")+`]}`, &pushes)
			}
		})
	}
	for range 32 {
		wg.Go(func() {
			for ctx.Err() == nil {
				send(http.MethodGet, url+"?limit=10000", "", &polls)
			}
		})
	}
	wg.Wait()
	fmt.Printf("%d pushes, %d polls, %d refused", pushes.Load(), polls.Load(), refusals.Load())
}

// attack is a bundle of 46 MB.
func attack(t testing.TB) string {
	f, err := os.Open(filepath.Join(dataFolder(), "attack", "enterprise-attack-18.1.json.gz"))
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
