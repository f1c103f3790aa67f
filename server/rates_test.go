package server

import (
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/collections"

	"github.com/prometheus/client_golang/prometheus"
)

func newRates(requests, bytes float64) *rates {
	refused := newMetrics(prometheus.NewRegistry()).refused
	return &rates{requests: requests, bytes: bytes, refused: refused, log: slog.New(slog.DiscardHandler)}
}

// after is when a refused party is to come back; 0 for one that was admitted.
func after(t *testing.T, err error) time.Duration {
	t.Helper()
	var refusal *collections.Error
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &refusal) || !errors.Is(err, collections.ErrBusy) || refusal.After <= 0:
		t.Fatalf("%v; want %v and when to come back", err, collections.ErrBusy)
	}
	return refusal.After
}

// TX-ERR-08, TX-SEC-02: ten seconds' worth at once, then as many as the rate
// allows; who comes back when he was told is admitted, and no other party hears
// of it.
func TestRateOfRequests(t *testing.T) {
	r, now := newRates(0.5, 0), time.Unix(1e9, 0)
	for i := range 5 {
		if wait := after(t, r.admit("a", now)); wait != 0 {
			t.Errorf("request %d is to wait for %v", i, wait)
		}
	}
	for range 3 { // asking does not make it longer
		if wait := after(t, r.admit("a", now)); wait != 2*time.Second {
			t.Errorf("one too many is to wait for %v; want 2s", wait)
		}
	}
	if err := r.admit("b", now); err != nil {
		t.Errorf("another party: %v", err)
	}
	if err := r.admit("a", now.Add(2*time.Second)); err != nil {
		t.Errorf("when it comes back: %v", err)
	}
}

// TX-ERR-08: refusals at the same time do not make it longer either.
func TestRefusalsCostNothing(t *testing.T) {
	r, now := newRates(0.5, 0), time.Unix(1e9, 0)
	for range 5 {
		after(t, r.admit("a", now))
	}
	wait := after(t, r.admit("a", now))
	var asking sync.WaitGroup
	for range 8 {
		asking.Go(func() {
			for range 10_000 {
				_ = r.admit("a", now)
			}
		})
	}
	asking.Wait()
	if err := r.admit("a", now.Add(wait)); err != nil {
		t.Errorf("when it comes back after %v: %v", wait, err)
	}
}

// An answer that was begun is finished, and may leave a debt.
func TestRateOfBytes(t *testing.T) {
	r, now := newRates(0, 1000), time.Unix(1e9, 0)
	r.charge("a", 10_000, now)
	if err := r.admit("a", now); err != nil {
		t.Errorf("ten seconds' worth: %v", err)
	}
	r.charge("a", 25_000, now)
	if wait := after(t, r.admit("a", now)); wait != 25*time.Second {
		t.Errorf("after 25,000 bytes too many: %v; want 25s", wait)
	}
	if err := r.admit("b", now); err != nil {
		t.Errorf("another party: %v", err)
	}
	if err := r.admit("a", now.Add(25*time.Second)); err != nil {
		t.Errorf("when it comes back: %v", err)
	}
}

// TX-ERR-08: the answer is 429 in the words of each surface, with Retry-After of
// at least a second. Credentials are looked at before: without good ones it is
// 401 as ever (TX-AUTH-03).
func TestRateIsAnswered(t *testing.T) {
	cfg := testConfig(t)
	cfg.RateRequests = 0.1 // one at once
	s := start(t, cfg)
	token := s.token(t)
	if code, body := get(t, s.URL()+"/taxii2/", token); code != http.StatusOK {
		t.Fatalf("the first: %d %s", code, body)
	}
	for path, want := range map[string]string{"/taxii2/": `"http_status":"429"`, "/taxii2/us-cn/collections/none/": `"http_status":"429"`, "/v1/validate": `"status":429`} {
		method := http.MethodGet
		if strings.HasPrefix(path, "/v1/") {
			method = http.MethodPost
		}
		res := do(t, method, s.URL()+path, token)
		seconds, err := strconv.Atoi(res.Header.Get("Retry-After"))
		if body := read(t, res); res.StatusCode != http.StatusTooManyRequests || err != nil || seconds < 1 || seconds > 10 ||
			!strings.Contains(body, want) || !strings.Contains(body, "0.1 requests a second") {
			t.Errorf("%s: %d, Retry-After %q, %s; want 429, one to ten seconds, and why", path, res.StatusCode, res.Header.Get("Retry-After"), body)
		}
	}
	for line := range strings.Lines(s.log.String()) {
		if strings.Contains(line, " msg=request ") && strings.Contains(line, " status=429 ") && (!strings.Contains(line, " party=cert-us ") || strings.Contains(line, ` jti="" `)) {
			t.Errorf("the access line does not say which token floods: %s", line)
		}
	}
	if code, _ := get(t, s.URL()+"/taxii2/", ""); code != http.StatusUnauthorized {
		t.Errorf("without a token: %d; want 401", code)
	}
	if n := strings.Count(s.log.String(), "party over its rate"); n != 1 {
		t.Errorf("the log says it %d times", n)
	}
}

// TX-SEC-02: what a party receives counts, and what it sends.
func TestRateOfBytesIsMeasured(t *testing.T) {
	cfg := testConfig(t)
	cfg.RateBytes = 100 // 1,000 at once
	s := start(t, cfg)
	token := s.token(t)
	res, err := http.DefaultClient.Do(pushRequest(t, s, token, strings.NewReader(`{"objects":[`+lateIdentity+strings.Repeat(" ", 2000)+`]}`)))
	if err != nil || res.StatusCode != http.StatusAccepted {
		t.Fatalf("push: %v, %v", res, err)
	}
	read(t, res)
	if code, body := get(t, s.URL()+"/taxii2/", token); code != http.StatusTooManyRequests || !strings.Contains(body, "100 bytes a second") {
		t.Errorf("after a push of 2,200 bytes: %d %s; want 429", code, body)
	}
}
