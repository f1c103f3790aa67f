package server

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/collections"
	"accord/server/auth"

	"github.com/labstack/echo/v4"
)

// The first failures of an address cost nothing, the next more and more; with
// time they are forgotten. Another address has none.
func TestGuessesAreSlowed(t *testing.T) {
	g, now := newGuesses(), time.Unix(1e9, 0)
	here, there := network("192.0.2.1"), network("192.0.2.2")
	var delays []time.Duration
	for range freeGuesses + 6 {
		guess, done := g.failed(here, now)
		done()
		delays = append(delays, guess.delay)
	}
	ms := time.Millisecond
	if want := []time.Duration{0, 250 * ms, 500 * ms, 1000 * ms, 2000 * ms, 2000 * ms, 2000 * ms}; !slices.Equal(delays[freeGuesses-1:], want) || slices.Max(delays[:freeGuesses]) > 0 {
		t.Errorf("the delays are %v; want %v", delays, want)
	}
	if guess, _ := g.failed(there, now); guess.delay != 0 {
		t.Errorf("another address is slowed by %v", guess.delay)
	}
	if guess, _ := g.failed(here, now.Add(5*time.Minute)); guess.delay != 0 {
		t.Errorf("after five minutes the delay is %v", guess.delay)
	}
}

// Waiting is bounded, of one address and of all; those beyond lose their
// connection. So is what is remembered.
func TestGuessesAreBounded(t *testing.T) {
	g, now := newGuesses(), time.Unix(1e9, 0)
	fail := func(from netip.Prefix) guess {
		guess, _ := g.failed(from, now) // which goes on waiting
		return guess
	}
	here := network("192.0.2.1")
	for range freeGuesses + guessesOfOneWaiting {
		if guess := fail(here); guess.close {
			t.Fatalf("closed with %d waiting", guess.waiting)
		}
	}
	if guess := fail(here); !guess.close || guess.delay != 0 {
		t.Errorf("one too many of one address: closed is %v, the delay %v", guess.close, guess.delay)
	}
	ip, most := netip.MustParseAddr("198.51.100.0"), 0
	for range 2 * guessesWaiting { // addresses
		ip = ip.Next()
		for range freeGuesses + guessesOfOneWaiting {
			fail(network(ip.String()))
		}
		most = max(most, g.waiting)
	}
	if most != guessesWaiting {
		t.Errorf("%d wait at once; want %d at most", most, guessesWaiting)
	}
	for range 2 * guessAddresses {
		ip = ip.Next()
		fail(network(ip.String()))
	}
	if n := g.addresses.Len(); n != guessAddresses {
		t.Errorf("%d addresses are remembered; want %d", n, guessAddresses)
	}
}

func TestNetwork(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.7/32", "::ffff:192.0.2.7": "192.0.2.7/32",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64", "pipe": "invalid Prefix", "": "invalid Prefix",
	} {
		if got := network(address).String(); got != want {
			t.Errorf("network(%q) = %s; want %s", address, got, want)
		}
	}
}

// TX-AUTH-03, TX-SEC-02: a failed log-in is 401 however late it is answered, and
// while it waits a good token from the same address is answered as ever. No
// credentials at all are no guess.
func TestGoodTokenIsNeverSlowed(t *testing.T) {
	s := start(t, testConfig(t))
	token, url := s.token(t), s.URL()+"/taxii2/"
	for range 20 {
		if code, _ := get(t, url, ""); code != http.StatusUnauthorized {
			t.Fatalf("without credentials: %d", code)
		}
	}
	for range freeGuesses {
		if code, _ := get(t, url, "guess"); code != http.StatusUnauthorized {
			t.Fatalf("a guess: %d", code)
		}
	}
	var slowed sync.WaitGroup
	for range guessesOfOneWaiting { // for 250 ms, 500 ms … 2 s
		guess := request(t, http.MethodGet, url, "guess", nil)
		slowed.Go(func() {
			res, err := http.DefaultClient.Do(guess)
			if err != nil {
				t.Error(err)
				return
			}
			if read(t, res); res.StatusCode != http.StatusUnauthorized {
				t.Errorf("a slowed guess: %d; want 401", res.StatusCode)
			}
		})
	}
	waiting := func() int {
		s.guesses.mu.Lock()
		defer s.guesses.mu.Unlock()
		return s.guesses.waiting
	}
	for deadline := time.Now().Add(10 * time.Second); waiting() < guessesOfOneWaiting/2 && time.Now().Before(deadline); {
		runtime.Gosched()
	}
	if code, body := get(t, url, token); code != http.StatusOK {
		t.Errorf("a good token: %d %s", code, body)
	}
	if waiting() == 0 {
		t.Error("the good token was answered after the guesses")
	}
	slowed.Wait()
	if n := strings.Count(s.log.String(), "log-in failed"); n != 1 {
		t.Errorf("the log says it %d times a minute", n)
	}
}

// TX-SEC-02: a guess beyond those that may wait is answered at once, and loses
// its connection.
func TestGuessBeyondTheBoundIsClosed(t *testing.T) {
	s := start(t, testConfig(t))
	for range freeGuesses + guessesOfOneWaiting {
		s.guesses.failed(network("127.0.0.1"), time.Now()) // and goes on waiting
	}
	res := do(t, http.MethodGet, s.URL()+"/taxii2/", "guess")
	if body := read(t, res); res.StatusCode != http.StatusUnauthorized || !res.Close || res.Header.Get("WWW-Authenticate") == "" {
		t.Errorf("%d, closed is %v: %s; want 401, the challenges, and the end of the connection", res.StatusCode, res.Close, body)
	}
}

// P10: while an issuer does not answer, its tools, which go on asking, are not
// slowed as guessers.
func TestTokenOfUnknownKeysIsNoGuess(t *testing.T) {
	s := &Server{guesses: newGuesses()}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/taxii2/", nil)
	r.Header.Set("Authorization", "Bearer good")
	refusal := &collections.Error{Kind: collections.ErrUnauthenticated, Err: auth.ErrNoKeys}
	err := s.slowGuesses(func(echo.Context) error { return refusal })(echo.New().NewContext(r, httptest.NewRecorder()))
	if n := s.guesses.addresses.Len(); err != refusal || n != 0 {
		t.Errorf("%v, %d addresses that guessed; want the refusal and none", err, n)
	}
}
