// Package lift turns objects of STIX 2.0 into objects of STIX 2.1.
//
//	objects, err := lift.Object(raw)
//
// Nothing is lost on the way: a property that 2.1 has under another name is
// renamed, one that 2.1 does not know any more stays, and every value keeps its
// spelling. The same object lifts to the same bytes each time, so that what was
// pushed once is known as the same version again.
//
// What changes (STIX 2.1 appendix "Changes from earlier versions"):
//
//   - spec_version "2.1" stands in each object.
//   - The labels that 2.0 had in place of types become indicator_types,
//     malware_types, report_types, threat_actor_types, tool_types, and the roles
//     of an identity. Labels that are tags, with a colon or an equals sign, stay.
//     On malware and tools the label that only repeats the type falls away.
//   - malware says is_family; it is true where 2.0 did not say.
//   - An indicator says pattern_type "stix" and pattern_version "2.1", and the
//     timestamps of START and STOP are written as such.
//   - The dictionary objects of observed-data becomes observables of their own,
//     see observe.
package lift

import (
	"fmt"
	"strings"

	"accord/stix"

	"github.com/go-json-experiment/json/jsontext"
)

// Object lifts one object. It returns what takes its place, observables before
// the observed-data that refers to them, and nil where raw is not of STIX 2.0:
// then it stays as it is. The error says why the object cannot be lifted, in
// words that a client may read; nothing should be sent in its place.
func Object(raw []byte) ([][]byte, error) {
	head, faults := stix.ReadObject(raw, stix.Limits{})
	switch {
	case head.Type == "" || head.Type == "bundle" || head.Spec() != "2.0":
		return nil, nil
	case len(faults) > 0:
		return nil, fmt.Errorf("the object cannot be read: %s%s", at(faults[0].Pointer), faults[0].Message)
	}
	o, err := readObject(raw)
	if err != nil {
		return nil, err
	}
	o.put("spec_version", "type", quoted("2.1"))
	var made [][]byte
	switch head.Type {
	case "observed-data":
		made, err = observe(&o, head.Header)
	case "indicator":
		o.liftPattern()
	case "malware":
		o.put("is_family", "name", jsontext.Value("true"))
	case "marking-definition":
		o.nameTLP()
	}
	if err == nil {
		err = o.liftLabels(head.Type)
	}
	if err != nil {
		return nil, err
	}
	return append(made, o.bytes()), nil
}

// at says where something stands.
func at(pointer string) string {
	if pointer == "" {
		return ""
	}
	return pointer + ": "
}

// nameTLP gives a marking of TLP 1.0 the name that STIX 2.1 §7.2.1.4 has for it.
func (o *object) nameTLP() {
	definition, err := readObject(o.get("definition"))
	if err != nil || text(o.get("definition_type")) != "tlp" {
		return
	}
	if tlp := text(definition.get("tlp")); tlp != "" {
		o.put("name", "definition_type", quoted("TLP:"+strings.ToUpper(tlp)))
	}
}
