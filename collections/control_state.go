package collections

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"accord/stix"

	"github.com/google/uuid"
)

// Types of control records that are folded here. Their spelling is stored and
// never changes.
const (
	controlStore     = "store"     // the first record: a storeRecord
	controlSetting   = "setting"   // ID is its name, Raw its value
	controlSchema    = "schema"    // ID is made by schemaID, Raw the file as it was; agreements after it use it
	controlAgreement = "agreement" // ID is the agreement, Raw the file as it was
	controlDrop      = "drop"      // a dropRecord
)

// A storeRecord makes a store what it is.
type storeRecord struct {
	ID     uuid.UUID `json:"id"`
	Secret []byte    `json:"secret"` // 32 bytes
}

// A dropRecord takes a collection out of its agreement for good.
type dropRecord struct {
	Agreement  string    `json:"agreement"`
	Alias      string    `json:"alias"`
	Collection uuid.UUID `json:"collection"`
	Empty      bool      `json:"empty"` // it held no records
}

// An AppliedFile is one apply of an agreement's file.
type AppliedFile struct {
	Sequence int64 // in the control log
	Time     time.Time
	Hash     [32]byte // SHA-256 of the file
	Schemas  [32]byte // hash of the schemas that it names; zero for none
	Poster   Poster
}

// A member is a party of an agreement.
type member struct{ agreement, party string }

// A controlState is what the control log says up to its record last. It is a
// pure function of those records, and one that is published is not changed.
type controlState struct {
	last       int64
	storeID    uuid.UUID
	secret     []byte
	settings   map[string]string
	schemas    map[string][]byte // as they were last applied, by schemaID
	agreements map[string]*Agreement
	identities map[string]stix.ID // of every party ever declared
	members    map[member]bool    // every party that an agreement has or had
	dropped    map[uuid.UUID]dropRecord
	history    map[string][]AppliedFile
}

func newControlState() *controlState {
	return &controlState{
		settings:   map[string]string{},
		schemas:    map[string][]byte{},
		agreements: map[string]*Agreement{},
		identities: map[string]stix.ID{},
		members:    map[member]bool{},
		dropped:    map[uuid.UUID]dropRecord{},
		history:    map[string][]AppliedFile{},
	}
}

// clone returns a copy that can be changed by fold.
func (s *controlState) clone() *controlState {
	c := *s
	c.settings = maps.Clone(s.settings)
	c.schemas = maps.Clone(s.schemas)
	c.agreements = maps.Clone(s.agreements)
	c.identities = maps.Clone(s.identities)
	c.members = maps.Clone(s.members)
	c.dropped = maps.Clone(s.dropped)
	c.history = maps.Clone(s.history)
	return &c
}

// fold takes in one record. It reports whether the record was its own.
func (s *controlState) fold(r Record) (own bool, err error) {
	switch r.Type {
	case controlStore:
		var store storeRecord
		err = json.Unmarshal(r.Raw, &store)
		s.storeID, s.secret = store.ID, store.Secret
	case controlSetting:
		s.settings[r.ID] = string(r.Raw)
	case controlSchema:
		s.schemas[r.ID] = r.Raw
	case controlAgreement:
		s.foldAgreement(r)
	case controlDrop:
		var drop dropRecord
		err = json.Unmarshal(r.Raw, &drop)
		s.drop(drop)
	default:
		return false, nil
	}
	return true, err
}

// foldAgreement puts a file in force. It passed the rules of the version that
// applied it: a rule that is new since then takes nothing from it, and what
// can't be read any more is left at its zero value, which grants nothing.
func (s *controlState) foldAgreement(r Record) {
	a, _ := readAgreement(r.Raw, SchemaFiles{Read: func(name string) ([]byte, error) {
		return s.schemas[schemaID(r.ID, name)], nil
	}})
	a.ID = r.ID
	file := AppliedFile{Sequence: r.Sequence, Time: r.DateAdded, Hash: r.Hash, Schemas: a.schemasHash(), Poster: r.Poster}
	s.enact(a, r.Sequence)
	s.history[a.ID] = append(slices.Clip(s.history[a.ID]), file)
}

// schemaID is the id of the control record of a schema that an agreement names.
func schemaID(agreement, file string) string { return agreement + "/" + file }

// enact makes a, as it was read, the agreement in force: it gets the ids that
// are kept or made now, by the control record at sequence, and the closed
// collections of the one before.
func (s *controlState) enact(a *Agreement, sequence int64) {
	for i := range a.Parties {
		p := &a.Parties[i]
		if kept, ok := s.identities[p.ID]; ok {
			p.Identity = kept
		} else if p.Identity == "" {
			p.Identity = stix.ID("identity--" + s.makeUUID("identity", p.ID).String())
		}
		s.identities[p.ID] = p.Identity
		s.members[member{a.ID, p.ID}] = true
	}
	before := s.agreements[a.ID]
	for i := range a.Collections {
		c := &a.Collections[i]
		c.Reach = c.Ceiling
		if kept := before.collection(c.Alias); kept != nil {
			c.ID = kept.ID
			c.Reach = max(c.Reach, kept.Reach)
		} else if c.ID == uuid.Nil {
			c.ID = s.makeUUID("collection", a.ID, c.Alias, strconv.FormatInt(sequence, 10))
		}
	}
	for _, c := range before.all() {
		if a.collection(c.Alias) == nil {
			c.Closed = true
			a.Collections = append(a.Collections, c)
		}
	}
	s.agreements[a.ID] = a
}

// drop takes a collection out of its agreement.
func (s *controlState) drop(d dropRecord) {
	s.dropped[d.Collection] = d
	if before, ok := s.agreements[d.Agreement]; ok {
		a := *before
		a.Collections = slices.DeleteFunc(slices.Clone(a.Collections),
			func(c Collection) bool { return c.ID == d.Collection })
		s.agreements[a.ID] = &a
	}
}

// makeUUID returns a UUID shaped as version 4 that follows from the store's
// secret.
func (s *controlState) makeUUID(parts ...string) uuid.UUID {
	id := uuid.UUID(s.derive(parts...)[:16])
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id
}

// collection returns the collection with that alias, nil if there is none. A
// nil agreement has none.
func (a *Agreement) collection(alias string) *Collection {
	for i := range a.all() {
		if a.Collections[i].Alias == alias {
			return &a.Collections[i]
		}
	}
	return nil
}

// named returns the collection with that id or alias, nil if there is none.
func (a *Agreement) named(name string) *Collection {
	for i := range a.Collections {
		if c := &a.Collections[i]; c.Alias == name || c.ID.String() == name {
			return c
		}
	}
	return nil
}

func (a *Agreement) all() []Collection {
	if a == nil {
		return nil
	}
	return a.Collections
}
