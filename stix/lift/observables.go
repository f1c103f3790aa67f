package lift

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"accord/stix"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

// renamed are the properties of observables that have another name in 2.1.
var renamed = map[string]map[string]string{
	"directory":            {"created": "ctime", "modified": "mtime", "accessed": "atime"},
	"file":                 {"created": "ctime", "modified": "mtime", "accessed": "atime"},
	"process":              {"created": "created_time", "binary_ref": "image_ref"},
	"user-account":         {"password_last_changed": "credential_last_changed"},
	"windows-registry-key": {"modified": "modified_time"},
}

// foreign are dictionaries whose names are not those of STIX.
var foreign = []string{"document_info_dict", "environment_variables", "exif_tags", "startup_info"}

// An observation is the dictionary of observables in one observed-data object.
type observation struct {
	of    stix.Header
	keys  []string          // in their order
	parts map[string]object // by key
	ids   map[string]string // by key, as far as they are known; "" while one is being made
}

// observe makes observables of the dictionary objects of an observed-data
// object, which then refers to them. An observable carries the markings of the
// object that it was a part of, because it is seen without it now. Its id is
// the one that its values make, so that the same address is the same object
// wherever it was observed; where none of its values identifies it, the id comes
// from the observed-data object.
func observe(o *object, of stix.Header) ([][]byte, error) {
	switch refs := o.has("object_refs"); {
	case refs && o.has("objects"):
		return nil, errors.New("/object_refs: STIX 2.0 has objects in its place, and here are both")
	case refs:
		return nil, nil // written as in 2.1
	}
	dictionary, err := readObject(o.get("objects"))
	if err != nil || len(dictionary) == 0 {
		return nil, errors.New("/objects: there must be a dictionary with at least one observable")
	}
	all := &observation{of: of, parts: map[string]object{}, ids: map[string]string{}}
	for _, m := range dictionary {
		part, err := readObject(m.value)
		if err != nil || text(part.get("type")) == "" {
			return nil, fmt.Errorf("/objects/%s: there must be an observable with a type", m.name)
		}
		all.keys, all.parts[m.name] = append(all.keys, m.name), liftNames(part)
	}
	var refs []string
	var made [][]byte
	once := map[string]bool{} // ids and objects that are there already
	for _, key := range all.keys {
		raw, err := all.observable(key, o.get("object_marking_refs"))
		if err != nil {
			return nil, fmt.Errorf("/objects/%s: %w", key, err)
		}
		if !once[string(raw)] {
			made = append(made, raw)
		}
		if id := all.ids[key]; !once[id] {
			refs = append(refs, id)
		}
		once[string(raw)], once[all.ids[key]] = true, true
	}
	o.replace("objects", "object_refs", quotedList(refs))
	return made, o.liftSelectors("objects", "")
}

// liftNames gives the properties of an observable their names in 2.1.
func liftNames(part object) object {
	for old, name := range renamed[text(part.get("type"))] {
		if !part.has(name) {
			part.replace(old, name, part.get(old))
		}
	}
	part.replace("id", "", nil) // 2.0 has none, and 2.1 makes its own
	part.replace("spec_version", "", nil)
	return part
}

// observable writes one of the observables as an object of its own.
func (all *observation) observable(key string, markings jsontext.Value) ([]byte, error) {
	id, err := all.id(key)
	if err != nil {
		return nil, err
	}
	part := slices.Clone(all.parts[key])
	for i, m := range part {
		if part[i].value, err = all.lift(m.name, m.value); err != nil {
			return nil, err
		}
	}
	part.put("spec_version", "type", quoted("2.1"))
	part.put("id", "spec_version", quoted(id))
	if markings != nil {
		part.put("object_marking_refs", "", markings)
	}
	return part.bytes(), nil
}

// id makes the id of an observable, and first those of the ones that take part
// in it.
func (all *observation) id(key string) (string, error) {
	if id, begun := all.ids[key]; begun {
		if id == "" {
			return "", errors.New("its id would depend on itself")
		}
		return id, nil
	}
	part, there := all.parts[key]
	if !there {
		return "", fmt.Errorf("it refers to %q, which is not there", key)
	}
	all.ids[key] = ""
	typ := text(part.get("type"))
	var identifying object
	for _, name := range stix.ContributingProperties(typ) {
		if !part.has(name) {
			continue
		}
		value, err := all.lift(name, part.get(name))
		if err != nil {
			return "", err
		}
		identifying = append(identifying, member{name, value})
	}
	var values map[string]any
	d := json.NewDecoder(bytes.NewReader(identifying.bytes()))
	d.UseNumber()
	if err := d.Decode(&values); err != nil {
		return "", err
	}
	id, _, _ := stix.DeterministicID(typ, values)
	all.ids[key] = cmp.Or(id, all.namelessID(typ, key))
	return all.ids[key], nil
}

// namelessID makes an id for an observable that no property identifies. It has
// the form of version 4, which the standard wants then, but is the same each
// time that this version of the observed-data is lifted.
func (all *observation) namelessID(typ, key string) string {
	name, _ := json.Marshal([]string{string(all.of.ID), string(all.of.Version()), key}) // strings always can
	sum := sha256.Sum256(name)
	id := uuid.UUID(sum[:16])
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return typ + "--" + id.String()
}

// lift writes a value with ids in place of the keys that it refers to, and what
// else has another form in 2.1.
func (all *observation) lift(name string, value jsontext.Value) (jsontext.Value, error) {
	switch kind := value.Kind(); {
	case slices.Contains(foreign, name):
		return value, nil
	case name == "request_header":
		return liftHeader(value), nil
	case kind == '"' && strings.HasSuffix(name, "_ref"):
		return all.refer(text(value))
	case kind == '[':
		return all.liftList(strings.TrimSuffix(name, "s"), value) // in src_refs is what src_ref is
	case kind == '{':
		return all.liftObject(value, strings.HasSuffix(name, "hashes"))
	}
	return value, nil
}

func (all *observation) liftList(name string, value jsontext.Value) (jsontext.Value, error) {
	list, _ := readList(value)
	for i, element := range list {
		lifted, err := all.lift(name, element)
		if err != nil {
			return nil, err
		}
		list[i] = lifted
	}
	return joined(list), nil
}

func (all *observation) liftObject(value jsontext.Value, hashes bool) (jsontext.Value, error) {
	o, err := readObject(value)
	if err != nil {
		return nil, err
	}
	for i, m := range o {
		if o[i].value, err = all.lift(m.name, m.value); err != nil {
			return nil, err
		}
	}
	if hashes && !o.has("SSDEEP") {
		o.replace("ssdeep", "SSDEEP", o.get("ssdeep"))
	}
	return jsontext.Value(o.bytes()), nil
}

// refer turns the key of an observable into its id. An id stays.
func (all *observation) refer(key string) (jsontext.Value, error) {
	if _, err := stix.ParseID(key); err == nil && all.parts[key] == nil {
		return quoted(key), nil
	}
	id, err := all.id(key)
	return quoted(id), err
}

// liftHeader makes the values of HTTP header fields lists, because a field may
// stand there twice.
func liftHeader(value jsontext.Value) jsontext.Value {
	header, err := readObject(value)
	if err != nil {
		return value
	}
	for i, m := range header {
		if m.value.Kind() == '"' {
			header[i].value = joined([]jsontext.Value{m.value})
		}
	}
	return jsontext.Value(header.bytes())
}
