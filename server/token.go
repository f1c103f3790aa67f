package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"accord/collections"
	"accord/server/auth"

	"github.com/spf13/cobra"
)

func newTokenIssueCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "issue --party ID --scope SCOPE", Short: "Print a new token, which is kept nowhere else",
		Long: "Print a new token, which is kept nowhere else. One that is bound to a certificate has no secret:\n" +
			"its jti is printed, for token inspect and token revoke.",
		Example: "  accord token issue --party cert-us --scope 'read:us-cn/* write:us-cn/activity-from-cn' --ttl 24h",
		Args:    takes(0, 0),
	}
	settings, asJSON := storeSettings(c), outputFlag(c)
	r, ttl, certificate := auth.Request{}, "", ""
	f := c.Flags()
	f.StringVar(&r.Party, "party", "", "`id` of the party that the token speaks for")
	f.StringVar(&r.Scope, "scope", "", "what the token may do: read:, write:, request:, search: or admin, separated by blanks; "+
		"what the party's grants do not allow has no effect")
	f.StringVar(&ttl, "ttl", "90d", "lifetime, such as 24h or 30d")
	f.StringVar(&r.Officer, "officer", "", "person who uses it, for the audit trail")
	f.StringVar(&r.Unit, "unit", "", "unit of the party that uses it")
	f.BoolVar(&r.Short, "short", false, "a handle of 40 characters, for tools with small password fields")
	f.StringVar(&certificate, "certificate", "", "PEM `file` of the client certificate that stands for the token; not behind a proxy that ends TLS")
	f.StringVar(&r.CertificateName, "certificate-name", "", "DNS `name`, URI or e-mail address in client certificates that stand for the token, if an authority of tls_client_ca has issued them")
	for _, name := range []string{"party", "scope"} {
		_ = c.MarkFlagRequired(name) // the flag is there
	}
	c.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		if r.TTL, err = parseTTL(ttl); err != nil {
			return usage(fmt.Errorf("--ttl: %w", err))
		}
		if _, err := collections.ParseScopes(r.Scope); err != nil {
			return usage(fmt.Errorf("--scope: %w", err))
		}
		if certificate != "" {
			chain, err := readCertificates(certificate)
			if err != nil {
				return err
			}
			r.Certificate = chain[0]
		}
		return withBackend(cmd, settings, func(ctx context.Context, b *backend) error {
			issued, err := b.auth.Issue(ctx, r)
			if err != nil {
				return err
			}
			var settled error // what is issued is issued, also if the wait is cut short
			if issued.Token == "" {
				settled = b.settle(ctx) // whoever has tried the certificate before tries it now again
			}
			for _, warning := range issued.Warnings {
				fmt.Fprintln(cmd.ErrOrStderr(), "accord: warning:", warning)
			}
			if *asJSON {
				return errors.Join(settled, printJSON(cmd.OutOrStdout(), map[string]any{
					"token": issued.Token, "jti": issued.JTI, "expires": issued.Expires.UTC(), "warnings": notNil(issued.Warnings),
				}))
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), cmp.Or(issued.Token, issued.JTI))
			return errors.Join(settled, err)
		})
	}
	return c
}

// parseTTL reads a duration in which days may stand too: 90d, 24h, 15m.
func parseTTL(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return 0, fmt.Errorf("%q is no number of days, such as 90d", s)
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, fmt.Errorf("%q is no lifetime, such as 24h or 90d", s)
	}
	return d, nil
}

func newTokenListCommand() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "List the tokens that were issued", Args: takes(0, 0)}
	return listCommand(c, func(b *backend, w io.Writer) any {
		tokens := b.auth.Tokens()
		fmt.Fprintln(w, "JTI\tPARTY\tISSUED\tEXPIRES\tREVOKED\tCERTIFICATE\tSCOPE")
		for _, t := range tokens {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", t.JTI, t.Party, instant(&t.Issued), instant(&t.Expires), instant(t.Revoked),
				cmp.Or(t.CertificateName, t.Certificate, "-"), t.Scope)
		}
		return tokens
	})
}

