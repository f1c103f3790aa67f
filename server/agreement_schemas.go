package server

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"accord/collections"
	"accord/schemas"
)

// filesBeside are the JSON Schemas that an agreement file may name: those in
// its folder and below.
func filesBeside(file string) collections.SchemaFiles {
	return collections.SchemaFiles{
		Read:      func(name string) ([]byte, error) { return readWithin(filepath.Dir(file), name) },
		Validator: schemas.New(),
	}
}

// readWithin reads a file that no link leads out of folder, to the byte above
// the size that is allowed.
func readWithin(folder, name string) ([]byte, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	info, err := root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("this is no file") // to open a pipe would wait for its other end
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, collections.MaxSchemaBytes+1))
}
