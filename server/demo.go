package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"accord/server/auth"
	"accord/server/sample"
	"accord/stix"
	"accord/taxii/client"

	"github.com/spf13/cobra"
)

func newDemoCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "demo [FILE…]", Short: "Serve sample agreements with sample data, and FILEs besides, until interrupted",
		Long: "Serve two sample agreements with invented data until interrupted, and print the address, tokens and what to\n" +
			"try. Bundles in FILEs go into the private agreement. Without --data all of it is gone at the end.",
	}
	cfg := Defaults()
	cfg.MetricsListen, cfg.LogLevel = "off", "warn"
	c.Flags().StringVar(&cfg.Listen, "listen", cfg.Listen, "`address` to serve on; without it any free port does if this one is taken")
	c.Flags().StringVar(&cfg.Data, "data", "", "`folder` to keep the demo in")
	c.RunE = func(cmd *cobra.Command, files []string) (err error) {
		in, err := newInput(files, cmd.InOrStdin())
		if err != nil {
			return usage(err)
		}
		defer in.Close()
		if cfg.Data == "" {
			if cfg.Data, err = os.MkdirTemp("", "accord-demo-"); err != nil {
				return err
			}
			defer func() { err = errors.Join(err, os.RemoveAll(cfg.Data)) }()
		}
		d, err := newDemo(cmd, &cfg)
		if err != nil {
			return err
		}
		return d.run(cmd.Context(), in, len(files) > 0)
	}
	return c
}

// A demo is a server with the sample agreements.
type demo struct {
	*Server
	out, err io.Writer
}

func newDemo(cmd *cobra.Command, cfg *Config) (*demo, error) {
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	for name, src := range map[string][]byte{"us-cn.yaml": sampleAgreement, "energy-circle.yaml": sample.EnergyCircle} {
		file := filepath.Join(cfg.Data, name)
		if err := os.WriteFile(file, src, 0o644); err != nil {
			return nil, fmt.Errorf("data: %w", err)
		}
		cfg.Agreements = append(cfg.Agreements, file)
	}
	log := newLogger(cmd.ErrOrStderr(), cfg)
	cfg.shareProcessors()
	s, err := New(cmd.Context(), cfg, log)
	if errors.Is(err, syscall.EADDRINUSE) && !cmd.Flags().Changed("listen") {
		cfg.Listen = "127.0.0.1:0"
		s, err = New(cmd.Context(), cfg, log)
	}
	if err != nil {
		return nil, err
	}
	return &demo{s, cmd.OutOrStdout(), cmd.ErrOrStderr()}, nil
}

// run serves, fills the collections as the parties would, prints what to try,
// and goes on until ctx ends.
func (d *demo) run(ctx context.Context, files *input, withFiles bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx); cancel() }()
	err := d.fill(ctx, files, withFiles)
	if err != nil {
		cancel()
	}
	if errors.Is(err, context.Canceled) {
		err = nil // interrupted while it was filling
	}
	return errors.Join(err, <-ended)
}

// A publication is what one party puts into one collection of the demo.
type publication struct {
	party, agreement, alias string
	commitment              string
	origins, affected       []string
	markings                []stix.TLP
}

var publications = []publication{
	{"cert-us", "us-cn", "activity-from-cn", "us-cn:ip-theft", []string{"CN"}, []string{"US"}, []stix.TLP{stix.Clear, stix.Green, stix.Amber}},
	{"cert-cn", "us-cn", "activity-from-us", "us-cn:ip-theft", []string{"US"}, []string{"CN"}, []stix.TLP{stix.Clear, stix.Green, stix.Amber}},
	{"cert-de", "energy-circle", "shared", "", nil, []string{"DE", "SG", "US"}, []stix.TLP{stix.Green, stix.Amber, stix.AmberStrict}},
}

// demoScope is what the demo's tokens may do; the grants of their parties cut it.
const demoScope = "read:*/* write:*/*"

