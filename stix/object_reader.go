package stix

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// maxFindings is how many findings of one rule ReadObject makes: enough to
// repair an object by, and not so many that a hostile one costs memory.
const maxFindings = 20

// maxPointer is the length of a pointer in a finding, in bytes. Names in real
// objects are short; a longer pointer names a place above.
const maxPointer = 1000

// ReadObject reads the header of an object and checks, in the same pass over
// its bytes, that it is I-JSON (rule GEN-01; numbers need only fit the range
// of a double) and within the limits (rule LIMIT). Each violation is a finding
// of level error, the first twenty for each rule; all is well if there is none.
//
// The header is read as far as that is possible even if there are findings, so
// that a status can name the object. Of members with one name the last counts;
// the markings of all are kept. Raw is the slice given.
func ReadObject(raw []byte, l Limits) (Object, []Finding) {
	r := objectReader{limits: l, utf8: utf8.Valid(raw), frames: make([]frame, 0, 8)}
	r.read(raw)
	r.checkSize(len(raw))
	r.header.NewObservable = r.header.NewObservable || r.isBareObservable()
	return Object{Header: r.header, Raw: raw, Faults: r.findings, Garbled: r.garbled}, r.findings
}

type objectReader struct {
	limits   Limits
	utf8     bool   // all of the object is valid UTF-8
	input    []byte // what dec reads
	dec      *jsontext.Decoder
	frames   []frame // of the objects and lists that are open
	marked   nameSet // the markings in the header
	header   Header
	findings []Finding
	garbled  []string

	versioned bool // it has created or modified
	announced bool // an extension makes the type one of domain or relationship objects
}

// A frame is an object or list that is being read.
type frame struct {
	at    place
	list  bool
	count int     // its members or elements so far
	named bool    // in an object: a name has come, its value comes next
	value place   // in an object: the place of that value
	names nameSet // in an object: its names so far
}

func (r *objectReader) read(raw []byte) {
	input, bom := bytes.CutPrefix(raw, byteOrderMark)
	if bom {
		r.report("GEN-01", r.whole, "the object begins with a byte-order mark, which JSON does not allow")
	}
	// The library checks the grammar; what goes beyond it is checked here, so
	// that reading can go on behind a violation.
	r.input = input
	r.dec = jsontext.NewDecoder(bytes.NewBuffer(input),
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if kind := r.dec.PeekKind(); kind != '{' {
		r.findings = nil
		r.refuse(kind)
		return
	}
	err := r.value()
	for err == nil && len(r.frames) > 0 {
		err = r.value()
	}
	if err == nil {
		err = r.end()
	}
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		offset := syntax.ByteOffset + int64(len(raw)-len(input))
		at := func() jsontext.Pointer { return syntax.JSONPointer }
		r.report("GEN-01", at, "the JSON is broken at byte %d: %v", offset, syntax.Err)
	}
}

// kinds say what a JSON value is that is no object. Its first byte is its kind.
var kinds = map[jsontext.Kind]Term{
	'n': "null", 't': "a boolean", 'f': "a boolean", '"': "a string", '0': "a number", '[': "a list",
}

// refuse says what stands in the place of an object.
func (r *objectReader) refuse(kind jsontext.Kind) {
	if _, err := r.dec.ReadValue(); err != nil {
		r.report("GEN-01", r.whole, "this cannot be read as JSON; it must be a JSON object")
		return
	}
	r.report("GEN-01", r.whole, "this is %s, not a JSON object", kinds[kind])
}

// end checks that nothing stands behind the object.
func (r *objectReader) end() error {
	_, err := r.dec.ReadToken()
	if err == nil {
		r.report("GEN-01", r.whole, "something stands behind the object")
	}
	return err
}

// value reads what comes next: a name, a scalar, or a bracket.
func (r *objectReader) value() error {
	kind := r.dec.PeekKind()
	switch kind {
	case jsontext.KindInvalid:
		_, err := r.dec.ReadValue()
		return err
	case '{', '[':
		return r.open(kind)
	case '}', ']':
		r.frames = r.frames[:len(r.frames)-1]
		_, err := r.dec.ReadToken()
		return err
	}
	isName := kind == '"' && r.awaitsName()
	at := elsewhere
	if !isName {
		at = r.place(kind)
	}
	token, err := r.dec.ReadValue()
	if err != nil {
		return err
	}
	// The decoder lends its token for a moment only; the input stays.
	end := int(r.dec.InputOffset())
	token = r.input[end-len(token) : end]
	switch {
	case isName:
		r.name(r.text(token))
	case kind == '"':
		r.set(at, r.text(token))
	case kind == '0':
		r.number(token)
	case at == atRevoked:
		r.header.Revoked = kind == 't'
	}
	return nil
}

func (r *objectReader) open(kind jsontext.Kind) error {
	at := r.place(kind)
	if r.limits.Depth > 0 && len(r.frames) == r.limits.Depth {
		err := r.dec.SkipValue()
		r.report("LIMIT", r.here, "this is nested deeper than %d", r.limits.Depth)
		return err
	}
	// A frame that was used before lends the memory of its names.
	r.frames = slices.Grow(r.frames, 1)[:len(r.frames)+1]
	f := r.top()
	*f = frame{at: at, list: kind == '[', names: f.names.emptied()}
	_, err := r.dec.ReadToken()
	return err
}

