package taxii

import (
	"slices"
	"strings"
	"time"
)

// A modelVersion is one version of an object as the model keeps it. The model is
// written from the checklist and shares no code with the server.
type modelVersion struct {
	id, raw  string
	spec     string // 2.1 or 2.0
	version  string // modified, else created; "" until date_added is known, which stands for both
	instant  time.Time
	rank     int // clear 0 … red 4
	party    string
	added    string // date_added, six digits
	removed  bool
	unstated bool // neither modified nor created
}

func (v *modelVersion) typ() string { return v.id[:strings.Index(v.id, "--")] }

// A model is what a collection holds: every version ever stored, in the order of
// date_added.
type model struct{ versions []*modelVersion }

// clearances of the parties of the sample agreement.
var clearances = map[string]int{"rw": 4, "ro": 4, "low": 1}

// knows reports whether a party may know of a version that is there.
func (v *modelVersion) knows(party string) bool {
	return v.rank <= clearances[party] || v.party == party
}

// What becomes of a member of an envelope.
const (
	outcomeStored   = "stored"
	outcomeThere    = "already there"
	outcomeConflict = "conflict"
)

// post takes in one member of an envelope, already judged to be sound, and says
// what the poster is told (TX-OBJ-POST-02, TX-OBJ-POST-03, TX-OBJ-POST-04,
// TX-OBJ-POST-05). That a copy is there already is not told to whom it is hidden.
func (m *model) post(v modelVersion) string {
	for _, u := range m.versions {
		if u.removed || u.id != v.id || u.spec != v.spec {
			continue
		}
		switch {
		case v.unstated:
			if u.raw == v.raw && u.knows(v.party) {
				return outcomeThere
			}
		case u.typ() == "marking-definition" || u.instant.Equal(v.instant):
			switch {
			case !sameButForDefaults(u.raw, v.raw):
				return outcomeConflict
			case u.knows(v.party):
				return outcomeThere
			}
			return outcomeStored
		}
	}
	m.versions = append(m.versions, &v)
	return outcomeStored
}

// sameButForDefaults is enough for what the test posts: copies that differ by
// "revoked":false alone.
func sameButForDefaults(a, b string) bool {
	plain := func(s string) string { return strings.Replace(s, `"revoked":false,`, "", 1) }
	return plain(a) == plain(b)
}

// A modelFilter is a query in words of the standard. nil and "" are absent.
type modelFilter struct {
	ids, types, specs, versions []string
	addedAfter                  string
}

// world is what there is for a party (P6).
func (m *model) world(party string) []*modelVersion {
	var world []*modelVersion
	for _, v := range m.versions {
		if !v.removed && v.rank <= clearances[party] {
			world = append(world, v)
		}
	}
	return world
}

// query evaluates in the order of TX-MVR-11: id and type, specification version,
// version, added_after.
func (m *model) query(party string, f modelFilter) []*modelVersion {
	byID := map[string][]*modelVersion{}
	for _, v := range m.world(party) {
		if (f.ids == nil || slices.Contains(f.ids, v.id)) && (f.types == nil || slices.Contains(f.types, v.typ())) {
			byID[v.id] = append(byID[v.id], v)
		}
	}
	var found []*modelVersion
	for _, versions := range byID {
		for _, v := range selectVersions(versions, f) {
			if f.addedAfter == "" || v.added > f.addedAfter {
				found = append(found, v)
			}
		}
	}
	slices.SortFunc(found, func(a, b *modelVersion) int { return strings.Compare(a.added, b.added) })
	return found
}

// selectVersions applies match[spec_version] and match[version], or their
// defaults, to the versions of one object.
func selectVersions(versions []*modelVersion, f modelFilter) []*modelVersion {
	instants := slices.DeleteFunc(slices.Clone(f.versions), func(s string) bool { return s == "first" || s == "last" || s == "all" })
	named := func(v *modelVersion) bool {
		return slices.ContainsFunc(instants, func(s string) bool { return instant(s).Equal(v.instant) })
	}
	if len(instants) > 0 && len(instants) == len(f.versions) { // TX-MSV-08
		versions = filterVersions(versions, named)
	}
	specs := f.specs
	if specs == nil { // TX-MSV-02
		specs = []string{"2.0"}
		if slices.ContainsFunc(versions, func(v *modelVersion) bool { return v.spec == "2.1" }) {
			specs = []string{"2.1"}
		}
	}
	versions = filterVersions(versions, func(v *modelVersion) bool { return slices.Contains(specs, v.spec) })
	if len(versions) == 0 || slices.Contains(f.versions, "all") {
		return versions
	}
	first, last := versions[0], versions[0]
	for _, v := range versions { // at the same instant the order of arrival counts
		if v.instant.Before(first.instant) {
			first = v
		}
		if !v.instant.Before(last.instant) {
			last = v
		}
	}
	return filterVersions(versions, func(v *modelVersion) bool {
		return v == first && slices.Contains(f.versions, "first") ||
			v == last && (f.versions == nil || slices.Contains(f.versions, "last")) || named(v)
	})
}

func filterVersions(versions []*modelVersion, keep func(*modelVersion) bool) []*modelVersion {
	return slices.DeleteFunc(slices.Clone(versions), func(v *modelVersion) bool { return !keep(v) })
}

// delete removes what a filter names and returns the status that says so
// (TX-OBJ-DEL-02, TX-OBJ-DEL-03, TX-OBJ-DEL-05).
func (m *model) delete(party, id string, f modelFilter) int {
	if !slices.Contains(f.versions, "first") && !slices.Contains(f.versions, "last") {
		if f.specs == nil {
			f.specs = []string{"2.0", "2.1"} // the default of reading is not that of deleting
		}
		if f.versions == nil {
			f.versions = []string{"all"}
		}
	}
	f.ids = []string{id}
	going := m.query(party, f)
	for _, v := range going {
		if v.party != party {
			return 403
		}
	}
	if len(going) == 0 {
		return 404
	}
	for _, v := range going {
		v.removed = true
	}
	return 200
}

// object is what GET object by id finds, and its status (TX-OBJ-ID-02,
// TX-OBJ-ID-03).
func (m *model) object(party, id string, f modelFilter) ([]*modelVersion, int) {
	f.ids = []string{id}
	if len(m.query(party, modelFilter{ids: f.ids, versions: f.versions})) == 0 {
		return nil, 404
	}
	return m.query(party, f), 200
}

// list is what GET versions finds, and its status (TX-VER-04, TX-VER-05,
// TX-VER-06).
func (m *model) list(party, id string, f modelFilter) ([]*modelVersion, int) {
	all := m.query(party, modelFilter{ids: []string{id}, specs: f.specs, versions: []string{"all"}})
	if len(m.query(party, modelFilter{ids: []string{id}})) == 0 {
		return nil, 404
	}
	var distinct []*modelVersion
	for _, v := range all {
		if !slices.ContainsFunc(distinct, func(u *modelVersion) bool { return u.instant.Equal(v.instant) }) {
			distinct = append(distinct, v)
		}
	}
	return filterVersions(distinct, func(v *modelVersion) bool { return f.addedAfter == "" || v.added > f.addedAfter }), 200
}

// instant reads a timestamp of the test.
func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return t
}
