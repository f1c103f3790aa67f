package server

import (
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"sync"
	"time"

	"accord/collections"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"
)

// burst is how many seconds' worth of its rate a party may have at once: tools
// come in a row, then rest for a minute.
const burst = 10

// rates bound what each party asks for. A rate of 0 is no bound.
type rates struct {
	requests, bytes float64 // a second, for each party
	refused         *prometheus.CounterVec
	log             *slog.Logger

	mu      sync.Mutex
	parties map[string]*allowed // as many as the agreements have at most
}

// An allowed is what a party may still have.
type allowed struct {
	requests, bytes *rate.Limiter
	told            rate.Sometimes // so that its flood does not flood the log
}

func (r *rates) of(party string) *allowed {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.parties[party]
	if a == nil {
		a = &allowed{requests: limiter(r.requests), bytes: limiter(r.bytes), told: rate.Sometimes{Interval: time.Minute}}
		if r.parties == nil {
			r.parties = map[string]*allowed{}
		}
		r.parties[party] = a
	}
	return a
}

func limiter(perSecond float64) *rate.Limiter {
	if perSecond == 0 {
		return rate.NewLimiter(rate.Inf, 0)
	}
	return rate.NewLimiter(rate.Limit(perSecond), int(min(math.Ceil(burst*perSecond), math.MaxInt32)))
}

// admit counts a request of a party. Where it has had more than its rate:
// ErrBusy, with the time after which it has not (TX-ERR-08).
func (r *rates) admit(party string, now time.Time) error {
	if r.requests == 0 && r.bytes == 0 {
		return nil
	}
	a := r.of(party)
	if debt := -a.bytes.TokensAt(now); r.bytes > 0 && debt > 0 {
		return r.refuse(a, party, "bytes", fmt.Sprintf("%.0f bytes", r.bytes), time.Duration(debt/r.bytes*float64(time.Second)))
	}
	if !a.requests.AllowN(now, 1) { // which takes nothing then
		wait := time.Duration((1 - a.requests.TokensAt(now)) / r.requests * float64(time.Second))
		return r.refuse(a, party, "requests", fmt.Sprintf("%g requests", r.requests), max(wait, 1))
	}
	return nil
}

func (r *rates) refuse(a *allowed, party, what, most string, wait time.Duration) error {
	r.refused.WithLabelValues(what).Inc()
	a.told.Do(func() { r.log.Warn("party over its rate", "party", party, "rate", most+" a second") })
	return &collections.Error{
		Kind: collections.ErrBusy, After: wait,
		Detail: "your party may have " + most + " a second, and had more",
	}
}

// charge counts bytes that have been sent or received already. They may leave a
// debt, which delays the next request.
func (r *rates) charge(party string, n int, now time.Time) {
	if r.bytes == 0 {
		return
	}
	a := r.of(party)
	for n > 0 {
		part := min(n, a.bytes.Burst())
		a.bytes.ReserveN(now, part)
		n -= part
	}
}

// An overRate is the refusal of a caller whose party is over its rate. It goes no
// further; the access line names it all the same.
type overRate struct {
	error
	caller collections.Caller
}

func (o *overRate) Unwrap() error { return o.error }

// authenticate finds out who asks and whether its party may, before anything
// else is looked at.
func (s *Server) authenticate(r *http.Request) (collections.Caller, error) {
	caller, err := s.auth.Authenticate(r)
	if err != nil {
		return collections.Caller{}, err
	}
	if err := s.rates.admit(caller.Party, time.Now()); err != nil {
		return collections.Caller{}, &overRate{err, caller}
	}
	return caller, nil
}
