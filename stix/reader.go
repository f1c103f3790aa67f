package stix

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// A Wrapper says what the objects of a stream come in.
type Wrapper int

const (
	// Envelope is one JSON object whose member "objects" is the list of
	// objects; its other members are ignored, so that a bundle passes too
	// (TX-OBJ-POST-13, TX-OBJ-POST-14).
	Envelope Wrapper = iota
	// Content is an envelope or bundle, or a single STIX object: a JSON object
	// whose type is not "bundle" and that has no list "objects" before that.
	Content
	// File is what files hold: values as in Content, or lists of objects, one
	// or more of them, with or without line feeds between. A JSON object that
	// has neither a type nor "objects" is a single object here, unless its
	// members are those of an empty envelope: "more" alone, or with "next".
	File
)

// A Span is the place of a member in a stream, in bytes.
type Span struct{ Offset, Length int64 }

// A SyntaxError says why a stream can't be read on: it is no JSON, or is not
// wrapped as it should be.
type SyntaxError struct {
	Offset  int64  // in bytes from the start of the stream
	Line    int    // counted from 1
	Column  int    // in characters of that line, counted from 1
	Rule    string // GEN-01, LIMIT, or BUN-02 for a list without objects
	Message string
	Words   Words // what Message says

	// GoesOn says that the next call goes on, with the next line that begins an
	// object.
	GoesOn bool
	// Lost says that more than closing brackets stands behind the fault and is
	// not read: up to that line, or to the end of the input.
	Lost bool
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
}

// A TooLargeError is a member that is larger than any object may be. The
// Reader stands behind it: the next call goes on with the next member.
type TooLargeError struct {
	Span  Span
	Limit int    // in bytes
	Head  []byte // its first bytes, of which ReadObject makes a header
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the object has %d bytes; the limit is %d", e.Span.Length, e.Limit)
}

const (
	headSize = 4 << 10 // Head of a TooLargeError: enough for the header of real objects
	maxName  = 4 << 10 // name of a wrapper's member; those of STIX have at most 250 characters
)

// A Reader reads the objects of a wrapper from a stream, one by one, as raw
// bytes. Next and Skip may be mixed. The wrapper is checked to its end, and the
// grammar of everything in it; whether a member is I-JSON, within the limits or
// an object at all is left to ReadObject, so that one bad object costs no other
// (P4).
//
// Both return io.EOF behind the last member, and before that a *SyntaxError at
// the first fault, or the error of the stream. After these a Reader returns the
// same error for ever, but for faults in lines of NDJSON: where the value at the
// root begins in the line in which it cannot be read on, a File goes on with the
// next line that begins an object, up to the hundredth fault. A fault may stand behind members that
// were returned: what must be whole has to be read to the end before it is used.
//
// It holds one member at most, and no more of it than the larger byte limit;
// when skipping, nothing but a window of fixed size.
type Reader struct {
	// Roots, if it is set before the first call, is called with each wrapper
	// that has been read to its end, by the call that goes on behind it. A list
	// without objects is then left to it and no error.
	Roots func(Root)

	w       window
	g       grammar
	wrapper Wrapper
	limits  Limits
	largest int // bytes of one member; 0 for no limit
	err     error
	faults  int // that were gone on behind

	list  int    // depth of the list that is being read; 0 outside
	count int    // its members so far
	line  int    // of the member that was read last
	inner bool   // inside a member, whose text is not looked at
	head  []byte // of the member, once it has become too large
	root  root
}

// NewReader returns a Reader of the stream r. Of the limits it keeps Objects
// for each list, Properties for the wrapper itself, and in Next the larger of
// ObjectBytes and ArtifactBytes.
func NewReader(r io.Reader, w Wrapper, l Limits) *Reader {
	largest := max(l.ObjectBytes, l.ArtifactBytes)
	if l.ObjectBytes == 0 || l.ArtifactBytes == 0 {
		largest = 0
	}
	return &Reader{w: newWindow(r), g: grammar{sequence: w == File}, wrapper: w, limits: l, largest: largest}
}

// Next returns the next member exactly as it stands, in a slice of its own. A
// member over the byte limit is a *TooLargeError, and Next may be called again.
func (r *Reader) Next() ([]byte, error) {
	span, err := r.member(true)
	if err != nil {
		return nil, err
	}
	if r.largest > 0 && span.Length > int64(r.largest) {
		r.cut()
		return nil, &TooLargeError{Span: span, Limit: r.largest, Head: r.head}
	}
	raw := bytes.Clone(r.w.buf[r.w.held:r.w.pos])
	r.w.held = -1
	return raw, nil
}

// Skip reads over the next member, whatever its size, and returns its place.
func (r *Reader) Skip() (Span, error) { return r.member(false) }

// Line returns the line in which the member begins that was read last, counted
// from 1.
func (r *Reader) Line() int { return r.line }

// member reads the next member and leaves it in the window if it is to be kept
// and not too large.
func (r *Reader) member(keep bool) (Span, error) {
	if r.err != nil {
		return Span{}, r.err
	}
	span, err := r.read(keep)
	if fault, ok := err.(*SyntaxError); ok && r.goOn(fault) {
		return span, err
	}
	r.err = err
	return span, err
}

