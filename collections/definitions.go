package collections

import (
	"bytes"
	"context"
	"fmt"
	"regexp"

	"accord/stix"
)

// maxDefinitions and maxDefinitionBytes are how many extension definitions are
// looked for on behalf of one push, and how large they are together. Real pushes
// use a handful; each costs a look into every collection.
const (
	maxDefinitions     = 1000
	maxDefinitionBytes = 4 << 20
)

// Members hands out the bytes of each object that was sent, in order. They may be
// kept. The error is that of reading them or of do, which ends it.
type Members func(do func(raw []byte) error) error

// Definitions finds the extension definitions that objects sent together use:
// among these objects, as a judge judges them, and in every collection of the
// agreement that the caller may read; without a view only among the objects. The
// function that it returns is what a judge asks, from many goroutines; it answers
// nil for a definition that is not known. Where the objects name none, nothing is
// looked up.
//
// The first 1,000 that stand in the objects are known, of 4 MiB together. The
// order of the objects decides, so that the same push gets the same verdicts.
//
// The worker goes through the objects in short turns, and has none while
// definitions are looked up and when it returns.
func Definitions(ctx context.Context, worker *Worker, judge stix.Judge, members Members, view *View) (func(stix.ID) []byte, error) {
	defer worker.Rest()
	brought := stix.Definitions{Judge: judge} // one that breaks a rule itself defines nothing
	var ids []stix.ID
	named := map[stix.ID]bool{}
	err := members(worker.eachOf(func(raw []byte) error {
		brought.Add(raw)
		if !bytes.Contains(raw, definitionPrefix) { // which takes far less time than a search
			return ctx.Err()
		}
		for _, m := range definitionID.FindAllSubmatch(raw, -1) {
			if id := stix.ID(m[1]); len(ids) < maxDefinitions && !named[id] {
				named[id], ids = true, append(ids, id)
			}
		}
		return ctx.Err()
	}))
	if err != nil {
		return nil, err
	}
	worker.Rest()
	known, size := map[stix.ID][]byte{}, 0
	for _, id := range ids {
		raw, err := view.newer(ctx, id, brought.Definition(id))
		if err != nil {
			return nil, err
		}
		if size+len(raw) <= maxDefinitionBytes {
			known[id], size = raw, size+len(raw)
		}
	}
	return func(id stix.ID) []byte { return known[id] }, nil
}

// definitionID finds the id of an extension definition where it is a whole string.
var definitionID = regexp.MustCompile(`"(extension-definition--[0-9A-Fa-f-]{36})"`)

var definitionPrefix = []byte(`"extension-definition--`)

// newer returns the newest version of a definition that the caller may read in
// the agreement, or the one that was brought where that is newer still: of two
// that are equally new the other will not take the place of the stored one. The
// one that was brought may be nil, and the result is where there is none.
func (v *View) newer(ctx context.Context, id stix.ID, brought []byte) ([]byte, error) {
	if v == nil {
		return brought, nil
	}
	var newest *Version
	var in *View
	for _, v := range v.root.Views() {
		if !v.CanRead {
			continue
		}
		u, err := v.newest(ctx, id)
		if err != nil {
			return nil, err
		}
		if u != nil && (newest == nil || u.Timestamp.Compare(newest.Timestamp) > 0) {
			newest, in = u, v
		}
	}
	b, _ := stix.ReadObject(brought, stix.Limits{})
	if newest == nil || brought != nil && b.Version().Compare(newest.Timestamp) > 0 {
		return brought, nil
	}
	objects, err := in.Objects(ctx, []int64{newest.Sequence})
	if err != nil || len(objects) == 0 { // none when it was removed meanwhile
		return brought, err
	}
	return objects[0].Raw, nil
}

// newest returns the latest version of an extension definition in the caller's
// world; nil if there is none.
func (v *View) newest(ctx context.Context, id stix.ID) (*Version, error) {
	all, err := v.root.service.Store.Versions(ctx, v.ID, []string{string(id)})
	if err != nil {
		return nil, err
	}
	visible := VersionFilter{}.Select(v.visible(all[string(id)]))
	if len(visible) == 0 || visible[0].Type != "extension-definition" {
		return nil, nil
	}
	return &visible[0], nil
}

// membersOf hands out the members of a push.
func membersOf(posted Posted) Members {
	return func(do func([]byte) error) error {
		for i := range posted.Len() {
			raw, err := posted.Object(i)
			if err != nil {
				return fmt.Errorf("read member %d of the push: %w", i, err)
			}
			if err := do(raw); err != nil {
				return err
			}
		}
		return nil
	}
}

// ofType returns the places of the members of a push that may be of a type; they
// need not be.
func ofType(ctx context.Context, worker *Worker, posted Posted, typ string) (found []int, err error) {
	defer worker.Rest()
	quoted, i := []byte(`"`+typ+`"`), 0
	err = membersOf(posted)(worker.eachOf(func(raw []byte) error {
		if bytes.Contains(raw, quoted) {
			found = append(found, i)
		}
		i++
		return ctx.Err()
	}))
	return found, err
}
