package lift

import (
	"bytes"
	"errors"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// An object is a JSON object whose members keep their order and their values
// the bytes in which they were written.
type object []member

type member struct {
	name  string
	value jsontext.Value
}

var errNoObject = errors.New("this is not a JSON object")

// readObject reads the members of a JSON object, no two of one name.
func readObject(raw jsontext.Value) (object, error) {
	d := jsontext.NewDecoder(bytes.NewReader(raw))
	if d.PeekKind() != '{' {
		return nil, errNoObject
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	var o object
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		m := member{name: name.String()}
		value, err := d.ReadValue()
		if err != nil {
			return nil, err
		}
		m.value = bytes.Clone(value)
		o = append(o, m)
	}
	return o, nil
}

// readList reads the elements of a JSON list; ok is false where it is none.
func readList(raw jsontext.Value) (list []jsontext.Value, ok bool) {
	d := jsontext.NewDecoder(bytes.NewReader(raw))
	if d.PeekKind() != '[' {
		return nil, false
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, false
	}
	for d.PeekKind() != ']' {
		value, err := d.ReadValue()
		if err != nil {
			return nil, false
		}
		list = append(list, bytes.Clone(value))
	}
	return list, true
}

// texts reads a list of strings; ok is false where it is none.
func texts(raw jsontext.Value) (list []string, ok bool) {
	elements, ok := readList(raw)
	for _, element := range elements {
		if element.Kind() != '"' {
			return nil, false
		}
		list = append(list, text(element))
	}
	return list, ok
}

// text returns what a JSON string says, "" for what is none.
func text(raw jsontext.Value) string {
	if raw.Kind() != '"' {
		return ""
	}
	s, err := jsontext.AppendUnquote(nil, raw)
	if err != nil {
		return ""
	}
	return string(s)
}

func quoted(s string) jsontext.Value {
	raw, err := jsontext.AppendQuote(nil, s)
	if err != nil { // only of what is not UTF-8, which was not read
		return jsontext.Value(`""`)
	}
	return raw
}

// quotedList writes strings as a JSON list.
func quotedList(list []string) jsontext.Value {
	elements := make([]jsontext.Value, len(list))
	for i, s := range list {
		elements[i] = quoted(s)
	}
	return joined(elements)
}

// joined writes values as a JSON list.
func joined(elements []jsontext.Value) jsontext.Value {
	raw := []byte{'['}
	for i, element := range elements {
		if i > 0 {
			raw = append(raw, ',')
		}
		raw = append(raw, element...)
	}
	return append(raw, ']')
}

func (o object) bytes() []byte {
	raw := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			raw = append(raw, ',')
		}
		raw = append(raw, quoted(m.name)...)
		raw = append(raw, ':')
		raw = append(raw, m.value...)
	}
	return append(raw, '}')
}

func (o object) index(name string) int {
	return slices.IndexFunc(o, func(m member) bool { return m.name == name })
}

func (o object) has(name string) bool { return o.index(name) >= 0 }

// get returns the value of a member, nil where there is none.
func (o object) get(name string) jsontext.Value {
	if i := o.index(name); i >= 0 {
		return o[i].value
	}
	return nil
}

// put adds a member behind another one, or at the end. One that is there keeps
// its value, but for a spec_version.
func (o *object) put(name, behind string, value jsontext.Value) {
	i := o.index(name)
	switch {
	case i < 0:
		at := o.index(behind) + 1
		if at == 0 {
			at = len(*o)
		}
		*o = slices.Insert(*o, at, member{name, value})
	case name == "spec_version":
		(*o)[i].value = value
	}
}

// replace puts another member in the place of one; an empty value takes it away.
func (o *object) replace(old, name string, value jsontext.Value) {
	i := o.index(old)
	switch {
	case i < 0:
	case value == nil:
		*o = slices.Delete(*o, i, i+1)
	default:
		(*o)[i] = member{name, value}
	}
}
