package server

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/google/uuid"
	"golang.org/x/term"
)

// A sink is what a pull writes to.
type sink interface {
	// page writes objects, all the way out.
	page(objects []json.RawMessage) error
	// end completes what was written.
	end() error
	io.Closer // gives up what was not completed
}

// A pullTarget says what a pull writes to.
type pullTarget struct {
	bundle  bool
	file    string // "" for stdout
	folder  string // "" for one stream
	durable bool   // what was written must be on the disk before the state moves
	goesOn  bool   // behind what an earlier pull wrote
}

func (t *pullTarget) isTerminal(stdout io.Writer) bool {
	f, ok := stdout.(*os.File)
	return ok && t.file == "" && t.folder == "" && term.IsTerminal(int(f.Fd()))
}

func (t *pullTarget) open(stdout io.Writer) (sink, error) {
	if t.folder != "" {
		return newFolderSink(t.folder, t.durable)
	}
	if t.file == "" {
		return t.stream(stdout), nil
	}
	old, err := os.Stat(t.file)
	switch {
	case err == nil && !old.Mode().IsRegular(): // a device, a pipe
		f, err := os.OpenFile(t.file, os.O_WRONLY, 0)
		if err != nil {
			return nil, fmt.Errorf("--out: %w", err)
		}
		return t.stream(f), nil
	case t.goesOn && !t.bundle:
		f, err := openLines(t.file)
		if err != nil {
			return nil, err
		}
		return t.stream(f), nil
	}
	return t.replacing(old)
}

// replacing is a sink that takes the place of the file, or of what a link leads
// to, once it is complete. What may be known of the old one is nil if there is
// none.
func (t *pullTarget) replacing(old os.FileInfo) (sink, error) {
	name := t.file
	if linked, err := filepath.EvalSymlinks(name); err == nil {
		name = linked
	}
	f, err := os.OpenFile(tempName(name), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return nil, fmt.Errorf("--out: %w", err)
	}
	o := t.stream(f)
	o.temp = f.Name()
	if old != nil {
		if err := f.Chmod(old.Mode().Perm()); err != nil {
			return nil, errors.Join(fmt.Errorf("--out: %w", err), o.Close())
		}
	}
	o.done = func() error {
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
		return cmp.Or(os.Rename(o.temp, name), syncFolder(filepath.Dir(name)))
	}
	return o, nil
}

// stream is a sink that writes objects one behind the other.
func (t *pullTarget) stream(w io.Writer) *objectWriter {
	o := &objectWriter{w: bufio.NewWriterSize(w, 64<<10), bundle: t.bundle}
	f, ok := w.(*os.File)
	if ok && t.file != "" {
		o.file = f
	}
	if ok && t.durable {
		o.sync = syncRegular(f)
	}
	return o
}

// syncRegular is how to have on the disk what was written to a file; what is no
// file in a file system has no such way.
func syncRegular(f *os.File) func() error {
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	return f.Sync
}

// openLines opens a file to write lines to its end, and takes away the first
// part of an object there, which an earlier pull left when it was killed: the
// object comes again.
func openLines(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("--out: %w", err)
	}
	end, err := wholeLines(f)
	if err == nil {
		end, err = endLine(f, end)
	}
	if err == nil {
		err = syncFolder(filepath.Dir(name)) // which may not know of the file yet
	}
	if err == nil {
		err = f.Truncate(end)
	}
	if err == nil {
		_, err = f.Seek(end, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("--out: %w", err), f.Close())
	}
	return f, nil
}

// wholeLines is where the last whole line of a file ends.
func wholeLines(f *os.File) (int64, error) {
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	buf := make([]byte, 64<<10)
	for end > 0 {
		from := max(0, end-int64(len(buf)))
		piece := buf[:end-from]
		if _, err := f.ReadAt(piece, from); err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(piece, '\n'); i >= 0 {
			return from + int64(i) + 1, nil
		}
		end = from
	}
	return 0, nil
}

// endLine has what stands behind the last whole line end in a line feed, and
// returns where new lines begin. Of what no pull can have left nothing is lost.
func endLine(f *os.File, from int64) (int64, error) {
	rest, err := io.ReadAll(io.NewSectionReader(f, from, math.MaxInt64-from))
	switch {
	case err != nil || len(rest) == 0:
		return from, err
	case json.Valid(rest):
		_, err := f.WriteAt([]byte("\n"), from+int64(len(rest)))
		return from + int64(len(rest)) + 1, err
	case rest[0] != '{':
		return 0, usage(errors.New("the file ends within a line that is no object; is it one of a pull?"))
	}
	return from, nil
}

// An objectWriter writes objects as lines or as one bundle.
type objectWriter struct {
	w      *bufio.Writer
	bundle bool
	count  int
	sync   func() error // nil where there is nothing to wait for
	file   *os.File     // that is ours to close, nil if none is
	temp   string       // its name while it is not complete, "" where it has none
	done   func() error // what remains once all is written; may be nil
}

// page writes objects all the way out: then the state may move.
func (o *objectWriter) page(objects []json.RawMessage) error {
	for _, raw := range objects {
		if err := o.object(raw); err != nil {
			return err
		}
	}
	if len(objects) == 0 {
		return nil
	}
	return o.flush()
}

func (o *objectWriter) flush() error {
	err := o.w.Flush()
	if err == nil && o.sync != nil {
		err = o.sync()
	}
	return err
}

func (o *objectWriter) object(raw []byte) error {
	if !o.bundle && bytes.ContainsAny(raw, "\r\n") {
		var line bytes.Buffer
		if err := json.Compact(&line, raw); err != nil {
			return err
		}
		raw = line.Bytes()
	}
	switch {
	case o.bundle && o.count == 0:
		fmt.Fprintf(o.w, `{"type":"bundle","id":"bundle--%s","objects":[`+"\n", uuid.NewString())
	case o.bundle:
		o.w.WriteString(",\n")
	}
	o.count++
	o.w.Write(raw)
	if !o.bundle {
		o.w.WriteByte('\n')
	}
	return nil // the writer keeps its first error for Flush
}

// end completes a bundle. One without objects has no list of them (BUN-02).
func (o *objectWriter) end() error {
	switch {
	case o.bundle && o.count == 0:
		fmt.Fprintf(o.w, `{"type":"bundle","id":"bundle--%s"}`+"\n", uuid.NewString())
	case o.bundle:
		o.w.WriteString("\n]}\n")
	}
	if err := o.flush(); err != nil {
		return err
	}
	if o.done == nil {
		return nil
	}
	return o.done()
}

// Close closes the file, and removes it if it is one that was not completed.
func (o *objectWriter) Close() error {
	if o.file == nil {
		return nil
	}
	err := o.file.Close()
	if o.temp != "" {
		os.Remove(o.temp) // no effect once it was completed
	}
	return err
}
