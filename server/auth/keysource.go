package auth

import (
	"cmp"
	"context"
	"crypto"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"accord/collections"
)

const (
	// patience is how long a request waits for what is fetched on its behalf:
	// the keys of an issuer, the end of the control log.
	patience = 2 * time.Second

	// fetchTimeout bounds a fetch; requests do not wait for all of it.
	fetchTimeout = 10 * time.Second

	// renewEvery bounds how long a key is used that its issuer has withdrawn,
	// retryEvery how soon after a failure the next try follows.
	renewEvery = 15 * time.Minute
	retryEvery = time.Minute

	// urlPause and filePause keep tokens with made-up kids from asking a source
	// without end. A file costs little, and is read again at each first token
	// of a second, so that a change holds at once.
	urlPause  = 30 * time.Second
	filePause = time.Second
)

var errNotAsked = errors.New("not asked yet")

// noKeys is a reason that is ErrNoKeys.
type noKeys struct{ error }

func (noKeys) Is(target error) bool { return target == ErrNoKeys }

// keySources are the key sets of the parties' issuers. Issuers with one source
// share its set.
type keySources struct {
	fetcher

	mu      sync.Mutex
	sources map[collections.Issuer]*keySource // by JWKSURL or JWKSFile; Iss is ""
}

func newKeySources(cfg Config) *keySources {
	return &keySources{
		fetcher: fetcher{
			now: cfg.Now, log: cfg.Log, maxAge: cfg.IssuerKeyAge,
			client: newClient(cfg.AllowPrivateIssuers, cfg.IssuerRoots),
		},
		sources: map[collections.Issuer]*keySource{},
	}
}

// key returns a public key of an issuer. One that is known from a URL is
// returned at once; for one that is not, and for files, the source is asked
// again, as long as ctx allows.
func (k *keySources) key(ctx context.Context, issuer collections.Issuer, kid string) (crypto.PublicKey, error) {
	s := k.source(issuer)
	key, err := s.key(kid)
	if err == nil && s.place.JWKSURL != "" {
		return key, nil
	}
	select {
	case <-s.fetch(ctx):
		return s.key(kid)
	case <-ctx.Done():
		if err != nil {
			err = fmt.Errorf("%w; its keys did not come in time", err)
		}
		return key, err
	}
}

func (k *keySources) source(issuer collections.Issuer) *keySource {
	issuer.Iss = ""
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.sources[issuer]
	if s == nil {
		s = &keySource{fetcher: &k.fetcher, place: issuer}
		k.sources[issuer] = s
	}
	return s
}

// watch renews the keys of all declared issuers until ctx ends.
func (k *keySources) watch(ctx context.Context, agreements func() []*collections.Agreement) {
	for {
		k.renew(ctx, agreements())
		select {
		case <-ctx.Done():
			return
		case <-time.After(jitter(10 * time.Second)): // how soon a new issuer's keys are fetched
		}
	}
}

// renew begins to fetch what is due and forgets the issuers that no agreement
// declares any longer.
func (k *keySources) renew(ctx context.Context, agreements []*collections.Agreement) {
	declared := map[*keySource]bool{}
	for _, agreement := range agreements {
		for _, party := range agreement.Parties {
			for _, issuer := range party.Issuers {
				declared[k.source(issuer)] = true
			}
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for place, s := range k.sources {
		if !declared[s] {
			delete(k.sources, place)
		} else if s.isDue() {
			s.fetch(ctx)
		}
	}
}

// A keySource is one key set where its issuer keeps it.
type keySource struct {
	*fetcher
	place collections.Issuer // without Iss

	mu      sync.Mutex
	set     keySet        // as it was last read
	read    time.Time     // when that was; zero for never
	failed  error         // why the last fetch brought nothing; nil if it did
	tried   time.Time     // when the last fetch began
	due     time.Time     // when to fetch again without being asked
	running chan struct{} // closed when the fetch under way ends; nil for none
}

// key returns a key of the set as it was last read, until that is too long ago.
func (s *keySource) key(kid string) (crypto.PublicKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.read.IsZero() || s.now().Sub(s.read) > s.maxAge {
		return nil, noKeys{fmt.Errorf("no keys from %s for too long: %w", s, cmp.Or(s.failed, errNotAsked))}
	}
	return s.set.key(kid)
}

func (s *keySource) isDue() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.now().Before(s.due)
}

// fetch reads the source anew and returns a channel that is closed when that
// has ended, well or not. It joins a fetch that is under way and begins none too
// soon after the last. A fetch serves all who wait, so it does not end with the
// request that began it.
func (s *keySource) fetch(ctx context.Context) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running != nil {
		return s.running
	}
	done := make(chan struct{})
	now := s.now()
	if !s.tried.IsZero() && now.Sub(s.tried) < s.pause() {
		close(done)
		return done
	}
	s.tried, s.running = now, done
	go func() {
		defer close(done)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout)
		defer cancel()
		set, err := s.load(ctx, s.place)
		s.keep(set, err)
		if err != nil {
			s.log.WarnContext(ctx, "keys of an issuer not read", "source", s.String(), "err", err)
		}
	}()
	return done
}

// keep takes over what a fetch brought. After a failure the known keys go on.
func (s *keySource) keep(set keySet, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.running, s.failed = nil, err
	s.due = now.Add(jitter(retryEvery))
	if err == nil {
		s.set, s.read, s.due = set, now, now.Add(jitter(renewEvery))
	}
}

func (s *keySource) pause() time.Duration {
	if s.place.JWKSFile != "" {
		return filePause
	}
	return urlPause
}

func (s *keySource) String() string { return cmp.Or(s.place.JWKSFile, s.place.JWKSURL) }

// jitter spreads d by a fifth to either side, so that servers that started
// together do not ask together.
func jitter(d time.Duration) time.Duration {
	return d*4/5 + rand.N(d*2/5)
}
