package collections

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"sync"

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
// among these objects and in every collection of the agreement that the caller
// may read. They are looked for once, all together, when the first one is asked
// for; where nothing asks nothing is read. It may be used from many goroutines.
//
// The first 1,000 that stand in the objects are known, of 4 MiB together. The
// order of the objects decides and not who asks first, so that the same push gets
// the same verdicts.
type Definitions struct {
	judge   stix.Judge
	members Members
	view    *View // nil where only what was sent is known

	once  sync.Once
	known map[stix.ID][]byte
	err   error
}

// NewDefinitions returns where objects, which judge judges, find their extension
// definitions. Without a view, only among themselves.
func NewDefinitions(judge stix.Judge, members Members, view *View) *Definitions {
	return &Definitions{judge: judge, members: members, view: view}
}

// In returns the function that a judge asks. It answers nil for a definition
// that is not known, and when something failed; see Err.
func (d *Definitions) In(ctx context.Context) func(stix.ID) []byte {
	return func(id stix.ID) []byte {
		d.once.Do(func() { d.err = d.learn(ctx) })
		return d.known[id]
	}
}

// Err returns why definitions could not be looked for, nil if they could. It is
// called when nobody asks any more.
func (d *Definitions) Err() error { return d.err }

// learn finds the definitions that stand in the objects. One that breaks a rule
// itself defines nothing.
func (d *Definitions) learn(ctx context.Context) error {
	brought := stix.Definitions{Judge: d.judge}
	var ids []stix.ID
	named := map[stix.ID]bool{}
	err := d.members(func(raw []byte) error {
		brought.Add(raw)
		for _, m := range definitionID.FindAllSubmatch(raw, -1) {
			if id := stix.ID(m[1]); len(ids) < maxDefinitions && !named[id] {
				named[id], ids = true, append(ids, id)
			}
		}
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	known, size := map[stix.ID][]byte{}, 0
	for _, id := range ids {
		stored, err := d.stored(ctx, id)
		if err != nil {
			return err
		}
		raw := newer(stored, brought.Definition(id))
		if size+len(raw) <= maxDefinitionBytes {
			known[id], size = raw, size+len(raw)
		}
	}
	d.known = known
	return nil
}

// definitionID finds the id of an extension definition where it is a whole string.
var definitionID = regexp.MustCompile(`"(extension-definition--[0-9A-Fa-f-]{36})"`)

// newer returns the newer version of a definition, the stored one of two that are
// equally new: the other will not take its place. Either may be nil.
func newer(stored, brought []byte) []byte {
	if stored == nil {
		return brought
	}
	a, _ := stix.ReadObject(stored, stix.Limits{})
	b, _ := stix.ReadObject(brought, stix.Limits{})
	if brought != nil && b.Version().Compare(a.Version()) > 0 {
		return brought
	}
	return stored
}

// stored returns the newest version of a definition that the caller may read in
// the agreement, nil if there is none.
func (d *Definitions) stored(ctx context.Context, id stix.ID) ([]byte, error) {
	if d.view == nil {
		return nil, nil
	}
	var newest *Version
	var in *View
	for _, v := range d.view.root.Views() {
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
	if newest == nil {
		return nil, nil
	}
	objects, err := in.Objects(ctx, []int64{newest.Sequence})
	if err != nil || len(objects) == 0 { // none when it was removed meanwhile
		return nil, err
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

// ofType calls do for each member of a push that may be of a type; it need not
// be.
func ofType(ctx context.Context, posted Posted, typ string, do func(i int, raw []byte)) error {
	quoted, i := []byte(`"`+typ+`"`), 0
	return membersOf(posted)(func(raw []byte) error {
		if bytes.Contains(raw, quoted) {
			do(i, raw)
		}
		i++
		return ctx.Err()
	})
}
