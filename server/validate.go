package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"accord/collections"
	"accord/schemas"
	"accord/stix"
	"accord/stix/lift"

	"github.com/spf13/cobra"
)

func newValidateCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "validate FILE…",
		Short: "Judge STIX objects in files, and say what is wrong with each",
		Long: `Validate judges every object of the files by itself and says which rules it breaks, where, what was
found and what is allowed. A file is a bundle, an envelope, a list, one object or NDJSON, packed with
gzip or not; - is stdin, which may have 4 GiB. A line of NDJSON that cannot be read costs no other.
Extension definitions in the files are known, whatever their order.

An error refuses an object, a warning does not. Which is which depends on the profile: open refuses
what cannot be stored, addressed or protected; standard, the default, every violation of a MUST but those
that half of the world's real objects have; strict every violation of a MUST.

The exit code is 0 when nothing was refused, 1 when something was or a file cannot be read.`,
		Example: `  accord validate bundle.json indicators.ndjson.gz
  accord pull --collection us-cn/activity-from-cn | accord validate --profile strict -
  accord validate -o sarif feed.json > feed.sarif
  accord validate --own indicator=indicator.schema.json feed.json
  accord validate --explain COM-02`,
	}
	o := validateFlags(c)
	c.RunE = func(cmd *cobra.Command, files []string) error {
		switch {
		case (o.rules || o.explain != "") && len(files) > 0:
			return usage(errors.New("--rules and --explain take no FILE"))
		case (o.rules || o.explain != "") && o.format.value == "sarif":
			return usage(errors.New("--rules and --explain are written as text or json"))
		case o.rules:
			return writeRules(cmd.OutOrStdout(), o)
		case o.explain != "":
			return writeExplanation(cmd.OutOrStdout(), o)
		case len(files) == 0:
			return usage(errors.New("which FILE? - is stdin"))
		}
		return validate(cmd, files, o)
	}
	return c
}

// validateOptions are the flags of accord validate.
type validateOptions struct {
	profile, lang, format choiceFlag
	own                   []string
	rules, warnings, lift bool
	explain               string
}

func validateFlags(c *cobra.Command) *validateOptions {
	o := &validateOptions{
		profile: choiceFlag{"standard", []string{"standard", "strict", "open"}},
		lang:    choiceFlag{"en", []string{"en", "zh"}},
		format:  choiceFlag{"text", []string{"text", "json", "sarif"}},
	}
	f := c.Flags()
	f.Var(&o.profile, "profile", "standard, strict or open")
	f.Var(&o.lang, "lang", "language of messages, en or zh")
	f.VarP(&o.format, "output", "o", "text, json or sarif")
	f.StringArrayVar(&o.own, "own", nil, "`TYPE=FILE`, a JSON Schema that objects of the type must meet besides; * for all types")
	f.BoolVar(&o.warnings, "warnings", false, fmt.Sprintf("every warning in the text, and not only the first %d", shownWarnings))
	f.BoolVar(&o.rules, "rules", false, "list every rule, with its level under the profile")
	f.BoolVar(&o.lift, "lift", false, "judge what accord push --lift makes of objects of STIX 2.0")
	f.StringVar(&o.explain, "explain", "", "explain a `RULE`, with a right and a wrong example")
	return o
}

// A choiceFlag is a flag that takes one of some words.
type choiceFlag struct {
	value string
	of    []string
}

func (c *choiceFlag) String() string { return c.value }
func (c *choiceFlag) Type() string   { return "string" }

func (c *choiceFlag) Set(s string) error {
	if !slices.Contains(c.of, s) {
		return fmt.Errorf("%q is none of %s", s, strings.Join(c.of, ", "))
	}
	c.value = s
	return nil
}

// judge makes the judge that the flags ask for. An object of STIX 2.0 breaks
// COM-02, which says so.
func (o *validateOptions) judge() (stix.Judge, error) {
	own := map[string][]byte{}
	for _, pair := range o.own {
		typ, file, ok := strings.Cut(pair, "=")
		if !ok || typ == "" || own[typ] != nil {
			return nil, fmt.Errorf("--own %s: it has the form TYPE=FILE, each type once", printable(pair))
		}
		text, err := readOwn(file)
		if err != nil {
			return nil, fmt.Errorf("--own %s: %w", printable(pair), err)
		}
		own[typ] = text
	}
	judge, err := (&schemas.Validator{STIX21Only: true}).Judge(o.profile.value, own)
	if err != nil {
		return nil, fmt.Errorf("--own: %w", err)
	}
	return judge, nil
}

