package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// maxDepth is deeper than any resource of TAXII; STIX objects are not entered.
const maxDepth = 64

// A reading is one JSON text on its way into plain Go values: maps, lists,
// strings, json.Number, booleans and nil. Values of the member named by leave
// stay json.RawMessage.
type reading struct {
	*json.Decoder
	leave  string // the elements of this list of the root are left as they are
	depth  int
	faults []fault
}

// A fault is what is wrong with the text although it can be read.
type fault struct{ id, detail string }

// readJSON reads a body that must be one JSON object. Duplicate members and
// empty lists are faults.
func readJSON(body []byte, leave string) (map[string]any, []fault, error) {
	if !utf8.Valid(body) {
		return nil, nil, errors.New("not UTF-8")
	}
	if bytes.HasPrefix(body, []byte("\ufeff")) {
		return nil, nil, errors.New("a byte-order mark at the start")
	}
	r := &reading{Decoder: json.NewDecoder(bytes.NewReader(body)), leave: leave}
	r.UseNumber()
	value, err := r.value("")
	if err != nil {
		return nil, nil, err
	}
	if _, err := r.Token(); !errors.Is(err, io.EOF) {
		return nil, nil, errors.New("something after the JSON value")
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, nil, errors.New("not a JSON object")
	}
	return object, r.faults, nil
}

// value reads the next value; at names it for faults.
func (r *reading) value(at string) (any, error) {
	token, err := r.Token()
	if err != nil {
		return nil, err
	}
	if r.depth++; r.depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	defer func() { r.depth-- }()
	switch token {
	case json.Delim('{'):
		return r.object(at)
	case json.Delim('['):
		return r.list(at)
	}
	return token, nil
}

func (r *reading) object(at string) (any, error) {
	members := map[string]any{}
	for r.More() {
		token, err := r.Token()
		if err != nil {
			return nil, err
		}
		name := token.(string) // the decoder takes nothing else there
		if _, twice := members[name]; twice {
			r.faults = append(r.faults, fault{"TX-DT-11", fmt.Sprintf("the member %q stands twice", at+name)})
		}
		if members[name], err = r.value(at + name + "."); err != nil {
			return nil, err
		}
	}
	_, err := r.Token() // the brace
	return members, err
}

func (r *reading) list(at string) (any, error) {
	elements := []any{}
	for r.More() {
		var element any
		var err error
		if r.leave != "" && r.depth == 2 && at == r.leave+"." {
			var raw json.RawMessage
			err = r.Decode(&raw)
			element = raw
		} else {
			element, err = r.value(at)
		}
		if err != nil {
			return nil, err
		}
		elements = append(elements, element)
	}
	if len(elements) == 0 {
		r.faults = append(r.faults, fault{"TX-DT-04", fmt.Sprintf("the list %q is empty; it should be left out", at[:max(0, len(at)-1)])})
	}
	_, err := r.Token() // the bracket
	return elements, err
}
