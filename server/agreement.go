package server

import (
	"context"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"accord/collections"

	"github.com/spf13/cobra"
)

// sampleAgreement is what `agreement init` writes and what the demo applies.
//
//go:embed agreement.yaml
var sampleAgreement []byte

func newAgreementInitCommand() *cobra.Command {
	return &cobra.Command{
		Use: "init [FILE]", Short: "Write a commented sample file to change, to FILE or standard output",
		Args: takes(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				_, err := cmd.OutOrStdout().Write(sampleAgreement)
				return err
			}
			f, err := os.OpenFile(args[0], os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
			if err != nil {
				return err
			}
			_, err = f.Write(sampleAgreement)
			return errors.Join(err, f.Close())
		},
	}
}

func newAgreementCheckCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "check FILE…", Short: "Name every fault in agreement files; needs no store",
		Args: takes(1, anyNumber),
	}
	asJSON := outputFlag(c)
	c.RunE = func(cmd *cobra.Command, files []string) error {
		var checks []agreementCheck
		var faults []error
		for _, file := range files {
			check, err := checkAgreement(file)
			checks, faults = append(checks, check), append(faults, err)
			if !*asJSON && err == nil {
				fmt.Fprintf(cmd.OutOrStdout(), "%s: good: agreement %s with %d parties and %d collections\n", file, check.Agreement, check.Parties, check.Collections)
			}
		}
		if *asJSON {
			faults = append(faults, printJSON(cmd.OutOrStdout(), checks))
		}
		return errors.Join(faults...)
	}
	return c
}

// An agreementCheck is the outcome of `agreement check` for one file.
type agreementCheck struct {
	File        string   `json:"file"`
	Good        bool     `json:"good"`
	Agreement   string   `json:"agreement,omitempty"`
	Parties     int      `json:"parties,omitempty"`
	Collections int      `json:"collections,omitempty"`
	Faults      []string `json:"faults,omitempty"`
}

func checkAgreement(file string) (agreementCheck, error) {
	check := agreementCheck{File: file}
	src, err := os.ReadFile(file)
	if err != nil {
		check.Faults = []string{err.Error()}
		return check, err
	}
	a, err := collections.ParseAgreement(src, filesBeside(file))
	if err != nil {
		for _, e := range separate(err) {
			check.Faults = append(check.Faults, e.Error())
		}
		return check, inFile(file, err)
	}
	check.Good, check.Agreement, check.Parties, check.Collections = true, a.ID, len(a.Parties), len(a.Collections)
	return check, nil
}

// separate returns the errors that errors.Join put together.
func separate(err error) []error {
	if _, one := err.(*collections.Error); one {
		return []error{err} // it unwraps to kind and cause
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// inFile says of each of the joined errors in which file it is.
func inFile(name string, err error) error {
	var errs []error
	for _, e := range separate(err) {
		errs = append(errs, fmt.Errorf("%s: %w", name, e))
	}
	return errors.Join(errs...)
}

func newAgreementApplyCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "apply FILE…", Short: "Make the store match agreement files, and print what changes",
		Long: "Make the store match agreement files, each in one step, and print what changes. A collection that a file\n" +
			"leaves out is closed: it can be read and not written. --drop removes it with all that it holds.",
		Args: takes(1, anyNumber),
	}
	settings, asJSON := storeSettings(c), outputFlag(c)
	var options collections.ApplyOptions
	c.Flags().StringSliceVar(&options.Drop, "drop", nil, "`alias` of a collection to remove for good; may be repeated")
	c.Flags().BoolVar(&options.DryRun, "dry-run", false, "say what would change, and change nothing")
	c.RunE = func(cmd *cobra.Command, files []string) (err error) {
		if len(options.Drop) > 0 && len(files) > 1 {
			return usage(errors.New("--drop goes with one file: an alias belongs to one agreement"))
		}
		cfg, err := settings.load()
		if err != nil {
			return err
		}
		sources, err := readFiles(files)
		if err != nil {
			return err
		}
		return onStoreOf(cmd, cfg, options.DryRun, func(ctx context.Context, b *backend) error {
			applied, err := b.apply(ctx, files, sources, options)
			if *asJSON {
				return errors.Join(err, printJSON(cmd.OutOrStdout(), applied))
			}
			printApplied(cmd.OutOrStdout(), applied)
			return err
		})
	}
	return c
}

// onStoreOf runs do on the store of cfg, which is made if it is not there; a dry
// run then sees what would change in an empty store, made elsewhere.
func onStoreOf(cmd *cobra.Command, cfg *Config, dryRun bool, do func(ctx context.Context, b *backend) error) (err error) {
	if dryRun {
		if err := onBackend(cmd, cfg, storeOptions{mustExist: true}, do); !errors.Is(err, errNoStore) {
			return err
		}
		if cfg.Data, err = os.MkdirTemp("", "accord-dry-run-"); err != nil {
			return err
		}
		cfg.Store = ""
		defer func() { err = errors.Join(err, os.RemoveAll(cfg.Data)) }()
	}
	if !cfg.onMongo() { // else nothing is kept here
		if err := prepareFolders(cfg); err != nil {
			return err
		}
	}
	return onBackend(cmd, cfg, storeOptions{}, do)
}

// readFiles reads files and, so that a typing error in the last one changes
// nothing, checks all of them first. Two files of one agreement are refused:
// they would be one API root, and the second would undo the first (TX-URL-03).
func readFiles(files []string) ([][]byte, error) {
	var sources [][]byte
	var faults []error
	fileOf := map[string]string{}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err == nil {
			a, fault := collections.ParseAgreement(src, filesBeside(file))
			switch {
			case fault != nil:
				err = inFile(file, fault)
			case fileOf[a.ID] != "":
				err = fmt.Errorf("%s: the agreement %s stands in %s too; each has one file and one API root", file, a.ID, fileOf[a.ID])
			default:
				fileOf[a.ID] = file
			}
		}
		sources, faults = append(sources, src), append(faults, err)
	}
	return sources, errors.Join(faults...)
}

// An appliedFile is the outcome of `agreement apply` for one file.
type appliedFile struct {
	File      string               `json:"file"`
	Agreement string               `json:"agreement"`
	Hash      string               `json:"hash"` // SHA-256 of the file
	DryRun    bool                 `json:"dry_run,omitempty"`
	Changes   []collections.Change `json:"changes"`
}

// apply applies files until one is refused, and returns when every server
// obeys those before it.
func (b *backend) apply(ctx context.Context, files []string, sources [][]byte, o collections.ApplyOptions) (applied []appliedFile, err error) {
	if !o.DryRun {
		defer func() { err = errors.Join(err, b.settle(ctx)) }()
	}
	applied = []appliedFile{}
	for i, file := range files {
		o.Schemas = filesBeside(file)
		done, err := b.control.Apply(ctx, collections.Operator, sources[i], o)
		if err != nil {
			return applied, inFile(file, err)
		}
		applied = append(applied, appliedFile{
			File: file, Agreement: done.Agreement, Hash: hex.EncodeToString(done.Hash[:]), DryRun: o.DryRun, Changes: notNil(done.Changes),
		})
	}
	return applied, nil
}

func printApplied(w io.Writer, applied []appliedFile) {
	for _, a := range applied {
		if len(a.Changes) == 0 {
			fmt.Fprintf(w, "%s: nothing changes\n", a.Agreement)
		}
		for _, change := range a.Changes {
			fmt.Fprintf(w, "%s: %s\n", a.Agreement, change)
		}
	}
}
