package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"

	"github.com/spf13/cobra"
)

// Main runs one command line, without the name of the program, and returns its
// exit code: 0 done, 1 refused or failed in part, 2 wrong use. Results go to
// stdout, everything else to stderr. It ends early when ctx does.
func Main(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	running := false // else the arguments are wrong
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		err := cmd.ValidateRequiredFlags()
		running = err == nil
		return err
	}
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err != nil && !running {
		err = usage(err)
	}
	err = hintTrust(err)
	if err != nil && !errors.Is(err, errReported) {
		fmt.Fprintln(stderr, "accord:", printableLines(withoutUser(err.Error())))
	}
	return exitCode(err)
}

// errReported ends a command in failure that has said why already.
var errReported = errors.New("reported")

func newRoot() *cobra.Command {
	root := group("accord", "A STIX 2.1 and TAXII 2.1 exchange for parties that must cooperate without having to trust one another",
		newServeCommand(),
		newDemoCommand(),
		newValidateCommand(),
		newPushCommand(),
		newPullCommand(),
		newConformanceCommand(),
		newAuditCommand(),
		group("agreement", "Write, check and apply agreement files",
			newAgreementInitCommand(), newAgreementCheckCommand(), newAgreementApplyCommand(), newAgreementShowCommand()),
		group("token", "Issue, list, revoke and inspect tokens, and the keys that sign them",
			newTokenIssueCommand(), newTokenListCommand(), newTokenRevokeCommand(), newTokenInspectCommand(),
			newTokenKeysCommand(), newTokenRotateCommand(), newTokenRetireCommand()),
		group("store", "Look after the store", newStoreCheckCommand(), newStoreMigrateCommand()),
		group("config", "Look at the configuration", newConfigCheckCommand()),
		newVersionCommand(),
	)
	root.InitDefaultCompletionCmd()
	if completion, _, err := root.Find([]string{"completion"}); err == nil { // cobra's own, which lets anything pass
		completion.Args, completion.RunE = cobra.ArbitraryArgs, refuseGroup
	}
	root.InitDefaultHelpCmd()
	if help, _, err := root.Find([]string{"help"}); err == nil { // likewise
		help.Args = func(_ *cobra.Command, path []string) error {
			if below, rest, err := root.Find(path); err != nil || len(rest) > 0 {
				return errors.Join(err, refuseGroup(below, rest))
			}
			return nil
		}
	}
	root.SilenceErrors = true
	root.SilenceUsage = true
	return root
}

// anyNumber is how many arguments a command takes at most that has no limit.
const anyNumber = math.MaxInt

// takes is how many arguments a command wants. A fault says how it is used.
func takes(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return fmt.Errorf("something is missing; it is used so: %s", cmd.UseLine())
		case len(args) > most:
			return fmt.Errorf("%q is one argument too many; it is used so: %s", args[most], cmd.UseLine())
		}
		return nil
	}
}

// group is a command that only has others below it.
func group(name, short string, below ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use: name, Short: short, Args: cobra.ArbitraryArgs, RunE: refuseGroup,
	}
	c.AddCommand(below...)
	return c
}

// refuseGroup answers a command line that names none of the commands of a group.
func refuseGroup(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(fmt.Errorf("%s has no command %q; see %[1]s --help", cmd.CommandPath(), args[0]))
	}
	cmd.SetOut(cmd.ErrOrStderr())
	return errors.Join(cmd.Help(), usage(errReported))
}

// outputFlag adds -o, which is text or json, and returns whether it is json.
func outputFlag(c *cobra.Command) *bool {
	asJSON := new(bool)
	c.Flags().VarP((*jsonOutput)(asJSON), "output", "o", "text or json")
	return asJSON
}

// A jsonOutput is the value of -o.
type jsonOutput bool

func (o *jsonOutput) String() string {
	if *o {
		return "json"
	}
	return "text"
}

func (o *jsonOutput) Set(s string) error {
	if s != "text" && s != "json" {
		return fmt.Errorf("%q is neither text nor json", s)
	}
	*o = s == "json"
	return nil
}

func (o *jsonOutput) Type() string { return "format" }

// printJSON writes a result for programs.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// withBackend opens the store that a command is told of, which must be there,
// and runs do on it.
func withBackend(cmd *cobra.Command, s *settings, do func(ctx context.Context, b *backend) error) error {
	cfg, err := s.load()
	if err != nil {
		return err
	}
	return onBackend(cmd, cfg, storeOptions{mustExist: true}, do)
}

// onBackend opens the store of cfg and runs do on it.
func onBackend(cmd *cobra.Command, cfg *Config, options storeOptions, do func(ctx context.Context, b *backend) error) (err error) {
	log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	b, err := openBackend(cmd.Context(), cfg, log, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	return do(cmd.Context(), b)
}

// storeSettings adds the flags of a command that opens the store.
func storeSettings(c *cobra.Command) *settings { return newSettings(c.Flags(), "data", "store") }

// notNil makes an empty list of programs [] and not null.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
