package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gofrs/flock"
)

// A stateFile is where a command remembers how far it came. Only one command at
// a time has it: a lock file beside it, which stays, is locked meanwhile. A nil
// stateFile remembers nothing.
type stateFile struct {
	path string
	lock *flock.Flock
}

// openState locks a state file, which need not be there yet. With "" there is
// none.
func openState(path string) (*stateFile, error) {
	if path == "" {
		return nil, nil
	}
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	free, err := lock.TryLock()
	if err != nil {
		return nil, usage(fmt.Errorf("--state: %w", err))
	}
	if !free {
		return nil, fmt.Errorf("another accord works with %s", printable(path))
	}
	return &stateFile{path, lock}, nil
}

// load reads the state into v and reports whether there was one.
func (s *stateFile) load(v any) (found bool, err error) {
	if s == nil {
		return false, nil
	}
	raw, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, usage(fmt.Errorf("--state: %w", err))
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return false, usage(fmt.Errorf("%s is no state file of this command: %w", printable(s.path), err))
	}
	return true, nil
}

// save replaces the state in one step, and returns when it is on the disk:
// whatever happens, the old state or the new one is there.
func (s *stateFile) save(v any) error {
	if s == nil {
		return nil
	}
	raw, err := json.Marshal(v)
	if err == nil {
		err = replaceFile(s.path, append(raw, '\n'), true)
	}
	if err == nil {
		err = syncFolder(filepath.Dir(s.path))
	}
	if err != nil {
		return fmt.Errorf("save the state: %w", err)
	}
	return nil
}

// Close lets another command have the file.
func (s *stateFile) Close() error {
	if s == nil {
		return nil
	}
	return s.lock.Close()
}

// replaceFile writes a file in one step: whoever reads it sees the old content
// or the new one. durable says that it is on the disk on return, though its name
// only once its folder is.
func replaceFile(path string, content []byte, durable bool) (err error) {
	f, err := os.OpenFile(tempName(path), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // no effect once renamed
	_, err = f.Write(content)
	if err == nil && durable {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// syncFolder returns when the names in a folder are on the disk. Windows has no
// way to ask for it.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// tempName is what a file is called until it is whole. Every process has its own.
func tempName(path string) string {
	return filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%d.tmp", filepath.Base(path), os.Getpid()))
}
