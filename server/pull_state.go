package server

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"accord/taxii/client"
)

// A pullState remembers how far a pull came. It belongs to what was asked for:
// with other collections or filters it would leave objects out.
type pullState struct {
	Of      []string                 `json:"of"`      // URLs of the collections, or all of a server
	Filters map[string][]string      `json:"filters"` // the parameters that choose objects
	Cursors map[string]client.Cursor `json:"cursors"` // by the URL of a collection

	file *stateFile
}

// loadPullState reads the state file. One that is not there yet begins where
// the options say.
func loadPullState(file *stateFile, of []string, opts client.PullOptions) (*pullState, error) {
	fresh := &pullState{Of: of, Filters: filtersOf(opts), Cursors: map[string]client.Cursor{}, file: file}
	kept := &pullState{file: file}
	found, err := file.load(kept)
	switch {
	case err != nil || !found:
		return fresh, err
	case !slices.Equal(kept.Of, fresh.Of):
		return nil, usage(fmt.Errorf("%s belongs to %s; use another file for this pull", printable(file.path), printable(strings.Join(kept.Of, ", "))))
	case !maps.EqualFunc(kept.Filters, fresh.Filters, slices.Equal):
		return nil, usage(fmt.Errorf("%s belongs to a pull with %s; use another file for this pull", printable(file.path), describeFilters(kept.Filters)))
	case opts.From.AddedAfter != "":
		return nil, usage(fmt.Errorf("%s says where to go on; leave out --added-after, or remove the file", printable(file.path)))
	case kept.Cursors == nil:
		kept.Cursors = fresh.Cursors
	}
	return kept, nil
}

// filtersOf are the filters that are set, in an order of their own.
func filtersOf(opts client.PullOptions) map[string][]string {
	filters := map[string][]string{}
	for name, of := range map[string][]string{
		"type": opts.Types, "id": opts.IDs, "version": opts.Versions, "spec_version": opts.SpecVersions,
	} {
		if len(of) > 0 {
			filters[name] = slices.Sorted(slices.Values(of))
		}
	}
	return filters
}

// describeFilters writes filters as the flags that set them.
func describeFilters(filters map[string][]string) string {
	if len(filters) == 0 {
		return "no filters"
	}
	var flags []string
	for _, name := range slices.Sorted(maps.Keys(filters)) {
		flags = append(flags, "--"+strings.ReplaceAll(name, "_", "-")+" "+strings.Join(filters[name], ","))
	}
	return printable(strings.Join(flags, " "))
}

func (s *pullState) save() error { return s.file.save(s) }
