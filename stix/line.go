package stix

import (
	"bytes"
	"errors"
	"io"
)

const (
	// maxFaults is how many faults there may be in a File: what has so many is
	// no NDJSON.
	maxFaults = 100

	// maxSkipped is how much is looked at behind a fault, in bytes: what a line
	// of NDJSON may have.
	maxSkipped = 16 << 20
)

var errSkipped = errors.New("no end of the line")

// goOn reads on behind a fault to the next line that begins an object, where the
// value with the fault began in its line, and reports whether there is one. It
// completes the fault.
func (r *Reader) goOn(fault *SyntaxError) bool {
	began := r.root.seen.Line // 0 before the first byte of a value
	inLine := r.wrapper == File && (began == 0 || began == r.w.line()) && r.faults < maxFaults-1
	r.w.held, r.w.marked = -1, -1
	room := maxSkipped
	lost, err := r.skipLine(&room)
	for err == nil && inLine && !r.atObject() {
		var more bool
		more, err = r.skipLine(&room)
		lost = lost || more
	}
	if inLine && err != io.EOF && err != errSkipped { // that of the stream comes next
		fault.GoesOn, fault.Lost = true, lost
		r.faults++
		r.g = grammar{sequence: true, state: afterRoot, open: r.g.open[:0]}
		r.list, r.inner = 0, false
		return true
	}
	for err == nil && !lost {
		lost, err = r.skipLine(&room)
	}
	fault.Lost = lost || err == errSkipped
	return false
}

// atObject reports whether an object begins with the next byte.
func (r *Reader) atObject() bool {
	if len(r.w.buf) == r.w.pos && r.w.fill() != nil {
		return false // skipLine will tell
	}
	return r.w.buf[r.w.pos] == '{'
}

// skipLine takes the bytes up to the next line feed, room of them at most, and
// reports whether they are more than blanks and closing brackets. The error is
// that of the stream, or errSkipped.
func (r *Reader) skipLine(room *int) (lost bool, err error) {
	for {
		rest := r.w.buf[r.w.pos:]
		end := bytes.IndexByte(rest, '\n') + 1
		if end > 0 {
			rest = rest[:end]
		}
		r.w.pos += len(rest)
		lost = lost || len(bytes.Trim(rest, " \t\r\n]}")) > 0
		switch *room -= len(rest); {
		case *room < 0:
			return lost, errSkipped
		case end > 0:
			return lost, nil
		}
		if err := r.w.fill(); err != nil {
			return lost, err
		}
	}
}
