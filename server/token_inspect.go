package server

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"accord/server/auth"

	"github.com/spf13/cobra"
)

func newTokenInspectCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "inspect TOKEN", Short: "Say whether a token is good, else why, and what it may do; - reads it from standard input",
		Long: "Say whether a token is good, else why, and what it may do; - reads it from standard input. One that is bound\n" +
			"to a certificate is given by its jti, or as --certificate FILE: then also the certificate is judged, by the\n" +
			"tls_client_ca of --config.",
		Args: takes(0, 1),
	}
	settings, asJSON := storeSettings(c), outputFlag(c)
	certificate := c.Flags().String("certificate", "", "PEM `file` of a client certificate, in place of a token")
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if (len(args) == 0) == (*certificate == "") {
			return usage(errors.New("give either a token or --certificate FILE"))
		}
		token, err := argument(cmd, args)
		if err != nil {
			return err
		}
		return withBackend(cmd, settings, func(ctx context.Context, b *backend) error {
			found, err := inspect(ctx, b, token, *certificate)
			if err != nil {
				return err
			}
			if *asJSON {
				err = printJSON(cmd.OutOrStdout(), found)
			} else {
				err = printInspection(cmd.OutOrStdout(), found)
			}
			if err == nil && !found.Good {
				return errReported
			}
			return err
		})
	}
	return c
}

// inspect judges a certificate if there is one, else a token.
func inspect(ctx context.Context, b *backend, token, certificate string) (auth.Inspection, error) {
	if certificate == "" {
		return b.auth.Inspect(ctx, token), nil
	}
	chain, err := readCertificates(certificate)
	if err != nil {
		return auth.Inspection{}, err
	}
	if ca := b.cfg.TLSClientCA; ca != "" {
		_, pool, err := readPool(ca)
		if err != nil {
			return auth.Inspection{}, fmt.Errorf("tls_client_ca: %w", err)
		}
		b.auth.ClientCAs = func() *x509.CertPool { return pool }
	}
	return b.auth.InspectCertificate(ctx, chain), nil
}

// readCertificates reads a PEM file of at least one certificate.
func readCertificates(file string) ([]*x509.Certificate, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--certificate: %w", err)
	}
	chain, err := auth.ParseCertificates(text)
	if err != nil {
		return nil, fmt.Errorf("--certificate: %s: %w", file, err)
	}
	return chain, nil
}

func printInspection(w io.Writer, found auth.Inspection) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if found.Good {
		fmt.Fprintln(table, "good")
	} else {
		fmt.Fprintf(table, "not good\t%s\n", found.Reason)
	}
	if c := found.Claims; c != nil {
		fmt.Fprintf(table, "party\t%s\nissuer\t%s\njti\t%s\nscope\t%s\n", c.Subject, c.Issuer, c.ID, c.Scope)
		if c.ExpiresAt != nil {
			fmt.Fprintf(table, "expires\t%s\n", instant(&c.ExpiresAt.Time))
		}
	}
	for _, r := range found.Rights {
		fmt.Fprintf(table, "in %s\tread %s\twrite %s\n", r.Agreement, listed(r.Read), listed(r.Write))
	}
	return table.Flush()
}

// listed writes a list of names, "-" for none.
func listed(names []string) string { return cmp.Or(strings.Join(names, ","), "-") }