// members are the parties of the demo, and what each can do; the first one is
// printed first.
var members = []struct{ party, what string }{
	{"cert-us", "reads all three collections, writes to two"},
	{"cert-cn", "the other side of us-cn; energy-circle is hidden from it"},
	{"cert-de", "a member of energy-circle; us-cn is hidden from it"},
}

func (d *demo) fill(ctx context.Context, files *input, withFiles bool) error {
	tokens := map[string]string{}
	for _, m := range members {
		issued, err := d.auth.Issue(ctx, auth.Request{Party: m.party, Scope: demoScope, TTL: auth.DefaultTTL})
		if err != nil {
			return fmt.Errorf("token for %s: %w", m.party, err)
		}
		tokens[m.party] = issued.Token
	}
	for _, p := range publications {
		objects, err := d.objects(p)
		if err != nil {
			return err
		}
		var refused []error
		_, err = d.push(ctx, tokens[p.party], p.agreement+"/"+p.alias, objects, client.PushOptions{
			Refused: func(r client.Refusal) { refused = append(refused, fmt.Errorf("%s: %s", r.ID, r.Message)) },
		})
		if err != nil || refused != nil {
			return fmt.Errorf("the sample for %s/%s: %w", p.agreement, p.alias, errors.Join(append(refused, err)...))
		}
	}
	if withFiles {
		report := &pushReport{out: d.err, errs: d.err, clear: func() {}}
		source := newPushSource(ctx, files, false, report)
		result, err := d.push(ctx, tokens["cert-us"], "energy-circle/shared", source, source.options(nil))
		report.add(result)
		if err := errors.Join(err, report.end(nil, false, nil)); err != nil {
			return err
		}
	}
	return d.introduce(tokens, withFiles)
}

// objects makes the sample data of a publication in the party's own name.
func (d *demo) objects(p publication) (client.Objects, error) {
	a, ok := d.control.Agreement(p.agreement)
	if !ok || a.Party(p.party) == nil {
		return nil, fmt.Errorf("the agreement %s has no party %s", p.agreement, p.party)
	}
	party := a.Party(p.party)
	return sample.Publisher{
		Collection: p.agreement + "/" + p.alias, Identity: party.Identity, Name: party.Name.First(),
		Commitment: p.commitment, Origins: p.origins, Affected: p.affected, Markings: p.markings,
	}.Objects(), nil
}

// push sends objects to the server itself, as any client would.
func (d *demo) push(ctx context.Context, token, collection string, objects client.Objects, opts client.PushOptions) (client.PushResult, error) {
	c, err := client.New(client.Config{Server: d.URL(), Token: token})
	if err != nil {
		return client.PushResult{}, err
	}
	to, err := c.Collection(ctx, collection)
	if err != nil {
		return client.PushResult{}, err
	}
	return to.Push(ctx, objects, opts)
}

// introduce prints address, tokens and what to try, in one piece. The address
// comes first and the first token can read, for scripts.
func (d *demo) introduce(tokens map[string]string, withFiles bool) error {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("%s\n", d.URL())
	for _, m := range members {
		say("%s  %s\n  %s", m.party, tokens[m.party], m.what)
	}
	say("\nTry in another terminal:\n")
	say("  export TOKEN=%s", tokens[members[0].party])
	get := func(path string) { say("  curl -gsH \"Authorization: Bearer $TOKEN\" '%s%s'", d.URL(), path) }
	get("/taxii2/")
	get("/taxii2/us-cn/collections/")
	get("/taxii2/us-cn/collections/activity-from-cn/objects/?limit=2")
	get("/taxii2/us-cn/collections/activity-from-us/objects/?match[type]=report")
	if withFiles {
		get("/taxii2/energy-circle/collections/shared/manifest/")
	}
	say("\nCtrl-C ends it. The data: %s", d.cfg.Data)
	_, err := io.WriteString(d.out, b.String())
	return err
}
