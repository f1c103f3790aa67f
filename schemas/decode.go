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
	object, _, err := decodeOdd(raw)
	return object, err
}

// decodeOdd is decode, which also tells whether the object holds what checkValues
// looks for: a null, something empty, or a number that may be no double.
func decodeOdd(raw []byte) (_ map[string]any, odd bool, err error) {
	d := decoder{
		dec:  jsontext.NewDecoder(bytes.NewBuffer(raw), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)),
		text: string(raw),
	}
	if d.dec.PeekKind() != '{' {
		return nil, false, errors.New("it is no JSON object")
	}
	object, err := d.object(manyProperties)
	if err != nil {
		return nil, false, err
	}
	if _, err := d.dec.ReadToken(); err != io.EOF {
		return nil, false, errors.New("something follows it")
	}
	return object, d.odd, nil
}

// manyProperties is how many properties most objects have at most.
const manyProperties = 12

type decoder struct {
	dec   *jsontext.Decoder
	text  string // all of the input
	stack []any  // elements of the lists that are being read
	room  []any  // for lists that have been read
	odd   bool   // checkValues has something to look for
}

// value reads the value that comes next, which is of a kind.
func (d *decoder) value(kind jsontext.Kind) (any, error) {
	switch kind {
	case '{':
		return d.object(0)
	case '[':
		return d.list()
	case '"':
		return d.string()
	case '0':
		number, err := d.scalar()
		d.odd = d.odd || len(number) > maxPlain || strings.ContainsAny(number, "eE")
		return json.Number(number), err
	}
	token, err := d.dec.ReadToken()
	if err != nil || token.Kind() == 'n' {
		d.odd = true
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
		if object[name], err = d.value(d.dec.PeekKind()); err != nil {
			return nil, err
		}
	}
	d.odd = d.odd || len(object) == 0
	_, err := d.dec.ReadToken()
	return object, err
}

// maxPlain is the length of a number without an exponent that is a double for
// sure, in bytes.
const maxPlain = 300

func (d *decoder) list() ([]any, error) {
	if _, err := d.dec.ReadToken(); err != nil {
		return nil, err
	}
	from := len(d.stack)
	for kind := d.dec.PeekKind(); kind != ']'; kind = d.dec.PeekKind() {
		element, err := d.value(kind)
		if err != nil {
			return nil, err
		}
		d.stack = append(d.stack, element)
	}
	_, err := d.dec.ReadToken()
	return d.pop(from), err
}

// pop takes the elements of a list off the stack. Lists share room, so that many
// short ones cost few allocations.
func (d *decoder) pop(from int) []any {
	n := len(d.stack) - from
	d.odd = d.odd || n == 0
	if n > len(d.room) {
		d.room = make([]any, max(n, min(len(d.text)/64, 1024)))
	}
	list := d.room[:n:n]
	d.room = d.room[n:]
	copy(list, d.stack[from:])
	d.stack = d.stack[:from]
	return list
}