func (r *objectReader) top() *frame { return &r.frames[len(r.frames)-1] }

// awaitsName reports whether a string that comes next is the name of a member.
func (r *objectReader) awaitsName() bool {
	return len(r.frames) > 0 && !r.top().list && !r.top().named
}

// place returns where the value of that kind stands that comes next.
func (r *objectReader) place(kind jsontext.Kind) place {
	if len(r.frames) == 0 {
		return atObject
	}
	f := r.top()
	at := f.value
	f.named = false
	if f.list {
		at = f.at.element()
		f.count++
		if f.count == r.limits.ListElements+1 && r.limits.ListElements > 0 {
			r.report("LIMIT", r.above, "the list has more than %d elements", r.limits.ListElements)
		}
	}
	if want := at.markingKind(); want != 0 && want != byte(kind) {
		r.header.MarkingsUnreadable = true
	}
	return at
}

// name takes the name of a member, unescaped.
func (r *objectReader) name(name []byte) {
	f := r.top()
	f.named, f.value = true, f.at.member(name)
	f.count++
	r.versioned = r.versioned || f.value == atCreated || f.value == atModified
	limit := r.limits.Properties
	switch {
	case limit > 0 && f.count == limit+1:
		r.report("LIMIT", r.above, "the JSON object has more than %d members", limit)
	case limit > 0 && f.count > limit: // no more names are kept
	case !f.names.add(name):
		r.report("GEN-01", r.here, "there are two members %s in one JSON object", excerpt(string(name)))
		if f.value.markingKind() != 0 {
			r.header.MarkingsUnreadable = true // readers differ on which one holds
		}
	}
}

// set takes a string, unescaped, into the header if it belongs there.
func (r *objectReader) set(at place, text []byte) {
	h := &r.header
	switch at {
	case atType:
		h.Type = string(text)
	case atID:
		h.ID = ID(text)
	case atSpecVersion:
		h.SpecVersion = string(text)
	case atCreated:
		h.Created = Timestamp(text)
	case atModified:
		h.Modified = Timestamp(text)
	case atCreatedBy:
		h.CreatedBy = ID(text)
	case atLang:
		h.Lang = string(text)
	case atMarking, atMarkingRef:
		if r.marked.add(text) {
			h.Markings = append(h.Markings, ID(text))
		}
	case atOrigin:
		h.Origins = append(h.Origins, string(text))
	case atExtensionType:
		h.NewObservable = h.NewObservable || string(text) == "new-sco"
		r.announced = r.announced || string(text) == "new-sdo" || string(text) == "new-sro"
	}
}

// isBareObservable reports whether the object can only be an observable of a
// type that STIX does not define, though no extension says so.
func (r *objectReader) isBareObservable() bool {
	h := &r.header
	return !r.versioned && !r.announced && (h.SpecVersion == "" || h.SpecVersion == "2.1") && isForeignType(h.Type)
}

// text returns what a string token says, and checks that it is Unicode.
func (r *objectReader) text(token []byte) []byte {
	if r.utf8 && bytes.IndexByte(token, '\\') < 0 {
		return token[1 : len(token)-1]
	}
	text, err := jsontext.AppendUnquote(nil, token)
	if err != nil {
		r.report("GEN-01", r.here, "the string is not Unicode: it holds invalid UTF-8 or half of a surrogate pair")
		if len(r.garbled) < maxFindings {
			r.garbled = append(r.garbled, strings.ToValidUTF8(string(r.here()), "\uFFFD"))
		}
	}
	return text
}

// number checks that a number is one for a reader who has doubles only.
func (r *objectReader) number(token []byte) {
	if _, err := strconv.ParseFloat(string(token), 64); err != nil {
		r.report("GEN-01", r.here, "the number %s is beyond the range of a double", excerpt(string(token)))
	}
}

// checkSize checks the bytes of the object, which may be more in an artifact.
func (r *objectReader) checkSize(size int) {
	limit := r.limits.ObjectBytes
	if r.header.Type == "artifact" {
		limit = r.limits.ArtifactBytes
	}
	if limit > 0 && size > limit {
		r.report("LIMIT", r.whole, "the object has %d bytes, more than %d", size, limit)
	}
}

// The places that a finding may point to.
func (r *objectReader) whole() jsontext.Pointer { return "" }
func (r *objectReader) here() jsontext.Pointer  { return r.dec.StackPointer() }          // what was read last
func (r *objectReader) above() jsontext.Pointer { return r.dec.StackPointer().Parent() } // the object or list around it

// report adds a finding. A pointer may be as long as the object, so it is made
// for those only that are kept.
func (r *objectReader) report(rule string, at func() jsontext.Pointer, format string, args ...any) {
	reported := 0
	for _, f := range r.findings {
		if f.Rule == rule {
			reported++
		}
	}
	if reported == maxFindings {
		return
	}
	pointer := string(at())
	if len(pointer) > maxPointer { // cut back to a place above
		pointer = pointer[:strings.LastIndexByte(pointer[:maxPointer], '/')]
	}
	r.findings = append(r.findings, NewFinding(rule, LevelError, strings.ToValidUTF8(pointer, "\uFFFD"), Words{Format: format, Args: args}))
}
