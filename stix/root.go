package stix

import (
	"cmp"

	"github.com/go-json-experiment/json/jsontext"
)

// A Root is a value at the root of a stream that wraps objects: an envelope, a
// bundle, or a list.
type Root struct {
	Line    int             // in which it begins, counted from 1
	List    bool            // it is a list, and so has neither names nor type nor id
	Names   map[string]bool // of its members
	Type    string          // "" if there is none, or it is no text of at most 4,096 bytes
	ID      string          // likewise
	Objects int             // elements of its list of objects
}

// IsBundle reports whether the value is a bundle or meant as one: an envelope
// has neither type nor id (TAXII 2.1 §3.7).
func (r Root) IsBundle() bool { return r.Names["type"] || r.Names["id"] }

// A root is what a Reader knows of the value that it is in at the root of the
// stream.
type root struct {
	kind  rootKind
	seen  Root
	fault error // why it can't be a wrapper, while it may be a single object
}

type rootKind int

const (
	unknown  rootKind = iota
	wrapping          // an envelope, a bundle, a list
	single            // a STIX object
)

// enter reads the next value at the root up to the first member of its list,
// or to its end if it is a member itself.
func (r *Reader) enter(keep bool) (span Span, alone bool, err error) {
	r.root, r.count = root{}, 0
	ev, err := r.step()
	if err != nil {
		return Span{}, false, err
	}
	r.line = r.w.line()
	r.root.seen.Line = r.line
	from := r.w.offset() - 1
	switch {
	case r.opens(ev, '{'):
		if keep && r.wrapper != Envelope {
			r.hold()
		}
		alone, err = r.enterObject()
		return Span{from, r.w.offset() - from}, alone, err
	case r.opens(ev, '[') && r.wrapper == File:
		r.root.kind, r.root.seen.List, r.list = wrapping, true, 1
		return Span{}, false, nil
	}
	r.w.pos-- // to where it begins
	err = r.fault("the root is not a JSON object")
	r.w.pos++
	return Span{}, false, err
}

// opens reports whether ev has opened such a bracket.
func (r *Reader) opens(ev event, bracket byte) bool {
	return ev == opened && r.g.open[len(r.g.open)-1] == bracket
}

// enterObject reads on behind the bracket of an object at the root, and
// reports whether it has come to its end and the object is a member itself.
func (r *Reader) enterObject() (alone bool, err error) {
	r.root.seen.Names = make(map[string]bool)
	if r.wrapper == Envelope {
		r.root.kind = wrapping
	}
	ended, err := r.members()
	if err != nil {
		return false, err
	}
	if !ended {
		r.list, r.w.held = 2, -1
		return false, nil
	}
	switch {
	case r.root.kind == single, r.root.kind == unknown && r.wrapper == File && !r.root.isEmptyEnvelope():
		return true, nil
	case r.wrapper == File: // a bundle may do without objects (BUN-02), an envelope too (TX-ENV-02)
		r.w.held = -1
		r.endRoot()
		return false, nil
	}
	return false, cmp.Or(r.root.fault, r.fault(`there is no member "objects"`))
}

// isEmptyEnvelope reports whether the members of an object without a list of
// objects are those of an envelope: more, and next if need be.
func (r *root) isEmptyEnvelope() bool {
	names := r.seen.Names
	return r.fault == nil && names["more"] && (len(names) == 1 || len(names) == 2 && names["next"])
}

// leave reads from the end of the list to the end of the root.
func (r *Reader) leave() error {
	inObject := r.list == 2
	r.list = 0
	if inObject {
		if _, err := r.members(); err != nil { // a second list of objects is one
			return err
		}
	}
	if r.count == 0 && r.Roots == nil && (r.wrapper != File || r.root.seen.IsBundle()) {
		return r.faultOf("BUN-02", "the list of objects is empty")
	}
	r.endRoot()
	return nil
}

// endRoot tells of a wrapper that has been read to its end.
func (r *Reader) endRoot() {
	if r.Roots != nil {
		r.root.seen.Objects = r.count
		r.Roots(r.root.seen)
	}
}

