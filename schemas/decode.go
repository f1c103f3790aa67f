package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// decode reads one JSON object as gojsonschema wants it: maps, lists, and
// numbers as json.Number, so that no digit is lost. It takes a third of the time
// of encoding/json, because strings are pieces of one copy of the bytes. Names
// that are there twice and broken Unicode are not its business: reading the
// header has reported them.
func decode(raw []byte) (map[string]any, error) {
	d := decoder{
		dec:  jsontext.NewDecoder(bytes.NewBuffer(raw), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)),
		text: string(raw),
	}
	if d.dec.PeekKind() != '{' {
		return nil, errors.New("it is no JSON object")
	}
	object, err := d.object(manyProperties)
	if err != nil {
		return nil, err
	}
	if _, err := d.dec.ReadToken(); err != io.EOF {
		return nil, errors.New("something follows it")
	}
	return object, nil
}

// manyProperties is how many properties most objects have at most.
const manyProperties = 12

type decoder struct {
	dec  *jsontext.Decoder
	text string // all of the input
}

func (d *decoder) value() (any, error) {
	switch d.dec.PeekKind() {
	case '{':
		return d.object(0)
	case '[':
		return d.list()
	case '"':
		return d.string()
	case '0':
		number, err := d.scalar()
		return json.Number(number), err
	}
	token, err := d.dec.ReadToken()
	if err != nil || token.Kind() == 'n' {
		return nil, err
	}
	return token.Bool(), nil
}

// scalar returns the text of the scalar that comes next.
func (d *decoder) scalar() (string, error) {
	token, err := d.dec.ReadValue()
	if err != nil {
		return "", err
	}
	end := int(d.dec.InputOffset())
	return d.text[end-len(token) : end], nil
}

// string returns what the string says that comes next.
func (d *decoder) string() (string, error) {
	token, err := d.scalar()
	if err != nil {
		return "", err
	}
	if strings.IndexByte(token, '\\') < 0 {
		return token[1 : len(token)-1], nil
	}
	text, _ := jsontext.AppendUnquote(nil, token) // half of a surrogate pair becomes U+FFFD
	return string(text), nil
}

// object reads an object that may have so many members.
func (d *decoder) object(members int) (map[string]any, error) {
	if _, err := d.dec.ReadToken(); err != nil {
		return nil, err
	}
	object := make(map[string]any, members)
	for d.dec.PeekKind() != '}' {
		name, err := d.string()
		if err != nil {
			return nil, err
		}
		if object[name], err = d.value(); err != nil {
			return nil, err
		}
	}
	_, err := d.dec.ReadToken()
	return object, err
}

func (d *decoder) list() ([]any, error) {
	if _, err := d.dec.ReadToken(); err != nil {
		return nil, err
	}
	list := []any{}
	for d.dec.PeekKind() != ']' {
		element, err := d.value()
		if err != nil {
			return nil, err
		}
		list = append(list, element)
	}
	_, err := d.dec.ReadToken()
	return list, err
}
