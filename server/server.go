package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"accord/collections"
	"accord/collections/fair"
	"accord/server/auth"

	"github.com/gofrs/flock"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	// refreshEvery is how often the control log is read on. Commands wait four
	// times as long for servers to obey; see backend.settle.
	refreshEvery = 250 * time.Millisecond

	// grace is how long requests may go on when the server is to end. With what
	// follows the server ends within ten seconds.
	grace = 8 * time.Second

	// maxHeader is room for match[id] with as many ids as it takes, each of 288
	// bytes and percent-encoded.
	maxHeader = 1 << 20

	// headerTimeout ends clients that are slow in sending the head of a request,
	// which is small; pace those that are slow in the rest.
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
)

// A Server holds its addresses and its store from New on, and answers while Run
// runs.
type Server struct {
	*backend
	log        *slog.Logger
	lock       *flock.Flock
	metrics    *metrics
	ready      readiness
	rates      *rates
	guesses    *guesses
	ballast    []byte // see newBallast
	processors *fair.Gate
	tls        *tlsFiles // nil for a server that does not speak TLS

	recorder *collections.Recorder // of accesses

	listener, metricsListener net.Listener // the second may be nil
	http, metricsHTTP         *http.Server
}

// New makes a server: it takes its addresses, becomes the only server on its
// store or, with MongoDB, on its data folder, and applies the agreement files of
// cfg. A fault in cfg, or a store that
// knows no agreement, is wrong use; the Server is then nil and nothing is held.
// After New, call Run or Close.
func New(ctx context.Context, cfg *Config, log *slog.Logger) (_ *Server, err error) {
	if err := cfg.Validate(); err != nil {
		return nil, usage(err)
	}
	if err := checkSomeAgreement(cfg); err != nil {
		return nil, err
	}
	s := &Server{log: log, ballast: newBallast()}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if err := s.listen(cfg); err != nil {
		return nil, err
	}
	if s.tls, err = openTLS(cfg, log); err != nil {
		return nil, err
	}
	if err := s.open(ctx, cfg); err != nil {
		return nil, err
	}
	if err := s.completeTLS(ctx); err != nil { // before anything changes for the parties
		return nil, err
	}
	if err := s.applyAgreements(ctx); err != nil {
		return nil, err
	}
	if cfg.PublicURL != "" {
		if err := s.control.Set(ctx, collections.Operator, auth.SettingPublicURL, cfg.PublicURL); err != nil {
			return nil, err
		}
	}
	s.mount()
	return s, nil
}

var errNoAgreement = usage(errors.New("no agreement is in force, so there is nothing to serve: " +
	"write one with accord agreement init > agreement.yaml, then give it with --agreement agreement.yaml"))

// checkSomeAgreement saves a first start without any agreement from leaving a
// folder behind; open sees to an empty database.
func checkSomeAgreement(cfg *Config) error {
	if cfg.onMongo() || len(cfg.Agreements) > 0 {
		return nil
	}
	if _, err := os.Stat(cfg.storeFile()); errors.Is(err, fs.ErrNotExist) {
		return errNoAgreement
	}
	return nil
}

