// Package server puts the rooms together: it reads the configuration, opens the
// store, and serves TAXII, our own API, health and metrics until it is told to end.
// It also holds the commands of the binary, because each is a short use of the
// same parts; cmd/accord only calls Main.
//
//	cfg := server.Defaults()
//	cfg.Data, cfg.Agreements = dir, []string{"us-cn.yaml"}
//	s, err := server.New(ctx, cfg, logger)
//	…
//	err = s.Run(ctx) // until ctx ends
package server