func newTokenKeysCommand() *cobra.Command {
	c := &cobra.Command{Use: "keys", Short: "List the keys that sign tokens", Args: takes(0, 0)}
	return listCommand(c, func(b *backend, w io.Writer) any {
		keys := b.auth.Keys()
		fmt.Fprintln(w, "KID\tSERVER\tFROM\tRETIRED")
		for _, k := range keys {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", k.KID, k.Server, instant(&k.From), instant(k.Retired))
		}
		return keys
	})
}

// listCommand completes a command that prints a table, or the same as JSON.
func listCommand(c *cobra.Command, list func(b *backend, table io.Writer) any) *cobra.Command {
	settings, asJSON := storeSettings(c), outputFlag(c)
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		return withBackend(cmd, settings, func(_ context.Context, b *backend) error {
			if *asJSON {
				return printJSON(cmd.OutOrStdout(), list(b, io.Discard))
			}
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			list(b, table)
			return table.Flush()
		})
	}
	return c
}

// instant writes a time in a table, "-" for none.
func instant(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.UTC().Format("2006-01-02T15:04Z")
}

func newTokenRevokeCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "revoke TOKEN|JTI", Short: "End a token and print its jti; - reads it from standard input",
		Args: takes(1, 1),
	}
	return controlCommand(c, func(ctx context.Context, b *backend, token string) (string, error) {
		ended, err := b.auth.Revoke(ctx, token)
		if err == nil && !ended.Issued {
			fmt.Fprintf(c.ErrOrStderr(), "accord: warning: this store has not issued %s: it is of a party's own issuer, or mistyped\n", ended.JTI)
		}
		return ended.JTI, err
	})
}

func newTokenRotateCommand() *cobra.Command {
	return controlCommand(&cobra.Command{
		Use: "rotate", Short: "Make a new key, which signs from now on; older ones go on to verify",
		Args: takes(0, 0),
	}, func(ctx context.Context, b *backend, _ string) (string, error) { return b.auth.Rotate(ctx) })
}

func newTokenRetireCommand() *cobra.Command {
	return controlCommand(&cobra.Command{
		Use: "retire KID", Short: "End a key: nothing that it signed is good any longer",
		Args: takes(1, 1),
	}, func(ctx context.Context, b *backend, kid string) (string, error) { return kid, b.auth.Retire(ctx, kid) })
}

// controlCommand completes a command that writes to the control log, with at
// most one argument. It prints what do returns when every server obeys, or when
// the wait for that is cut short: what is written is written.
func controlCommand(c *cobra.Command, do func(ctx context.Context, b *backend, arg string) (string, error)) *cobra.Command {
	settings := storeSettings(c)
	c.RunE = func(cmd *cobra.Command, args []string) error {
		arg, err := argument(cmd, args)
		if err != nil {
			return err
		}
		return withBackend(cmd, settings, func(ctx context.Context, b *backend) error {
			result, err := do(ctx, b, arg)
			if err != nil {
				return err
			}
			settled := b.settle(ctx)
			_, err = fmt.Fprintln(cmd.OutOrStdout(), result)
			return errors.Join(settled, err)
		})
	}
	return c
}

// argument returns the argument of a command, "" for none; - is one line of
// standard input, so that a token need not stand where every process sees it.
func argument(cmd *cobra.Command, args []string) (string, error) {
	if len(args) == 0 || args[0] != "-" {
		return strings.Join(args, ""), nil
	}
	const longest = 64 << 10
	line, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), longest))
	if err != nil {
		return "", fmt.Errorf("read standard input: %w", err)
	}
	if len(strings.TrimSpace(string(line))) == 0 {
		return "", usage(errors.New("standard input is empty"))
	}
	return strings.TrimSpace(string(line)), nil
}
