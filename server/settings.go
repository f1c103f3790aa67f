package server

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v4"
)

// settings are what a command line says of the configuration.
type settings struct {
	file  string // --config
	flags *pflag.FlagSet
	env   func(string) (string, bool)
}

// newSettings adds the named flags, none for all, and --config to those of a
// command.
func newSettings(command *pflag.FlagSet, names ...string) *settings {
	defaults := Defaults()
	s := &settings{flags: defaults.flags(), env: os.LookupEnv}
	command.SortFlags = false
	s.flags.VisitAll(func(f *pflag.Flag) {
		if len(names) == 0 || slices.Contains(names, f.Name) {
			command.AddFlag(f)
		}
	})
	command.StringVar(&s.file, "config", "", "YAML `file` of settings")
	return s
}

// load returns the defaults changed by the file, then by the environment, then
// by the command line. A fault is wrong use.
func (s *settings) load() (*Config, error) {
	if s.file == "" {
		s.file, _ = s.env("ACCORD_CONFIG")
	}
	cfg := Defaults()
	err := cfg.readFile(s.file)
	if err == nil {
		err = errors.Join(s.override(cfg.flags()), cfg.Validate())
	}
	if err != nil {
		return nil, usage(err)
	}
	cfg.PublicURL = strings.TrimRight(cfg.PublicURL, "/")
	return &cfg, nil
}

// readFile takes what a YAML file says; "" is no file.
func (c *Config) readFile(name string) error {
	if name == "" {
		return nil
	}
	src, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(src)) == 0 {
		return nil
	}
	var doc yaml.Node
	if err := yaml.Load(src, &doc, yaml.WithUniqueKeys(false)); err != nil { // c's own reading tells of keys said twice
		return fmt.Errorf("%s: %w", name, err)
	}
	return errors.Join(c.unknownKeys(name, &doc), yamlFaults(name, yaml.Load(src, c)))
}

// unknownKeys refuses the keys of a file that are none of c's.
func (c *Config) unknownKeys(file string, doc *yaml.Node) error {
	known := map[string]bool{}
	c.flags().VisitAll(func(f *pflag.Flag) { known[key(f)] = true })
	var faults []error
	for _, mapping := range doc.Content {
		for i := 0; mapping.Kind == yaml.MappingNode && i < len(mapping.Content); i += 2 {
			if k := mapping.Content[i]; !known[k.Value] {
				faults = append(faults, fmt.Errorf("%s: line %d: the key %q is not known; accord config check prints all keys", file, k.Line, k.Value))
			}
		}
	}
	return errors.Join(faults...)
}

// yamlFaults puts each fault of a file on a line of its own.
func yamlFaults(file string, err error) error {
	all, ok := errors.AsType[*yaml.LoadErrors](err)
	if !ok {
		return err
	}
	var faults []error
	for _, e := range all.Errors {
		faults = append(faults, fmt.Errorf("%s: line %d: %s", file, e.Mark.Line, e.Message))
	}
	return errors.Join(faults...)
}

// override sets the flags of a configuration to what the command line says,
// else the environment.
func (s *settings) override(config *pflag.FlagSet) error {
	var faults []error
	config.VisitAll(func(f *pflag.Flag) {
		if said := s.flags.Lookup(f.Name); said.Changed {
			copyValue(f.Value, said.Value)
			return
		}
		name := "ACCORD_" + strings.ToUpper(key(f))
		value, ok := s.env(name)
		before := f.Value.String()
		if ok && f.Value.Set(value) != nil {
			if _, list := f.Value.(pflag.SliceValue); !list { // which is as it was
				_ = f.Value.Set(before) // a number is 0 now, which may be a fault of its own
			}
			faults = append(faults, fmt.Errorf("%s: %q in %s is not a %s", key(f), value, name, kinds[f.Value.Type()]))
		}
	})
	return errors.Join(faults...)
}

// kinds are the types of keys that not every text can be, in words.
var kinds = map[string]string{"bool": "true or false", "int": "whole number", "int64": "whole number", "float64": "number", "stringSlice": "list with commas between"}

// key is how a flag is called in the file.
func key(f *pflag.Flag) string { return strings.ReplaceAll(f.Name, "-", "_") }

// copyValue copies between values of one type, so it cannot fail.
func copyValue(to, from pflag.Value) {
	if list, ok := from.(pflag.SliceValue); ok {
		_ = to.(pflag.SliceValue).Replace(list.GetSlice())
		return
	}
	_ = to.Set(from.String())
}
