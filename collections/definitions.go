package collections

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	"accord/stix"
)

// maxDefinitions is how many extension definitions are looked for on behalf of
// one push. Real ones use a handful; each costs a look into every collection.
const maxDefinitions = 1000

// Definitions finds the extension definitions that the members of one push use:
// in the push itself and in every collection of the agreement that the caller
// may read. Each is looked for once; where nothing asks nothing is read. It may
// be used from many goroutines.
type Definitions struct {
	view   *View
	judge  stix.Judge
	posted Posted

	mu      sync.Mutex
	brought map[stix.ID]stix.Object // by the push; nil until it was searched
	known   map[stix.ID][]byte      // nil where there is none
	err     error                   // the first one
}

// Definitions returns where the members of posted, which judge judges, find
// their extension definitions.
func (v *View) Definitions(judge stix.Judge, posted Posted) *Definitions {
	return &Definitions{view: v, judge: judge, posted: posted, known: map[stix.ID][]byte{}}
}

// In returns the function that a judge asks. It answers nil for a definition
// that is not known, and when something failed; see Err.
func (d *Definitions) In(ctx context.Context) func(stix.ID) []byte {
	return func(id stix.ID) []byte { return d.find(ctx, id) }
}

// Err returns the error of the first search that failed, nil if none did.
func (d *Definitions) Err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

// find returns the newest definition.
func (d *Definitions) find(ctx context.Context, id stix.ID) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	raw, sought := d.known[id]
	if sought || d.err != nil || len(d.known) == maxDefinitions {
		return raw
	}
	raw, d.err = d.search(ctx, id)
	d.known[id] = raw
	return raw
}

// search looks everywhere. Of two equal versions the stored one counts: the
// other will not take its place.
func (d *Definitions) search(ctx context.Context, id stix.ID) ([]byte, error) {
	if d.brought == nil {
		d.brought = map[stix.ID]stix.Object{}
		if err := d.searchPush(ctx); err != nil {
			return nil, err
		}
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
	brought, ok := d.brought[id]
	if newest == nil || ok && brought.Version().Compare(newest.Timestamp) > 0 {
		return brought.Raw, nil
	}
	objects, err := in.Objects(ctx, []int64{newest.Sequence})
	if err != nil || len(objects) == 0 { // none when it was removed meanwhile
		return nil, err
	}
	return objects[0].Raw, nil
}

// searchPush learns the definitions that the push brings, whatever their order.
// One that breaks a rule itself defines nothing.
func (d *Definitions) searchPush(ctx context.Context) error {
	return ofType(ctx, d.posted, "extension-definition", func(_ int, raw []byte) {
		o, v := verdict(d.judge, raw, nil)
		if o.Type != "extension-definition" || !v.Accepted {
			return
		}
		if old, ok := d.brought[o.ID]; !ok || o.Version().Compare(old.Version()) > 0 {
			d.brought[o.ID] = o
		}
	})
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

// ofType calls do for each member of a push that may be of a type; it need not
// be.
func ofType(ctx context.Context, posted Posted, typ string, do func(i int, raw []byte)) error {
	quoted := []byte(`"` + typ + `"`)
	for i := range posted.Len() {
		raw, err := posted.Object(i)
		if err != nil {
			return fmt.Errorf("read member %d of the push: %w", i, err)
		}
		if bytes.Contains(raw, quoted) {
			do(i, raw)
		}
	}
	return ctx.Err()
}