func (r *Reader) read(keep bool) (Span, error) {
	for {
		if r.list == 0 {
			span, alone, err := r.enter(keep)
			if err != nil || alone {
				return span, err
			}
			continue
		}
		ev, err := r.step()
		if err == nil && ev != shut {
			return r.element(ev, keep)
		}
		if err == nil {
			err = r.leave()
		}
		if err != nil {
			return Span{}, err
		}
	}
}

// element reads the member whose first byte has been taken.
func (r *Reader) element(ev event, keep bool) (Span, error) {
	if r.count++; r.limits.Objects > 0 && r.count > r.limits.Objects {
		return Span{}, r.faultOf("LIMIT", "there are more than %d objects", r.limits.Objects)
	}
	from := r.w.offset() - 1
	r.line = r.w.line()
	if keep {
		r.hold()
	}
	r.inner = true
	err := r.finish(ev)
	r.inner = false
	return Span{from, r.w.offset() - from}, err
}

// finish reads to the end of the value whose first byte has been taken.
func (r *Reader) finish(ev event) (err error) {
	depth := len(r.g.open)
	if ev == opened {
		depth--
	}
	for {
		ev, err = r.step()
		if err != nil || len(r.g.open) == depth && (ev == end || ev == shut) {
			return err
		}
	}
}

// step reads to the next event.
func (r *Reader) step() (event, error) {
	for {
		p := r.w.next()
		n, ev := r.g.scan(p)
		if err := r.take(p[:n]); err != nil {
			return 0, err
		}
		switch ev {
		case more:
			if err := r.fill(); err != nil {
				return 0, r.ended(err)
			}
		case broken:
			return 0, r.unexpected(p[n:])
		default:
			return ev, nil
		}
	}
}

// take takes the bytes that come next, and checks those of the wrapper.
func (r *Reader) take(p []byte) error {
	after := r.w.pos + len(p)
	if !r.inner && !utf8.Valid(p) {
		r.w.pos += len(validPrefix(p)) // for the place in the error
		if err := r.doubt("the text is not valid UTF-8"); err != nil {
			return err
		}
	}
	r.w.pos = after
	return nil
}

// validPrefix returns the bytes before the first that is not valid UTF-8.
func validPrefix(p []byte) []byte {
	for i := 0; i < len(p); {
		c, size := utf8.DecodeRune(p[i:])
		if c == utf8.RuneError && size == 1 {
			return p[:i]
		}
		i += size
	}
	return p
}

func (r *Reader) fill() error {
	if r.w.held >= 0 && r.largest > 0 && r.w.pos-r.w.held > r.largest {
		r.cut()
	}
	if r.w.marked >= 0 && r.w.pos-r.w.marked > maxName {
		r.w.marked = -1
	}
	return r.w.fill()
}

// hold keeps the bytes of a member from the last byte taken on.
func (r *Reader) hold() { r.w.held, r.head = r.w.pos-1, nil }

// cut lets go of a member that is too large, but for its head.
func (r *Reader) cut() {
	if r.w.held >= 0 {
		held := r.w.buf[r.w.held:r.w.pos]
		r.head = bytes.Clone(held[:min(len(held), headSize)])
		r.w.held = -1
	}
}

// ended says what it means that the stream has ended with err here.
func (r *Reader) ended(err error) error {
	switch {
	case err != io.EOF:
		return err
	case r.g.state == afterRoot:
		return io.EOF
	case r.g.state == atValue && len(r.g.open) == 0:
		return r.fault("there is nothing to read")
	}
	return r.fault("the input ends where %s should come", expected[r.g.state])
}

func (r *Reader) unexpected(p []byte) error {
	switch {
	case r.w.offset() == 0 && bytes.HasPrefix(p, byteOrderMark):
		r.faults = maxFaults // which is of no line
		return r.fault("the input begins with a byte-order mark, which JSON does not allow")
	case r.w.offset() == 0 && p[0] >= 0xfe:
		r.faults = maxFaults
		return r.fault("the input is not UTF-8, which JSON is written in; it begins as the byte-order mark of UTF-16 does")
	case r.g.state == tooDeep:
		return r.faultOf("LIMIT", "lists and objects lie in more than %d levels", maxNesting)
	}
	may := expected[r.g.state]
	if r.g.state == afterRoot && r.g.sequence {
		may = expected[atValue]
	}
	_, size := utf8.DecodeRune(p)
	fault := r.fault("found %s where %s should come", strconv.Quote(string(p[:size])), may)
	if p[0] != '\n' {
		r.w.pos += size
	}
	return fault
}

// fault returns an error at the next byte to be taken.
func (r *Reader) fault(format string, args ...any) error {
	return r.faultOf("GEN-01", format, args...)
}

func (r *Reader) faultOf(rule, format string, args ...any) error {
	return &SyntaxError{
		Offset: r.w.offset(), Line: r.w.line(), Column: r.w.column(), Rule: rule,
		Message: fmt.Sprintf(format, args...), Words: Words{Format: format, Args: args},
	}
}
