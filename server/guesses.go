package server

import (
	"context"
	"errors"
	"math"
	"net/netip"
	"sync"
	"time"

	"accord/collections"
	"accord/server/auth"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"
)

const (
	// freeGuesses is how many failed log-ins an address has before they are
	// answered late: tools whose token has run out are no guessers.
	freeGuesses = 10

	// guessHalfLife is the time after which half of the failures are forgotten.
	guessHalfLife = time.Minute

	// The first late answer comes after minGuessDelay, each further one after
	// twice the time, up to maxGuessDelay.
	minGuessDelay = 250 * time.Millisecond
	maxGuessDelay = 2 * time.Second

	// guessAddresses is how many addresses are remembered, those that failed
	// last; some 100 bytes each.
	guessAddresses = 10_000

	// guessesWaiting is how many answers wait at once, and of one address: to
	// wait costs a connection. Those beyond are answered at once and lose
	// theirs, so that each guess costs the guesser a new one.
	guessesWaiting, guessesOfOneWaiting = 1000, 8
)

// guesses slow failed log-ins, by address. What succeeds is never looked at.
type guesses struct {
	free float64 // failures of an address that cost it nothing

	mu        sync.Mutex
	addresses *lru.Cache[netip.Prefix, *guesser]
	waiting   int
}

// A guesser is an address that failed to log in.
type guesser struct {
	failures float64 // as they are remembered at last
	last     time.Time
	waiting  int
	told     rate.Sometimes
}

func newGuesses() *guesses {
	addresses, _ := lru.New[netip.Prefix, *guesser](guessAddresses) // fails for sizes below one only
	return &guesses{free: freeGuesses, addresses: addresses}
}

// A guess is how a failed log-in is answered.
type guess struct {
	*guesser
	delay time.Duration // 0 for at once
	close bool          // the connection is closed: too many wait
}

// failed counts a failed log-in from an address. Where it is to wait, done is
// called afterwards.
func (g *guesses) failed(from netip.Prefix, now time.Time) (_ guess, done func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	who, known := g.addresses.Get(from)
	if !known {
		who = &guesser{last: now, told: rate.Sometimes{Interval: time.Minute}}
		g.addresses.Add(from, who)
	}
	who.failures = who.failures*math.Exp2(-max(now.Sub(who.last), 0).Seconds()/guessHalfLife.Seconds()) + 1
	who.last = now
	delay := guessDelay(who.failures - g.free)
	switch {
	case delay == 0:
		return guess{guesser: who}, func() {}
	case g.waiting >= guessesWaiting || who.waiting >= guessesOfOneWaiting:
		return guess{guesser: who, close: true}, func() {}
	}
	g.waiting++
	who.waiting++
	return guess{guesser: who, delay: delay}, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.waiting--
		who.waiting--
	}
}

// guessDelay is how late the answer comes after so many failures too many.
func guessDelay(failures float64) time.Duration {
	if failures <= 0 {
		return 0
	}
	doublings := min(max(failures-1, 0), 10)
	return min(time.Duration(float64(minGuessDelay)*math.Exp2(doublings)), maxGuessDelay)
}

// slowGuesses answers failed log-ins late, the more so the more of them came from
// an address. Who sends no credentials has not guessed, nor has who cannot be
// known because the keys of his issuer are not there; a good token is answered as
// ever, from the same address too.
func (s *Server) slowGuesses(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		err := next(c)
		if !errors.Is(err, collections.ErrUnauthenticated) || errors.Is(err, auth.ErrNoKeys) ||
			len(c.Request().Header.Values(echo.HeaderAuthorization)) == 0 {
			return err
		}
		from := network(c.RealIP())
		g, done := s.guesses.failed(from, time.Now())
		defer done()
		g.told.Do(func() {
			s.log.WarnContext(c.Request().Context(), "log-in failed", "remote", from.String(), "err", err)
		})
		s.metrics.guesses.WithLabelValues(g.label()).Inc()
		if g.close {
			c.Response().Header().Set(echo.HeaderConnection, "close")
		}
		waitFor(c.Request().Context(), g.delay)
		return err
	}
}

func (g guess) label() string {
	switch {
	case g.close:
		return "closed"
	case g.delay > 0:
		return "late"
	}
	return "at once"
}

// waitFor waits for d, or until ctx ends.
func waitFor(ctx context.Context, d time.Duration) {
	if d == 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// network is whom an address belongs to: itself, and with IPv6 the /64 in which a
// machine can take any address.
func network(address string) netip.Prefix {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return netip.Prefix{} // what says no address shares one
	}
	ip = ip.Unmap().WithZone("")
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	prefix, _ := ip.Prefix(bits) // the bits are right
	return prefix
}