// listen takes the addresses, so that a port in use is known before anything is
// written.
func (s *Server) listen(cfg *Config) (err error) {
	if s.listener, err = net.Listen("tcp", cfg.Listen); err != nil {
		return fmt.Errorf("listen: %w; end what listens there, or give another address with --listen", err)
	}
	if cfg.MetricsListen == "off" {
		return nil
	}
	s.metricsListener, err = net.Listen("tcp", cmp.Or(cfg.MetricsListen, "127.0.0.1:6101"))
	if err != nil && cfg.MetricsListen == "" {
		s.log.Warn("no metrics", "err", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("metrics_listen: %w; end what listens there, or give another address with --metrics-listen", err)
	}
	return nil
}

// open opens the store, a file as its only server.
func (s *Server) open(ctx context.Context, cfg *Config) (err error) {
	if err := prepareFolders(cfg); err != nil {
		return err
	}
	if s.lock, err = lockServer(ctx, cfg, time.Second); err != nil {
		return err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	s.metrics = newMetrics(registry)
	watchCertificate(registry, s.tls)
	s.metricsHTTP = s.newHTTP(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	s.metricsHTTP.ReadTimeout, s.metricsHTTP.WriteTimeout = headerTimeout, idleTimeout
	s.rates = &rates{requests: cfg.RateRequests, bytes: cfg.RateBytes, refused: s.metrics.refused, log: s.log}
	s.guesses = newGuesses()
	s.processors = cfg.newProcessors()
	s.processors.Waited = s.metrics.waited("work")
	s.backend, err = openBackend(ctx, cfg, s.log, storeOptions{
		mustExist: len(cfg.Agreements) == 0, waited: s.metrics.waited("read"), processors: s.processors,
	})
	if errors.Is(err, errNoStore) {
		return errNoAgreement
	}
	if err != nil {
		return err
	}
	if s.tls != nil {
		s.auth.ClientCAs = s.tls.clientCAs
	}
	s.ready.ask = s.store.Ready
	s.recorder = collections.NewRecorder(s.store, s.log, s.metrics.lostAccesses)
	return s.auth.Start(ctx, s.control)
}

func (s *Server) applyAgreements(ctx context.Context) error {
	sources, err := readFiles(s.cfg.Agreements)
	if err != nil {
		return err
	}
	for i, file := range s.cfg.Agreements {
		applied, err := s.control.Apply(ctx, collections.Operator, sources[i], collections.ApplyOptions{RefuseOld: true, Schemas: filesBeside(file)})
		if err != nil {
			return inFile(file, err)
		}
		for _, c := range applied.Changes {
			s.log.InfoContext(ctx, "agreement applied", "agreement", applied.Agreement, "change", c.Action+" "+c.What)
		}
	}
	if len(s.control.Agreements()) == 0 {
		return errNoAgreement
	}
	return nil
}

// PublicURL is the address by which the parties know the server, without a
// final slash.
func (s *Server) PublicURL() string {
	return cmp.Or(s.cfg.PublicURL, s.control.Setting(auth.SettingPublicURL), s.URL())
}

// Run serves until ctx ends, then finishes the requests that have begun and
// closes the server. It returns nil when that is why it ended.
func (s *Server) Run(ctx context.Context) error {
	work, stop := context.WithCancel(context.WithoutCancel(ctx)) // goes on while requests finish
	defer stop()
	var background sync.WaitGroup
	background.Go(func() { s.control.Watch(work, refreshEvery) })
	background.Go(func() { s.auth.Watch(work) })
	background.Go(func() { s.forgetAccesses(work) })
	background.Go(func() { s.tls.watch(work) })

	failed := make(chan error, 2)
	go func() { failed <- s.serve() }()
	if s.metricsListener != nil {
		go func() { failed <- s.metricsHTTP.Serve(s.metricsListener) }()
	}
	s.log.InfoContext(ctx, "serving", "url", s.PublicURL(), "listen", s.listener.Addr().String(), "agreements", len(s.control.Agreements()))
	var err error
	select {
	case <-ctx.Done():
		s.log.InfoContext(ctx, "ending")
	case err = <-failed:
	}
	s.shutdown(work)
	stop()
	background.Wait()
	return errors.Join(err, s.Close())
}

// shutdown lets requests finish while grace lasts, then cuts them off.
func (s *Server) shutdown(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		s.log.WarnContext(ctx, "requests cut off", "err", err)
		_ = s.http.Close() // the listener is closed already
	}
	_ = s.metricsHTTP.Close() // nobody waits for a scrape
}

// Close gives up what New took. Run has done so when it returns.
func (s *Server) Close() error {
	var errs []error
	for _, l := range []net.Listener{s.listener, s.metricsListener} {
		if l != nil {
			_ = l.Close() // closed already after Run
		}
	}
	s.recorder.Close() // writes what waits
	if s.backend != nil {
		errs = append(errs, s.backend.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}
