package server

import (
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v4"
)

func newServeCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "serve", Short: "Serve until interrupted",
		Long: "Serve until interrupted. Each flag is also a key of the --config file (public_url for --public-url)\n" +
			"and an environment variable (ACCORD_PUBLIC_URL); a flag beats the environment, and that the file.",
		Args: takes(0, 0),
	}
	settings := newSettings(c.Flags())
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := settings.load()
		if err != nil {
			return err
		}
		cfg.shareProcessors()
		s, err := New(cmd.Context(), cfg, newLogger(cmd.ErrOrStderr(), cfg))
		if err != nil {
			return err
		}
		if cfg.TLSSelfSigned {
			fmt.Fprint(cmd.ErrOrStderr(), s.trust())
		}
		return s.Run(cmd.Context())
	}
	return c
}

func newConfigCheckCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "check", Short: "Print the configuration in force, or every fault in it",
		Args: takes(0, 0),
	}
	settings, asJSON := newSettings(c.Flags()), outputFlag(c)
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := settings.load()
		if err != nil {
			return err
		}
		if _, err := openTLS(cfg, slog.New(slog.DiscardHandler)); err != nil {
			return usage(err)
		}
		if *asJSON {
			return printJSON(cmd.OutOrStdout(), cfg.redacted())
		}
		text, err := yaml.Dump(cfg.redacted())
		if err != nil {
			return err
		}
		_, err = cmd.OutOrStdout().Write(text)
		return err
	}
	return c
}

func newVersionCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "version", Short: "Print the version and what it was built from",
		Args: takes(0, 0),
	}
	asJSON := outputFlag(c)
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		if *asJSON {
			return printJSON(cmd.OutOrStdout(), map[string]string{"version": buildVersion()})
		}
		_, err := fmt.Fprintln(cmd.OutOrStdout(), "accord", buildVersion())
		return err
	}
	return c
}

// buildVersion is what the go command knew of the source when it built the binary.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version + " " + info.GoVersion
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			v += " " + s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			v += " modified"
		}
	}
	return v
}
