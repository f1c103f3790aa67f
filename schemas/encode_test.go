package schemas

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

func valueAt(v any, steps []string) any {
	for _, step := range steps {
		switch under := v.(type) {
		case map[string]any:
			v = under[step]
		case []any:
			var i int
			fmt.Sscan(step, &i)
			v = under[i]
		}
	}
	return v
}

func pointerOf(steps []string) string {
	pointer := ""
	for _, step := range steps {
		pointer = at(pointer, step)
	}
	return pointer
}

// encode writes a value as JSON, but for one place: it is written as another
// text, or left out where that is nil. The member at twice is written twice.
func encode(v any, place []string, text []byte, twice []string) []byte {
	e := encoder{place: pointerOf(place), text: text, twice: pointerOf(twice)}
	e.write("", v)
	return e.Bytes()
}

type encoder struct {
	bytes.Buffer
	place, twice string
	text         []byte
}

func (e *encoder) write(pointer string, v any) {
	if pointer == e.place && pointer != "" {
		e.Write(e.text)
		return
	}
	switch v := v.(type) {
	case []any:
		e.WriteByte('[')
		for i, element := range v {
			e.comma('[')
			e.write(at(pointer, i), element)
		}
		e.WriteByte(']')
	case map[string]any:
		e.WriteByte('{')
		for _, name := range slices.Sorted(maps.Keys(v)) {
			e.member(at(pointer, name), name, v[name])
		}
		e.WriteByte('}')
	default:
		b, err := json.Marshal(v)
		if err != nil {
			panic(err) // a decoded value can be encoded
		}
		e.Write(b)
	}
}

func (e *encoder) member(pointer, name string, v any) {
	if pointer == e.place && e.text == nil {
		return
	}
	times := 1
	if pointer == e.twice {
		times = 2
	}
	for range times {
		e.comma('{')
		quoted, _ := json.Marshal(name) // a string always encodes
		e.Write(append(quoted, ':'))
		e.write(pointer, v)
	}
}

// comma separates what follows, unless a bracket was opened just now.
func (e *encoder) comma(bracket byte) {
	if b := e.Bytes(); b[len(b)-1] != bracket {
		e.WriteByte(',')
	}
}