// readOwn reads a JSON Schema, as large as in an agreement.
func readOwn(file string) ([]byte, error) {
	text, err := readSchema(os.Stat, os.Open, file)
	if fault, ok := errors.AsType[*fs.PathError](err); ok {
		err = fault.Err // the name is said already
	}
	if len(text) > collections.MaxSchemaBytes {
		err = fmt.Errorf("the schema has more than %d bytes", collections.MaxSchemaBytes)
	}
	return text, err
}

// A validateReport takes the verdicts one by one and writes them in some format.
type validateReport interface {
	add(file string, m schemas.Member) error
	// end writes what has to stand at the end.
	end(unread []unreadFile) error
}

// An unreadFile is a file that could not be read to its end, and why.
type unreadFile struct {
	name string
	err  error
}

// newValidateReport returns the report in the format that the flags ask for.
// It calls clear before it writes what a progress bar may stand in the way of.
func newValidateReport(w io.Writer, o *validateOptions, clear func()) validateReport {
	switch o.format.value {
	case "json":
		return &jsonReport{w: w, lang: o.lang.value}
	case "sarif":
		return newSARIFReport(w, o)
	}
	return newTextReport(w, o, clear)
}

// A validation is a run of accord validate on some files.
type validation struct {
	inputs  []*validateInput
	stream  schemas.Stream
	known   stix.Definitions
	report  validateReport
	bar     *progress
	errs    io.Writer
	objects int
	refused int
	unread  []unreadFile
}

func validate(cmd *cobra.Command, files []string, o *validateOptions) error {
	judge, err := o.judge()
	if err != nil {
		return usage(err)
	}
	v := &validation{errs: cmd.ErrOrStderr()}
	v.report = newValidateReport(cmd.OutOrStdout(), o, func() { v.bar.end() })
	v.known.Judge = judge
	v.stream = schemas.Stream{Judge: judge, Profile: o.profile.value, Definition: v.known.Definition}
	if o.lift {
		v.stream.Lift = func(raw []byte) [][]byte {
			made, _ := lift.Object(raw) // what cannot be lifted is judged as it is, and refused
			return made
		}
	}
	size := int64(0)
	for _, name := range files {
		in := newValidateInput(name, cmd.InOrStdin())
		defer in.Close()
		v.inputs = append(v.inputs, in)
		size = addSizes(size, in.size)
	}
	if err := checkNamedOnce(v.inputs); err != nil {
		return usage(err)
	}
	v.bar = newProgress(cmd.ErrOrStderr(), addSizes(size, size))
	defer v.bar.end()
	return v.run(cmd.Context())
}

// run learns the extension definitions of all files, then judges them.
func (v *validation) run(ctx context.Context) error {
	read := int64(0)
	for _, in := range v.inputs {
		in.learn(ctx, &v.known, func(n int64) {
			v.bar.at(read+n, fmt.Sprintf("%d MiB searched for extension definitions", (read+n)>>20))
		})
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		read += in.read.Load()
	}
	for _, in := range v.inputs {
		if err := v.judge(ctx, in, read); err != nil {
			return err
		}
		read += in.read.Load()
	}
	v.bar.end()
	if err := v.report.end(v.unread); err != nil {
		return err
	}
	if len(v.unread)+v.refused > 0 {
		return errReported
	}
	return nil
}

// judge judges one file. That it can't be read is told, and the others are
// judged all the same.
func (v *validation) judge(ctx context.Context, in *validateInput, before int64) error {
	var reporting error
	err := in.judge(ctx, &v.stream, func(m schemas.Member) error {
		v.objects++
		if !m.Accepted {
			v.refused++
		}
		v.bar.at(before+in.read.Load(), fmt.Sprintf("%d objects, %d refused", v.objects, v.refused))
		reporting = v.report.add(in.name, m)
		return reporting
	})
	if fatal := cmp.Or(reporting, context.Cause(ctx)); fatal != nil || err == nil {
		return fatal
	}
	v.unread = append(v.unread, unreadFile{in.name, err})
	v.bar.end()
	fmt.Fprintln(v.errs, "accord:", printable(err.Error()))
	return nil
}
