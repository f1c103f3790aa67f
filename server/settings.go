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
	if err := yaml.Load(src, c, yaml.WithKnownFields()); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
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
		if ok && f.Value.Set(value) != nil {
			faults = append(faults, fmt.Errorf("%s: %q in %s is no %s", key(f), value, name, f.Value.Type()))
		}
	})
	return errors.Join(faults...)
}

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
