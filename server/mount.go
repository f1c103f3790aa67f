package server

import (
	"log/slog"
	"net/http"
	"time"

	"accord/collections"
	"accord/schemas"
	"accord/server/api"
	"accord/taxii"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// mount puts the surfaces on one address.
func (s *Server) mount() {
	s.http = s.newHTTP(s.surfaces(s.store))
	s.http.ConnState = newCrowd(s.cfg, s.metrics.refused.WithLabelValues("connections"), s.log).watch
}

// surfaces answers every request, from what is in a store: TAXII, our API, health.
func (s *Server) surfaces(store collections.Store) http.Handler {
	e := echo.New()
	e.IPExtractor = clientAddress(s.cfg)
	e.Use(identify, s.pace, endChunked, s.observe, s.slowGuesses, middleware.RecoverWithConfig(middleware.RecoverConfig{LogErrorFunc: s.logPanic}))
	e.GET("/healthz", s.getHealth)
	e.GET("/readyz", s.getReadiness)
	service := &collections.Service{
		Store:     measuredStore{store, s.metrics},
		Control:   s.control,
		Validator: schemas.New(),
		Log:       s.log,
		Now:       time.Now,
		Turns:     collections.Turns{MaxPushes: s.cfg.MaxPushes, Processors: s.processors, PushWaited: s.metrics.waited("push")},
		Recorder:  s.recorder,
	}
	(&taxii.Handler{
		Service:          service,
		Authenticate:     s.authenticate,
		Challenges:       s.auth.Challenges,
		PublicURL:        s.PublicURL,
		MaxContentLength: s.cfg.MaxContentLength,
		DefaultLimit:     s.cfg.DefaultLimit,
		MaxLimit:         s.cfg.MaxLimit,
		SealKey:          s.control.Secret("taxii next"),
		Log:              s.log,
	}).Mount(e)
	(&api.Handler{
		Service:          service,
		Validator:        &schemas.Validator{STIX21Only: true},
		Authenticate:     s.authenticate,
		Challenges:       s.auth.Challenges,
		MaxContentLength: s.cfg.MaxContentLength,
		Log:              s.log,
	}).Mount(e)
	return e
}

func (s *Server) newHTTP(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		// A stream cannot be cut off where the connection takes nothing.
		HTTP2: &http.HTTP2Config{WriteByteTimeout: stall},
		// OPTIONS * is answered as OPTIONS is elsewhere (TX-MTH-03).
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(s.log.Handler(), slog.LevelDebug), // clients that break off
	}
}

func (s *Server) logPanic(c echo.Context, err error, stack []byte) error {
	s.log.ErrorContext(c.Request().Context(), "panic", "id", c.Response().Header().Get(echo.HeaderXRequestID), "err", err, "stack", string(stack))
	return err
}
