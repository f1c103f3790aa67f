package server

import (
	"errors"
	"io"
	"io/fs"
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

// readWithin is readSchema of a file that no link leads to out of folder.
func readWithin(folder, name string) ([]byte, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return readSchema(root.Stat, root.Open, name)
}

// readSchema reads a regular file, to the byte above the size that a schema may
// have.
func readSchema(stat func(string) (fs.FileInfo, error), open func(string) (*os.File, error), name string) ([]byte, error) {
	info, err := stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("this is no file") // to open a pipe would wait for its other end
	}
	f, err := open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, collections.MaxSchemaBytes+1))
}