// members reads the members of the root object, up to its list of objects or
// else to its end.
func (r *Reader) members() (ended bool, err error) {
	for {
		ev, err := r.step()
		if err != nil || ev == shut {
			return true, err
		}
		name, err := r.name()
		if err != nil {
			return false, err
		}
		ev, err = r.step()
		if err != nil {
			return false, err
		}
		if name == "objects" && r.opens(ev, '[') {
			return false, r.wrap()
		}
		if err := r.ignore(name, ev); err != nil {
			return false, err
		}
		if r.root.kind == single {
			return true, r.finishRoot()
		}
	}
}

// finishRoot reads to the end of the root object, whose members are not of
// interest any more.
func (r *Reader) finishRoot() error {
	r.inner = true
	defer func() { r.inner = false }()
	for len(r.g.open) > 0 {
		if _, err := r.step(); err != nil {
			return err
		}
	}
	return nil
}

// ignore reads over a member of the root object but for what its type and id say
// of the root.
func (r *Reader) ignore(name string, ev event) error {
	quoted := ev == start && r.g.state == inString
	switch {
	case name == "objects":
		if err := r.doubt(`the member "objects" is not a list`); err != nil {
			return err
		}
	case name == "type" && r.root.kind == unknown && quoted:
		typ, err := r.text()
		r.root.seen.Type = typ
		if err == nil && typ == "bundle" {
			return r.wrap()
		}
		r.root.kind = single
		return err
	case name == "type" && quoted:
		return r.note(&r.root.seen.Type)
	case name == "id" && quoted:
		return r.note(&r.root.seen.ID)
	}
	return r.finish(ev)
}

// wrap says that the root is a wrapper.
func (r *Reader) wrap() error {
	r.root.kind = wrapping
	return r.root.fault
}

// doubt says that the root can't be a wrapper. If it is one, that is an error;
// a single object is left to ReadObject.
func (r *Reader) doubt(format string, args ...any) error {
	return r.doubtOf("GEN-01", format, args...)
}

func (r *Reader) doubtOf(rule, format string, args ...any) error {
	if r.root.fault == nil {
		r.root.fault = r.faultOf(rule, format, args...)
	}
	if r.root.kind == wrapping {
		return r.root.fault
	}
	return nil
}

// name reads the name of a member of the root whose quote has been taken. No
// two are the same (TX-DT-11), and case matters (TX-DT-12).
func (r *Reader) name() (string, error) {
	name, err := r.text()
	if err != nil {
		return "", err
	}
	names := r.root.seen.Names
	switch {
	case names[name]:
		return name, r.doubt("there are two members %s", excerpt(name))
	case r.limits.Properties > 0 && len(names) == r.limits.Properties:
		return name, r.doubtOf("LIMIT", "the root object has more than %d members", r.limits.Properties)
	}
	names[name] = true
	return name, nil
}

// text reads the string whose quote has been taken and returns what it says,
// "" if that is no name or type of anything.
func (r *Reader) text() (string, error) {
	quoted, err := r.quoted()
	if err != nil {
		return "", err
	}
	if quoted == nil {
		return "", r.doubtOf("LIMIT", "a name or type has more than %d bytes", maxName)
	}
	s, err := jsontext.AppendUnquote(nil, quoted)
	if err != nil {
		return "", r.doubt("a name or type is not valid Unicode")
	}
	return string(s), nil
}

// note reads the string whose quote has been taken into to, if it is such that
// it can be one of STIX.
func (r *Reader) note(to *string) error {
	quoted, err := r.quoted()
	if err != nil || quoted == nil {
		return err
	}
	if s, err := jsontext.AppendUnquote(nil, quoted); err == nil {
		*to = string(s)
	}
	return nil
}

// quoted reads the string whose first quote has been taken and returns it as it
// stands, nil if it is longer than any name. The bytes are lent.
func (r *Reader) quoted() ([]byte, error) {
	r.w.marked = r.w.pos - 1
	if _, err := r.step(); err != nil {
		return nil, err
	}
	from := r.w.marked
	r.w.marked = -1
	if from < 0 || r.w.pos-from > maxName {
		return nil, nil
	}
	return r.w.buf[from:r.w.pos], nil
}
