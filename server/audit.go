package server

import (
	"context"
	"fmt"
	"strings"
	"time"

	"accord/collections"

	"github.com/spf13/cobra"
)

const (
	// Accesses that are older than audit_retention go once an hour, in steps
	// that the pushes between them do not feel.
	forgetEvery = time.Hour
	forgetStep  = 1000
	forgetPause = 50 * time.Millisecond
)

// forgetAccesses removes accesses that are older than audit_retention, now and
// every hour until ctx ends.
func (s *Server) forgetAccesses(ctx context.Context) {
	age, err := s.cfg.auditRetention()
	if err != nil || age == 0 { // an error was refused with the configuration
		return
	}
	ticker := time.NewTicker(forgetEvery)
	defer ticker.Stop()
	for {
		if err := s.forgetBefore(ctx, time.Now().Add(-age)); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "old records of accesses not removed", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (s *Server) forgetBefore(ctx context.Context, t time.Time) error {
	for {
		more, err := s.store.ForgetAccesses(ctx, t, forgetStep)
		if err != nil || !more {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(forgetPause):
		}
	}
}

func newAuditCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "audit", Short: "Show who read and wrote what",
		Long: `Audit shows accesses to collections, refused ones too, oldest first. FROM and TO are the positions
between which everything lies that was sent, or taken by a push. With -o json each access is a line.`,
		Example: "  accord audit --collection us-cn/activity-from-cn --party cert-us --from 2026-12-01 --to 2026-12-31 --limit 0",
		Args:    takes(0, 0),
	}
	settings, asJSON := storeSettings(c), outputFlag(c)
	var filter collections.AccessFilter
	var action, from, to string
	f := c.Flags()
	f.StringVar(&filter.Agreement, "agreement", "", "only this agreement, by `id`")
	f.StringVar(&filter.Collection, "collection", "", "only this collection, as `AGREEMENT/ALIAS`")
	f.StringVar(&filter.Party, "party", "", "only accesses of this party, by `id`")
	f.StringVar(&action, "action", "", "only this `action`: objects, manifest, object, versions, push, delete or status")
	f.StringVar(&from, "from", "", "first `day`, in UTC, such as 2026-12-01")
	f.StringVar(&to, "to", "", "last `day`, in UTC")
	f.IntVar(&filter.Limit, "limit", 100, "the last `accesses` only, 0 for all")
	follow := f.Bool("follow", false, "go on with what comes, until interrupted")
	c.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		if action != "" {
			if filter.Action, err = collections.ParseAction(action); err != nil {
				return usage(fmt.Errorf("--action: %w", err))
			}
		}
		if filter.From, filter.To, err = collections.ParseDays(from, to); err != nil {
			return usage(fmt.Errorf("--%w", err))
		}
		if filter.Collection != "" && !strings.Contains(filter.Collection, "/") {
			return usage(fmt.Errorf("--collection: %q is not of the form AGREEMENT/ALIAS", filter.Collection))
		}
		if filter.Limit < 0 {
			return usage(fmt.Errorf("--limit: %d is below 0, which is all", filter.Limit))
		}
		return withBackend(cmd, settings, func(ctx context.Context, b *backend) error {
			t := &auditTrail{
				service: &collections.Service{Store: b.store, Control: b.control}, filter: filter,
				print: newAccessPrinter(cmd.OutOrStdout(), *asJSON), recent: map[time.Time]bool{},
			}
			if err := t.show(ctx); err != nil || !*follow {
				return err
			}
			return t.follow(ctx)
		})
	}
	return c
}
