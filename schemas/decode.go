package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// decode reads one JSON object as gojsonschema wants it: maps, lists, and
// numbers as json.Number, so that no digit is lost. It takes half the time of
// encoding/json. Names that are there twice and broken Unicode are not its
// business: reading the header has reported them.
func decode(raw []byte) (map[string]any, error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(raw), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	v, err := decodeValue(d)
	if err != nil {
		return nil, err
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("it is " + kind(v))
	}
	if _, err := d.ReadToken(); err != io.EOF {
		return nil, errors.New("something follows it")
	}
	return object, nil
}

func decodeValue(d *jsontext.Decoder) (any, error) {
	token, err := d.ReadToken()
	if err != nil {
		return nil, err
	}
	switch token.Kind() {
	case '{':
		return decodeObject(d)
	case '[':
		return decodeList(d)
	case '"':
		return token.String(), nil
	case '0':
		return json.Number(token.String()), nil
	case 'n':
		return nil, nil
	}
	return token.Bool(), nil
}

func decodeObject(d *jsontext.Decoder) (map[string]any, error) {
	object := make(map[string]any)
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		property := name.String() // the token is gone with the next one
		if object[property], err = decodeValue(d); err != nil {
			return nil, err
		}
	}
	_, err := d.ReadToken()
	return object, err
}

func decodeList(d *jsontext.Decoder) ([]any, error) {
	list := []any{}
	for d.PeekKind() != ']' {
		element, err := decodeValue(d)
		if err != nil {
			return nil, err
		}
		list = append(list, element)
	}
	_, err := d.ReadToken()
	return list, err
}
