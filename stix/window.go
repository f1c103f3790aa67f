package stix

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// A window is the part of a stream that is in memory.
type window struct {
	src io.Reader
	err error // of src: io.EOF when it has ended

	buf  []byte
	pos  int   // buf[:pos] has been taken
	base int64 // offset of buf[0] in the stream

	counted int // in buf[:counted] line feeds have been counted
	lines   int // line feeds up to there, from the start of the stream
	start   int // of the line there, as far as it is in buf
	before  int // characters of that line that are not in buf any more

	// Bytes from these positions on stay in buf; -1 for none.
	held   int // start of the member that is being read
	marked int // start of the name that is being read
}

// windowSize is what a window holds when nothing need stay in it: large enough
// that reading costs little, and small beside what a request costs anyway.
const windowSize = 32 << 10

func newWindow(src io.Reader) window {
	return window{src: src, buf: make([]byte, 0, windowSize), held: -1, marked: -1}
}

// offset returns the place in the stream of the next byte to be taken.
func (w *window) offset() int64 { return w.base + int64(w.pos) }

// line returns the line of the next byte to be taken, counted from 1. Each byte
// is looked at once, however often it is asked.
func (w *window) line() int {
	w.count(w.pos)
	return w.lines + 1
}

// column returns the place in its line of the next byte to be taken, in
// characters counted from 1.
func (w *window) column() int {
	w.count(w.pos)
	return w.before + characters(w.buf[w.start:w.pos]) + 1
}

// characters counts those that begin in p, eight bytes at a time: a byte is the
// continuation of a character where its highest two bits are 10.
func characters(p []byte) int {
	n := len(p)
	for ; len(p) >= 8; p = p[8:] {
		eight := binary.LittleEndian.Uint64(p)
		n -= bits.OnesCount64(eight >> 7 &^ (eight >> 6) & 0x0101010101010101)
	}
	for _, c := range p {
		if !utf8.RuneStart(c) {
			n--
		}
	}
	return n
}

// count counts the line feeds of buf[:to].
func (w *window) count(to int) {
	if to > w.counted {
		piece := w.buf[w.counted:to]
		if n := bytes.Count(piece, []byte("\n")); n > 0 {
			w.lines += n
			w.start, w.before = w.counted+bytes.LastIndexByte(piece, '\n')+1, 0
		}
		w.counted = to
	}
}

// next returns the bytes that are there to be taken. It ends between two
// characters, so that what is taken can be checked as text piece by piece, but
// for the last bytes of the stream.
func (w *window) next() []byte {
	p := w.buf[w.pos:]
	if w.err != nil {
		return p
	}
	for i := len(p) - 1; i >= max(0, len(p)-utf8.UTFMax); i-- {
		if utf8.RuneStart(p[i]) {
			if !utf8.FullRune(p[i:]) {
				return p[:i]
			}
			break
		}
	}
	return p
}

// fill reads more of the stream, and returns what ended it if there is no more.
func (w *window) fill() error {
	if w.err != nil {
		return w.err
	}
	w.forget()
	if len(w.buf) == cap(w.buf) {
		w.buf = slices.Grow(w.buf, len(w.buf))
	}
	for range 100 {
		n, err := w.src.Read(w.buf[len(w.buf):cap(w.buf)])
		w.buf = w.buf[:len(w.buf)+n]
		w.err = err
		if n > 0 || err != nil && w.pos < len(w.buf) { // next holds nothing back at the end
			return nil
		}
		if err != nil {
			return err
		}
	}
	w.err = io.ErrNoProgress
	return w.err
}

// forget drops the bytes that need not stay.
func (w *window) forget() {
	from := w.pos
	if w.held >= 0 {
		from = w.held
	}
	if w.marked >= 0 {
		from = min(from, w.marked)
	}
	if from == 0 {
		return
	}
	w.count(from)
	w.counted -= from
	w.before += characters(w.buf[min(w.start, from):from])
	w.start = max(0, w.start-from)
	rest := w.buf[from:]
	if len(rest) < windowSize && cap(w.buf) > windowSize {
		w.buf = make([]byte, 0, windowSize)
	}
	w.buf = append(w.buf[:0], rest...)
	w.base += int64(from)
	w.pos -= from
	w.held, w.marked = max(-1, w.held-from), max(-1, w.marked-from)
}
