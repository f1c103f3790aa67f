package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"accord/taxii/conformance"

	"github.com/spf13/cobra"
)

func newConformanceCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "conformance [URL]",
		Short: "Test any TAXII 2.1 server from outside, requirement by requirement",
		Long: `Conformance asks a TAXII 2.1 server some hundreds of questions and prints for each requirement of the
standard whether the server keeps it: pass, fail with the request and the answer, not applicable, or
untestable from outside with these tokens. Where the standard leaves a choice every outcome that it
allows is a pass.

URL is the base URL of the server, its discovery URL, or the URL of one API root; --server and ACCORD_SERVER
say the same. A token is sent as Bearer; NAME:PASSWORD is sent as HTTP Basic; a client certificate can stand
in place of a token. Without --write nothing is posted that a server could store. With it, made-up objects
are posted (192.0.2.0/24, fresh ids) and deleted again; a user who may write and not read cannot delete what
it posted, so that object stays unless another token can. The report says what could not be deleted.

Exit code 0 means that nothing failed, 1 that something did, 2 that there was nothing to test.`,
		Example: "  ACCORD_TOKEN=… accord conformance https://taxii.example/ --write\n" +
			"  accord conformance --explain TX-PAG-06",
		Args: takes(0, 1),
	}
	r, f := remoteFlags(c), c.Flags()
	var readOnly, writeOnly, other, explain string
	var cfg conformance.Config
	f.StringVar(&readOnly, "read-only-token", "", "`token` of a user who may read and not write")
	f.StringVar(&writeOnly, "write-only-token", "", "`token` of a user who may write and not read")
	f.StringVar(&other, "other-token", "", "`token` of a user of another organisation")
	f.StringVar(&cfg.Collection, "collection", "", "`id` or alias of the only collection to test (default those that suit)")
	f.BoolVar(&cfg.Write, "write", false, "post made-up objects and delete them again")
	f.BoolVar(&cfg.Strict, "strict", false, "fail choices, too, that the standard allows and that serve clients badly")
	f.StringSliceVar(&cfg.Only, "only", nil, "decide only these `ids`")
	f.StringVar(&explain, "explain", "", "say what the requirement with this `id` is, and ask nobody")
	asJSON := outputFlag(c)
	c.RunE = func(cmd *cobra.Command, args []string) (err error) {
		if explain != "" {
			return explainRequirement(cmd.OutOrStdout(), explain)
		}
		cfg.URL = cmp.Or(strings.Join(args, ""), r.server, os.Getenv("ACCORD_SERVER"))
		if cfg.URL == "" {
			return usage(errors.New("which server? Give its URL or ACCORD_SERVER"))
		}
		if cfg.TLS, err = r.tls.config(cfg.URL); err != nil {
			return usage(err)
		}
		token := cmp.Or(r.token, os.Getenv("ACCORD_TOKEN"))
		cfg.Main = credentials(token)
		if r.user != "" {
			cfg.Main = conformance.Credentials{User: r.user, Token: token}
		}
		cfg.ReadOnly, cfg.WriteOnly, cfg.Other = credentials(readOnly), credentials(writeOnly), credentials(other)
		if cmp.Or(token, readOnly, writeOnly, other) != "" && isOpen(cfg.URL) {
			fmt.Fprintf(cmd.ErrOrStderr(), "accord: warning: the tokens go to %s in the clear; use https\n", printable(cfg.URL))
		}
		for i, id := range cfg.Only {
			cfg.Only[i] = strings.ToUpper(id)
		}
		return runConformance(cmd.Context(), cfg, cmd.OutOrStdout(), cmd.ErrOrStderr(), *asJSON)
	}
	return c
}

// credentials reads TOKEN or NAME:PASSWORD. A token for Bearer has no colon (RFC
// 6750 §2.1).
func credentials(s string) conformance.Credentials {
	if user, password, ok := strings.Cut(s, ":"); ok {
		return conformance.Credentials{User: user, Token: password}
	}
	return conformance.Credentials{Token: s}
}

func explainRequirement(out io.Writer, id string) error {
	r, ok := conformance.Lookup(strings.ToUpper(id))
	if !ok {
		return usage(fmt.Errorf("no requirement has the id %q", id))
	}
	where := "the standard does not say it"
	if r.Section != "" {
		where = "TAXII 2.1 " + r.Section
		if !strings.HasPrefix(r.Section, "§") && !strings.HasPrefix(r.Section, "App.") {
			where = r.Section
		}
	}
	fmt.Fprintf(out, "%s  %s, %s\n%s\n", r.ID, r.Level, where, r.Text)
	if reason := conformance.Binds(r.ID); reason != "" {
		fmt.Fprintf(out, "No answer of a server can show it: it %s.\n", reason)
	}
	return nil
}

func runConformance(ctx context.Context, cfg conformance.Config, out, errs io.Writer, asJSON bool) error {
	var bar *progress
	cfg.Progress = func(done, total int, name string) {
		if bar == nil {
			bar = newProgress(errs, int64(total))
		}
		bar.at(int64(done), name)
	}
	report, err := conformance.Run(ctx, cfg)
	if bar != nil {
		bar.end()
	}
	if err != nil {
		return usage(err)
	}
	if asJSON {
		err = printJSON(out, conformanceJSON(report))
	} else {
		err = report.WriteText(out)
	}
	if err == nil && report.Count(conformance.Fail) > 0 {
		err = errReported
	}
	return err
}

// A conformanceReport is the result for programs.
type conformanceReport struct {
	Server        string              `json:"server"`
	Requirements  int                 `json:"requirements"`
	Testable      int                 `json:"testable"` // from outside with these tokens
	Passed        int                 `json:"passed"`
	Failed        int                 `json:"failed"`
	NotApplicable int                 `json:"not_applicable"`
	Untestable    int                 `json:"untestable"`
	Notes         []string            `json:"notes,omitempty"`
	Results       []conformanceResult `json:"results"`
}

type conformanceResult struct {
	ID       string                `json:"id"`
	Level    conformance.Level     `json:"level"`
	Section  string                `json:"section,omitempty"`
	Text     string                `json:"text"`
	Outcome  conformance.Outcome   `json:"outcome"`
	Reason   string                `json:"reason,omitempty"`
	Notes    []string              `json:"notes,omitempty"`
	Failures []conformance.Failure `json:"failures,omitempty"`
}

func conformanceJSON(r *conformance.Report) conformanceReport {
	passed, failed := r.Count(conformance.Pass), r.Count(conformance.Fail)
	j := conformanceReport{
		Server: r.Server, Requirements: len(r.Results), Testable: passed + failed, Passed: passed, Failed: failed,
		NotApplicable: r.Count(conformance.NotApplicable), Untestable: r.Count(conformance.Untestable), Notes: r.Notes,
	}
	for _, res := range r.Results {
		j.Results = append(j.Results, conformanceResult{res.ID, res.Level, res.Section, res.Text, res.Outcome, res.Reason, res.Notes, res.Failures})
	}
	return j
}
