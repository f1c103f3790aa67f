package pattern

import (
	"slices"
	"strings"
)

// A fault says where a path leaves the tables of the standard.
type fault uint8

const (
	noFault   fault = iota
	noSuch          // the step is no property of that place
	needIndex       // the step goes into a list, and an index must come first
	noList          // the step is an index, and the place is no list
	noName          // the step is a custom property, and has no name that one may have
)

// resolve follows the steps of a path through the tables of the standard. Where
// it can say what stands at the end, known is true. At a custom type, a custom
// property or an extension that is not predefined it cannot, and known is
// false; at a fault it cannot either, and at is the step that is wrong.
func resolve(typ string, steps []Step) (v value, known bool, at int, f fault) {
	if objects[typ] == nil {
		return value{}, false, 0, nameFault(steps[0].Key)
	}
	v = value{kind: "object", name: typ}
	for i := range steps {
		step := &steps[i]
		switch {
		case v.kind == "any-base-type":
			return value{}, false, i, noFault
		case step.Kind != KeyStep && !v.list:
			return value{}, false, i, noList
		case step.Kind != KeyStep:
			v.list = false
			continue
		case v.list:
			return value{}, false, i, needIndex
		}
		next, ok := v.member(step.Key)
		switch {
		case !ok && v.isOpen() && isCustom(step.Key):
			return value{}, false, i, nameFault(step.Key)
		case !ok:
			return value{}, false, i, noSuch
		case next.kind == "":
			return value{}, false, i, noFault
		}
		v = next
	}
	return v, true, 0, noFault
}

// isOpen reports whether v may have custom properties.
func (v *value) isOpen() bool {
	switch v.kind {
	case "object", "structure", "extension":
		return true
	}
	return len(v.targets) > 0
}

// isCustom reports whether a name is that of a custom property.
func isCustom(name string) bool { return strings.HasPrefix(name, "x_") }

// nameFault looks at the name of a custom property (STIX 2.1 §3.1): 3 to 250
// lower-case letters, digits and underscores, a letter first. What stands below
// such a property may be keys of a dictionary, which are free.
func nameFault(name string) fault {
	if len(name) < 3 || len(name) > 250 || name[0] < 'a' || name[0] > 'z' || strings.ContainsFunc(name, isForeign) {
		return noName
	}
	return noFault
}

// isForeign reports whether no name of a property holds the character.
func isForeign(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' }

// member returns what stands under a key of v. A value without a kind may be
// anything.
func (v *value) member(key string) (value, bool) {
	switch v.kind {
	case "object":
		return find(objects[v.name], key)
	case "structure":
		return find(structures[v.name], key)
	case "extension":
		return find(extensions[v.name], key)
	case "hashes":
		h, _ := findHash(key)
		return value{kind: "hash", name: h.name}, true
	case "identifier":
		return v.referenced(key)
	case "dictionary":
		if v.values.kind != "extension-instance" {
			return *v.values, true
		}
		if extensions[key] == nil {
			return value{}, true
		}
		return value{kind: "extension", name: key}, true
	}
	return value{}, false
}

// referenced returns a property of the objects to which a reference may lead.
func (v *value) referenced(key string) (found value, ok bool) {
	for _, typ := range v.targets {
		if objects[typ] == nil {
			return value{}, true
		}
		switch next, has := find(objects[typ], key); {
		case !has:
		case !ok:
			found, ok = next, true
		case !slices.Equal(found.targets, next.targets):
			found.targets = slices.Concat(found.targets, next.targets)
		}
	}
	return found, ok
}
